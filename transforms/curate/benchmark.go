package curate

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// Item is one task of a benchmark.
type Item struct {
	Task                   string
	Prefix, Golden, Suffix string
}

// Columns names the fields of a benchmark file. Golden is required; Prefix, Suffix
// and Task may be "".
type Columns struct {
	Task   string `json:"task" yaml:"task"`
	Prefix string `json:"prefix" yaml:"prefix"`
	Golden string `json:"golden" yaml:"golden"`
	Suffix string `json:"suffix" yaml:"suffix"`
}

// layouts are the files that need no column map, told apart by their fields.
var layouts = []Columns{
	// HumanEval-Infilling (arXiv 2207.14255)
	{Task: "task_id", Prefix: "prompt", Golden: "canonical_solution", Suffix: "suffix"},
	// Delulu, and decoy's own contexts
	{Task: "id", Prefix: "prefix", Golden: "golden", Suffix: "suffix"},
	{Task: "task_id", Prefix: "prefix", Golden: "golden", Suffix: "suffix"},
	{Task: "", Prefix: "prefix", Golden: "golden", Suffix: "suffix"},
	{Task: "", Prefix: "prefix", Golden: "middle", Suffix: "suffix"},
}

// maxLine bounds a benchmark's line.
const maxLine = 64 << 20

// ReadBenchmark reads a benchmark of one JSON object a line, gzipped or not. With
// zero columns the layout is found from the first line's fields. A file that cannot
// be read in full is an error: a build must not call itself decontaminated against
// half of it.
func ReadBenchmark(name string, r io.Reader, columns Columns) ([]Item, error) {
	br := bufio.NewReader(r)
	if head, _ := br.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, fmt.Errorf("read benchmark %q: %w: download it again", name, err)
		}
		br = bufio.NewReader(z)
	}
	sc := bufio.NewScanner(br)
	sc.Buffer(nil, maxLine)
	var items []Item
	for line := 1; sc.Scan(); line++ {
		if len(strings.TrimSpace(sc.Text())) == 0 {
			continue
		}
		var row map[string]any
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("read benchmark %q, line %d: no JSON object: %w: give a .jsonl or .jsonl.gz file",
				name, line, err)
		}
		item, err := nextItem(row, &columns, line)
		if err != nil {
			return nil, fmt.Errorf("read benchmark %q, line %d: %w", name, line, err)
		}
		items = append(items, item)
	}
	if err := sc.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("a line is longer than %d MiB", maxLine>>20)
		}
		return nil, fmt.Errorf("read benchmark %q after %d items: %w: download it again, or take it out of "+
			"curate.decontaminate", name, len(items), err)
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("read benchmark %q: it holds no item: take it out of curate.decontaminate", name)
	}
	return items, nil
}

// nextItem is the item of a row. With zero columns it finds the layout.
func nextItem(row map[string]any, columns *Columns, line int) (Item, error) {
	if *columns == (Columns{}) {
		c, err := layoutOf(row)
		if err != nil {
			return Item{}, err
		}
		*columns = c
	}
	item, err := itemOf(row, *columns)
	if item.Task == "" {
		item.Task = fmt.Sprintf("line %d", line)
	}
	return item, err
}

// ReadBenchmarkCSV reads a benchmark in CSV (RFC 4180) whose first record names the columns; for
// the rest see ReadBenchmark.
func ReadBenchmarkCSV(name string, r io.Reader, columns Columns) ([]Item, error) {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	head, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("read benchmark %q: no line of column names: %w: give a CSV file that begins with one",
			name, err)
	}
	head = slices.Clone(head)
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	return ItemsOf(name, func(yield func(map[string]any, error) bool) {
		for {
			record, err := c.Read()
			if err == io.EOF {
				return
			}
			row := map[string]any{}
			for i, v := range record {
				row[head[min(i, len(head)-1)]] = v
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}, columns)
}

// ItemsOf makes items of a file's rows: what a reader of another format hands over, Parquet for
// one, whose library this package does not link. Values are strings or float64.
func ItemsOf(name string, rows iter.Seq2[map[string]any, error], columns Columns) ([]Item, error) {
	var items []Item
	for row, err := range rows {
		n := len(items) + 1
		if err != nil {
			return nil, fmt.Errorf("read benchmark %q after %d items: %w: download it again, or take it out of "+
				"curate.decontaminate", name, len(items), err)
		}
		item, err := nextItem(row, &columns, n)
		if err != nil {
			return nil, fmt.Errorf("read benchmark %q, row %d: %w", name, n, err)
		}
		items = append(items, item)
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("read benchmark %q: it holds no item: take it out of curate.decontaminate", name)
	}
	return items, nil
}

func layoutOf(row map[string]any) (Columns, error) {
	for _, c := range layouts {
		if has(row, c.Task) && has(row, c.Prefix) && has(row, c.Golden) && has(row, c.Suffix) {
			return c, nil
		}
	}
	fields := make([]string, 0, len(row))
	for f := range row {
		fields = append(fields, f)
	}
	slices.Sort(fields)
	return Columns{}, fmt.Errorf("its fields %v are of no known benchmark: name the columns of task, prefix, golden "+
		"and suffix in curate.decontaminate", fields)
}

func has(row map[string]any, field string) bool {
	_, ok := row[field]
	return ok || field == ""
}

func itemOf(row map[string]any, c Columns) (Item, error) {
	var item Item
	if c.Golden == "" {
		return item, errors.New("the column map names no golden column: name it in curate.decontaminate")
	}
	for _, f := range []struct {
		field string
		to    *string
	}{{c.Task, &item.Task}, {c.Prefix, &item.Prefix}, {c.Golden, &item.Golden}, {c.Suffix, &item.Suffix}} {
		if f.field == "" {
			continue
		}
		v, ok := row[f.field]
		if !ok {
			return item, fmt.Errorf("field %q is missing: all lines of a benchmark must have the fields of its "+
				"first, or name the columns in curate.decontaminate", f.field)
		}
		switch v := v.(type) {
		case string:
			*f.to = v
		case float64:
			if f.to != &item.Task {
				return item, fmt.Errorf("field %q is a number, not text: name another column in curate.decontaminate",
					f.field)
			}
			*f.to = fmt.Sprint(v)
		default:
			return item, fmt.Errorf("field %q is no text: name another column in curate.decontaminate", f.field)
		}
	}
	return item, nil
}
