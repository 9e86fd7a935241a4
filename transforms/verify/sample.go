package verify

import (
	"errors"
	"fmt"
	"slices"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// Sample is what can be shown about a completion that a model meant to be right, however it
// differs from the golden.
//
// It is Certified where exactly one of the places that it brings in is wrong, in a closed
// world, and all others are known to be there: then Type, Name, Start and End say what is
// wrong and where in the text, and Repair is the text with that place mended ([Checker.Sample]
// says how). It Exists where all is known to be there, and is an abstention otherwise: two
// errors, one of no type, or anything that nothing here decides.
type Sample struct {
	Status   schemas.Status
	Rule     string
	Evidence string

	Type       schemas.Type
	Name       string
	Start, End int
	Repair     string
}

// A sample is held to more than a minimal pair: there the golden answers for all but the
// one change.
const (
	ruleSeveral = "several-errors"
	ruleNoType  = "error-of-no-type"
	ruleWhole   = "whole-sample"
)

// Sample looks at every name, member, call and import that a completion of ctx brings in.
// Where exactly one is wrong it looks for the smallest repair: the place gets one after the
// other what exists there (what the golden has there, members of the resolved type, what is
// visible, by nearness, the declared parameters), and the first text of which the same check
// finds that all is there is the repair; what is much unlike the wrong one is not tried (candidates).
// repo must be the index of the context's repository.
func (c *Checker) Sample(repo *Repo, ctx *schemas.Context, text string) (Sample, error) {
	out, tries, err := c.sample(repo, ctx, text, true)
	for i := 0; err == nil && i < len(tries) && out.Repair == ""; i++ {
		var of Sample
		of, _, err = c.sample(repo, ctx, tries[i], false)
		if of.Status == schemas.StatusExists {
			out.Repair = tries[i]
		}
	}
	return out, err
}

// free certifies a negative that is no minimal pair: its one error must be of its type.
func (c *Checker) free(repo *Repo, ctx *schemas.Context, neg *schemas.Negative) (verdict, error) {
	of, _, err := c.sample(repo, ctx, neg.Text, false)
	switch {
	case err != nil:
		return verdict{}, err
	case of.Status == schemas.StatusCertified && of.Type != neg.Type:
		return verdict{of.Rule, abstain("the error is of the type %s: %s", of.Type, of.Evidence)}, nil
	}
	return verdict{of.Rule, finding{of.Status, of.Evidence}}, nil
}

// sample checks a whole text. tries are the texts that may repair it, the best first, if they
// are asked for.
func (c *Checker) sample(repo *Repo, ctx *schemas.Context, text string, repair bool) (out Sample, tries []string,
	err error) {
	undecided := func(rule, format string, args ...any) (Sample, []string, error) {
		return Sample{Status: schemas.StatusAbstain, Rule: rule, Evidence: fmt.Sprintf(format, args...)}, nil, nil
	}
	q, l := c.query(repo, ctx)
	if q == nil {
		return undecided(ruleUnchanged, "no rules for the language %q", ctx.Language)
	}
	g, err := c.goldenSite(q, l, ctx)
	var f *syntax.Facts
	if err == nil {
		f, err = c.negative.ParseFactsAfter(c.golden, l, ctx.Path, syntax.Window(ctx.Prefix, text, ctx.Suffix))
	}
	switch {
	case errors.Is(err, syntax.ErrWallLimit), errors.Is(err, syntax.ErrWorkLimit), errors.Is(err, syntax.ErrTooDeep):
		return undecided(ruleSyntax, "the window cannot be parsed: %v", err)
	case err != nil:
		return out, nil, err
	}
	if n := f.Tree.Errors(); n > c.errors {
		return undecided(ruleSyntax, "the window has %d syntax errors with the sample and %d with the golden", n,
			c.errors)
	}
	if why := expected(ctx, text); why != "" {
		return undecided(ruleWhole, "%s", why)
	}
	if repo.cut {
		return undecided(ruleWhole, "an archive of the repository broke off, so any file may be missing")
	}
	p := &whole{pair{g: g, n: q.newSite(ctx, f, c.tables[1].of(f), text)}}
	p.align(ctx.Golden, text)
	spots := p.spots()
	wrong := slices.IndexFunc(spots, func(s spot) bool { return s.status == schemas.StatusCertified })
	if wrong < 0 {
		for i := range spots {
			if s := &spots[i]; s.status != schemas.StatusExists {
				return undecided(ruleWhole, "%s is not decided: %s", s.name, s.why)
			}
		}
		if why := p.unlike(nil); why != "" {
			return undecided(ruleWhole, "%s", why)
		}
		return Sample{Status: schemas.StatusExists, Rule: ruleWhole,
			Evidence: fmt.Sprintf("all of the %d places that it fills are known", len(spots))}, nil, nil
	}
	e := spots[wrong]
	for i := range spots {
		switch s := &spots[i]; {
		case i == wrong || s.status == schemas.StatusExists:
		case s.status == schemas.StatusCertified:
			return undecided(ruleSeveral, "two errors: %s (%s) and %s (%s)", e.name, e.rule, s.name, s.rule)
		case !s.follows(e):
			return undecided(ruleWhole, "%s is wrong, and %s is not decided: %s", e.name, s.name, s.why)
		}
	}
	if why := p.unlike(&e); why != "" {
		return undecided(ruleWhole, "%s is wrong, and %s", e.name, why)
	}
	if e.typ == "" {
		return undecided(ruleNoType, "%s: an error of none of the types", e.why)
	}
	if ctx.Origin == schemas.OriginEdit {
		return undecided(e.rule, "known at the archive's commit, not at the edit's: %s", e.why)
	}
	at := p.n.start
	out = Sample{Status: schemas.StatusCertified, Rule: e.rule, Evidence: e.why, Type: e.typ, Name: e.name,
		Start: max(0, e.start-at), End: min(len(text), e.end-at)}
	if repair && e.start >= at && e.end <= p.n.end {
		for _, with := range p.candidates(&e) {
			if try := text[:out.Start] + with + text[out.End:]; try != text && !slices.Contains(tries, try) {
				tries = append(tries, try)
			}
		}
		tries = tries[:min(len(tries), maxTries)]
	}
	return out, tries, nil
}

// maxTries bounds the texts that are parsed to repair one sample.
const maxTries = 24
