package export

import (
	"cmp"
	"slices"
	"strings"

	"decoy/pipelines/generation"
	"decoy/schemas"
	"decoy/transforms/report"
)

// shownPairs is the number of pairs that the report shows.
const shownPairs = 30

// Report gathers what report.html shows.
func (sum *Summary) Report(run report.Run) report.Data {
	recipe, _ := RecipeYAML(sum.recipe)
	extract := sum.manifests[schemas.StageExtract].Counts
	d := report.Data{
		Name: sum.recipe.Name, Recipe: recipe, CodeVersion: schemas.CodeVersion, SchemaVersion: schemas.SchemaVersion,
		Counts: []report.Count{
			{Name: "archives", N: int64(len(sum.manifests[schemas.StageExtract].Inputs))},
			{Name: "repositories", N: extract["repositories"]},
			{Name: "source files", N: extract["files"]},
			{Name: "contexts", N: extract["contexts"]},
			{Name: "valid negatives", N: sum.negatives()},
			{Name: "selected pairs", N: sum.manifests[schemas.StageCurate].Counts["pairs"]},
			{Name: "general rows", N: sum.manifests[schemas.StageCurate].Counts["general"]},
		},
		Off: sum.off(), Funnel: sum.funnel(), Kinds: counts(sum.kinds), Licenses: sum.licenseCounts(),
		Splits:     sum.splitList(),
		SplitNotes: sum.curate.Notes, Red: sum.curate.Red, NearDuplicates: sum.near(), Distances: sum.curate.Distances,
		Decontaminated: sum.curate.Decontaminated, Shift: sum.curate.Shift,
		Probe:    sum.curate.Probe,
		Controls: sum.tally().Controls(), Hardness: sum.hardness(), Hard: sum.hardFor(),
		Costs: sum.ReportCosts(), Run: run,
		Pairs: sum.pairs(),
	}
	valid, selected := map[report.Cell]int64{}, map[report.Cell]int64{}
	statuses := map[report.StatusCell]int64{}
	for _, o := range sum.outcomes {
		cell := report.Cell{Language: o.Language, Type: o.Type}
		valid[cell] += o.N
		if o.Selected {
			selected[cell] += o.N
		}
		statuses[report.StatusCell{Generator: o.Generator, Type: o.Type, Language: o.Language, Status: o.Status}] += o.N
	}
	d.Valid, d.Selected, d.FoolRates = cells(valid), cells(selected), sum.tally().Cells
	for k, n := range statuses {
		k.N = n
		d.Statuses = append(d.Statuses, k)
	}
	slices.SortFunc(d.Statuses, func(a, b report.StatusCell) int {
		return cmp.Or(cmp.Compare(a.Generator, b.Generator), cmp.Compare(a.Type, b.Type),
			cmp.Compare(a.Language, b.Language), cmp.Compare(a.Status, b.Status))
	})
	d.Judges, d.Margins = sum.judges()
	d.Judging = sum.judging()
	return d
}

func cells(m map[report.Cell]int64) []report.Cell {
	var out []report.Cell
	for c, n := range m {
		c.N = n
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b report.Cell) int {
		return cmp.Or(cmp.Compare(a.Language, b.Language), cmp.Compare(a.Type, b.Type))
	})
	return out
}

