package curate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"decoy/schemas"
	"decoy/transforms/curate"
)

const (
	taskPrefix = "from typing import List\n\n\ndef has_close(numbers: List[float], threshold: float) -> bool:\n    for idx, elem in enumerate(numbers):\n        for idx2, elem2 in enumerate(numbers):\n            if idx != idx2:\n"
	taskGolden = "                distance = abs(elem - elem2)\n"
	taskSuffix = "                if distance < threshold:\n                    return True\n\n    return False\n"
)

var task = []curate.BenchmarkItem{
	{Benchmark: "made b.jsonl", Item: curate.Item{
		Task: "T/0", Prefix: taskPrefix, Golden: taskGolden, Suffix: taskSuffix,
	}},
	{Benchmark: "made a.jsonl", Item: curate.Item{Task: "T/9", Prefix: "x = 1\n", Golden: "y = 2", Suffix: "\n"}},
}

func renamed(text string) string {
	return strings.NewReplacer("numbers", "vals", "elem2", "right", "elem", "left", "idx2", "j", "idx", "i",
		"distance", "gap", "threshold", "eps", "has_close", "near").Replace(text)
}

func TestScreenFindsCopiesByRule(t *testing.T) {
	s, err := curate.NewScreen(curate.BenchmarkConfig{Repositories: []string{"github.com/openai/human-eval"}}, task)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, repo, p, g, s, rule string }{
		{"verbatim", "r", taskPrefix, taskGolden, taskSuffix, curate.RuleRun},
		{"reformatted", "r", strings.ReplaceAll(taskPrefix, "    ", "\t"), taskGolden,
			strings.ReplaceAll(taskSuffix, "\n", "\n\n"), curate.RuleRun},
		{"renamed", "r", renamed(taskPrefix), renamed(taskGolden), renamed(taskSuffix), curate.RuleNear},
		{"one word changed in 25", "r", strings.Replace(taskPrefix, "!=", "<", 1),
			strings.Replace(taskGolden, "abs", "norm", 1), strings.Replace(taskSuffix, "True", "idx", 1),
			curate.RuleGrams},
		{"cut", "r", "        for idx2, elem2 in enumerate(numbers):\n            if idx != idx2:\n", taskGolden, "                if distance < threshold:\n", curate.RuleGrams},
		{"the benchmark's own repository", "github.com/OpenAI/human-eval.git", "", "x", "", curate.RuleRepository},
		{"other code", "r", "def close(self):\n    for handle in self.handles:\n        if handle.open:\n            ", "handle.shutdown(timeout=self.timeout)", "\n    self.handles.clear()\n    return len(self.handles) == 0\n", ""},
		{"nothing", "r", "", "", "", ""},
	} {
		e, found := s.Find(tt.repo, tt.p, tt.g, tt.s)
		if e.Rule != tt.rule || found != (tt.rule != "") {
			t.Errorf("%s: rule %q, want %q: %s", tt.name, e.Rule, tt.rule, e)
			continue
		}
		if tt.rule == "" || tt.rule == curate.RuleRepository {
			continue
		}
		whole := tt.p + tt.g + tt.s
		text := whole[len(tt.p)+e.Start : len(tt.p)+e.End]
		if e.Text != text || e.Benchmark != "made b.jsonl" || e.Task != "T/0" {
			t.Errorf("%s: evidence %+v, where %q stands", tt.name, e, text)
		}
		if !strings.Contains(e.String(), fmt.Sprintf("%q", e.Text)) {
			t.Errorf("%s: the detail %s has not the text", tt.name, e)
		}
	}
	if got := fmt.Sprint(s.Benchmarks()); got != "[made a.jsonl made b.jsonl]" {
		t.Errorf("benchmarks %s", got)
	}
	for _, c := range []curate.BenchmarkConfig{{Grams: 0.1}, {Near: -1}} {
		if _, err := curate.NewScreen(c, nil); err == nil || !strings.Contains(err.Error(), "curate.BenchmarkConfig.") {
			t.Errorf("%+v: error %v", c, err)
		}
	}
}

// tokens are so many different words.
func tokens(of string, n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "%s%c%c ", of, 'a'+i/26, 'a'+i%26)
	}
	return out.String()
}

