package trainers

import (
	"cmp"
	"fmt"
	"slices"

	"decoy/schemas"
)

// SFTRow is one line of supervised training: loss falls on the completion alone.
type SFTRow struct {
	ID         string           `json:"id"`
	ContextID  string           `json:"context_id"`
	Language   schemas.Language `json:"language"`
	Kind       schemas.Kind     `json:"kind"`
	Split      schemas.Split    `json:"split"`
	Prompt     string           `json:"prompt"`
	Completion string           `json:"completion"`
}

// PairRow is one line of preference training. Type is [TypeGeneral] in the pairs
// of equal sides that carry the general rows.
type PairRow struct {
	ID        string           `json:"id"`
	ContextID string           `json:"context_id"`
	Language  schemas.Language `json:"language"`
	Type      schemas.Type     `json:"type"`
	Split     schemas.Split    `json:"split"`
	Prompt    string           `json:"prompt"`
	Chosen    string           `json:"chosen"`
	Rejected  string           `json:"rejected"`
}

// TypeGeneral is the type of a pair whose sides are equal.
const TypeGeneral = "general"

// SFT makes the supervised row of a normalised row: the golden, whatever its
// negative is. Any row of a context gives the same prompt and completion, and the
// context's id, since the context is what occurs once.
func SFT(r schemas.Row, m Model) (SFTRow, error) {
	if err := m.check(r); err != nil {
		return SFTRow{}, err
	}
	return SFTRow{
		ID: r.ContextID, ContextID: r.ContextID, Language: r.Language, Kind: r.Kind, Split: r.Split,
		Prompt: m.Prompt(r.Prefix, r.Suffix), Completion: r.Chosen + m.Stop,
	}, nil
}

// Pair makes the preference row of a normalised row that has a negative.
func Pair(r schemas.Row, m Model) (PairRow, error) {
	if r.Rejected == nil || r.Type == nil {
		return PairRow{}, fmt.Errorf("row %s: a pair needs rejected and type, and this is a general row", r.ID)
	}
	if err := m.check(r); err != nil {
		return PairRow{}, err
	}
	return PairRow{
		ID: r.ID, ContextID: r.ContextID, Language: r.Language, Type: *r.Type, Split: r.Split,
		Prompt: m.Prompt(r.Prefix, r.Suffix), Chosen: r.Chosen + m.Stop, Rejected: *r.Rejected + m.Stop,
	}, nil
}

// Mix makes a pair of equal sides from a general supervised row; false for others.
// log π(chosen) − log π(rejected) is identically zero there, and so is its
// gradient; a loss with an NLL term trains on the completion.
func Mix(r SFTRow) (PairRow, bool) {
	if !schemas.IsGeneral(r.Kind) {
		return PairRow{}, false
	}
	return PairRow{
		ID: r.ID, ContextID: r.ContextID, Language: r.Language, Type: TypeGeneral, Split: r.Split,
		Prompt: r.Prompt, Chosen: r.Completion, Rejected: r.Completion,
	}, true
}

// check refuses what would be tokenised into control flow, or would train on
// nothing. Earlier stages reject such text; here it would end a completion twice.
func (m Model) check(r schemas.Row) error {
	if r.Chosen == "" {
		return fmt.Errorf("row %s: chosen is empty", r.ID)
	}
	fields := []struct{ name, text string }{{"prefix", r.Prefix}, {"suffix", r.Suffix}, {"chosen", r.Chosen}}
	if r.Rejected != nil {
		if *r.Rejected == "" || *r.Rejected == r.Chosen {
			return fmt.Errorf("row %s: rejected is empty or equals chosen", r.ID)
		}
		fields = append(fields, struct{ name, text string }{"rejected", *r.Rejected})
	}
	for _, f := range fields {
		if t := m.control(f.text); t != "" {
			return fmt.Errorf("row %s: %s holds the control token %s of %s: the stages before should have rejected it",
				r.ID, f.name, t, m.Name)
		}
	}
	return nil
}

// Pick chooses from the rows of one context the one that becomes its pair: the
// highest fool rate, then the highest margin, then the smallest hash of its id; false if the
// context has no negative.
func Pick(rows []schemas.Row) (schemas.Row, bool) {
	var best schemas.Row
	found := false
	for _, r := range rows {
		if r.Rejected != nil && (!found || before(r, best)) {
			best, found = r, true
		}
	}
	return best, found
}

// before orders rows by hardness. An unknown fool rate or margin comes last.
func before(a, b schemas.Row) bool {
	return cmp.Or(
		descending(a.FoolRate, b.FoolRate), descending(a.Margin, b.Margin),
		cmp.Compare(schemas.Key64("pair", a.ID), schemas.Key64("pair", b.ID)), cmp.Compare(a.ID, b.ID),
	) < 0
}

func descending(a, b *float64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return cmp.Compare(*b, *a)
}

// Contexts groups rows by context, each group in order of id, groups in the order of a
// hash of the context, so that a file's are not side by side. It is for the rows of one
// shard.
func Contexts(rows []schemas.Row) [][]schemas.Row {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b schemas.Row) int {
		return cmp.Or(cmp.Compare(schemas.Key64("row", a.ContextID), schemas.Key64("row", b.ContextID)),
			cmp.Compare(a.ContextID, b.ContextID), cmp.Compare(a.ID, b.ID))
	})
	var out [][]schemas.Row
	for len(rows) > 0 {
		n := slices.IndexFunc(rows, func(r schemas.Row) bool { return r.ContextID != rows[0].ContextID })
		if n < 0 {
			n = len(rows)
		}
		out = append(out, rows[:n:n])
		rows = rows[n:]
	}
	return out
}
