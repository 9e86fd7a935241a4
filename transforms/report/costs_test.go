package report

import "testing"

func TestCosts(t *testing.T) {
	costs := []Cost{
		{"a", "import", "go", ptr(1.0), ptr(0.5), 3},
		{"a", "method", "go", ptr(2.0), ptr(0.0), 0}, // nothing of it was selected: the others bear it
		{"b", "import", "go", nil, ptr(1.0), 5},
	}
	for i, want := range []string{"0.500000", "–", "unknown"} {
		if got := PerRow(costs[i]); got != want {
			t.Errorf("cell %d: %s a row, want %s", i, got, want)
		}
	}
	tables, all := newCostTables(costs)
	if len(tables) != 2 || PerRow(tables[0].Total) != "1.166667" || PerRow(tables[1].Total) != "unknown" || tables[1].Total.JudgeUSD == nil || *tables[1].Total.JudgeUSD != 1 {
		t.Errorf("%+v", tables)
	}
	if all.USD() != nil || all.Selected != 8 || *all.JudgeUSD != 1.5 || Dollars(all.GenerateUSD) != "unknown" {
		t.Errorf("%+v", all)
	}
	if *costs[0].GenerateUSD != 1 {
		t.Error("a sum changes its parts")
	}
}
