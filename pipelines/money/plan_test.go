package money

import (
	"math"
	"strings"
	"testing"
)

// 1,000 repositories of 2 TB, half of it source, in 20 shards of 50. Core seconds:
// 1e12/1e6 + 1e12/1e8 + 1e6/0.5/100 + 1e6/100 + 2e6/100 + 1e6/1000 + 1e6/1000 =
// 1,000,000 + 10,000 + 20,000 + 10,000 + 20,000 + 1,000 + 1,000 = 1,062,000.
func TestPlan(t *testing.T) {
	in := PlanInput{
		Repositories: 1000, UnpackedBytes: 2e12, SourceShare: 0.5, Pool: 1e6, PaidGenerators: true, PaidJudges: 2, Hours: 10, Cores: 4,
		USDPerRequest: new(float64),
		Rates: PlanRates{RepositoriesPerShard: 50, SourceBytes: 1e6, OtherBytes: 1e8, Rules: 1, PaidRequests: 100, Verified: 100, NgramVerdicts: 1,
			Curated: 1000, Exported: 1000, ValidShare: 0.5, ContextBytes: 2, NegativeBytes: 300, TaskBytes: 1000, Use: 0.5},
		Prices: PlanPrices{CoreHour: 0.1, MemoryGBHour: 0.01, DiskGBHour: 0.001, ShuffleGB: 10, MemoryGBPerCore: 4, DiskGB: 100},
	}
	*in.USDPerRequest = 0.002
	p, err := NewPlan(in)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]float64{
		"shards":     {p.Shards, 20},
		"core hours": {p.CoreHours, 295}, // 1,062,000 / 3,600
		"workers":    {p.Workers, 15},    // 295 / (10 · 4 · 0.5) = 14.75
		"requests":   {p.PaidRequests, 4e6},
		"a minute":   {p.PerMinute, 4e6 / 600},
		"shuffled":   {p.ShuffleBytes, 8 * 20 * 1000},
		"written":    {p.WrittenBytes, 2e12 + 5*1e8},
		// 147.5 worker hours of 4 cores and 16 GB, 100 GB of disk: 147.5 · (0.4 + 0.16 + 0.1), and 160 kB shuffled.
		"dollars": {p.USD, 147.5*0.66 + 160e3/1e9*10},
		"models":  {*p.PanelUSD, 8000},
	} {
		if math.Abs(c[0]-c[1]) > 1e-9*math.Abs(c[1]) {
			t.Errorf("%s: %v, want %v", name, c[0], c[1])
		}
	}
	in.Hours = 1 // more workers than shards
	if p, err = NewPlan(in); err != nil || !strings.Contains(strings.Join(p.Notes, "\n"), "take more shards") {
		t.Errorf("%v, %v", p.Notes, err)
	}
	in.Hours = 0
	if _, err := NewPlan(in); err == nil || !strings.Contains(err.Error(), "hours are 0") {
		t.Errorf("error %v", err)
	}
}
