package curation

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/schemas/batch"
	"decoy/transforms/curate"
)

// candidatesName begins the names of the files of records that Select reads.
const candidatesName = work.PartsFolder + "candidates"

// Select is curate.SelectRows by way of files: what is brought together on one key is refs.
// Beam's runner on Flink joins the values of a key into one element, which a task manager of
// 4 GiB does not survive with the 300 MB of the paper's pool.
//
//	PCollection<flow.Joined> (the gate of the rows), PCollection<batch.Batch> of curate.Record,
//	PCollection<curate.Group> → as curate.SelectRows
//
// The files are those of st, a temporary step. Groups by file: 1/st.Of of all records must fit
// in memory; and all of them where they are selected, see curate.SelectRows.
func Select(s beam.Scope, st flow.Stage, c curate.SelectConfig, shards, records,
	groups beam.PCollection) (selected, control, rejected beam.PCollection) {
	s = s.Scope("Select")
	records, below := curate.Trim(s, c, records)
	spread := beam.ParDo(s, &spreadFn{Of: st.Of}, records)
	files := flow.Write(s, st, candidatesWriter{}, shards, spread)
	all := beam.GroupByKey(s, beam.AddFixedKey(s, flow.All(s, files, st.Of)))
	selected, control, rejected = beam.ParDo3(s, &chooseFn{c}, all, beam.SideInput{Input: groups})
	return selected, control, beam.Flatten(s, rejected, below)
}

func init() {
	beam.RegisterDoFn(&spreadFn{})
	beam.RegisterDoFn(&chooseFn{})
	flow.RegisterWriter[candidatesWriter]()
}

// spreadFn spreads records over files by their ids, which are hashes.
//
//	batches of curate.Record → KV<file, batches>
//
// A worker holds at most batch.Size for each file.
type spreadFn struct {
	Of int

	out batch.Bundle
}

// ProcessElement spreads a batch.
func (f *spreadFn) ProcessElement(b batch.Batch, emit func(int, batch.Batch)) {
	for r := range b.Each(curate.RecordBytes) {
		f.out.Add(emit, int(binary.BigEndian.Uint64(r)%uint64(f.Of)), r)
	}
}

// FinishBundle emits what is left.
func (f *spreadFn) FinishBundle(emit func(int, batch.Batch)) { f.out.Flush(emit) }

// candidatesWriter writes the records of one file in the order of their ids.
type candidatesWriter struct{}

// Write holds the records in memory.
func (candidatesWriter) Write(ctx context.Context, t flow.Task, batches iter.Seq[batch.Batch]) (schemas.Done, error) {
	var rows [][]byte
	for b := range batches {
		rows = slices.AppendSeq(rows, b.Each(curate.RecordBytes))
	}
	if ctx.Err() != nil {
		return schemas.Done{}, ctx.Err()
	}
	slices.SortFunc(rows, bytes.Compare)
	f, err := shard.WriteFile(ctx, t.Path(candidatesName, "bin"), slices.Concat(rows...))
	f.Name = work.PartsFolder + f.Name
	return schemas.Done{Files: []schemas.File{f}}, err
}

// chooseFn selects among the records of all files.
type chooseFn struct{ Config curate.SelectConfig }

// ProcessElement takes the refs of all files.
func (f *chooseFn) ProcessElement(ctx context.Context, _ int, refs func(*flow.Ref) bool,
	next func(*curate.Group) bool, selected, control, rejected func(batch.Batch)) error {
	var groups []curate.Group
	for g := (curate.Group{}); next(&g); g = (curate.Group{}) {
		groups = append(groups, g)
	}
	var all []batch.Batch
	for r := (flow.Ref{}); refs(&r); r = (flow.Ref{}) {
		if r.Skipped { // of a stage that is sealed
			return nil
		}
		for _, file := range r.Files {
			rows, err := shard.ReadFile(ctx, shard.Join(r.Dir, file.Name))
			if err != nil {
				return fmt.Errorf("the records that curate selects from: %w; run the same command again", err)
			}
			all = append(all, batch.Batch{Rows: rows})
		}
	}
	return f.Config.Choose(ctx, slices.Values(all), groups, selected, control, rejected)
}
