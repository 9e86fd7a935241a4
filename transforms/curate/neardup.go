package curate

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas/batch"
)

// Document is a source file and where its text lies.
type Document struct {
	File  uint64 // [FileKeyOf]
	Shard uint32
}

// Lookup finds the shingles of documents. Its exported fields travel as JSON; what it opens it
// keeps in others. RegisterLookup makes its type known.
type Lookup interface {
	// Shingles are the [Shingles] of documents that are sorted by shard and file, so that a
	// lookup reads each shard once, forward. They are one list a document, in order.
	Shingles(ctx context.Context, documents []Document) ([][]uint64, error)
}

// RegisterLookup makes a lookup's type known to Beam.
func RegisterLookup[L Lookup]() { beam.RegisterDoFn(&checkFn[L]{}) }

// NearConfig says what is a near duplicate.
type NearConfig struct {
	// Threshold is the Jaccard similarity of token 5-grams above which a file goes; 0 means 0.7,
	// and at 1 none goes.
	Threshold float64
}

// Validate names the field that is out of range.
func (c NearConfig) Validate() error {
	if !(c.Threshold == 0 || c.Threshold >= 0.5 && c.Threshold <= 1) {
		return fmt.Errorf("curate.NearConfig.Threshold is %v: give a Jaccard similarity from 0.5 to 1", c.Threshold)
	}
	return nil
}

func (c NearConfig) threshold() float64 {
	if c.Threshold == 0 {
		return 0.7
	}
	return c.Threshold
}

const (
	// maxBand is how many documents of one band are compared with each other; in a larger one
	// each is compared with the smallest only.
	maxBand = 50
	// checkAtOnce is how many pairs are checked with their shingles in memory.
	checkAtOnce = 1024
	bandRow     = 24 // band hash, file, shard, shingles
	pairDocs    = 24 // smaller file, larger file, their shards
	edgeRow     = 20 // smaller file, larger file, similarity × 2³²−1
)

// MemberBytes is the width of a row of a member: its file, the survivor's file, and their
// similarity in units of 1/(2³²−1).
const MemberBytes = 20

// Member is a file that goes because another stays.
type Member struct {
	File     uint64  `json:"file"`
	Survivor uint64  `json:"survivor"`
	Jaccard  float64 `json:"jaccard"`
}

// ReadMember reads a row of a member.
func ReadMember(row []byte) Member {
	be := binary.BigEndian
	return Member{be.Uint64(row), be.Uint64(row[8:]), float64(be.Uint32(row[16:])) / (1<<32 - 1)}
}

// AppendMember appends the row of a member.
func AppendMember(rows []byte, m Member) []byte {
	be := binary.BigEndian
	return be.AppendUint32(be.AppendUint64(be.AppendUint64(rows, m.File), m.Survivor), uint32(m.Jaccard*(1<<32-1)))
}

func init() {
	beam.RegisterDoFn(&bandFn{})
	beam.RegisterDoFn(&meetFn{})
	beam.RegisterDoFn(&oncePairFn{})
	beam.RegisterDoFn(&surviveFn{})
	beam.RegisterDoFn(&leaveFn{})
}

// NearDuplicates finds the source files that are nearly those of others. It reports each
// member of a cluster with the cluster's survivor; [Leave] takes their records out.
//
//	PCollection<batch.Batch> of Sketch → PCollection<batch.Batch> of Member
//
// A document is a file, so contexts of one file are never duplicates of each other by this
// rule. Documents whose sketches agree in one of 32 bands are checked by the exact Jaccard
// similarity of their token 5-grams, which the lookup finds. Files are taken in the order of
// their hashes: one that is above the threshold with a file that stays goes, any other stays. So
// no member goes on another member's word, and of the pairs that were checked none above the
// threshold stays whole. In a band of more than 50 documents each is compared with the smallest
// only: of very common content a second copy may stay where the smallest is not like it.
//
// Groups by bucket of the band (32 rows of 24 bytes a file; 1/256 of them must fit in
// memory), by bucket of the pair (24 bytes a pair), by the shard of the smaller file (a chunk of
// 1024 pairs with their shingles is in memory at a time), and on one key the pairs above the
// threshold (20 bytes each). Nothing depends on the order of the input.
//
// Follows Broder 1997 and Lee et al. 2022 (arXiv 2107.06499), checked as in neither: there a
// candidate is a duplicate, which at a threshold of .7 removes documents that are none
// (scripts/bench/dedup).
func NearDuplicates[L Lookup](s beam.Scope, c NearConfig, lookup L, sketches beam.PCollection) beam.PCollection {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	s = s.Scope("curate.NearDuplicates")
	banded := beam.GroupByKey(s, beam.ParDo(s, &bandFn{}, sketches))
	met := beam.GroupByKey(s, beam.ParDo(s, &meetFn{Threshold: c.threshold()}, banded))
	pairs := beam.GroupByKey(s, beam.ParDo(s, &oncePairFn{}, met))
	edges := beam.ParDo(s, &checkFn[L]{Threshold: c.threshold(), Lookup: lookup}, pairs)
	return beam.ParDo(s, &surviveFn{}, beam.GroupByKey(s, edges))
}

