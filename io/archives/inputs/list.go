package inputs

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// ListMark begins a spec that names a list of specs.
const ListMark = "@"

// maxListLine bounds a line of a list: no path of any file system is as long.
const maxListLine = 64 << 10

// Spec is one spec with where it was written, for errors.
type Spec struct {
	Text string
	List string // the list's name, "" for a spec that is in none
	Line int
}

// Errorf is an error about the spec. It names the list and line that hold it.
func (s Spec) Errorf(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if s.List == "" {
		return err
	}
	return fmt.Errorf("list %q, line %d: %w", s.List, s.Line, err)
}

// Lists replaces each list among the specs by what it lists. keep tells specs of a
// list that are no paths and stay as they are.
func (f *Files) Lists(ctx context.Context, specs []string, keep func(string) bool) ([]Spec, error) {
	var out []Spec
	for _, text := range specs {
		name, ok := strings.CutPrefix(text, ListMark)
		if !ok {
			out = append(out, Spec{Text: text})
			continue
		}
		file, err := f.Open(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("list %q: %w; write %s and the path of a file that lists inputs, one a line", text,
				err, ListMark)
		}
		listed, err := ReadList(file, name, keep)
		if cerr := file.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("list %q: %w", name, cerr)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, listed...)
	}
	return out, nil
}

// ReadList reads a list that is known by name, against whose folder relative paths
// are taken.
func ReadList(r io.Reader, name string, keep func(string) bool) ([]Spec, error) {
	var out []Spec
	in := bufio.NewScanner(r)
	in.Buffer(nil, maxListLine)
	line := 0
	for in.Scan() {
		line++
		raw := in.Bytes()
		if line == 1 {
			raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
		}
		text := strings.TrimSpace(string(raw))
		if text == "" || text[0] == '#' {
			continue
		}
		s := Spec{Text: text, List: name, Line: line}
		switch {
		case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
			return nil, s.Errorf("%q is no text; a list has one path, URL or glob a line", text)
		case strings.HasPrefix(text, ListMark):
			return nil, s.Errorf("%q names a list; a list cannot name another: name both in the recipe", text)
		case !keep(text):
			s.Text = besideList(name, text)
			if strings.HasPrefix(s.Text, ListMark) || keep(s.Text) {
				s.Text = "./" + s.Text // what was "./@x" is a path still
			}
		}
		out = append(out, s)
	}
	if err := in.Err(); err != nil {
		return nil, Spec{List: name, Line: line + 1}.Errorf("%w", err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("list %q names nothing; write one path, URL or glob a line", name)
	}
	return out, nil
}

// besideList is a path as the list means it.
func besideList(list, text string) string {
	switch {
	case IsURL(text), filepath.IsAbs(text):
		return text
	case IsURL(list):
		scheme, rest, _ := strings.Cut(list, "://")
		bucket, object, _ := strings.Cut(rest, "/")
		return scheme + "://" + bucket + path.Join("/", path.Dir("/"+object), text)
	}
	return filepath.Join(filepath.Dir(list), text)
}
