package flow

import (
	"maps"
	"slices"
)

// Batch is small rows, one after another, all of one width or each telling its own: the
// only thing beside refs that moves between steps. A row as an element of its own costs a
// runner forty times the time.
type Batch struct{ Rows []byte }

func encodeBatch(b Batch) []byte { return b.Rows }

func decodeBatch(data []byte) Batch { return Batch{data} }

// batchBytes is the size at which a batch is emitted.
const batchBytes = 256 << 10

// Batcher collects rows by key into batches. Use one in each call of a DoFn's method that
// reads a shard, and Flush it at the end: rows of one shard then meet in few batches, and
// none waits for the end of a bundle.
type Batcher struct {
	emit func(int, Batch)
	rows map[int][]byte
}

// NewBatcher emits batches through a DoFn's emitter.
func NewBatcher(emit func(int, Batch)) *Batcher { return &Batcher{emit, map[int][]byte{}} }

// Add adds a row under a key.
func (b *Batcher) Add(key int, row []byte) {
	rows := append(b.rows[key], row...)
	if len(rows) < batchBytes {
		b.rows[key] = rows
		return
	}
	b.emit(key, Batch{rows})
	delete(b.rows, key) // the emitted one is the runner's now
}

// Flush emits what is left.
func (b *Batcher) Flush() {
	for _, key := range slices.Sorted(maps.Keys(b.rows)) {
		b.emit(key, Batch{b.rows[key]})
	}
	clear(b.rows)
}
