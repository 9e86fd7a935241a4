package curation

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/schemas"
	"decoy/schemas/batch"
	"decoy/transforms/curate"
)

// Report is the content of shift.json.
type Report struct {
	curate.Shift
	Probe          curate.ProbeResult `json:"probe"`
	Groups         []curate.Group     `json:"groups"`
	Decontaminated []string           `json:"decontaminated"`
	// Red are the notes that must not be overlooked: kin stand on both sides of a split.
	Red []string `json:"red,omitempty"`
	// Distances are how far the selection is from each benchmark of curate.reference.
	Distances []curate.Distance `json:"distances,omitempty"`
	// NearDuplicates is null where none were looked for.
	NearDuplicates *Clusters `json:"near_duplicates,omitempty"`
}

// Clusters are the near duplicates among source files that have rows.
type Clusters struct {
	Threshold float64 `json:"threshold"`
	Clusters  int     `json:"clusters"`
	Members   int     `json:"members"` // files that went
	// Largest are the clusters of most members.
	Largest []Cluster `json:"largest"`
}

// Cluster is a file that stayed, with those that went for it.
type Cluster struct {
	Survivor string   `json:"survivor"`
	Size     int      `json:"size"` // in files
	Members  []Member `json:"members"`
}

// Member is a file that went.
type Member struct {
	File    string  `json:"file"`
	Jaccard float64 `json:"jaccard"`
}

// Clusters and members of each that the report lists.
const (
	shownClusters = 50
	shownMembers  = 20
)

// cluster is a survivor with its members.
type cluster struct {
	survivor uint64
	members  []curate.Member // by number
}

// clusters are those of members, the largest first.
func clusters(members iter.Seq[batch.Batch]) (out []cluster) {
	by := map[uint64][]curate.Member{}
	for b := range members {
		for r := range b.Each(curate.MemberBytes) {
			m := curate.ReadMember(r)
			by[m.Survivor] = append(by[m.Survivor], m)
		}
	}
	for s, of := range by {
		slices.SortFunc(of, func(a, b curate.Member) int { return cmp.Compare(a.File, b.File) })
		out = append(out, cluster{s, of})
	}
	slices.SortFunc(out, func(a, b cluster) int {
		return cmp.Or(cmp.Compare(len(b.members), len(a.members)), cmp.Compare(a.survivor, b.survivor))
	})
	return out
}

// shown are the members that the report lists of the i-th cluster.
func (c cluster) shown(i int) []curate.Member {
	if i >= shownClusters {
		return nil
	}
	return c.members[:min(len(c.members), shownMembers)]
}

func clustersOf(threshold float64, members iter.Seq[batch.Batch], names map[uint64]string) *Clusters {
	all := clusters(members)
	out := &Clusters{Threshold: threshold, Clusters: len(all), Largest: []Cluster{}}
	name := func(file uint64) string { return cmp.Or(names[file], fmt.Sprintf("file %016x", file)) }
	for i, c := range all {
		out.Members += len(c.members)
		if i >= shownClusters {
			continue
		}
		x := Cluster{Survivor: name(c.survivor), Size: len(c.members) + 1}
		for _, m := range c.shown(i) {
			x.Members = append(x.Members, Member{name(m.File), math.Round(m.Jaccard*1e4) / 1e4})
		}
		out.Largest = append(out.Largest, x)
	}
	return out
}

// referenceFn reads the items of the benchmarks that the selection is compared with.
//
//	flow.Joined (one) → curate.BenchmarkItem
type referenceFn struct{ Options Options }

// ProcessElement takes the one element that says that all is there.
func (f *referenceFn) ProcessElement(ctx context.Context, _ flow.Joined, emit func(curate.BenchmarkItem)) error {
	if len(f.Options.Recipe.Reference) == 0 {
		return nil
	}
	for i, err := range flow.Read[Item](ctx, f.Options.Items, itemsName) {
		if err != nil {
			return err
		}
		if i.Reference {
			emit(curate.BenchmarkItem{Benchmark: i.Benchmark, Item: i.Item})
		}
	}
	return nil
}

