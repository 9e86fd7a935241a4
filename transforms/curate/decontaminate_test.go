package curate

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	taskPrefix = "from typing import List\n\n\ndef has_close(numbers: List[float], threshold: float) -> bool:\n    for idx, elem in enumerate(numbers):\n        for idx2, elem2 in enumerate(numbers):\n            if idx != idx2:\n"
	taskGolden = "                distance = abs(elem - elem2)\n"
	taskSuffix = "                if distance < threshold:\n                    return True\n\n    return False\n"
)

func taskLine(t *testing.T, fields ...string) string {
	t.Helper()
	m := map[string]string{}
	for i := 0; i < len(fields); i += 2 {
		m[fields[i]] = fields[i+1]
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}

func TestReadBenchmark(t *testing.T) {
	humanEval := taskLine(t, "task_id", "T/0", "prompt", "p", "canonical_solution", "g", "suffix", "s", "test", "x")
	var gz bytes.Buffer
	z := gzip.NewWriter(&gz)
	fmt.Fprint(z, humanEval, "\n", humanEval)
	z.Close()
	tests := map[string]struct {
		data    string
		columns Columns
		want    []Item
		err     string
	}{
		"humaneval":      {humanEval, Columns{}, []Item{{"T/0", "p", "g", "s"}}, ""},
		"gzip":           {gz.String(), Columns{}, []Item{{"T/0", "p", "g", "s"}, {"T/0", "p", "g", "s"}}, ""},
		"delulu":         {taskLine(t, "id", "7", "prefix", "p", "golden", "g", "suffix", "s"), Columns{}, []Item{{"7", "p", "g", "s"}}, ""},
		"without an id":  {taskLine(t, "prefix", "p", "golden", "g", "suffix", "s"), Columns{}, []Item{{"line 1", "p", "g", "s"}}, ""},
		"columns":        {`{"n":12,"answer":"g"}`, Columns{Task: "n", Golden: "answer"}, []Item{{"12", "", "g", ""}}, ""},
		"unknown fields": {`{"b":"1","a":"2"}`, Columns{}, nil, `"x.jsonl", line 1: its fields [a b]`},
		"no golden":      {`{"a":"2"}`, Columns{Prefix: "a"}, nil, "names no golden column"},
		"no JSON":        {humanEval + "oops\n", Columns{}, nil, "line 2: no JSON object"},
		"missing field":  {humanEval + taskLine(t, "task_id", "T/1", "prompt", "p", "suffix", "s"), Columns{}, nil, `line 2: field "canonical_solution" is missing`},
		"not text":       {`{"prefix":"p","golden":["g"],"suffix":"s"}`, Columns{}, nil, `field "golden" is no text`},
		"number":         {`{"prefix":"p","golden":1,"suffix":"s"}`, Columns{}, nil, `field "golden" is a number`},
		"empty":          {"\n", Columns{}, nil, "holds no item"},
		"cut gzip":       {gz.String()[:gz.Len()-10], Columns{}, nil, "download it again"},
		"broken gzip":    {"\x1f\x8bxx", Columns{}, nil, "download it again"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ReadBenchmark("x.jsonl", strings.NewReader(tt.data), tt.columns)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || !strings.Contains(err.Error(), `"x.jsonl"`) {
					t.Fatalf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Fatalf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func FuzzReadBenchmark(f *testing.F) {
	f.Add([]byte(`{"prefix":"p","golden":"g","suffix":"s"}` + "\n"))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if items, err := ReadBenchmark("x", bytes.NewReader(data), Columns{}); err == nil && len(items) == 0 {
			t.Error("no items and no error")
		}
	})
}

func TestFind(t *testing.T) {
	d := NewDecontaminator()
	d.Add("made.jsonl", []Item{
		{"T/0", taskPrefix, taskGolden, taskSuffix},
		{"T/1", "", "def add(a, b): return a + b + one", ""}, // 14 tokens: looked for whole
		{"T/2", "", "x = 1", ""},                             // too short to be anybody's
	})
	whole := taskPrefix + taskGolden + taskSuffix
	at := func(golden string) (string, string, string) {
		p, s, ok := strings.Cut(whole, golden)
		if !ok {
			t.Fatalf("%q is not in the task", golden)
		}
		return "import os\n\n" + p, golden, s + "\n\ndef main():\n    pass\n"
	}
	check := func(name, p, g, s, want string) {
		t.Helper()
		if got := d.Find(p, g, s); !strings.HasPrefix(got, want) || (want == "") != (got == "") {
			t.Errorf("%s: evidence %q, want %q…", name, got, want)
		}
	}
	const hit = "made.jsonl T/0: 32 tokens"
	check("the same place", taskPrefix, taskGolden, taskSuffix, hit)
	p, g, s := at("abs(elem - elem2)")
	check("another span of the answer", p, g, s, hit)
	p, g, s = at("distance < threshold")
	check("the line after", p, g, s, hit)
	p, g, s = at("abs(elem - elem2)")
	check("other formatting", strings.ReplaceAll(p, "    ", "\t"), g, strings.ReplaceAll(s, "    ", "\t"), hit)
	check("the answer far away in the window", "", "other(1)", "\n"+strings.Repeat("pad()\n", 60)+whole, "")
	check("a renamed variable", strings.ReplaceAll(taskPrefix, "elem2", "other"), strings.ReplaceAll(taskGolden, "elem2", "other"), taskSuffix, "")
	check("another function", "def f(x):\n    ", "return x + 1", "\n", "")
	check("a short item", "import z\n", "def add(a, b):\n    return a + b + one", "\nz()\n", "made.jsonl T/1: 14 tokens")
	check("a tiny item", "", "x = 1", "", "")
	check("nothing", "", "", "", "")

	if got := d.Benchmarks(); len(got) != 1 || got[0] != "made.jsonl" {
		t.Errorf("benchmarks %q", got)
	}
	if e := NewDecontaminator().Find(taskPrefix, taskGolden, taskSuffix); e != "" {
		t.Errorf("without a benchmark: %q", e)
	}
}

func TestEvidenceNamesTheMatchedBytes(t *testing.T) {
	d := NewDecontaminator()
	d.Add("b", []Item{{"t", taskPrefix, taskGolden, taskSuffix}})
	var from, to int
	var hash string
	if _, err := fmt.Sscanf(d.Find(taskPrefix, taskGolden, taskSuffix), "b t: 32 tokens at bytes %d to %d from the golden's start, xxh3 %s", &from, &to, &hash); err != nil {
		t.Fatal(err)
	}
	whole := taskPrefix + taskGolden + taskSuffix
	text := whole[len(taskPrefix)+from : len(taskPrefix)+to]
	if n := len(words(text)); n != 32 {
		t.Errorf("the named bytes hold %d tokens: %q", n, text)
	}
	if to <= 0 || from >= len(taskGolden) {
		t.Errorf("bytes %d to %d do not touch the golden", from, to)
	}
}

// Real benchmark files, where a folder of them is given: each item must find
// itself, and code that has nothing to do with them must not be found.
func TestRealBenchmarks(t *testing.T) {
	dir := os.Getenv("DECOY_BENCHMARKS")
	if dir == "" {
		t.Skip("DECOY_BENCHMARKS names no folder of benchmark files (*.jsonl.gz)")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no *.gz in %s (%v)", dir, err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		items, err := ReadBenchmark(filepath.Base(name), f, Columns{})
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		d := NewDecontaminator()
		d.Add(filepath.Base(name), items)
		missed := 0
		for _, it := range items {
			if d.Find(it.Prefix, it.Golden, it.Suffix) == "" {
				missed++
			}
		}
		t.Logf("%s: %d items, %d runs", filepath.Base(name), len(items), len(d.runs))
		if missed > 0 {
			t.Errorf("%s: %d items do not find themselves", name, missed)
		}
		if e := d.Find("def open_store(path):\n    db = sqlite3.connect(path)\n    db.row_factory = sqlite3.Row\n    ", "db.execute('PRAGMA journal_mode=WAL')", "\n    return Store(db, path, clock=time.monotonic)\n"); e != "" {
			t.Errorf("unrelated code: %s", e)
		}
	}
}
