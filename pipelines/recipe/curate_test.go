package recipe

import (
	"strings"
	"testing"

	"decoy/transforms/curate"
)

func TestCurateFieldsSayWhatTheyMayBe(t *testing.T) {
	for _, c := range []struct{ yaml, want string }{
		{"quota: fair", `curate.quota: "fair" is not one of equal, proportional, table`},
		{"quota: table", "curate.table: has 0 cells"},
		{"table: {go/import: 3}", `curate.table: has 1 cells and curate.quota is ""`},
		{"quota: table, table: {go/imports: 3}", `curate.table: "imports" is not one of`},
		{"quota: table, table: {go/import: -3}", "curate.table.go/import: -3 is not between 0"},
		{"redistribute: all", `curate.redistribute: "all" is not one of equal, proportional, none`},
		{"kinds: {calls: 0.5}", `curate.kinds: "calls" is not one of import, call`},
		{"kinds: {call: 1.5}", "curate.kinds.call: 1.5 is not between 0 and 1"},
		{"max_per_callee: -1", "curate.max_per_callee: -1"},
		{"max_per_name: -1", "curate.max_per_name: -1"},
		{"max_candidates: -1", "curate.max_candidates: -1"},
		{"near_duplicates: 0.3", "curate.near_duplicates: 0.3 is not between 0.5 and 1"},
		{"split_fallback: file", `curate.split_fallback: "file" is not one of repository, folder`},
		{"contamination: {grams: 0.1}", "curate.contamination.grams: 0.1 is not between 0.3 and 1"},
		{"contamination: {near: 3}", "curate.contamination.near: 3"},
		{"contamination: {gram: 3}", "unknown field curate.contamination.gram; did you mean grams?"},
		{"decontaminate: [{name: b}]", "curate.decontaminate[0].path: empty"},
		{"reference: [{path: p, columns: {task: t}}]", "curate.reference[0].columns.golden: empty"},
	} {
		if _, err := Parse([]byte("curate: {" + c.yaml + "}")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.yaml, err, c.want)
		}
	}
}

func TestCurateCriteriaSayWhatIsNotTheDefault(t *testing.T) {
	r, err := Parse([]byte("name: x"))
	if err != nil || len(r.Curate.Criteria()) != 0 {
		t.Fatalf("the default has the criteria %v: %v", r.Curate.Criteria(), err)
	}
	r, err = Parse([]byte("curate: {quota: table, table: {go/import: 30, cpp/method: 5}, redistribute: none, " +
		"kinds: {call: 0.5}, max_per_callee: 4, max_per_name: 3, off: [rust/import]}"))
	if err != nil {
		t.Fatal(err)
	}
	want := "Quota of cpp/method: 5 pairs.|Quota of go/import: 30 pairs.|What a cell cannot fill goes to nobody.|" +
		"At most 0.5 of the pairs have spans of kind call.|At most 4 pairs have a golden that calls one name.|" +
		"At most 3 pairs have a negative that brings one name in."
	if got := strings.Join(r.Curate.Criteria(), "|"); got != want {
		t.Errorf("criteria %q, want %q", got, want)
	}
	table := r.Curate.TableCells()
	if table[curate.Cell{Language: "go", Type: "import"}] != 30 || len(table) != 2 ||
		r.Curate.OffCells()[0] != (curate.Cell{Language: "rust", Type: "import"}) {
		t.Errorf("table %v, off %v", table, r.Curate.OffCells())
	}
}
