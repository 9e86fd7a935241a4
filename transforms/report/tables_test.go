package report

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/curate"
	"decoy/transforms/judge"
)

func TestGrid(t *testing.T) {
	g := newGrid([]Cell{
		{schemas.Go, schemas.TypeImport, 100}, {schemas.Go, schemas.TypeMethod, 25}, {schemas.Rust, schemas.TypeImport, 1}, {schemas.Go, schemas.TypeImport, 300},
	}, []Off{{schemas.Cpp, schemas.TypeImport, "few"}, {schemas.Rust, schemas.TypeImport, "wrong"}})
	row := func(l schemas.Language) gridRow {
		for _, r := range g.Rows {
			if r.Name == string(l) {
				return r
			}
		}
		t.Fatalf("no row %s", l)
		return gridRow{}
	}
	if r := row(schemas.Go); r.Total != 425 || r.Cells[0] != (gridCell{N: 400, Heat: heats}) || r.Cells[1] != (gridCell{N: 25, Heat: 2}) || r.Cells[2] != (gridCell{}) {
		t.Errorf("go: %+v", r)
	}
	if r := row(schemas.Rust); r.Cells[0] != (gridCell{N: 1, Heat: 1, Off: 2}) {
		t.Errorf("rust: %+v", r)
	}
	if g.On != 30 || g.Zero != 28 || g.Total.Total != 426 || g.Total.Cells[0].N != 401 || g.atLeast(25) != 2 {
		t.Errorf("on %d, zero %d, total %+v, full %d", g.On, g.Zero, g.Total, g.atLeast(25))
	}
	if len(g.Rows) != 8 || len(g.Notes) != 2 || g.Notes[0] != "cpp × import: few" {
		t.Errorf("%d rows, notes %q", len(g.Rows), g.Notes)
	}
}

func TestRateGrids(t *testing.T) {
	cell := func(g string, typ schemas.Type, l schemas.Language, judged, verdicts, fooled int64) judge.CellRate {
		return judge.CellRate{Cell: judge.Cell{Generator: g, Type: typ, Language: l}, Negatives: 2 * judged, Judged: judged, Verdicts: verdicts, Fooled: fooled}
	}
	gs := newRateGrids([]judge.CellRate{
		cell("b", schemas.TypeImport, schemas.Go, 10, 20, 5), cell("b", schemas.TypeMethod, schemas.Go, 30, 60, 55),
		cell("a", schemas.TypeImport, schemas.Java, 4, 0, 0),
	})
	if len(gs) != 2 || gs[0].Generator != "a" || gs[1].Generator != "b" {
		t.Fatalf("%+v", gs)
	}
	if gs[0].Total.Total != nil {
		t.Errorf("a cell without a verdict has rate %+v", gs[0].Total.Total)
	}
	all := gs[1].Total.Total
	low, high := judge.Wilson(30, 40) // 60 of 80 verdicts on 40 negatives
	if all == nil || all.Value != 0.75 || all.N != 40 || all.Low != low || all.High != high {
		t.Errorf("total %+v, want 0.75 of 40 in [%v, %v]", all, low, high)
	}
	if c := gs[1].Rows[2].Cells[0]; gs[1].Rows[2].Name != string(schemas.Go) || c == nil || c.Value != 0.25 ||
		c.N != 10 {
		t.Errorf("go × import %+v", c)
	}
	// A cell of 900 of which 100 were judged, fooled in 10, beside one of 100, fooled in
	// 50: 0.9 · 0.1 + 0.1 · 0.5, with 1000² / (900²/100 + 100²/100) negatives.
	early, whole := cell("g", schemas.TypeImport, schemas.Go, 100, 100, 10), cell("g", schemas.TypeMethod, schemas.Go, 100, 100, 50)
	early.Negatives, whole.Negatives = 900, 100
	all = newRateGrids([]judge.CellRate{early, whole})[0].Total.Total
	n := 1e6 / 8200.0
	low, high = judge.Wilson(0.14*n, n)
	if d := all.Value - 0.14; d > 1e-12 || d < -1e-12 || all.N != 200 || all.Low-low > 1e-12 || low-all.Low > 1e-12 || high-all.High > 1e-12 {
		t.Errorf("a cell that stopped early: %+v, want 0.14 in [%v, %v]", all, low, high)
	}
}

