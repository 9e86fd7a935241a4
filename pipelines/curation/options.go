package curation

import (
	"decoy/io/shard/flow"
	"decoy/pipelines/recipe"
	"decoy/transforms/curate"
)

// Options is what the steps of curate need to know. They travel with the job.
type Options struct {
	Out          string        `json:"out"` // of the build: bundles of internal errors go there
	Recipe       recipe.Curate `json:"recipe"`
	GeneralShare float64       `json:"general_share"`
	Exclude      []string      `json:"exclude"`    // repositories that are left out
	Generators   []string      `json:"generators"` // names of the panel's members
	Benchmarks   []string      `json:"benchmarks"` // names of what the rows are decontaminated against
	Items        flow.Ref      `json:"items"`      // the items of benchmarks, see WriteItems
	// PairsWithGoldens: the chosen side of samples that are no minimal pairs is the golden.
	PairsWithGoldens bool `json:"pairs_with_goldens,omitempty"`
	// MinGoldenAcceptance is what a judge needs to have a weight, see judge.Weights.
	MinGoldenAcceptance float64 `json:"min_golden_acceptance"`
}

// OptionsOf are those of a recipe. Items are found by Read.
func OptionsOf(out string, r recipe.Recipe) Options {
	o := Options{
		Out: out, Recipe: r.Curate, GeneralShare: r.Export.GeneralShare, Exclude: r.Extract.ExcludeRepos,
		MinGoldenAcceptance: r.Judge.MinGoldenAcceptance, PairsWithGoldens: r.Export.PairsWithGoldens(),
	}
	for _, m := range r.Generate.Panel {
		o.Generators = append(o.Generators, m.Name)
	}
	return o
}

// Validate names the field that no graph can be built with.
func (o Options) Validate() error {
	if err := o.selection().Validate(); err != nil {
		return err
	}
	if err := o.general().Validate(); err != nil {
		return err
	}
	if err := o.near().Validate(); err != nil {
		return err
	}
	return o.contamination().Validate()
}

func (o Options) words() curate.Words { return curate.Words{Generators: o.Generators} }

func (o Options) selection() curate.SelectConfig {
	r := o.Recipe
	return curate.SelectConfig{
		Config: curate.Config{
			Rows: r.Rows, Accept: r.Accept, MaxPerRepo: r.MaxPerRepo, MaxPerGolden: r.MaxPerGolden,
			Off: r.OffCells(), Excluded: o.Exclude, Quota: r.Quota, Table: r.TableCells(), Redistribute: r.Redistribute,
			Kinds: r.Kinds, MaxPerCallee: r.MaxPerCallee, MaxPerName: r.MaxPerName,
			Control:   r.Control,
			FreeShare: r.SamplesShare,
		},
		Words: o.words(), Ratios: r.Ratios(), Fallback: curate.Fallback(r.SplitFallback),
		MaxCandidates: r.MaxCandidates,
	}
}

func (o Options) general() curate.GeneralSelect {
	r := o.Recipe
	return curate.GeneralSelect{
		Share: o.GeneralShare, MaxPerRepo: r.MaxPerRepo, MaxPerGolden: r.MaxPerGolden, Excluded: o.Exclude,
		Ratios: r.Ratios(), Fallback: curate.Fallback(r.SplitFallback),
	}
}

func (o Options) near() curate.NearConfig {
	return curate.NearConfig{Threshold: o.Recipe.NearDuplicates}
}

func (o Options) contamination() curate.BenchmarkConfig {
	c := o.Recipe.Contamination
	return curate.BenchmarkConfig{Repositories: c.Repositories, Grams: c.Grams, Near: c.Near}
}

// screens tells whether contexts are screened at all.
func (o Options) screens() bool {
	return len(o.Benchmarks) > 0 || len(o.Recipe.Contamination.Repositories) > 0
}
