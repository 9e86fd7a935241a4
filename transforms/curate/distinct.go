package curate

import (
	"cmp"
	"context"
	"encoding/binary"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas/batch"
)

// buckets is the number of int keys of a GroupByKey over batches. Each bucket is held in
// memory on its own: of 100 M records 50 MB.
const buckets = 256

func init() {
	beam.RegisterDoFn(&bucketFn{})
	beam.RegisterDoFn(&distinctFn{})
}

// Distinct keeps one of the records with one [DuplicateKey], that with the smallest
// negative id, as [Dedup] does.
//
//	PCollection<batch.Batch> of Record → PCollection<batch.Batch> of Record,
//	                                     PCollection<batch.Batch> of RejectRow
//
// Groups by bucket of the key: one bucket's records (136 bytes each, 1/256 of all) must fit
// in memory. Each record comes out of exactly one side: a bucket is sorted, so the first of
// a key is what is kept and the others are the anti-join. Nothing depends on the order of
// the input or on its batches.
func Distinct(s beam.Scope, records beam.PCollection) (kept, rejected beam.PCollection) {
	s = s.Scope("curate.Distinct")
	keyed := beam.ParDo(s, &bucketFn{Width: RecordBytes, At: keyAt}, records)
	return beam.ParDo2(s, &distinctFn{}, beam.GroupByKey(s, keyed))
}

// bucketFn puts rows of a width in the buckets of the number of 8 bytes that stands in them.
type bucketFn struct {
	Width, At int

	out batch.Bundle
}

// ProcessElement adds the rows of a batch.
func (f *bucketFn) ProcessElement(b batch.Batch, emit func(int, batch.Batch)) {
	for r := range b.Each(f.Width) {
		f.out.Add(emit, int(binary.BigEndian.Uint64(r[f.At:])%buckets), r)
	}
}

// FinishBundle emits what is left.
func (f *bucketFn) FinishBundle(emit func(int, batch.Batch)) { f.out.Flush(emit) }

type distinctFn struct{}

// ProcessElement resolves the keys of one bucket.
func (f *distinctFn) ProcessElement(ctx context.Context, _ int, batches func(*batch.Batch) bool,
	emit, reject func(batch.Batch)) error {
	rows := sortedRecords(batch.All(batches), func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Key(), b.Key()), compareRecords(a, b))
	})
	kept, out := newRowWriter(emit), newRowWriter(reject)
	var first Record
	for _, r := range rows {
		if first == nil || first.Key() != r.Key() {
			first = r
			kept.add(r)
			continue
		}
		out.rows = appendReject(out.rows, r, ReasonDuplicate, first)
		out.full()
	}
	kept.flush()
	out.flush()
	return ctx.Err()
}

// rowWriter collects rows into batches without a key.
type rowWriter struct {
	emit func(batch.Batch)
	rows []byte
}

func newRowWriter(emit func(batch.Batch)) *rowWriter { return &rowWriter{emit: emit} }

func (w *rowWriter) add(row []byte) {
	w.rows = append(w.rows, row...)
	w.full()
}

func (w *rowWriter) full() {
	if len(w.rows) >= batch.Size {
		w.flush()
	}
}

func (w *rowWriter) flush() {
	if len(w.rows) > 0 {
		w.emit(batch.Batch{Rows: w.rows})
		w.rows = nil
	}
}