type bandFn struct{ out batch.Bundle }

// ProcessElement makes a row of each band of a sketch. A document without a token has none.
func (f *bandFn) ProcessElement(b batch.Batch, emit func(int, batch.Batch)) {
	var row [bandRow]byte
	for r := range b.Each(SketchBytes) {
		s := ReadSketch(r)
		if s.Shingles == 0 {
			continue
		}
		for i := range bands {
			h := s.band(i)
			binary.BigEndian.PutUint64(row[:], h)
			copy(row[8:], r[:16])
			f.out.Add(emit, int(h%buckets), row[:])
		}
	}
}

// FinishBundle emits what is left.
func (f *bandFn) FinishBundle(emit func(int, batch.Batch)) { f.out.Flush(emit) }

// sortedRows are the rows of batches in their order, each once.
func sortedRows(batches func(*batch.Batch) bool, width int) [][]byte {
	var rows [][]byte
	for b := range batch.All(batches) {
		rows = slices.AppendSeq(rows, b.Each(width))
	}
	slices.SortFunc(rows, bytes.Compare)
	return slices.CompactFunc(rows, bytes.Equal)
}

type meetFn struct{ Threshold float64 }

// ProcessElement pairs the documents of each band of a bucket, by bucket of the pair.
func (f *meetFn) ProcessElement(ctx context.Context, _ int, batches func(*batch.Batch) bool,
	emit func(int, batch.Batch)) error {
	rows := sortedRows(batches, bandRow)
	out := batch.NewBatcher(emit)
	for i := 0; i < len(rows); {
		j := i + 1
		for j < len(rows) && bytes.Equal(rows[i][:8], rows[j][:8]) {
			j++
		}
		of := rows[i:j] // sorted by file
		for a := range of {
			if a > 0 && len(of) > maxBand {
				break
			}
			for _, b := range of[a+1:] {
				f.pair(of[a], b, out)
			}
		}
		i = j
	}
	out.Flush()
	return ctx.Err()
}

// pair adds a pair, unless the numbers of shingles alone say that it is below the threshold.
func (f *meetFn) pair(a, b []byte, out *batch.Batcher) {
	m, n := binary.BigEndian.Uint32(a[20:]), binary.BigEndian.Uint32(b[20:])
	if bytes.Equal(a[8:16], b[8:16]) || float64(min(m, n)) < f.Threshold*float64(max(m, n)) {
		return
	}
	var row [pairDocs]byte
	copy(row[:], a[8:16])
	copy(row[8:], b[8:16])
	copy(row[16:], a[16:20])
	copy(row[20:], b[16:20])
	out.Add(int(mix(binary.BigEndian.Uint64(row[:])^mix(binary.BigEndian.Uint64(row[8:])))%buckets), row[:])
}

type oncePairFn struct{}

// ProcessElement emits each pair once, by the shard of its smaller file.
func (oncePairFn) ProcessElement(_ int, batches func(*batch.Batch) bool, emit func(int, batch.Batch)) {
	out := batch.NewBatcher(emit)
	for _, r := range sortedRows(batches, pairDocs) {
		out.Add(int(binary.BigEndian.Uint32(r[16:])), r)
	}
	out.Flush()
}

type checkFn[L Lookup] struct {
	Threshold float64
	Lookup    L
}

// ProcessElement checks the pairs of a shard.
func (f *checkFn[L]) ProcessElement(ctx context.Context, _ int, batches func(*batch.Batch) bool,
	emit func(int, batch.Batch)) error {
	out := batch.NewBatcher(emit)
	rows := sortedRows(batches, pairDocs)
	// By the shard of the larger file: a chunk then reads two shards or few more, instead of all.
	slices.SortStableFunc(rows, func(a, b []byte) int { return bytes.Compare(a[20:24], b[20:24]) })
	for chunk := range slices.Chunk(rows, checkAtOnce) {
		if err := f.check(ctx, chunk, out); err != nil {
			return err
		}
	}
	out.Flush()
	return ctx.Err()
}

