package rows

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"decoy/io/archives"
	"decoy/io/archives/inputs"
	"decoy/schemas"
	"decoy/schemas/contain"
)

// Row is one source file. License is an SPDX expression, "", or texts that are not
// understood, one a line; Language is what the data set calls it.
type Row struct {
	Repo     string
	Commit   string
	Path     string
	License  string
	Language string
	Content  []byte
}

// Config says how rows are read. A zero limit takes its default.
type Config struct {
	Columns      Columns
	MaxFileBytes int64 // of a row's content; larger ones are rejected; default 1 MiB
	MaxPath      int   // bytes of a path; default 4096
}

func (c Config) withDefaults() Config {
	c.MaxFileBytes = cmp.Or(c.MaxFileBytes, 1<<20)
	c.MaxPath = cmp.Or(c.MaxPath, 4096)
	return c
}

// Validate names the first field out of range.
func (c Config) Validate() error {
	switch {
	case c.MaxFileBytes < 0:
		return fmt.Errorf("rows: max_file_bytes is %d; give a positive number, or 0 for the default", c.MaxFileBytes)
	case c.MaxPath < 0:
		return fmt.Errorf("rows: max_path is %d; give a positive number, or 0 for the default", c.MaxPath)
	}
	return c.Columns.Validate()
}

// Read streams the rows of a source in order. Rejects come in order too, from the
// calling goroutine. An error ends the sequence. A file over which the reader itself, or
// a library that it uses, panics is a reject with [schemas.ReasonInternal]; the rows
// before stand.
func Read(ctx context.Context, src Source, cfg Config, reject func(schemas.Reject)) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if err := cfg.Validate(); err != nil {
			yield(Row{}, err)
			return
		}
		var inside contain.Reader
		r := reader{ctx: ctx, src: src, cfg: cfg.withDefaults()}
		r.reject = func(bad schemas.Reject) { inside.Outside(func() { reject(bad) }) }
		r.yield = func(row Row, err error) (more bool) {
			inside.Outside(func() { more = yield(row, err) })
			return more
		}
		err := inside.Do(func() error {
			contain.At("read rows", src.Name())
			return r.read()
		})
		if p := (*contain.Panic)(nil); errors.As(err, &p) {
			reject(newReject(src.Name(), schemas.ReasonInternal, p.Error()))
			return
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(Row{}, err)
		}
	}
}

// errStopped is the caller's break.
var errStopped = errors.New("stopped")

// corrupt ends the reading of a file because of its content.
type corrupt struct{ err error }

func (c *corrupt) Error() string { return c.err.Error() }

type reader struct {
	ctx    context.Context
	src    Source
	cfg    Config
	reject func(schemas.Reject)
	yield  func(Row, error) bool
	file   *inputs.File
}

func (r *reader) read() (err error) {
	var files inputs.Files
	if r.file, err = files.Open(r.ctx, r.src.Path); err != nil {
		return errors.Join(fmt.Errorf("rows %q: %w", r.src.Path, err), files.Close())
	}
	defer func() { err = errors.Join(err, r.file.Close(), files.Close()) }()
	if r.file.Size() != r.src.Bytes {
		return fmt.Errorf("rows %q has %d bytes, and had %d when it was resolved; resolve it again",
			r.src.Path, r.file.Size(), r.src.Bytes)
	}
	err = r.decode()
	if failed := cmp.Or(r.file.Failed(), r.ctx.Err()); failed != nil {
		return fmt.Errorf("rows %q: %w", r.src.Path, failed)
	}
	if c := (*corrupt)(nil); errors.As(err, &c) {
		r.reject(newReject(r.src.Name(), RowsCorrupt, c.Error()))
		return nil
	}
	return err
}

// maxZstdWindow is the largest window that zstd itself uses without --long: 128 MiB.
const maxZstdWindow = 128 << 20