func TestStatusTables(t *testing.T) {
	ts := newStatusTables([]StatusCell{
		{"rules", schemas.TypeImport, schemas.Go, schemas.StatusCertified, 3}, {"rules", schemas.TypeImport, schemas.Go, schemas.StatusExists, 1},
		{"rules", schemas.TypeMethod, schemas.Java, schemas.StatusUnseen, 4}, {"rules", schemas.TypeImport, schemas.Java, schemas.StatusAbstain, 4},
	})
	if len(ts) != 1 || len(ts[0].Types) != 5 || len(ts[0].Cells) != 3 {
		t.Fatalf("%+v", ts)
	}
	imp, all := ts[0].Types[0], ts[0].Types[4]
	if imp.Total != 8 || imp.Accepted != 0.375 || all.Total != 12 || all.Name != "all" || ts[0].Cells[0].Name != "go × import" {
		t.Errorf("import %+v, all %+v", imp, all)
	}
	want := []segment{{"certified", 3, 0, 0.375}, {"unseen", 0, 0.375, 0.375}, {"abstain", 4, 0.375, 0.875}, {"exists", 1, 0.875, 1}}
	if !reflect.DeepEqual(imp.Segments, want) {
		t.Errorf("segments %+v", imp.Segments)
	}
}

func TestFunnel(t *testing.T) {
	bars, lost := newFunnel([]Step{
		{Name: "seen", Unit: "files", N: 100},
		{Name: "read", Unit: "files", N: 80, Lost: []Count{{"b", 5}, {"a", 5}, {"none", 0}, {"c", 7}}},
		{Name: "contexts", Unit: "contexts", N: 200, LostUnit: "spans", Lost: []Count{{"broken", 9}}},
		{Name: "kept", Unit: "contexts", N: 150, Lost: []Count{{"x", 60}}},
		{Name: "same", Unit: "contexts", N: 150},
	})
	var say []string
	for _, b := range bars {
		say = append(say, fmt.Sprintf("%s %.2f %s", b.Name, b.Width, strings.ReplaceAll(b.Versus, nbsp, " ")))
	}
	if got := strings.Join(say, "; "); got != "seen 0.50 ; read 0.40 80 % of seen; contexts 1.00 2.5 × read; kept 0.75 75 % of contexts; same 0.75 100 % of kept" {
		t.Error(got)
	}
	want := []losses{
		{Step: "read", Unit: "files", N: 20, Arrived: 100, Mismatch: 3, Reasons: []loss{{"c", 7, 0.35, 0.07}, {"a", 5, 0.25, 0.05}, {"b", 5, 0.25, 0.05}, {unexplained, 3, 0.15, 0.03}}},
		{Step: "contexts", Unit: "spans", N: 9, Reasons: []loss{{"broken", 9, 1, 0}}},
		{Step: "kept", Unit: "contexts", N: 60, Arrived: 200, Mismatch: -10, Reasons: []loss{{"x", 60, 1, 0.3}}},
	}
	if !reflect.DeepEqual(lost, want) {
		t.Errorf("got  %+v\nwant %+v", lost, want)
	}
}

