package curation

import (
	"decoy/pipelines/join"
	"decoy/transforms/curate"

	"decoy/pipelines/bug"
)

var siteSmallRow = bug.NewSite("small row", func(in join.Row, _ string) error {
	none, err := curate.NewScreen(curate.BenchmarkConfig{}, nil)
	if err != nil {
		return err
	}
	smallOf(&in.Context, none)
	if n := in.Judged(); n != nil {
		candidate(&in.Context, n, in.Weights, true)
	}
	return nil
})

// siteGroups is over one repository: with others it belongs to a group.
var siteGroups = bug.NewSite("group of a repository", func(in curate.RepoFiles, _ string) error {
	curate.Groups([]curate.RepoFiles{in})
	return nil
})
