package shard

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/klauspost/compress/zstd"

	"decoy/schemas"
)

// maxLine bounds the memory that a damaged file can ask for. The largest real
// line is a context: a window of 16 KiB, at most six times that once escaped.
const maxLine = 64 << 20

// window is how far back the compressor looks. The contexts of one file overlap
// and stand close together; the level's own 4 MiB gain nothing and cost memory in
// every open writer and reader.
const window = 1 << 20

// Writer writes records of type T as JSON Lines in one zstd frame.
type Writer[T any] struct {
	raw     *Raw
	zst     *zstd.Encoder
	json    *json.Encoder
	line    []byte // of a record that encodes itself
	records int64
}

// appender is a record that encodes itself.
type appender interface{ AppendJSON([]byte) []byte }

// Create starts a file of records.
func Create[T any](ctx context.Context, path string) (*Writer[T], error) {
	raw, err := CreateRaw(ctx, path)
	if err != nil {
		return nil, err
	}
	zst, err := zstd.NewWriter(raw, zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window), zstd.WithZeroFrames(true))
	if err != nil {
		raw.Abort()
		return nil, fmt.Errorf("create %q: %w", path, err)
	}
	enc := json.NewEncoder(zst)
	enc.SetEscapeHTML(false)
	return &Writer[T]{raw: raw, zst: zst, json: enc}, nil
}

// Write adds one record.
func (w *Writer[T]) Write(v T) error {
	if w.raw.ended {
		return fmt.Errorf("write %q: already committed or aborted", w.raw.path)
	}
	if w.raw.err != nil {
		return w.raw.err
	}
	if err := w.encode(v); err != nil {
		if w.raw.err == nil {
			// A value that JSON cannot hold (NaN): nothing of it was
			// written, but the file would lack a record.
			w.raw.fail("write", fmt.Errorf("record %d: %w", w.records+1, err))
		}
		return w.raw.err
	}
	w.records++
	return nil
}

func (w *Writer[T]) encode(v T) error {
	a, ok := any(v).(appender)
	if !ok {
		return w.json.Encode(v)
	}
	w.line = append(a.AppendJSON(w.line[:0]), '\n')
	_, err := w.zst.Write(w.line)
	return err
}

// Commit ends the file and gives it its name.
func (w *Writer[T]) Commit() (schemas.File, error) {
	if err := w.zst.Close(); err != nil && w.raw.err == nil && !w.raw.ended {
		w.raw.fail("compress", err)
	}
	return w.raw.Commit(w.records)
}

// Abort drops the file; after Commit it does nothing.
func (w *Writer[T]) Abort() { w.raw.Abort() }

// Read streams the records of a file in order. An error names file and line and
// ends the sequence.
func Read[T any](ctx context.Context, path string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		src, err := Open(ctx, path)
		if err != nil {
			yield(zero, err)
			return
		}
		defer src.Close()
		if src.Size() == 0 {
			yield(zero, fmt.Errorf("read %q: the file is empty, not even a zstd frame: delete it "+
				"and run the stage again", path))
			return
		}
		zst, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(1<<30))
		if err != nil {
			yield(zero, fmt.Errorf("read %q: %w", path, err))
			return
		}
		defer zst.Close()
		lines := bufio.NewReaderSize(zst, 256<<10)
		var long []byte
		for n := 1; ; n++ {
			line, err := readLine(lines, &long)
			if err == io.EOF {
				return
			}
			var v T
			if err == nil {
				err = json.Unmarshal(line, &v)
			}
			if err != nil {
				yield(zero, fmt.Errorf("read %q line %d: %w", path, n, err))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

// readLine returns the next line without its newline, valid until the next call;
// io.EOF only between lines.
func readLine(r *bufio.Reader, long *[]byte) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err == nil {
		return line[:len(line)-1], nil
	}
	*long = append((*long)[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(*long) > maxLine {
			return nil, fmt.Errorf("line is longer than %d bytes", maxLine)
		}
		line, err = r.ReadSlice('\n')
		*long = append(*long, line...)
	}
	switch {
	case err == nil:
		return (*long)[:len(*long)-1], nil
	case err == io.EOF && len(*long) > 0:
		return nil, fmt.Errorf("the last line has no end: %w", io.ErrUnexpectedEOF)
	}
	return nil, err
}

// ReadAll returns the records of a file, for small files.
func ReadAll[T any](ctx context.Context, path string) ([]T, error) {
	var out []T
	for v, err := range Read[T](ctx, path) {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
