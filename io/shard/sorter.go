package shard

import (
	"container/heap"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"decoy/io/bucket"
)

// Sorter puts any number of records in order within a bound of memory: what is over
// it goes to sorted runs beside the file that the records are for, or in TMPDIR if that
// is in a bucket, under temporary names, and All merges them. Equal records keep no order between them, so compare
// must tell all records apart whose order can be seen.
type Sorter[T any] struct {
	path    string
	limit   int
	size    func(T) int
	compare func(a, b T) int

	records []T
	held    int
	total   int64
	runs    [][]string // by how often their records were merged
}

// maxFanIn is how many runs are merged at once: every open one takes buffers. So many
// of one level become one of the next.
const maxFanIn = 16

// NewSorter sorts records for the file at path, holding about limit bytes of them
// as size counts them.
func NewSorter[T any](path string, limit int, size func(T) int, compare func(a, b T) int) *Sorter[T] {
	if bucket.In(path) {
		path = filepath.Join(os.TempDir(), "decoy-"+filepath.Base(path))
	}
	return &Sorter[T]{path: path, limit: limit, size: size, compare: compare}
}

// Add takes a record.
func (s *Sorter[T]) Add(ctx context.Context, v T) error {
	s.records = append(s.records, v)
	s.held += s.size(v)
	s.total++
	if s.held < s.limit {
		return nil
	}
	return s.spill(ctx)
}

// Len is the number of records.
func (s *Sorter[T]) Len() int64 { return s.total }

func (s *Sorter[T]) spill(ctx context.Context) error {
	slices.SortFunc(s.records, s.compare)
	if err := s.run(ctx, 0, s.inMemory()); err != nil {
		return err
	}
	clear(s.records)
	s.records, s.held = s.records[:0], 0
	for level := 0; level < len(s.runs) && len(s.runs[level]) == maxFanIn; level++ {
		if err := s.run(ctx, level+1, MergeSorted(s.open(ctx, s.runs[level]), s.compare)); err != nil {
			return err
		}
		if err := Remove(ctx, s.runs[level]...); err != nil {
			return err
		}
		s.runs[level] = nil
	}
	return nil
}

// inMemory are the records that are in no run; they must be sorted.
func (s *Sorter[T]) inMemory() iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range s.records {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// run writes a run of a level.
func (s *Sorter[T]) run(ctx context.Context, level int, sorted iter.Seq2[T, error]) error {
	name := fmt.Sprintf("%s.run.decoy-tmp-%d-%016x", s.path, os.Getpid(), rand.Uint64())
	w, err := Create[T](ctx, name)
	if err != nil {
		return err
	}
	defer w.Abort()
	for v, err := range sorted {
		if err != nil {
			return err
		}
		if err := w.Write(v); err != nil {
			return err
		}
	}
	if _, err := w.Commit(); err != nil {
		return err
	}
	for len(s.runs) <= level {
		s.runs = append(s.runs, nil)
	}
	s.runs[level] = append(s.runs[level], name)
	return nil
}

func (s *Sorter[T]) open(ctx context.Context, runs []string) (out []iter.Seq2[T, error]) {
	for _, run := range runs {
		out = append(out, Read[T](ctx, run))
	}
	return out
}

// Settle makes one run of all that is in runs, so that All holds one record and may be
// called several times at the cost of one open file each. No record may be added
// afterwards. Fewer records than the bound stay in memory.
func (s *Sorter[T]) Settle(ctx context.Context) error {
	if len(s.runs) == 0 {
		return nil
	}
	if len(s.records) > 0 {
		if err := s.spill(ctx); err != nil {
			return err
		}
	}
	s.records = nil
	runs := slices.Concat(s.runs...)
	if len(runs) == 1 {
		return nil
	}
	last := len(s.runs)
	if err := s.run(ctx, last, MergeSorted(s.open(ctx, runs), s.compare)); err != nil {
		return err
	}
	s.runs = s.runs[last:]
	return Remove(ctx, runs...)
}

// All yields the records in order. No record may be added afterwards.
func (s *Sorter[T]) All(ctx context.Context) iter.Seq2[T, error] {
	slices.SortFunc(s.records, s.compare)
	return MergeSorted(append(s.open(ctx, slices.Concat(s.runs...)), s.inMemory()), s.compare)
}

// Close removes the runs.
func (s *Sorter[T]) Close(ctx context.Context) error {
	runs := slices.Concat(s.runs...)
	s.records, s.runs = nil, nil
	return Remove(ctx, runs...)
}

// MergeSorted merges sorted sequences into one. Of equal records those of earlier
// sequences come first. An error ends the sequence.
func MergeSorted[T any](sequences []iter.Seq2[T, error], compare func(a, b T) int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		h := &heads[T]{compare: compare}
		for i, s := range sequences {
			next, stop := iter.Pull2(s)
			defer stop()
			v, err, ok := next()
			if err != nil {
				yield(v, err)
				return
			}
			if ok {
				h.of = append(h.of, head[T]{v, next, i})
			}
		}
		heap.Init(h)
		for len(h.of) > 0 {
			top := &h.of[0]
			if !yield(top.value, nil) {
				return
			}
			v, err, ok := top.next()
			switch {
			case err != nil:
				yield(v, err)
				return
			case ok:
				top.value = v
				heap.Fix(h, 0)
			default:
				heap.Pop(h)
			}
		}
	}
}

// head is the next record of a sequence.
type head[T any] struct {
	value T
	next  func() (T, error, bool)
	rank  int
}

type heads[T any] struct {
	of      []head[T]
	compare func(a, b T) int
}

func (h *heads[T]) Len() int { return len(h.of) }
func (h *heads[T]) Less(i, j int) bool {
	if c := h.compare(h.of[i].value, h.of[j].value); c != 0 {
		return c < 0
	}
	return h.of[i].rank < h.of[j].rank
}
func (h *heads[T]) Swap(i, j int) { h.of[i], h.of[j] = h.of[j], h.of[i] }

// Push completes heap.Interface; sequences are only taken away.
func (h *heads[T]) Push(v any) { h.of = append(h.of, v.(head[T])) }

// Pop takes the last one away.
func (h *heads[T]) Pop() any {
	last := h.of[len(h.of)-1]
	h.of = h.of[:len(h.of)-1]
	return last
}