// reportFn makes the report of what was counted and selected.
//
//	flow.Joined (one), side inputs → KV<0, batch.Batch> (the report as JSON)
//
// A worker holds the groups, the selected records and the counts.
type reportFn struct{ Options Options }

// ProcessElement takes the one element that says that all is there.
func (f *reportFn) ProcessElement(_ flow.Joined, groups func(*curate.Group) bool,
	selected, counts, members, files func(*batch.Batch) bool, distances func(*curate.Distance) bool,
	emit func(int, batch.Batch)) error {
	o := f.Options
	gs := []curate.Group{}
	for g := (curate.Group{}); groups(&g); g = (curate.Group{}) {
		gs = append(gs, g)
	}
	slices.SortFunc(gs, func(a, b curate.Group) int { return bytes.Compare([]byte(a.ID), []byte(b.ID)) })
	names, err := curate.NamesOf(gs)
	if err != nil {
		return err
	}
	splits, err := curate.NewSplitsWith(gs, o.Recipe.Ratios(), curate.Fallback(o.Recipe.SplitFallback))
	if err != nil {
		return err
	}
	notes := slices.Clone(splits.Notes)
	for _, c := range o.Recipe.OffCells() {
		notes = append(notes, fmt.Sprintf("%s × %s is switched off in the recipe", c.Language, c.Type))
	}
	r := Report{
		Shift: o.words().ShiftOf(batch.All(counts), names, notes), Groups: gs, Red: splits.Red,
		Probe: curate.Probe(pairs(o.words(), batch.All(selected), names, splits)), Decontaminated: o.Benchmarks,
	}
	if r.Decontaminated == nil {
		r.Decontaminated = []string{}
	}
	for d := (curate.Distance{}); distances(&d); d = (curate.Distance{}) {
		r.Distances = append(r.Distances, d)
	}
	slices.SortFunc(r.Distances, func(a, b curate.Distance) int {
		return bytes.Compare([]byte(a.Benchmark), []byte(b.Benchmark))
	})
	if o.Recipe.NearDuplicates > 0 {
		r.NearDuplicates = clustersOf(o.Recipe.NearDuplicates, batch.All(members), fileNames(files))
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	emit(0, batch.Batch{Rows: append(raw, '\n')})
	return nil
}

// pairs are the selected records as the probe takes them, in the order of the selection.
func pairs(w curate.Words, selected iter.Seq[batch.Batch], names curate.Names, splits *curate.Splits) []curate.Pair {
	var records []curate.Record
	for b := range selected {
		for r := range b.Each(curate.RecordBytes) {
			records = append(records, r)
		}
	}
	slices.SortFunc(records, func(a, b curate.Record) int {
		if c := bytes.Compare(a[16:32], b[16:32]); c != 0 {
			return c
		}
		return bytes.Compare(a[:16], b[:16])
	})
	var out []curate.Pair
	for _, r := range records {
		c := w.Candidate(r, names)
		out = append(out, curate.Pair{
			ID: c.NegativeID, Group: splits.Group(c.Repo), Chosen: c.Golden, Rejected: c.Text,
		})
	}
	return out
}

// reportWriter writes shift.json.
type reportWriter struct{}

// Write writes what reportFn made.
func (reportWriter) Write(ctx context.Context, t flow.Task, batches iter.Seq[batch.Batch]) (d schemas.Done, err error) {
	for b := range batches {
		f, err := shard.WriteFile(ctx, shard.Join(t.Dir, "shift.json"), b.Rows)
		if err != nil {
			return d, err
		}
		d.Files = []schemas.File{f}
	}
	if len(d.Files) == 0 {
		return d, fmt.Errorf("the report did not come")
	}
	return d, nil
}
