// Package rows makes small rows and groups them: a graph for measuring what a runner
// needs for a GroupByKey. It is a package of its own because its DoFns take millions of
// small elements, so they are registered in Beam's generic form, which takes long to
// compile.
//
//	tasks → Reshuffle → KV<key, row> → GroupByKey → one line a key → the number of rows
package rows

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/zeebo/xxh3"
)

// Config says what is grouped.
type Config struct {
	Rows, Keys, Bytes int // Bytes of a row without its key
	Tasks             int
	Result            string // file that the number of rows and keys is written to
}

// Group makes the rows, groups them and counts them again.
func Group(s beam.Scope, c Config) {
	tasks := make([]int, c.Tasks)
	for i := range tasks {
		tasks[i] = i
	}
	in := beam.Reshuffle(s, beam.CreateList(s, tasks))
	rows := beam.ParDo(s, &makeFn{c}, in)
	counts := beam.ParDo(s, &countFn{}, beam.GroupByKey(s, rows))
	beam.ParDo0(s, &sumFn{c.Result}, beam.GroupByKey(s, beam.AddFixedKey(s, counts)))
}

func init() {
	register.DoFn3x1[context.Context, int, func(int64, []byte), error](&makeFn{})
	register.DoFn2x1[int64, func(*[]byte) bool, int](&countFn{})
	register.DoFn2x1[int, func(*int) bool, error](&sumFn{})
	register.Emitter2[int64, []byte]()
	register.Iter1[[]byte]()
	register.Iter1[int]()
}

// makeFn makes the rows of one task.
type makeFn struct{ Config }

// ProcessElement makes them; a row is the same on every runner.
func (f *makeFn) ProcessElement(ctx context.Context, task int, emit func(int64, []byte)) error {
	row := make([]byte, f.Bytes)
	var number [8]byte
	for i := task; i < f.Rows; i += f.Tasks {
		if i%10000 < f.Tasks && ctx.Err() != nil {
			return ctx.Err()
		}
		binary.LittleEndian.PutUint64(number[:], uint64(i))
		h := xxh3.Hash(number[:])
		for at := 0; at+8 <= len(row); at += 8 {
			binary.LittleEndian.PutUint64(row[at:], h+uint64(at))
		}
		emit(int64(h%uint64(f.Keys)), row)
	}
	return nil
}

// countFn counts a key's rows.
type countFn struct{}

// ProcessElement counts.
func (countFn) ProcessElement(_ int64, rows func(*[]byte) bool) int {
	n := 0
	for row := []byte(nil); rows(&row); {
		n++
	}
	return n
}

// sumFn writes how many rows of how many keys came.
type sumFn struct{ Result string }

// ProcessElement adds up and writes.
func (f *sumFn) ProcessElement(_ int, counts func(*int) bool) error {
	rows, keys := 0, 0
	for n := 0; counts(&n); {
		rows += n
		keys++
	}
	return os.WriteFile(f.Result, fmt.Appendf(nil, "%d %d\n", rows, keys), 0o666)
}
