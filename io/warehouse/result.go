package warehouse

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Result is a table. Values are nil, bool, int64, float64, string, []byte, []any or,
// for a record, map[string]any; times are strings.
type Result struct {
	Columns []string
	Rows    [][]any
}

// WriteTable writes aligned text: a header, a line a row, "-" for null.
func (r Result) WriteTable(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, strings.Join(r.Columns, "\t"))
	for _, row := range r.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = cell(v)
		}
		fmt.Fprintln(tw, strings.Join(cells, "\t"))
	}
	if len(r.Rows) == 0 {
		fmt.Fprintln(tw, "(no rows)")
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// cell is a value on one line: a path or name may hold anything.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case float64:
		text := strconv.FormatFloat(v, 'f', 4, 64)
		if math.Abs(v) >= 1e15 {
			text = strconv.FormatFloat(v, 'g', 6, 64)
		}
		if text == "-0.0000" {
			return text[1:]
		}
		return text
	case string:
		return strings.NewReplacer("\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(v)
	case []any, map[string]any:
		var b bytes.Buffer
		if encode(&b, v) == nil {
			return b.String()
		}
	}
	return fmt.Sprint(v)
}

// round cuts floats to 12 significant digits.
func (r Result) round() {
	for _, row := range r.Rows {
		for i, v := range row {
			if f, ok := v.(float64); ok {
				row[i], _ = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 12, 64), 64)
			}
		}
	}
}

// WriteJSON writes an array of one object a row, its keys in the order of the
// columns.
func (r Result) WriteJSON(w io.Writer) error {
	var b bytes.Buffer
	value := func(v any) error { return encode(&b, v) }
	b.WriteString("[")
	for i, row := range r.Rows {
		b.WriteString(separator(i, ",\n ", "\n "))
		for j, v := range row {
			b.WriteString(separator(j, ", ", "{"))
			if err := value(r.Columns[j]); err != nil {
				return fmt.Errorf("write JSON: column %q: %w", r.Columns[j], err)
			}
			b.WriteString(": ")
			if err := value(v); err != nil {
				return fmt.Errorf("write JSON: row %d column %q: %w", i+1, r.Columns[j], err)
			}
		}
		b.WriteString("}")
	}
	b.WriteString("\n]\n")
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// encode appends a value as JSON; what JSON has no number for is a string.
func encode(b *bytes.Buffer, v any) error {
	if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		v = strconv.FormatFloat(f, 'g', -1, 64)
	}
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // Encode's newline
	return nil
}

func separator(i int, between, first string) string {
	if i == 0 {
		return first
	}
	return between
}
