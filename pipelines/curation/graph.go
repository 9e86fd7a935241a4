package curation

import (
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard/flow"
	"decoy/transforms/curate"
)

// Inputs are what curate reads: refs of the shards of the stages before.
type Inputs struct {
	Contexts     beam.PCollection // refs that name contexts, symbols and, with near_duplicates, sketches
	Negatives    beam.PCollection
	Certificates beam.PCollection
	// Verdicts are the refs of judge's shards, of a round each or of all rounds. A round that
	// was not needed is Skipped.
	Verdicts []beam.PCollection
	// Closed are the refs of the records of closed rounds. The weights of judges come from the
	// last one that is not Skipped.
	Closed []beam.PCollection
}

// Graph selects pairs and general rows among those of all shards.
//
//	Refs of extract, generate, verify and judge → Ref by shard: selection, rejects; one Ref: shift.json
//
// The shards' records have the numbers from st.First on, that of shift.json the one behind
// them. Nothing is written unless all shards of all inputs are there. What must fit in one
// worker's memory each step says; the most is SelectRows, 128 bytes a candidate.
func Graph(s beam.Scope, st flow.Stage, o Options, in Inputs) (selection, report beam.PCollection) {
	if err := o.Validate(); err != nil {
		panic(err)
	}
	steps := append([]beam.PCollection{in.Contexts, in.Negatives, in.Certificates}, in.Verdicts...)
	shards := flow.Join(s, st.Of, steps...)
	records, general, repos, sketches, notes := beam.ParDo5(s.Scope("Rows"), &rowsFn{Options: o}, shards,
		beam.SideInput{Input: beam.Flatten(s, in.Closed...)})

	groups := curate.GroupRepos(s, repos)
	members, files := sketches, sketches // none come where near duplicates are not looked for
	var rejected []beam.PCollection
	if o.Recipe.NearDuplicates > 0 {
		members, files = nearDuplicates(s, o, st.Of, sketches, shards)
		// Before exact duplicates, or the copy that is kept of these may leave with its file.
		kept, near := curate.Leave(s, records, members)
		records, rejected = kept, append(rejected, near)
	}
	distinct, copies := curate.Distinct(s, records)
	selected, left := curate.SelectRows(s, o.selection(), distinct, groups)
	rows, rest := curate.SelectGeneralRows(s, o.general(), general, groups, selected, members)
	rejected = append(rejected, copies, left)

	ws := s.Scope("Lines")
	byGroups := beam.SideInput{Input: groups}
	address := func(kind byte, col beam.PCollection) beam.PCollection {
		return beam.ParDo(ws, &addressFn{Kind: kind, Of: st.Of}, col, byGroups, beam.SideInput{Input: files})
	}
	lines := beam.Flatten(ws, notes, address(selectedLine, selected), address(generalLine, rows),
		address(rejectLine, beam.Flatten(ws, rejected...)), address(generalRejectLine, rest))
	selection = flow.Write(s, st, selectionWriter{o.words()}, shards, lines)

	rs := s.Scope("Report")
	first := beam.ParDo(rs, firstFn, flow.Join(rs, st.Of, selection)) // so shift.json is written last
	counts := curate.ShiftCounts(rs, distinct, selected)
	distances := curate.Distances(rs, selected, beam.ParDo(rs, &referenceFn{o}, first))
	text := beam.ParDo(rs, &reportFn{o}, first, byGroups, beam.SideInput{Input: selected},
		beam.SideInput{Input: counts}, beam.SideInput{Input: members}, beam.SideInput{Input: files},
		beam.SideInput{Input: distances})
	whole := st
	whole.First, whole.Of = st.First+st.Of, 1
	report = flow.Write(rs, whole, reportWriter{}, first, text)
	return selection, report
}

func init() {
	beam.RegisterFunction(firstFn)
	beam.RegisterDoFn(&rowsFn{})
	beam.RegisterDoFn(&addressFn{})
	beam.RegisterDoFn(&referenceFn{})
	beam.RegisterDoFn(&reportFn{})
	flow.RegisterWriter[selectionWriter]()
	flow.RegisterWriter[reportWriter]()
}

// firstFn lets one element through the gate, for what is done once: shard 0 is there if all are.
func firstFn(j flow.Joined, emit func(flow.Joined)) {
	if j.Shard == 0 {
		j.Refs = slices.Clip(j.Refs[:1])
		emit(j)
	}
}
