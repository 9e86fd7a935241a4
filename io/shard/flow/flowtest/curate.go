package flowtest

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"iter"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard/flow"
	"decoy/schemas"
	"decoy/schemas/batch"
)

// A candidate in a batch is its value (2 bytes, the key of a duplicate), its id (16) and
// its shard (4): of candidates with one value the one with the smallest id stays.
const (
	width   = 22
	buckets = 16
)

// curate selects among the candidates of all shards in two GroupByKeys.
//
//	refs by shard → KV<bucket, Batch> → distinct → KV<shard, Batch> → selection
func (b Build) curate(s beam.Scope, st flow.Stage, contexts, certificates beam.PCollection,
	verdicts []beam.PCollection) beam.PCollection {
	s = s.Scope("curate")
	shards := flow.Join(s, b.Shards, append([]beam.PCollection{contexts, certificates}, verdicts...)...)
	rows := beam.ParDo(s, &candidatesFn{len(verdicts)}, shards)
	kept := beam.ParDo(s, &distinctFn{}, beam.GroupByKey(s, rows))
	return flow.Write(s, st, selectionWriter{b.Trouble}, shards, kept)
}

// candidatesFn reads the candidates of a shard, those with a certificate and a verdict.
type candidatesFn struct{ Rounds int }

// ProcessElement takes a shard's refs: contexts, certificates, verdicts by round.
func (f *candidatesFn) ProcessElement(ctx context.Context, t flow.Joined, emit func(int, batch.Batch)) error {
	certified := map[string]bool{}
	for r, err := range flow.Read[row](ctx, t.Refs[1], "certificates") {
		if err != nil {
			return err
		}
		certified[r.ID] = r.Value == 1
	}
	out := batch.NewBatcher(emit)
	for round := range f.Rounds {
		if t.Refs[2+round].Skipped {
			continue
		}
		for r, err := range flow.Read[row](ctx, t.Refs[2+round], verdictsName(round)) {
			if err != nil {
				return err
			}
			if !certified[r.ID] {
				continue
			}
			id, err := hex.DecodeString(r.ID)
			if err != nil {
				return err
			}
			line := binary.BigEndian.AppendUint16(nil, uint16(r.Value))
			line = binary.BigEndian.AppendUint32(append(line, id...), uint32(t.Shard))
			out.Add(int(r.Value)%buckets, line)
		}
	}
	out.Flush()
	return ctx.Err()
}

// rowsOf are the rows of batches, sorted.
func rowsOf(batches iter.Seq[batch.Batch]) [][]byte {
	var rows [][]byte
	for b := range batches {
		rows = slices.AppendSeq(rows, b.Each(width))
	}
	slices.SortFunc(rows, bytes.Compare)
	return rows
}

// distinctFn keeps the first of the rows with one value.
type distinctFn struct{}

// ProcessElement takes the rows of a bucket.
func (distinctFn) ProcessElement(_ int, batches func(*batch.Batch) bool, emit func(int, batch.Batch)) {
	rows := rowsOf(batch.All(batches))
	out := batch.NewBatcher(emit)
	for i, r := range rows {
		if i == 0 || !bytes.Equal(r[:2], rows[i-1][:2]) {
			out.Add(int(binary.BigEndian.Uint32(r[18:])), r)
		}
	}
	out.Flush()
}

type selectionWriter struct{ Trouble Trouble }

// Write writes the selection of a shard, by id.
func (w selectionWriter) Write(ctx context.Context, t flow.Task, batches iter.Seq[batch.Batch]) (schemas.Done, error) {
	if err := w.Trouble.meet("curate", t.Shard); err != nil {
		return schemas.Done{}, err
	}
	out, err := flow.Create[row](ctx, t, "selection")
	if err != nil {
		return schemas.Done{}, err
	}
	defer out.Abort()
	rows := rowsOf(batches)
	for _, r := range rows {
		r := row{ID: hex.EncodeToString(r[2:18]), Value: int64(binary.BigEndian.Uint16(r))}
		if err := out.Write(r); err != nil {
			return schemas.Done{}, err
		}
	}
	f, err := out.Commit()
	return schemas.Done{Files: []schemas.File{f}, Counts: map[string]int64{"selected": int64(len(rows))}}, err
}

func init() {
	beam.RegisterDoFn(&candidatesFn{})
	beam.RegisterDoFn(&distinctFn{})
}
