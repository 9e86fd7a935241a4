package pipelines

import (
	"decoy/schemas"
	"decoy/transforms/curate"
)

// The sites of curate, export and the report.

// rowInput is a context with a negative and what was found out about it, Negative null
// for a general row.
type rowInput struct {
	Context  schemas.Context    `json:"context"`
	Negative *schemas.Negative  `json:"negative"`
	Status   string             `json:"status"`
	Rule     string             `json:"rule"`
	Evidence string             `json:"evidence"`
	Verdicts []schemas.Verdict  `json:"verdicts"`
	Selected *schemas.Selected  `json:"selected,omitempty"`
	Weights  map[string]float64 `json:"weights"`
	Models   []string           `json:"models,omitempty"` // of trainers
}

func newRowInput(c *schemas.Context, n *judgedNegative, s *schemas.Selected, weights map[string]float64) rowInput {
	in := rowInput{Context: *c, Selected: s, Weights: weights}
	if n != nil {
		in.Negative, in.Status, in.Rule, in.Evidence, in.Verdicts = &n.Negative, n.status, n.rule, n.evidence,
			n.verdicts
	}
	return in
}

func (in rowInput) judged() *judgedNegative {
	if in.Negative == nil {
		return nil
	}
	return &judgedNegative{*in.Negative, in.Status, in.Rule, in.Evidence, in.Verdicts}
}

var (
	siteSmallRow = newBugSite("small row", func(in rowInput, _ string) error {
		smallOf(&in.Context, curate.NewDecontaminator())
		if n := in.judged(); n != nil {
			candidate(&in.Context, n, in.Weights)
		}
		return nil
	})
	siteRow = newBugSite("row", func(in rowInput, _ string) error {
		n := in.judged()
		if n != nil {
			outcomeOf(&in.Context, n, in.Selected != nil, in.Weights)
		}
		if in.Selected != nil {
			row(&in.Context, n, in.Selected)
		}
		return nil
	})
	siteTrainerRows = newBugSite("rows of a trainer", func(in trainerInput, _ string) error {
		_, err := trainerRowsOf(in.Model, in.Rows)
		return err
	})
	siteReportPair = newBugSite("pair in the report", func(in sample, _ string) error {
		return renderPair(in)
	})
)

// trainerInput is the rows of one context for one model.
type trainerInput struct {
	Model string        `json:"model"`
	Rows  []schemas.Row `json:"rows"`
}

// siteGroups is over one repository: with others it belongs to a group.
var siteGroups = newBugSite("group of a repository", func(in curate.RepoFiles, _ string) error {
	curate.Groups([]curate.RepoFiles{in})
	return nil
})
