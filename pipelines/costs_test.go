package pipelines

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"decoy/pipelines/export"
	"decoy/pipelines/recipe"
	"decoy/schemas"
	"decoy/transforms/report"
)

// TestCostsOfSelectedRows compares the cells of the report with what the server
// billed, request by request.
func TestCostsOfSelectedRows(t *testing.T) {
	var bill till
	bill.limit(math.Inf(1))
	s := bill.serve(t, 6, false)
	c := ordinary(t, 2)
	r := asked(t, s)
	out := c.build(t, "direct", r)
	gather := func(r recipe.Recipe, out string) ([]report.Cost, *report.Spending) {
		t.Helper()
		sum, err := export.Summarize(t.Context(), out, r)
		if err != nil {
			t.Fatal(err)
		}
		spending, err := sum.Spending(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return sum.ReportCosts(), spending
	}
	costs, spending := gather(r, out)
	generate, judged, selected := 0.0, 0.0, int64(0)
	generators := map[string]float64{}
	for _, x := range costs {
		generate += *x.GenerateUSD
		judged += *x.JudgeUSD
		selected += x.Selected
		generators[x.Generator] += *x.GenerateUSD
		if x.Language == "" || x.Type == "" {
			t.Errorf("%+v", x)
		}
	}
	if math.Abs(generate+judged+spending.ControlsUSD-bill.usd) > 1e-9 || math.Abs(spending.BilledUSD-bill.usd) > 1e-9 || spending.ControlsUSD == 0 || judged == 0 {
		t.Errorf("generating %v, judging %v, controls %v: the server billed %v", generate, judged, spending.ControlsUSD, bill.usd)
	}
	if generators["rules"] != 0 || generators["gen"] == 0 {
		t.Errorf("by generator %v", generators)
	}
	// Rejects cost too: more than the negatives that came of it.
	valid := 0.0
	for _, n := range records[schemas.Negative](t, out, schemas.StageGenerate, "negatives") {
		if n.CostUSD != nil {
			valid += *n.CostUSD
		}
	}
	if valid >= generate {
		t.Errorf("the negatives cost %v, with the rejects %v", valid, generate)
	}
	pairs := int64(0)
	for _, x := range records[schemas.Selected](t, out, schemas.StageCurate, "selection") {
		if x.NegativeID != nil {
			pairs++
		}
	}
	if selected != pairs {
		t.Errorf("%d selected in the cells, %d in all", selected, pairs)
	}
	page, err := os.ReadFile(filepath.Join(out, "report.html"))
	if err != nil || !strings.Contains(string(page), "a selected pair") {
		t.Errorf("the report shows no costs, %v", err)
	}

	r.Judge.Panel[1].USDPerMTok = nil
	costs, spending = gather(r, c.build(t, "direct", r))
	unknown := 0
	for _, x := range costs {
		if x.JudgeUSD == nil {
			unknown++
			if x.PerSelected() != nil {
				t.Errorf("%+v", x)
			}
		}
	}
	if unknown == 0 || spending.Unpriced == 0 {
		t.Errorf("%d cells of unknown cost, %+v", unknown, spending)
	}
}
