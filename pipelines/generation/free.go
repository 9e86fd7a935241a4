package generation

import (
	"context"

	"decoy/pipelines/bug"
	"decoy/pipelines/join"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/valid"
	"decoy/transforms/verify"
)

// free is a sample that is code which fits its place and no minimal pair with its golden.
//
// What type its error has, and whether it has one, only verify can tell, and a negative's id
// and all that reads it ask for its type. So verify's check runs here already, over the same
// symbols as in its own stage, which certifies the negative once more; what is not certain
// goes to the unlabelled and is neither judged nor paid for. The repair is found in the same
// run and kept with the negative whose text it mends: a certificate says what is known of a
// text, and whoever compares the sides has both without another join.
type free struct {
	rest   schemas.Unlabelled
	result valid.Result
	by     string
}

// Why a sample that is no minimal pair is unlabelled, beside the reasons of package valid.
const (
	UnlabelledExists    schemas.Reason = "exists"    // all that it brings in is there
	UnlabelledUndecided schemas.Reason = "undecided" // something in it is not decided, or it has two errors
)

// sampledBy is the prompt version of a sample.
func sampledBy(m panel.Member) string { return "fim " + m.FIMModel }

// certify makes a negative of a sample in which exactly one thing is wrong, and an unlabelled
// record of any other. A certifier that fails over it is replaced.
func (h *harvest) certify(ctx context.Context, p *picker, c *schemas.Context, s *free) error {
	repo, ok, err := h.repos.Of(ctx, c.Repo)
	if err != nil {
		return err
	}
	if !ok {
		s.rest.Reason, s.rest.Detail = UnlabelledUndecided, "there is no index of the repository"
		p.rest = append(p.rest, s.rest)
		return nil
	}
	if p.certifier == nil {
		p.certifier = verify.New()
	}
	got, ok, err := bug.Contain(ctx, h.bugs, siteSample, bug.Record{ID: c.ID, Language: c.Language,
		Generator: s.rest.Generator}, func() (all []sampleInput) {
		for _, symbols := range join.SymbolsOf(h.repos.Symbols[c.Repo], c.Path) {
			all = append(all, sampleInput{*c, s.result.Text, symbols})
		}
		return all
	}, func() (verify.Sample, error) { return p.certifier.Sample(repo, c, s.result.Text) })
	if err != nil {
		return err
	}
	if !ok {
		bug.Discard(p.certifier.Close)
		p.certifier = nil
		return nil
	}
	n, rest := s.labelled(c, got)
	if n != nil {
		p.negatives = append(p.negatives, *n)
	} else {
		p.rest = append(p.rest, rest)
	}
	return nil
}

// labelled is the negative that a sample is, nil where it is none.
func (s *free) labelled(c *schemas.Context, of verify.Sample) (*schemas.Negative, schemas.Unlabelled) {
	rest := s.rest
	switch of.Status {
	case schemas.StatusCertified:
	case schemas.StatusExists:
		rest.Reason, rest.Detail = UnlabelledExists, of.Evidence
		return nil, rest
	default:
		rest.Reason, rest.Detail = UnlabelledUndecided, of.Rule+": "+of.Evidence
		return nil, rest
	}
	return &schemas.Negative{
		ID: schemas.NegativeID(c.ID, of.Type, rest.Generator, rest.Sample), ContextID: c.ID, Type: of.Type,
		Generator: rest.Generator, Sample: rest.Sample, Text: s.result.Text, Introduced: []string{of.Name},
		Sampled: true, Repair: of.Repair, EditSimilarity: s.result.EditSimilarity, PromptVersion: s.by,
		RequestKey: rest.RequestKey, InputTokens: rest.InputTokens, OutputTokens: rest.OutputTokens,
		CostUSD: rest.CostUSD,
	}, rest
}

// Counts of the samples of FIM endpoints: what became of them.
const (
	CountSamplesMinimal  = "samples_minimal"  // negatives that are minimal pairs
	CountSamplesFree     = "samples_free"     // negatives that are none
	CountSamplesRepaired = "samples_repaired" // of these, with a repair
	CountUnlabelled      = "unlabelled"
)

// CountUnlabelledFor counts the unlabelled of one reason.
func CountUnlabelledFor(reason schemas.Reason) string { return CountUnlabelled + "_" + string(reason) }

// countSamples counts what became of samples.
func countSamples(counts map[string]int64, negatives []schemas.Negative, rest []schemas.Unlabelled) {
	counts[CountUnlabelled] = int64(len(rest))
	for i := range rest {
		counts[CountUnlabelledFor(rest[i].Reason)]++
	}
	for i := range negatives {
		switch n := &negatives[i]; {
		case n.Free():
			counts[CountSamplesFree]++
			if n.Repair != "" {
				counts[CountSamplesRepaired]++
			}
		case n.Sampled:
			counts[CountSamplesMinimal]++
		}
	}
}
