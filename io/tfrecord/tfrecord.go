package tfrecord

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Writer writes records of type T.
type Writer[T any] struct {
	zip     *gzip.Writer
	encode  encoder
	frame   []byte
	records int64
	err     error
}

// NewWriter starts a file on w. Nothing is complete before Close.
func NewWriter[T any](w io.Writer) *Writer[T] {
	zip := gzip.NewWriter(w)
	// RFC 1952's "no time stamp"; the zero time.Time would be written as 2042.
	zip.ModTime = time.Unix(0, 0)
	return &Writer[T]{zip: zip, encode: encoder{fields: columns[T]()}}
}

// Write adds one record.
func (w *Writer[T]) Write(v T) error {
	if w.err != nil {
		return w.err
	}
	w.records++
	data := w.encode.example(reflect.ValueOf(v))
	if len(data) > maxRecord {
		w.err = fmt.Errorf("write TFRecord %d: %d bytes, more than %d", w.records, len(data), maxRecord)
		return w.err
	}
	w.frame = appendFrame(w.frame[:0], data)
	if _, err := w.zip.Write(w.frame); err != nil {
		w.err = fmt.Errorf("write TFRecord %d: %w", w.records, err)
	}
	return w.err
}

// Close ends the gzip stream. It does not close the underlying writer.
func (w *Writer[T]) Close() error {
	if w.err != nil {
		return w.err
	}
	w.err = errors.New("write TFRecord: already closed")
	if err := w.zip.Close(); err != nil {
		return fmt.Errorf("write TFRecord: %w", err)
	}
	return nil
}

// Read streams the records of a gzip'd file in order. An error names the record,
// counted from 1, and ends the sequence.
func Read[T any](r io.Reader) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		zip, err := gzip.NewReader(r)
		if err != nil {
			yield(zero, fmt.Errorf("read TFRecord: gzip header: %w", err))
			return
		}
		defer zip.Close()
		in := bufio.NewReaderSize(zip, 64<<10)
		fields := columns[T]()
		var buf []byte
		for n := 1; ; n++ {
			data, err := readFrame(in, buf)
			if err == io.EOF {
				return
			}
			var v T
			if err == nil {
				buf = data
				err = decodeExample(data, fields, reflect.ValueOf(&v).Elem())
			}
			if err != nil {
				yield(zero, fmt.Errorf("read TFRecord %d: %w", n, err))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}