func (f *checkFn[L]) check(ctx context.Context, pairs [][]byte, out *batch.Batcher) error {
	be := binary.BigEndian
	var docs []Document
	for _, p := range pairs {
		docs = append(docs, Document{be.Uint64(p), be.Uint32(p[16:])}, Document{be.Uint64(p[8:]), be.Uint32(p[20:])})
	}
	slices.SortFunc(docs, compareDocuments)
	docs = slices.Compact(docs)
	found, err := f.Lookup.Shingles(ctx, docs)
	if err != nil {
		return fmt.Errorf("shingles of %d files: %w", len(docs), err)
	}
	if len(found) != len(docs) {
		return fmt.Errorf("%T found the shingles of %d of %d files", f.Lookup, len(found), len(docs))
	}
	of := make(map[uint64][]uint64, len(docs))
	for i, d := range docs {
		of[d.File] = found[i]
	}
	for _, p := range pairs {
		if j := Jaccard(of[be.Uint64(p)], of[be.Uint64(p[8:])]); j > f.Threshold {
			var row [edgeRow]byte
			copy(row[:], p[:16])
			be.PutUint32(row[16:], uint32(j*(1<<32-1)))
			out.Add(0, row[:])
		}
	}
	return nil
}

func compareDocuments(a, b Document) int {
	return cmp.Or(cmp.Compare(a.Shard, b.Shard), cmp.Compare(a.File, b.File))
}

type surviveFn struct{}

// ProcessElement decides who stays, from all pairs above the threshold.
func (surviveFn) ProcessElement(ctx context.Context, _ int, batches func(*batch.Batch) bool,
	emit func(batch.Batch)) error {
	out := newRowWriter(emit)
	for _, m := range survive(sortedRows(batches, edgeRow)) {
		out.add(m)
	}
	out.flush()
	return ctx.Err()
}

// survive makes members of edges that are sorted. A file goes with the smallest survivor that it
// is like. When a file's turn as the larger one comes, all smaller ones are decided.
func survive(edges [][]byte) (members [][]byte) {
	slices.SortFunc(edges, func(a, b []byte) int { return compareBytes(a[8:16], b[8:16], a[:8], b[:8]) })
	gone := map[[8]byte]bool{}
	for _, e := range edges {
		if small, large := [8]byte(e[:8]), [8]byte(e[8:16]); !gone[small] && !gone[large] {
			gone[large] = true
			members = append(members, slices.Concat(large[:], small[:], e[16:20]))
		}
	}
	return members
}

// Leave takes out the records of files that are members, as near_duplicate. Each record comes
// out of exactly one side.
//
//	PCollection<batch.Batch> of Record, PCollection<batch.Batch> of Member → PCollection<batch.Batch> of
//	Record, PCollection<batch.Batch> of RejectRow
//
// Groups by bucket of the file: one bucket's members (16 bytes each) must fit in memory, its
// records stream.
func Leave(s beam.Scope, records, members beam.PCollection) (kept, rejected beam.PCollection) {
	s = s.Scope("curate.Leave")
	of := beam.ParDo(s, &bucketFn{Width: MemberBytes}, members) // a member's file stands first
	both := beam.CoGroupByKey(s, of, beam.ParDo(s, &bucketFn{Width: RecordBytes, At: fileAt}, records))
	return beam.ParDo2(s, &leaveFn{}, both)
}

type leaveFn struct{}

// ProcessElement splits the records of a bucket.
func (leaveFn) ProcessElement(ctx context.Context, _ int, members, records func(*batch.Batch) bool,
	emit, reject func(batch.Batch)) error {
	survivor := survivors(members)
	kept, out := newRowWriter(emit), newRowWriter(reject)
	for b := range batch.All(records) {
		for r := range b.Each(RecordBytes) {
			if by, ok := survivor[Record(r).File()]; ok {
				out.rows = appendNear(out.rows, r, by)
				out.full()
			} else {
				kept.add(r)
			}
		}
	}
	kept.flush()
	out.flush()
	return ctx.Err()
}

// survivors are the files that stay, by those that go for them.
func survivors(members func(*batch.Batch) bool) map[uint64]uint64 {
	out := map[uint64]uint64{}
	for b := range batch.All(members) {
		for r := range b.Each(MemberBytes) {
			m := ReadMember(r)
			out[m.File] = m.Survivor
		}
	}
	return out
}

// appendNear appends the reject of a record whose file is like another.
func appendNear(rows []byte, r Record, survivor uint64) []byte {
	rows = appendReject(rows, r, ReasonNearDuplicate, nil)
	binary.BigEndian.PutUint64(rows[len(rows)-RejectBytes+29:], survivor)
	return rows
}
