package export

import (
	"decoy/pipelines/join"
	"decoy/schemas"
	"decoy/transforms/judge"

	"decoy/pipelines/bug"
)

var siteRow = bug.NewSite("row", func(in join.Row, _ string) error {
	n := in.Judged()
	if n != nil {
		outcomeOf(&in.Context, n, in.Selected != nil, in.Weights)
		judge.TraitsOf(&in.Context, judge.ContextTraits(&in.Context), &n.Negative, n.Status)
	}
	if in.Selected != nil {
		row(&in.Context, n, in.Selected, false)
	}
	return nil
})

// trainerInput is the rows of one context for one model.
type trainerInput struct {
	Model  string        `json:"model"`
	Golden schemas.Row   `json:"golden"` // of the supervised row
	Rows   []schemas.Row `json:"rows"`
}

var siteTrainerRows = bug.NewSite("rows of a trainer", func(in trainerInput, _ string) error {
	_, err := trainerRowsOf(in.Model, in.Golden, in.Rows)
	return err
})

// SiteReportPair is over one pair that the report shows.
var SiteReportPair = bug.NewSite("pair in the report", func(in Sample, _ string) error {
	return renderPair(in)
})
