package rows

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"decoy/io/archives"
)

const (
	// A string may be six bytes a byte in JSON (\u0000).
	jsonExpansion = 6
	// otherBytes is room for what else stands in a row.
	otherBytes = 1 << 20
	// sampleRows is how many rows may go by before a column that a row must have is
	// called missing.
	sampleRows = 100
	// maxNamedColumns bounds the columns that an error lists.
	maxNamedColumns = 60
)

// jsonl reads one object a line.
func (r *reader) jsonl(src io.Reader) error {
	in := bufio.NewReaderSize(src, 64<<10)
	names := r.cfg.Columns.names()
	most := int(jsonExpansion*r.cfg.MaxFileBytes + otherBytes)
	var seen [numFields]bool
	keys := map[string]bool{}
	missing := func(all bool) error {
		for f, name := range names {
			if name != "" && !seen[f] && (all || required[f]) {
				return r.cfg.Columns.missing(r.src.Path, f, slices.Sorted(maps.Keys(keys)))
			}
		}
		return nil
	}
	objects := 0
	var buf []byte
	for n := int64(1); ; n++ {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		line, size, err := readLine(in, buf[:0], most)
		if err != nil && err != io.EOF {
			return &corrupt{fmt.Errorf("%w; stopped at line %d", err, n)}
		}
		buf = line
		line = bytes.TrimPrefix(line, []byte("\ufeff")) // of files that were put together, not only in front
		switch {
		case size > int64(most):
			r.reject(newReject(r.at(n), archives.TooLarge, fmt.Sprintf("a line of %d bytes, at most %d are read", size,
				most)))
		case len(bytes.TrimSpace(line)) == 0:
		default:
			var object map[string]json.RawMessage
			if derr := decodeLine(line, &object); derr != nil {
				r.reject(newReject(r.at(n), RowCorrupt, derr.Error()))
				break
			}
			objects++
			for k := range object {
				if len(keys) < maxNamedColumns {
					keys[k] = true
				}
			}
			var rec record
			for f, name := range names {
				if name == "" {
					continue
				}
				raw, ok := lookup(object, name)
				seen[f] = seen[f] || ok
				rec[f] = jsonCell(raw)
			}
			if objects == sampleRows {
				if err := missing(false); err != nil {
					return err
				}
			}
			if err := r.emit(n, &rec); err != nil {
				return err
			}
		}
		if err == io.EOF {
			break
		}
	}
	if objects == 0 {
		return nil
	}
	return missing(true)
}

// readLine reads one line into buf and returns it with its size. Of a line of more
// than most bytes the rest is skipped.
func readLine(in *bufio.Reader, buf []byte, most int) (line []byte, size int64, err error) {
	for {
		part, err := in.ReadSlice('\n')
		size += int64(len(part))
		if size <= int64(most) {
			buf = append(buf, part...)
		}
		if err != bufio.ErrBufferFull {
			return buf, size, err
		}
	}
}

// decodeLine refuses what encoding/json would silently replace by U+FFFD.
func decodeLine(line []byte, object *map[string]json.RawMessage) error {
	if !utf8.Valid(line) {
		return errors.New("not UTF-8")
	}
	if err := json.Unmarshal(line, object); err != nil {
		if json.Unmarshal(finite(line), object) != nil {
			return err // of the row as it stands
		}
	}
	if *object == nil {
		return errors.New("null, not an object")
	}
	return nil
}

// lookup finds a column: by its whole name, else below the part before a dot.
func lookup(object map[string]json.RawMessage, name string) (json.RawMessage, bool) {
	if raw, ok := object[name]; ok {
		return raw, true
	}
	for at := range len(name) {
		if name[at] != '.' {
			continue
		}
		var below map[string]json.RawMessage
		if raw, ok := object[name[:at]]; ok && json.Unmarshal(raw, &below) == nil {
			if raw, ok := lookup(below, name[at+1:]); ok {
				return raw, true
			}
		}
	}
	return nil, false
}

// jsonCell types a value. A list may hold strings and nulls.
func jsonCell(raw json.RawMessage) cell {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return cell{}
	}
	switch raw[0] {
	case 'n':
		return cell{}
	case '"':
		if s, ok := jsonString(raw); ok {
			return cell{kind: text, text: []byte(s)}
		}
		return cell{kind: wrong, is: "half of a surrogate pair"}
	case '[':
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			return cell{kind: wrong, is: "a broken list"}
		}
		c := cell{kind: list}
		for _, item := range items {
			switch one := jsonCell(item); one.kind {
			case absent:
			case text:
				c.list = append(c.list, string(one.text))
			default:
				return cell{kind: wrong, is: "a list of other things than text"}
			}
		}
		return c
	case '{':
		return cell{kind: wrong, is: "an object"}
	case 't', 'f':
		return cell{kind: wrong, is: "a truth value"}
	}
	return cell{kind: wrong, is: "a number"}
}

// jsonString fails for a surrogate that stands alone: encoding/json would replace it,
// and no file has such content.
func jsonString(raw []byte) (string, bool) {
	var s string
	if loneSurrogate(raw) || json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

func loneSurrogate(raw []byte) bool {
	for at := 0; at < len(raw); at++ {
		if raw[at] != '\\' {
			continue
		}
		at++ // what is escaped
		first, ok := escaped(raw, at)
		if !ok {
			continue
		}
		at += 4
		if !utf16.IsSurrogate(first) {
			continue
		}
		if at+1 >= len(raw) || raw[at+1] != '\\' {
			return true
		}
		second, ok := escaped(raw, at+2)
		if !ok || utf16.DecodeRune(first, second) == utf8.RuneError {
			return true
		}
		at += 6
	}
	return false
}

// escaped reads "uXXXX" at a place.
func escaped(raw []byte, at int) (rune, bool) {
	if at+5 > len(raw) || raw[at] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(string(raw[at+1:at+5]), 16, 16)
	return rune(v), err == nil
}
