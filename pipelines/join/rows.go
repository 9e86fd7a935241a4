package join

import (
	"decoy/schemas"
)

// Row is a context with a negative and what was found out about it, Negative null
// for a general row.
type Row struct {
	Context  schemas.Context    `json:"context"`
	Negative *schemas.Negative  `json:"negative"`
	Status   schemas.Status     `json:"status"`
	Rule     string             `json:"rule"`
	Evidence string             `json:"evidence"`
	Verdicts []schemas.Verdict  `json:"verdicts"`
	Selected *schemas.Selected  `json:"selected,omitempty"`
	Weights  map[string]float64 `json:"weights"`
	Models   []string           `json:"models,omitempty"` // of trainers
}

// NewRow is a row as a bundle holds it.
func NewRow(c *schemas.Context, n *Judged, s *schemas.Selected, weights map[string]float64) Row {
	in := Row{Context: *c, Selected: s, Weights: weights}
	if n != nil {
		in.Negative, in.Status, in.Rule, in.Evidence, in.Verdicts = &n.Negative, n.Status, n.Rule, n.Evidence,
			n.Verdicts
	}
	return in
}

// Judged is the negative of a row, nil for a general row.
func (in Row) Judged() *Judged {
	if in.Negative == nil {
		return nil
	}
	return &Judged{*in.Negative, in.Status, in.Rule, in.Evidence, in.Verdicts}
}