// funnel follows the data from files to pairs, with the reasons of every loss.
func (sum *Summary) funnel() []report.Step {
	extract, generate := sum.manifests[schemas.StageExtract], sum.manifests[schemas.StageGenerate]
	verify, curated := sum.manifests[schemas.StageVerify], sum.manifests[schemas.StageCurate]
	general := int64(0)
	for _, k := range schemas.GeneralKinds {
		general += extract.Counts["contexts_"+string(k)]
	}
	accepted := int64(0)
	for _, s := range sum.recipe.Curate.Accept {
		accepted += verify.Counts[string(s)]
	}
	lostToStatus := map[string]int64{}
	for _, s := range schemas.Statuses {
		if !slices.Contains(sum.recipe.Curate.Accept, s) && verify.Counts[string(s)] > 0 {
			lostToStatus["status_"+string(s)] = verify.Counts[string(s)]
		}
	}
	lostToSelection := map[schemas.Reason]int64{}
	for reason, n := range curated.Rejects {
		if !strings.HasPrefix(string(reason), "status_") {
			lostToSelection[reason] = n
		}
	}
	steps := []report.Step{
		{Name: "source files read", Unit: "files", N: extract.Counts["files"], Lost: counts(extract.Rejects),
			LostUnit: "files and spans"},
		{Name: "contexts", Unit: "contexts", N: extract.Counts["contexts"]},
		{Name: "contexts that can carry a negative", Unit: "contexts", N: extract.Counts["contexts"] - general,
			Lost: []report.Count{{Name: "general rows", N: general}}},
		{Name: "negatives asked for", Unit: "negatives", N: generate.Counts["requests"]},
	}
	steps = append(steps, sampleSteps(generate.Counts)...)
	return append(steps, []report.Step{
		{Name: "valid negatives", Unit: "negatives", N: generate.Counts["negatives"], Lost: counts(generate.Rejects)},
		{Name: "shown to be wrong", Unit: "negatives", N: accepted, Lost: counts(lostToStatus)},
		{Name: "selected pairs", Unit: "pairs", N: curated.Counts["pairs"], Lost: counts(lostToSelection),
			LostUnit: "negatives and general rows"},
	}...)
}

// sampleSteps say by which way the samples of FIM endpoints came; none where there are none.
func sampleSteps(n map[string]int64) []report.Step {
	minimal, free := n[generation.CountSamplesMinimal], n[generation.CountSamplesFree]
	all := minimal + free + n[generation.CountUnlabelled]
	if all == 0 {
		return nil
	}
	lost := map[string]int64{}
	for name, k := range n {
		if reason, ok := strings.CutPrefix(name, generation.CountUnlabelledFor("")); ok {
			lost["unlabelled: "+reason] = k
		}
	}
	return []report.Step{
		{Name: "samples of FIM endpoints", Unit: "samples", N: all},
		{Name: "of these minimal pairs with the golden", Unit: "samples", N: minimal},
		{Name: "of these others with one certified error", Unit: "samples", N: free, Lost: counts(lost)},
		{Name: "of these others with a repair", Unit: "samples", N: n[generation.CountSamplesRepaired]},
	}
}

// pairs picks the shown pairs: one of each cell in turn, in the order of compareSamples.
func (sum *Summary) pairs() []report.Pair {
	type cell struct {
		language schemas.Language
		typ      schemas.Type
	}
	byCell := map[cell][]Sample{}
	for _, s := range sum.Samples {
		k := cell{s.Context.Language, s.Negative.Type}
		byCell[k] = append(byCell[k], s)
	}
	for _, list := range byCell {
		slices.SortFunc(list, compareSamples)
	}
	var out []report.Pair
	for turn := 0; len(out) < shownPairs; turn++ {
		added := false
		for _, l := range schemas.Languages {
			for _, t := range schemas.Types {
				list := byCell[cell{l, t}]
				if turn >= len(list) || len(out) == shownPairs {
					continue
				}
				added = true
				out = append(out, pairOf(list[turn]))
			}
		}
		if !added {
			break
		}
	}
	return out
}

func pairOf(s Sample) report.Pair {
	c, n := s.Context, s.Negative
	return report.Pair{
		Language: c.Language, Type: n.Type, Kind: c.Kind, Generator: n.Generator, Invented: n.Invented,
		Split:  s.Selected.Split,
		Status: s.Status, Rule: s.Rule, Evidence: s.Evidence, Judges: s.Selected.Judges, FoolRate: s.Selected.FoolRate,
		Margin: s.Selected.Margin,
		Repo:   c.Repo, Commit: c.Commit, Path: c.Path, Line: c.Line, License: c.License,
		Prefix: c.Prefix, Golden: c.Golden, Negative: n.Text, Suffix: c.Suffix,
	}
}

// negatives is the number of valid negatives.
func (sum *Summary) negatives() (n int64) {
	for _, o := range sum.outcomes {
		n += o.N
	}
	return n
}
