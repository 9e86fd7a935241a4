package curation

import (
	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard/flow"
	"decoy/transforms/curate"
)

// Inputs are what curate reads: refs of the shards of the stages before.
type Inputs struct {
	// PCollection<Ref> by shard: of extract (contexts, symbols and, with near_duplicates,
	// shingles), of generate, of verify.
	Contexts, Negatives, Certificates beam.PCollection
	// Verdicts are PCollection<Ref> by shard of judge: one a round, in which the refs of a round
	// that was not needed are Skipped, or one with the files of all rounds.
	Verdicts []beam.PCollection
	// Closed are PCollection<Ref> with the records of closed rounds. The weights of judges come
	// from the last one that is not Skipped.
	Closed []beam.PCollection
}

// Graph selects pairs and general rows among those of all shards.
//
//	Inputs → selection: a Ref by shard (selection, rejects, with curate.control also control); report:
//	one Ref (shift.json)
//
// The shards' records have the numbers from st.First on, shift.json the number after theirs, and
// the temporary files of candidates (see Select) those of their own step.
// Nothing is written unless all shards of all inputs but Closed are there. Each transform
// states what must fit in one worker's memory. Graph panics where o.Validate is an error.
func Graph(s beam.Scope, st, candidates flow.Stage, o Options, in Inputs) (selection, report beam.PCollection) {
	if err := o.Validate(); err != nil {
		panic(err)
	}
	steps := append([]beam.PCollection{in.Contexts, in.Negatives, in.Certificates}, in.Verdicts...)
	shards := flow.Join(s, st.Of, steps...)
	// Batches of curate.Record, GeneralRow, RepoFiles, Sketch, and KV<shard, lines> of what failed.
	records, general, repos, sketches, failed := beam.ParDo5(s.Scope("Rows"), &rowsFn{Options: o}, shards,
		beam.SideInput{Input: beam.Flatten(s, in.Closed...)})

	groups := curate.GroupRepos(s, repos)
	none := sketches // where near duplicates are not looked for
	members, files := none, none
	var rejected []beam.PCollection
	if o.Recipe.NearDuplicates > 0 {
		members, files = nearDuplicates(s, o, st.Of, sketches, shards)
		// Near duplicates go first: else the copy that is kept of an exact duplicate may leave with
		// its file, and none is left.
		kept, near := curate.Leave(s, records, members)
		records, rejected = kept, append(rejected, near)
	}
	distinct, copies := curate.Distinct(s, records)
	selected, control, left := Select(s, candidates, o.selection(), shards, distinct, groups)
	rows, rest := curate.SelectGeneralRows(s, o.general(), general, groups, selected, members)
	rejected = append(rejected, copies, left)

	ws := s.Scope("Lines")
	byGroups := beam.SideInput{Input: groups}
	address := func(kind byte, col beam.PCollection) beam.PCollection {
		return beam.ParDo(ws, &addressFn{Kind: kind, Of: st.Of}, col, byGroups, beam.SideInput{Input: files})
	}
	lines := beam.Flatten(ws, failed, address(selectedLine, selected), address(controlLine, control),
		address(generalLine, rows),
		address(rejectLine, beam.Flatten(ws, rejected...)), address(generalRejectLine, rest))
	selection = flow.Write(s, st, selectionWriter{o.words(), o.Recipe.Control}, shards, lines)

	rs := s.Scope("Report")
	written := beam.ParDo(rs, firstFn, flow.Join(rs, st.Of, selection)) // behind the last file of it
	counts := curate.ShiftCounts(rs, distinct, selected)
	distances := curate.Distances(rs, selected, beam.ParDo(rs, &referenceFn{o}, written))
	text := beam.ParDo(rs, &reportFn{o}, written, byGroups, beam.SideInput{Input: selected},
		beam.SideInput{Input: counts}, beam.SideInput{Input: members}, beam.SideInput{Input: files},
		beam.SideInput{Input: distances})
	whole := st
	whole.First, whole.Of = st.First+st.Of, 1
	report = flow.Write(rs, whole, reportWriter{}, written, text)
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

// firstFn keeps shard 0 of a Join, which is there if all shards are: for what is done once.
func firstFn(j flow.Joined, emit func(flow.Joined)) {
	if j.Shard == 0 {
		emit(j)
	}
}
