package curation

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/parquet-go/parquet-go"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/curate"
)

// Item is one item of a benchmark. They can be many megabytes, so workers read them from a
// file.
type Item struct {
	Benchmark string      `json:"benchmark"`
	Item      curate.Item `json:"item"`
	// Reference says that the selection is compared with it, and nothing is taken out for it.
	Reference bool `json:"reference,omitempty"`
}

// ReadItems reads the benchmarks of a recipe, on the launcher: their items, the names of those
// that the rows are decontaminated against, and what the stage is made from beside the stages
// before.
func ReadItems(ctx context.Context, o Options) (items []Item, names []string, inputs []schemas.Input, err error) {
	for i, b := range o.Recipe.Decontaminate {
		found, in, err := readBenchmark(ctx, b.Label(), b.Path, b.Columns)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("curate.decontaminate[%d]: %w", i, err)
		}
		names = append(names, in.Name)
		inputs = append(inputs, in)
		for _, x := range found {
			items = append(items, Item{Benchmark: in.Name, Item: x})
		}
	}
	for i, b := range o.Recipe.Reference {
		found, in, err := readBenchmark(ctx, b.Label(), b.Path, b.Columns)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("curate.reference[%d]: %w", i, err)
		}
		for _, x := range found {
			items = append(items, Item{Benchmark: in.Name, Item: x, Reference: true})
		}
		in.Name = "reference " + in.Name
		inputs = append(inputs, in)
	}
	slices.Sort(names)
	return items, slices.Compact(names), inputs, nil
}

// readBenchmark reads a file of JSON Lines, CSV or Parquet: Parquet is known by its first
// bytes, CSV by its name.
func readBenchmark(ctx context.Context, name, path string, columns curate.Columns) ([]curate.Item, schemas.Input,
	error) {
	raw, err := shard.ReadFile(ctx, path)
	if err != nil {
		return nil, schemas.Input{}, err
	}
	sum := sha256.Sum256(raw)
	in := schemas.Input{Name: name, SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(raw))}
	var items []curate.Item
	base := strings.ToLower(strings.TrimSuffix(path, ".gz"))
	switch {
	case bytes.HasPrefix(raw, []byte("PAR1")):
		items, err = curate.ItemsOf(name, parquetRows(raw), columns)
	case strings.HasSuffix(base, ".csv"):
		var plain io.Reader = bytes.NewReader(raw)
		if bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) {
			if plain, err = gzip.NewReader(plain); err != nil {
				return nil, in, fmt.Errorf("read benchmark %q: %w: download it again", name, err)
			}
		}
		items, err = curate.ReadBenchmarkCSV(name, plain, columns)
	default:
		items, err = curate.ReadBenchmark(name, bytes.NewReader(raw), columns)
	}
	return items, in, err
}

// parquetRows are the rows of a Parquet file: its columns of text and of numbers that are no
// list, a nested one by the names on its way with dots between.
func parquetRows(raw []byte) iter.Seq2[map[string]any, error] {
	return func(yield func(map[string]any, error) bool) {
		over := false
		err := guarded(func() error {
			file, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)))
			if err != nil {
				return err
			}
			var names []string
			var listed []bool
			for _, path := range file.Schema().Columns() {
				leaf, _ := file.Schema().Lookup(path...)
				names = append(names, strings.Join(path, "."))
				listed = append(listed, leaf.MaxRepetitionLevel > 0)
			}
			for _, group := range file.RowGroups() {
				rows := group.Rows()
				defer rows.Close()
				buffer := make([]parquet.Row, 64)
				for {
					n, err := rows.ReadRows(buffer)
					for _, values := range buffer[:n] {
						row := map[string]any{}
						for _, v := range values {
							if c := v.Column(); !listed[c] {
								row[names[c]] = plain(v)
							}
						}
						if !yield(row, nil) {
							over = true
							return nil
						}
					}
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil && !over {
			yield(nil, fmt.Errorf("a broken Parquet file: %w", err))
		}
	}
}

// plain is a value as curate.ItemsOf takes it; null is the empty text.
func plain(v parquet.Value) any {
	switch v.Kind() {
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return string(v.ByteArray())
	case parquet.Int32:
		return float64(v.Int32())
	case parquet.Int64:
		return float64(v.Int64())
	case parquet.Float:
		return float64(v.Float())
	case parquet.Double:
		return v.Double()
	}
	if v.IsNull() {
		return ""
	}
	return v.String()
}

// guarded makes an error of a panic of the Parquet library, which has some for broken files.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return f()
}

const itemsName = work.PartsFolder + "benchmarks.jsonl.zst"

// WriteItems leaves the items of the benchmarks for the workers and names the file.
func WriteItems(ctx context.Context, st flow.Stage, items []Item) (flow.Ref, error) {
	f, err := shard.WriteAll(ctx, shard.Join(st.Dir, itemsName), items)
	return itemsRef(st, f), err
}

func itemsRef(st flow.Stage, f schemas.File) flow.Ref {
	f.Name = itemsName
	return flow.Ref{
		Stage: st.Name, Dir: st.Dir, Fingerprint: st.Fingerprint,
		CodeVersion: cmp.Or(st.CodeVersion, schemas.CodeVersion), Record: -1, Of: 1, Files: []schemas.File{f},
	}
}

// screens are those of this process: shards share one.
var screens = struct {
	sync.Mutex
	key    string
	screen *curate.Screen
}{}

// screen reads the benchmarks; it is nil where contexts are not screened.
func (o Options) screen(ctx context.Context) (*curate.Screen, error) {
	if !o.screens() {
		return nil, nil
	}
	key := fmt.Sprint(o.Items.Dir, " ", o.Items.Fingerprint, " ", o.contamination())
	screens.Lock()
	defer screens.Unlock()
	if screens.key == key {
		return screens.screen, nil
	}
	var items []curate.BenchmarkItem
	var all iter.Seq2[Item, error] = func(func(Item, error) bool) {}
	if o.Items.Dir != "" { // else there are repositories to keep out, and no benchmark
		all = flow.Read[Item](ctx, o.Items, itemsName)
	}
	for i, err := range all {
		if err != nil {
			return nil, err
		}
		if !i.Reference {
			items = append(items, curate.BenchmarkItem{Benchmark: i.Benchmark, Item: i.Item})
		}
	}
	s, err := curate.NewScreen(o.contamination(), items)
	if err != nil {
		return nil, err
	}
	screens.key, screens.screen = key, s
	return s, nil
}
