package rules

import (
	"cmp"
	"slices"

	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/valid"
)

// Reasons for which a context and type get no negative, beside those of package valid.
const (
	RejectNoCandidate schemas.Reason = "no_candidate"
	RejectDuplicate   schemas.Reason = "duplicate_negative"
)

// Maker makes negatives: for a context and type the first candidate that is valid. It holds
// parsers, so it is not safe for concurrent use.
type Maker struct {
	generator *Generator
	checker   *valid.Checker
}

// NewMaker returns a maker.
func NewMaker(cfg Config) *Maker {
	g := New(cfg)
	return &Maker{g, valid.NewWith(g.Parser())}
}

// Close frees the parsers.
func (m *Maker) Close() {
	m.generator.Close()
	m.checker.Close()
}

// Make makes the negative of a context and type in the name of a generator, or says by the
// last candidate's reason why there is none.
func (m *Maker) Make(c *schemas.Context, typ schemas.Type, generator string, repo *Repo, pool *Pool) (*schemas.Negative,
	schemas.Reject) {
	r := schemas.Reject{
		Stage: schemas.StageGenerate, ID: c.ID, Reason: RejectNoCandidate, Detail: "no rule applies here",
		Language: c.Language, Type: typ, Generator: generator,
	}
	contain.At("rules", c.ID)
	for _, candidate := range m.generator.Generate(c, typ, repo, pool) {
		contain.At("validity", c.ID)
		v, reason, detail := m.checker.Check(c, typ, candidate.Text)
		if reason != "" {
			r.Reason, r.Detail = reason, detail
			continue
		}
		return &schemas.Negative{
			ID: schemas.NegativeID(c.ID, typ, generator, 0), ContextID: c.ID, Type: typ, Generator: generator,
			Text: v.Text, Introduced: v.Introduced, Invented: candidate.Invented, EditSimilarity: v.EditSimilarity,
			Trick: string(candidate.Trick), Minimal: true, PromptVersion: Version,
		}, r
	}
	return nil, r
}

// Distinct sorts negatives by context and id, and takes out those whose text an earlier one
// of the same context has. The slice is reused.
func Distinct(negatives []schemas.Negative) (kept []schemas.Negative, rejects []schemas.Reject) {
	slices.SortFunc(negatives, func(a, b schemas.Negative) int {
		return cmp.Or(cmp.Compare(a.ContextID, b.ContextID), cmp.Compare(a.ID, b.ID))
	})
	kept = negatives[:0]
	seen := map[string]string{}
	context := ""
	for _, n := range negatives {
		if n.ContextID != context {
			clear(seen)
			context = n.ContextID
		}
		if first, ok := seen[n.Text]; ok {
			rejects = append(rejects, schemas.Reject{Stage: schemas.StageGenerate, ID: n.ID, Reason: RejectDuplicate,
				Detail: "same text as " + first, Type: n.Type, Generator: n.Generator})
			continue
		}
		seen[n.Text] = n.ID
		kept = append(kept, n)
	}
	return kept, rejects
}