// Two items that differ in their suffix only are in an order of their own.
func TestScreenIgnoresTheOrderOfItems(t *testing.T) {
	golden, near, far := tokens("golden", 5), tokens("near", 12), tokens("far", 17)
	item := func(suffix string) curate.BenchmarkItem {
		return curate.BenchmarkItem{Benchmark: "b", Item: curate.Item{Task: "T", Golden: golden, Suffix: suffix}}
	}
	items := []curate.BenchmarkItem{item(near + tokens("x", 17)), item(tokens("y", 12) + far)}
	var found []curate.Evidence
	for range 2 {
		s, err := curate.NewScreen(curate.BenchmarkConfig{Grams: 0.3}, items)
		if err != nil {
			t.Fatal(err)
		}
		e, ok := s.Find("r", "", golden, near+far)
		if !ok || e.Rule != curate.RuleGrams {
			t.Fatalf("%+v", e)
		}
		found = append(found, e)
		slices.Reverse(items)
	}
	if found[0] != found[1] {
		t.Errorf("%+v, and in the other order %+v", found[0], found[1])
	}
}

// An n-gram that stands often in an item counts once, also where its list of items is full.
func TestScreenCountsAnNgramOnce(t *testing.T) {
	same, own := strings.Repeat("same ", 20), tokens("own", 21)
	var items []curate.BenchmarkItem
	for i := range 70 {
		items = append(items, curate.BenchmarkItem{
			Benchmark: "b", Item: curate.Item{Task: fmt.Sprintf("a%02d", i), Golden: same},
		})
	}
	items = append(items, curate.BenchmarkItem{Benchmark: "b", Item: curate.Item{Task: "z", Golden: own + same}})
	s, err := curate.NewScreen(curate.BenchmarkConfig{Near: 2}, items)
	if err != nil {
		t.Fatal(err)
	}
	// Of the 22 n-grams of z these are 12.
	if e, _ := s.Find("r", "", own+tokens("other", 30), ""); e.Task != "z" || e.Share != 0.5455 {
		t.Errorf("%+v, want 0.5455 of z", e)
	}
}

func contextID(c schemas.Context) string { return c.ID }

func rejected(r schemas.Reject) string { return r.ID + " " + string(r.Reason) + " " + r.Detail }

func init() {
	beam.RegisterFunction(contextID)
	beam.RegisterFunction(rejected)
}

func TestDecontaminateKeepsAllOthers(t *testing.T) {
	contexts := []schemas.Context{
		{ID: "clean", Repo: "r", Prefix: "def f(a):\n    ", Golden: "return a.sum(axis=0)", Suffix: "\n"},
		{ID: "copy", Repo: "r", Language: schemas.Python, Prefix: taskPrefix, Golden: taskGolden, Suffix: taskSuffix},
	}
	s, err := curate.NewScreen(curate.BenchmarkConfig{}, task)
	if err != nil {
		t.Fatal(err)
	}
	e, _ := s.Find("r", taskPrefix, taskGolden, taskSuffix)
	onEach(t, func(s beam.Scope) {
		items := beam.CreateList(s, task)
		kept, out := curate.Decontaminate(s, curate.BenchmarkConfig{}, beam.CreateList(s, contexts), items)
		passert.Equals(s, beam.ParDo(s, contextID, kept), "clean")
		passert.Equals(s, beam.ParDo(s, rejected, out), "copy contaminated "+e.String())
	})
}

func TestReadBenchmarkCSV(t *testing.T) {
	quoted := "\ufeffid,prefix,golden,suffix\n7,p,\"g,\n\"\"h\",s\n"
	got, err := curate.ReadBenchmarkCSV("x.csv", strings.NewReader(quoted), curate.Columns{})
	want := "[{7 p g,\n\"h s}]"
	if err != nil || fmt.Sprint(got) != want {
		t.Errorf("got %v, %v, want %s", got, err, want)
	}
	named := curate.Columns{Golden: "b", Task: "a"}
	got, err = curate.ReadBenchmarkCSV("x.csv", strings.NewReader("a,b\n1,2\n3,4\n"), named)
	if err != nil || len(got) != 2 || got[1].Golden != "4" || got[1].Task != "3" {
		t.Errorf("got %v, %v", got, err)
	}
	for text, want := range map[string]string{
		"":                              "no line of column names",
		"prefix,golden,suffix\n":        "holds no item",
		"prefix,golden,suffix\na,b\n":   "after 0 items",
		"prefix,golden,suffix\na,\"b,c": "after 0 items",
		"x,y\n1,2\n":                    "row 1: its fields [x y]",
	} {
		_, err := curate.ReadBenchmarkCSV("x.csv", strings.NewReader(text), curate.Columns{})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `"x.csv"`) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}