// decode finds the format by the first bytes.
func (r *reader) decode() error {
	head, err := r.file.Peek(4)
	if err != nil {
		return err
	}
	switch {
	case string(head) == "PAR1":
		return r.parquet()
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		zr, err := gzip.NewReader(r.file)
		if err != nil {
			return &corrupt{err}
		}
		return errors.Join(r.jsonl(zr), zr.Close())
	case string(head) == "\x28\xb5\x2f\xfd", len(head) == 4 && head[0]&0xf0 == 0x50 &&
		string(head[1:]) == "\x2a\x4d\x18":
		zr, err := zstd.NewReader(r.file, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return &corrupt{err}
		}
		defer zr.Close()
		return r.jsonl(zr)
	}
	return r.jsonl(io.Reader(r.file))
}

// cell is the value of one field as a format gave it.
type cell struct {
	kind kind
	text []byte
	list []string
	is   string // of a wrong type: which
	size int64  // of a text that was not read for its size
}

type kind int

const (
	absent kind = iota // no such column in this row, or null
	text
	list
	wrong
	large
)

type record [numFields]cell

// emit makes a row of a record, or the reject that it is. n is its number from 1.
func (r *reader) emit(n int64, rec *record) error {
	row, bad := r.row(n, rec)
	if bad != nil {
		r.reject(*bad)
		return nil
	}
	if !r.yield(row, nil) {
		return errStopped
	}
	return nil
}

// at names a row that has no better name.
func (r *reader) at(n int64) string { return fmt.Sprintf("%s:%d", r.src.Name(), n) }

// maxNameBytes bounds a repository's name and a commit.
const maxNameBytes = 512

func (r *reader) row(n int64, rec *record) (Row, *schemas.Reject) {
	id := r.at(n)
	bad := func(reason schemas.Reason, format string, args ...any) (Row, *schemas.Reject) {
		reject := newReject(id, reason, fmt.Sprintf(format, args...))
		return Row{}, &reject
	}
	for _, f := range []int{repo, commit, filePath, license, language, content} {
		c, name := &rec[f], r.cfg.Columns.names()[f]
		switch {
		case c.kind == wrong || c.kind == list && f != license:
			return bad(RowType, "%s (column %q) is %s, not text", fieldNames[f], name, cmp.Or(c.is, "a list"))
		case c.kind == absent && required[f]:
			return bad(RowIncomplete, "no %s (column %q)", fieldNames[f], name)
		case c.kind == large && f != content:
			return bad(archives.TooLarge, "%s has %d bytes", fieldNames[f], c.size)
		case f != content && f != license && f != filePath && (len(c.text) > maxNameBytes || !utf8.Valid(c.text) ||
			bytes.ContainsFunc(c.text, isControl)):
			return bad(RowType, "%s is no name: %q", fieldNames[f], c.text[:min(len(c.text), 64)])
		case f == repo && len(c.text) == 0:
			return bad(RowIncomplete, "an empty repo (column %q)", name)
		}
		if f == filePath {
			// Data sets write paths from the root of the repository, some with a slash.
			given := strings.TrimLeft(string(c.text), "/")
			clean, reason, detail := archives.CleanPath(given, r.cfg.MaxPath)
			if reason != "" {
				return bad(reason, "%s", detail)
			}
			id = archives.Source{Repo: string(rec[repo].text), Commit: string(rec[commit].text)}.FileID(clean)
			c.text = []byte(clean)
		}
	}
	c := &rec[content]
	if size := max(c.size, int64(len(c.text))); size > r.cfg.MaxFileBytes {
		return bad(archives.TooLarge, "%d bytes, at most %d are read", size, r.cfg.MaxFileBytes)
	}
	found := rec[license].list
	if rec[license].kind == text && len(rec[license].text) > 0 {
		found = []string{string(rec[license].text)}
	}
	return Row{
		Repo: string(rec[repo].text), Commit: string(rec[commit].text), Path: string(rec[filePath].text),
		License: expression(found), Language: string(rec[language].text), Content: c.text,
	}, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