func TestChecks(t *testing.T) {
	states := func(d Data) string {
		var s []string
		v := newView(d)
		for _, c := range v.Checks {
			s = append(s, c.State)
		}
		return strings.Join(s, " ")
	}
	var good Data
	for _, l := range schemas.Languages {
		for _, typ := range schemas.Types {
			good.Valid = append(good.Valid, Cell{l, typ, wantCell})
			good.Selected = append(good.Selected, Cell{l, typ, 1})
		}
	}
	good.Controls = []judge.ControlRate{{Judge: "j", Valid: 100, Accepted: 90, Low: 0.83, High: 0.94}}
	good.Probe = curate.ProbeResult{Pairs: 10, Accuracy: 0.6}
	good.Decontaminated = []string{"delulu"}
	if got := states(good); got != "good good good good good" {
		t.Error(got)
	}
	for name, tt := range map[string]struct {
		change func(*Data)
		want   string
	}{
		"thin cell":       {func(d *Data) { d.Valid = d.Valid[1:] }, "bad good good good good"},
		"empty cell":      {func(d *Data) { d.Selected = d.Selected[1:] }, "good bad good good good"},
		"empty cell, off": {func(d *Data) { d.Selected = d.Selected[1:]; d.Off = []Off{{schemas.Cpp, schemas.TypeImport, "x"}} }, "good good good good good"},
		"lost":            {func(d *Data) { d.Funnel = []Step{{"a", "x", 2, nil, ""}, {"b", "x", 1, nil, ""}} }, "good good bad good good"},
		"too many lost":   {func(d *Data) { d.Funnel = []Step{{"a", "x", 2, nil, ""}, {"b", "x", 1, []Count{{"r", 2}}, ""}} }, "good good bad good good"},
		"chance":          {func(d *Data) { d.Controls = []judge.ControlRate{{Valid: 10, Accepted: 6, Low: 0.3}} }, "good good good bad good"},
		"told":            {func(d *Data) { d.Probe.Accuracy = 0.61 }, "good good good good bad"},
		"contaminated":    {func(d *Data) { d.Decontaminated = nil }, "good good good good good note"},
	} {
		d := good
		tt.change(&d)
		if got := states(d); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestMarginTables(t *testing.T) {
	qs := func(lo, mid, hi float64) []curate.Quantile {
		return []curate.Quantile{{Q: 0, Value: -99}, {Q: 0.05, Value: lo}, {Q: 0.25, Value: lo}, {Q: 0.5, Value: mid}, {Q: 0.75, Value: hi}, {Q: 0.95, Value: hi}, {Q: 1, Value: 99}}
	}
	ts := newMarginTables([]Margin{{"n", schemas.TypeMethod, 7, qs(-8, -2, 0)}, {"n", schemas.TypeImport, 5, qs(-6, -4, 2)}, {"n", schemas.TypeParameter, 0, nil}, {"m", schemas.TypeImport, 1, qs(0, 0, 0)}})
	if len(ts) != 2 || ts[0].Judge != "m" || ts[0].Zero != 0.5 {
		t.Fatalf("%+v", ts)
	}
	n := ts[1]
	if n.Low != -8 || n.High != 2 || n.Zero != 0.8 || len(n.Rows) != 2 || n.Rows[0].Type != schemas.TypeImport || n.Rows[0].At != [5]float64{0.2, 0.2, 0.4, 1, 1} {
		t.Errorf("%+v", n)
	}
}

func TestJudgeRows(t *testing.T) {
	rows := judgeRows([]JudgeRate{{ShorterWins, schemas.TypeImport, 10, 5}, {"zeta", schemas.TypeImport, 10, 1}, {"zeta", schemas.TypeMethod, 30, 3}, {"alpha", schemas.TypeImport, 0, 0}})
	var names []string
	for _, r := range rows {
		names = append(names, r.Name)
	}
	if strings.Join(names, ",") != "alpha,zeta,"+ShorterWins {
		t.Errorf("order %v", names)
	}
	if rows[0].Total != nil || rows[1].Total.Value != 0.1 || rows[1].Total.N != 40 || rows[1].Cells[2] != nil {
		t.Errorf("rates %+v", rows[1])
	}
}

func TestWords(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{Number(0), "0"}, {Number(999), "999"}, {Number(1000), "1,000"}, {Number(-1234567), "-1,234,567"},
		{Percent(0), "0 %"}, {Percent(0.0004), "<0.1 %"}, {Percent(0.0412), "4.1 %"}, {Percent(0.416), "42 %"}, {Percent(0.9999), ">99.9 %"}, {Percent(0.996), "99.6 %"}, {Percent(1), "100 %"},
		{signed(-1.5), "−1.50"}, {signed(0), "+0.00"}, {optional(nil, signed), "–"}, {optional(ptr(0.5), Percent), "50 %"},
		{seconds(0.01), "<0.1 s"}, {seconds(12.34), "12.3 s"}, {seconds(61), "1 min 01 s"}, {seconds(7322), "2 h 02 min"},
		{memory(0), "–"}, {memory(512), "512 MiB"}, {memory(1536), "1.5 GiB"},
		{longer(0), "same length"}, {longer(1), "1 character longer"}, {longer(-2), "2 characters shorter"},
		{visible("a\tb\n"), "a\tb\n"}, {visible("a\u202eb\x1b\r\xff"), "a‹U+202E›b‹U+001B›‹U+000D›‹U+FFFD›"},
	} {
		if got := strings.ReplaceAll(tt.got, nbsp, " "); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
