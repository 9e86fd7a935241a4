package rows

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// parquet reads the named columns side by side, one row group behind the other.
func (r *reader) parquet() error {
	in, err := r.file.At(r.ctx)
	if err != nil {
		return err
	}
	var file *parquet.File
	err = guard(func() error {
		file, err = parquet.OpenFile(in, r.file.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		return err
	})
	if err != nil {
		return err
	}
	var columns [numFields]*parquet.Column
	for f, name := range r.cfg.Columns.names() {
		if name == "" {
			continue
		}
		if columns[f], err = r.column(file.Root(), f, name); err != nil {
			return err
		}
	}
	// Runs let a few bytes claim any number of rows, each of them a reject. Files of
	// source have names and contents of their own.
	claimed := int64(0)
	for _, group := range file.RowGroups() {
		if claimed += group.NumRows(); claimed > r.file.Size() || claimed < 0 {
			return &corrupt{fmt.Errorf("claims %d rows or more in %d bytes", claimed, r.file.Size())}
		}
	}
	n := int64(0)
	for i, group := range file.RowGroups() {
		if err := r.rowGroup(group, columns, &n); err != nil {
			if c := (*corrupt)(nil); errors.As(err, &c) {
				return &corrupt{fmt.Errorf("%w; stopped at row %d, in row group %d", c.err, n+1, i+1)}
			}
			return err
		}
	}
	return nil
}

// column finds a column of text.
func (r *reader) column(root *parquet.Column, field int, name string) (*parquet.Column, error) {
	col := descend(root, name)
	if col == nil {
		var have []string
		for _, c := range root.Columns() {
			have = append(have, c.Name())
		}
		slices.Sort(have)
		return nil, r.cfg.Columns.missing(r.src.Path, field, have[:min(len(have), maxNamedColumns)])
	}
	for !col.Leaf() && len(col.Columns()) == 1 { // the groups of LIST
		col = col.Columns()[0]
	}
	is := ""
	switch {
	case !col.Leaf():
		var below []string
		for _, c := range col.Columns() {
			below = append(below, name+"."+c.Name())
		}
		slices.Sort(below)
		is = "a group; name one of " + strings.Join(below, ", ")
	case col.Type().Kind() != parquet.ByteArray && col.Type().Kind() != parquet.FixedLenByteArray:
		is = fmt.Sprintf("of type %s, not text", col.Type())
	case col.MaxRepetitionLevel() > 1 || col.MaxRepetitionLevel() == 1 && field != license:
		is = "a list"
	}
	if is != "" {
		return nil, fmt.Errorf("rows %q: column %q, which is to hold %s, is %s", r.src.Path, name, fieldNames[field],
			is)
	}
	return col, nil
}

// descend finds a column: by its whole name, else below the part before a dot.
func descend(in *parquet.Column, name string) *parquet.Column {
	if c := in.Column(name); c != nil {
		return c
	}
	for at := range len(name) {
		if name[at] != '.' {
			continue
		}
		if c := in.Column(name[:at]); c != nil {
			if c := descend(c, name[at+1:]); c != nil {
				return c
			}
		}
	}
	return nil
}

func (r *reader) rowGroup(group parquet.RowGroup, columns [numFields]*parquet.Column, n *int64) (err error) {
	var in [numFields]*columnReader
	defer func() {
		for _, c := range in {
			if c != nil {
				err = errors.Join(err, c.close())
			}
		}
	}()
	for f, col := range columns {
		if col == nil {
			continue
		}
		most := int64(maxCellBytes)
		if f == content {
			most = r.cfg.MaxFileBytes
		}
		in[f] = &columnReader{most: most, repeated: col.MaxRepetitionLevel() > 0}
		if err := guard(func() error { in[f].pages = group.ColumnChunks()[col.Index()].Pages(); return nil }); err != nil {
			return err
		}
	}
	for range group.NumRows() {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		var rec record
		for f, c := range in {
			if c == nil {
				continue
			}
			if err := guard(func() error { rec[f], err = c.row(); return err }); err != nil {
				return err
			}
		}
		*n++
		if err := r.emit(*n, &rec); err != nil {
			return err
		}
	}
	return nil
}

// guard turns what a broken file makes of the library, errors and panics, into a
// corrupt file. A failing disk is told apart by the caller, from [inputs.File].
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &corrupt{fmt.Errorf("parquet: %v", p)}
		}
	}()
	if err := f(); err != nil {
		return &corrupt{err}
	}
	return nil
}

// maxCellBytes bounds a cell other than content.
const maxCellBytes = 64 << 10

// columnReader reads a column chunk row by row. It holds one page.
type columnReader struct {
	most     int64
	repeated bool
	pages    parquet.Pages
	page     parquet.Page
	values   parquet.ValueReader
	buf      [64]parquet.Value
	at, n    int
}

// peek returns the next value without taking it. It refers to the page.
func (c *columnReader) peek() (*parquet.Value, error) {
	for c.at == c.n {
		if c.values == nil {
			parquet.Release(c.page)
			c.page = nil
			page, err := c.pages.ReadPage()
			if err != nil {
				return nil, err
			}
			c.page, c.values = page, page.Values()
		}
		n, err := c.values.ReadValues(c.buf[:])
		if err != nil && err != io.EOF {
			return nil, err
		}
		if err == io.EOF || n == 0 {
			c.values = nil
		}
		c.at, c.n = 0, n
	}
	return &c.buf[c.at], nil
}

// row copies the values of the next row.
func (c *columnReader) row() (cell, error) {
	v, err := c.peek()
	if err != nil {
		return cell{}, fmt.Errorf("a column ends before its row group: %w", err)
	}
	if !c.repeated {
		c.at++
		return c.cell(v), nil
	}
	out := cell{kind: list}
	for first := true; ; first = false {
		v, err := c.peek()
		if err == io.EOF && !first || err == nil && !first && v.RepetitionLevel() == 0 {
			return out, nil
		}
		if err != nil {
			return cell{}, err
		}
		c.at++
		switch one := c.cell(v); {
		case len(out.list) == maxListed || one.kind == large:
			out = cell{kind: large, size: max(one.size, maxListed)}
		case one.kind == text && out.kind == list:
			out.list = append(out.list, string(one.text))
		}
	}
}

// maxListed bounds the members of a list. A repository with more licences than
// this is a collection of licences.
const maxListed = 1000

func (c *columnReader) cell(v *parquet.Value) cell {
	if v.IsNull() {
		return cell{}
	}
	b := v.ByteArray()
	if int64(len(b)) > c.most {
		return cell{kind: large, size: int64(len(b))}
	}
	return cell{kind: text, text: slices.Clone(b)}
}

func (c *columnReader) close() error {
	parquet.Release(c.page)
	return c.pages.Close()
}
