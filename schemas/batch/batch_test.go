package batch_test

import (
	"bytes"
	"slices"
	"testing"

	"decoy/schemas/batch"
)

func TestBatcherKeepsEveryRowUnderItsKey(t *testing.T) {
	got := map[int][]byte{}
	batches := 0
	b := batch.NewBatcher(func(key int, rows batch.Batch) {
		batches++
		got[key] = append(got[key], rows.Rows...)
	})
	row := bytes.Repeat([]byte{7}, 1000)
	for i := range 600 {
		row[0] = byte(i)
		b.Add(i%2, row)
	}
	b.Flush()
	b.Flush() // a second one finds nothing
	if len(got[0]) != 300_000 || len(got[1]) != 300_000 || batches != 4 {
		t.Fatalf("%d and %d bytes in %d batches", len(got[0]), len(got[1]), batches)
	}
	i := 0
	for r := range (batch.Batch{Rows: got[1]}).Each(1000) {
		if r[0] != byte(2*i+1) {
			t.Fatalf("row %d begins with %d", i, r[0])
		}
		i++
	}
}

func TestRowsOfAnotherWidthAreRefused(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("7 bytes passed for rows of 2")
		}
	}()
	for range (batch.Batch{Rows: make([]byte, 7)}).Each(2) {
		continue
	}
}

func TestAllGivesEachBatchAndStopsWhereTheReaderDoes(t *testing.T) {
	left := []string{"ab", "", "cd", "ef"}
	next := func(b *batch.Batch) bool {
		if len(left) == 0 {
			return false
		}
		b.Rows = append(b.Rows, left[0]...) // into the same batch: what is not a fresh one shows
		left = left[1:]
		return true
	}
	var got []string
	for b := range batch.All(next) {
		got = append(got, string(b.Rows))
		if len(got) == 3 {
			break
		}
	}
	if !slices.Equal(got, []string{"ab", "", "cd"}) || len(left) != 1 {
		t.Errorf("read %q, and %q are left", got, left)
	}
}
