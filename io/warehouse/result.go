package warehouse

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Result is a table. Values are nil, bool, int64, float64, string or []any.
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
		return strconv.FormatFloat(v, 'f', 4, 64)
	case string:
		return strings.NewReplacer("\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(v)
	}
	return fmt.Sprint(v)
}

// WriteJSON writes an array of one object a row, its keys in the order of the
// columns.
func (r Result) WriteJSON(w io.Writer) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	value := func(v any) error {
		err := enc.Encode(v)
		b.Truncate(b.Len() - 1) // Encode's newline
		return err
	}
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

func separator(i int, between, first string) string {
	if i == 0 {
		return first
	}
	return between
}
