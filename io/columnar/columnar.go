// Package columnar writes and reads the export's Parquet files.
//
// # What and why
//
// Parquet is what analysts load: DuckDB, BigQuery, pyarrow and
// datasets.load_dataset all take it, and LLaMA-Factory reads it and not
// .jsonl.zst. The columns are those of [schemas.Fields], in its order: a field is
// a required column under its json name, a pointer an optional one, a list of
// strings the standard three-level LIST (list.element), and strings carry the
// STRING annotation.
//
// # Format
//
// PLAIN encoding, zstd, data pages of version 1: the oldest forms, which every
// reader knows. A row group has 20,000 rows, or fewer where their strings reach
// 128 MiB, since a writer holds a row group in memory. The bytes depend on the
// records alone: no time is written and "created by" is fixed.
//
// Follows the Apache Parquet format, "Logical types" (LIST, STRING).
//
// # Limits
//
// Read wants the very columns of its record type: a file of another version is an
// error, since a missing column must not become a silent zero. A nil list comes
// back empty.
package columnar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"decoy/io/shard"
	"decoy/schemas"
)

const (
	groupRows  = 20_000
	groupBytes = 128 << 20
)

// Writer writes records of type T as one Parquet file.
type Writer[T any] struct {
	//lint:ignore SA1019 The generic writer takes its columns from T; which are written is known when the file is made.
	out    *parquet.Writer
	layout reflect.Type
	fields []schemas.Field // the columns written, where not all are
	sizes  []schemas.Field // the columns that can be large
	most   group           // limits of a row group
	now    group           // what the present one holds
	err    error
}

// group is the extent of a row group: rows, and bytes in strings.
type group struct{ rows, bytes int }

// NewWriter starts a file on w, of all columns but some. Nothing is complete before
// Close.
func NewWriter[T any](w io.Writer, without ...string) (*Writer[T], error) {
	fields := slices.DeleteFunc(schemas.Fields[T](),
		func(f schemas.Field) bool { return slices.Contains(without, f.Name) })
	layout := layoutOf[T](fields)
	config, err := parquet.NewWriterConfig(
		parquet.SchemaOf(reflect.New(layout).Interface()),
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedDefault, Concurrency: 1}),
		parquet.DataPageVersion(1),
		parquet.CreatedBy("decoy", fmt.Sprint(schemas.SchemaVersion), "0"),
	)
	if err != nil {
		return nil, fmt.Errorf("parquet writer: %w", err)
	}
	out := &Writer[T]{out: parquet.NewWriter(w, config), layout: layout, most: group{groupRows, groupBytes}}
	for _, f := range fields {
		if f.Kind == schemas.String || f.Kind == schemas.Bytes {
			out.sizes = append(out.sizes, f)
		}
	}
	if len(without) > 0 {
		out.fields = fields
	}
	return out, nil
}

// Write adds one record.
func (w *Writer[T]) Write(v T) error {
	if w.err != nil {
		return w.err
	}
	rv := reflect.ValueOf(v)
	size := w.size(rv)
	if w.now.rows > 0 && (w.now.rows == w.most.rows || w.now.bytes+size > w.most.bytes) {
		if err := w.out.Flush(); err != nil {
			w.err = fmt.Errorf("write parquet row group: %w", err)
			return w.err
		}
		w.now = group{}
	}
	if err := w.out.Write(w.row(rv)); err != nil {
		w.err = fmt.Errorf("write parquet row: %w", err)
		return w.err
	}
	w.now.rows++
	w.now.bytes += size
	return nil
}

// row is a record in the layout of the file.
func (w *Writer[T]) row(v reflect.Value) any {
	if w.fields == nil {
		return v.Convert(w.layout).Interface()
	}
	row := reflect.New(w.layout).Elem()
	for i, f := range w.fields {
		row.Field(i).Set(v.Field(f.Index))
	}
	return row.Interface()
}

// size is the length of a record's strings.
func (w *Writer[T]) size(v reflect.Value) int {
	n := 0
	for _, f := range w.sizes {
		fv := v.Field(f.Index)
		switch {
		case f.Nullable && fv.IsNil():
		case f.Nullable:
			n += fv.Elem().Len()
		case f.Repeated:
			for i := range fv.Len() {
				n += fv.Index(i).Len()
			}
		default:
			n += fv.Len()
		}
	}
	return n
}

// Close writes the last row group and the footer. It does not close the
// underlying writer.
func (w *Writer[T]) Close() error {
	if w.err != nil {
		return w.err
	}
	w.err = errors.New("write parquet: already closed")
	if err := w.out.Close(); err != nil {
		return fmt.Errorf("write parquet footer: %w", err)
	}
	return nil
}

// Read streams the records of a file in order. An error names file and row and
// ends the sequence.
func Read[T any](ctx context.Context, path string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		src, err := shard.Open(ctx, path)
		if err != nil {
			yield(zero, err)
			return
		}
		defer src.Close()
		file, err := parquet.OpenFile(src, src.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		if err != nil {
			yield(zero, fmt.Errorf("read parquet %q: %w", path, err))
			return
		}
		layout := layoutOf[T](schemas.Fields[T]())
		row := reflect.New(layout)
		schema := parquet.SchemaOf(row.Interface())
		if !parquet.EqualNodes(file.Schema(), schema) {
			yield(zero, fmt.Errorf("read parquet %q: its columns are not those of %s, another version wrote it: run "+
				"export again", path, reflect.TypeFor[T]()))
			return
		}
		reader := parquet.NewReader(file, schema)
		defer reader.Close()
		for n := 1; ; n++ {
			row.Elem().SetZero()
			err := reader.Read(row.Interface())
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(zero, fmt.Errorf("read parquet %q row %d: %w", path, n, err))
				return
			}
			if !yield(row.Elem().Convert(reflect.TypeFor[T]()).Interface().(T), nil) {
				return
			}
		}
	}
}

// layoutOf is T with parquet tags made of its columns: its fields in their order, so
// that, where none is left out, values convert between the two, and no second
// definition of a record exists.
func layoutOf[T any](columns []schemas.Field) reflect.Type {
	t := reflect.TypeFor[T]()
	fields := make([]reflect.StructField, len(columns))
	for i, f := range columns {
		tag := fmt.Sprintf(`parquet:"%s,plain"`, f.Name)
		if f.Repeated {
			tag = fmt.Sprintf(`parquet:"%s,list" parquet-element:",plain"`, f.Name)
		}
		sf := t.Field(f.Index)
		fields[i] = reflect.StructField{Name: sf.Name, Type: sf.Type, Tag: reflect.StructTag(tag)}
	}
	return reflect.StructOf(fields)
}
