package shard

import (
	"cmp"
	"errors"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"decoy/schemas"
)

// TestSorter: any order of adding and any bound of memory give the same sequence,
// and nothing stays behind.
func TestSorter(t *testing.T) {
	byName := func(a, b schemas.Name) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Count, b.Count))
	}
	var want []schemas.Name
	for i := range 500 {
		want = append(want, schemas.Name{Name: string(rune('a' + i%26)), Count: int64(i)})
	}
	slices.SortFunc(want, byName)
	for _, limit := range []int{1, 7, 100, 499, 500, 1e6} {
		dir := t.TempDir()
		s := NewSorter(filepath.Join(dir, "names"), limit, func(schemas.Name) int { return 1 }, byName)
		for _, i := range rand.Perm(len(want)) {
			if err := s.Add(t.Context(), want[i]); err != nil {
				t.Fatal(err)
			}
		}
		runs := slices.Concat(s.runs...)
		files, err := os.ReadDir(dir)
		if err != nil || len(files) != len(runs) || s.Len() != int64(len(want)) {
			t.Errorf("limit %d: %d runs in %d files (%v), %d records", limit, len(runs), len(files), err, s.Len())
		}
		if spills := len(want) / limit; (len(runs) > 0) != (spills > 0) || len(runs) >= maxFanIn*3 {
			t.Errorf("limit %d: %d runs", limit, len(runs))
		}
		for _, run := range runs {
			if !temporary.MatchString(filepath.Base(run)) {
				t.Errorf("%s has no temporary name: a killed process would leave it for ever", run)
			}
		}
		same := func() {
			t.Helper()
			var got []schemas.Name
			for v, err := range s.All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, v)
			}
			if !slices.Equal(got, want) {
				t.Errorf("limit %d: not the sorted records", limit)
			}
		}
		same()
		if err := s.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		same()
		same()
		if files, err := os.ReadDir(dir); err != nil || len(files) != min(1, len(runs)) || len(runs) > 0 && len(s.records) > 0 {
			t.Errorf("limit %d: %d files (%v) and %d records after it has settled", limit, len(files), err, len(s.records))
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("limit %d: left %v, %v", limit, left, err)
		}
	}
}

func TestMergeSorted(t *testing.T) {
	broken := errors.New("broken")
	of := func(err error, values ...int) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for _, v := range values {
				if !yield(v, nil) {
					return
				}
			}
			if err != nil {
				yield(0, err)
			}
		}
	}
	for _, c := range []struct {
		name string
		in   []iter.Seq2[int, error]
		want []int
		err  error
	}{
		{"none", nil, nil, nil},
		{"empty ones", []iter.Seq2[int, error]{of(nil), of(nil)}, nil, nil},
		{"several", []iter.Seq2[int, error]{of(nil, 1, 4, 4), of(nil), of(nil, 2, 4, 9), of(nil, 3)}, []int{1, 2, 3, 4, 4, 4, 9}, nil},
		{"an error at once", []iter.Seq2[int, error]{of(nil, 1), of(broken)}, nil, broken},
		{"an error later", []iter.Seq2[int, error]{of(nil, 1, 5), of(broken, 2)}, []int{1, 2}, broken},
	} {
		var got []int
		var err error
		for v, e := range MergeSorted(c.in, cmp.Compare[int]) {
			if err = e; err == nil {
				got = append(got, v)
			}
		}
		if !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%s: %v, %v; want %v, %v", c.name, got, err, c.want, c.err)
		}
	}
	for range MergeSorted([]iter.Seq2[int, error]{of(nil, 1, 2), of(nil, 3)}, cmp.Compare[int]) {
		break // stopping early must stop the sequences
	}
}
