package main

import (
	"path/filepath"
	"strings"
	"testing"

	"decoy/transforms/curate"
)

const shared = "../../../../shared/benchmarks"

func TestPlantedCopiesAreFound(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(shared, "HumanEval-*Infilling*.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Skipf("%s has no HumanEval-Infilling: download it there to measure recall", shared)
	}
	r, err := measure(paths, 200, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range hows {
		if r.Planted[how.name] != 50 {
			t.Errorf("%d %s rows are planted, want 50", r.Planted[how.name], how.name)
		}
	}
	// What was measured stands in scripts/LOG.md; less of a renamed or cut copy is a loss too.
	for how, least := range map[string]float64{"verbatim": 1, "reformatted": 1, "renamed": 0.8, "cut": 0.8} {
		if r.Recall[how] < least {
			t.Errorf("%v of the %s copies are found, want %v", r.Recall[how], how, least)
		}
	}
}

func TestCopiesAreChangedAsTheySay(t *testing.T) {
	it := curate.Item{
		Prefix: "def total(values, start=0):\n    result = start\n    for value in values:\n",
		Golden: "        result = result + value\n",
		Suffix: "    return result\n",
	}
	for _, tt := range []struct{ how, want string }{
		{"verbatim", it.Prefix + "|" + it.Golden + "|" + it.Suffix},
		{"reformatted", "def total(values,start=0):\n\n  result=start\n\n  for value in values:\n\n" +
			"|    result=result+value\n\n|  return result\n\n"},
		{"cut", it.Prefix + "|" + it.Golden + "|" + it.Suffix},
	} {
		for _, how := range hows {
			if how.name != tt.how {
				continue
			}
			x := how.make(it)
			if got := x.Prefix + "|" + x.Golden + "|" + x.Suffix; got != tt.want {
				t.Errorf("%s: %q, want %q", tt.how, got, tt.want)
			}
		}
	}
	x := renamed(it)
	for _, name := range []string{"total", "values", "start", "result", "value"} {
		if strings.Contains(x.Prefix+x.Golden+x.Suffix, name) {
			t.Errorf("the renamed copy still has %s: %q", name, x.Prefix+x.Golden+x.Suffix)
		}
	}
	if strings.Count(x.Golden, "+") != 1 || !strings.HasPrefix(x.Golden, "        zz") {
		t.Errorf("the golden of the renamed copy is %q", x.Golden)
	}
}
