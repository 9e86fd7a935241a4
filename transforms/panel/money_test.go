package panel

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
	"decoy/transforms/panel/ledger"
)

func upTo(usd float64) func(int) float64 { return func(int) float64 { return usd } }

// spent is what the ledger of a shard says, with what killed runs may have spent.
func spent(t *testing.T, store ledger.Store) (usd float64) {
	t.Helper()
	led, err := ledger.Open(t.Context(), store, 0)
	if err != nil {
		t.Fatal(err)
	}
	for r := range led.All() {
		usd += r.AssumedUSD
		if r.CostUSD != nil {
			usd += *r.CostUSD
		}
	}
	for _, a := range led.Advances() {
		usd += a.USD
	}
	return usd
}

func TestTheBudgetIsNeverExceeded(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
		// Some calls may have been billed without an answer.
		if a.N%7 == 3 {
			return faultserver.Cut()
		}
		return faultserver.OK(negative)
	}})
	store := dirstore.Dir(t.TempDir())
	c := config(store, member(s))
	p := openPanel(t, c)
	reqs := ask(t, p, []string{"a"}, numbered(60)...)
	_, worst := p.Reservation(reqs[0])
	answered := 0
	for _, limit := range []float64{0, *worst * 0.9, *worst * 5, *worst * 20} {
		c.BudgetUSD = upTo(limit)
		got, err := collect(t, openPanel(t, c), 0, reqs)
		if !errors.Is(err, ErrBudget) {
			t.Fatalf("cap %v: error = %v, want ErrBudget", limit, err)
		}
		if len(got) != 60 {
			t.Errorf("cap %v: %d answers, want all 60, the unsent ones as rejects", limit, len(got))
		}
		n := 0
		for id, a := range got {
			if a.Reject == "" {
				n++
			} else if a.Reject != Budget && a.Reject != HTTPError {
				t.Errorf("cap %v: %s: reject %q", limit, id, a.Reject)
			}
		}
		if n < answered || (limit > 3**worst && n == answered) {
			t.Errorf("cap %v: %d answers, %d before", limit, n, answered)
		}
		answered = n
		if usd := spent(t, store); usd > limit {
			t.Errorf("cap %v: %v spent", limit, usd)
		}
	}
	c.BudgetUSD = upTo(1000 * *worst)
	got, err := collect(t, openPanel(t, c), 0, reqs)
	must(t, got, err)
	if ok := s.Count(200); ok > 60 {
		t.Errorf("%d answers were paid for 60 requests", ok)
	}
}

func TestABudgetNeedsPrices(t *testing.T) {
	s := serve(t, faultserver.Options{})
	m := member(s)
	m.USDPerMTok = nil
	c := config(dirstore.Dir(t.TempDir()), m)
	t.Setenv(keyEnv, apiKey)
	c.BudgetUSD = upTo(1)
	if _, err := Open(c); err == nil || !strings.Contains(err.Error(), "price of panel member a is unknown; set usd_per_mtok or remove budget_usd") {
		t.Fatalf("error = %v", err)
	}
	c.BudgetUSD = nil
	p := openPanel(t, c)
	reqs := ask(t, p, []string{"a"}, numbered(3)...)
	if _, usd := p.Reservation(reqs[0]); usd != nil {
		t.Errorf("an unknown price reserves %v", *usd)
	}
	got, err := collect(t, p, 0, reqs)
	for id, a := range must(t, got, err) {
		if a.CostUSD != nil || a.OutputTokens == 0 {
			t.Errorf("%s: cost %v of %d tokens, want null", id, a.CostUSD, a.OutputTokens)
		}
	}
	// What was paid at an unknown price counts once it is known.
	c.Members[0].USDPerMTok = member(s).USDPerMTok
	c.BudgetUSD = upTo(1e-9)
	_, err = collect(t, openPanel(t, c), 0, ask(t, openPanel(t, c), []string{"a"}, "new"))
	if !errors.Is(err, ErrBudget) {
		t.Errorf("error = %v, want ErrBudget", err)
	}
}

func TestAnswersWithoutUsage(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: faultserver.Each(faultserver.Body(
		`{"choices":[{"message":{"content":"{\"completion\":\"x\"}"},"finish_reason":"stop"}]}`))})
	store := dirstore.Dir(t.TempDir())
	p := openPanel(t, config(store, member(s)))
	reqs := ask(t, p, []string{"a"}, "x")
	got, err := collect(t, p, 0, reqs)
	a := must(t, got, err)["a x "]
	if a.Reject != "" || a.CostUSD != nil || a.InputTokens != 0 {
		t.Errorf("%+v, want an answer of unknown cost", a)
	}
	if _, worst := p.Reservation(reqs[0]); spent(t, store) != *worst {
		t.Errorf("%v counts against the budget, want the reservation %v", spent(t, store), *worst)
	}
}

func TestCostIsUsageTimesPrice(t *testing.T) {
	s := serve(t, faultserver.Options{})
	p := openPanel(t, config(dirstore.Dir(t.TempDir()), member(s)))
	got, err := collect(t, p, 0, ask(t, p, []string{"a"}, "x"))
	a := must(t, got, err)["a x "]
	if want := (float64(a.InputTokens)*1 + float64(a.OutputTokens)*2) / 1e6; a.CostUSD == nil || math.Abs(*a.CostUSD-want) > 1e-15 {
		t.Errorf("cost %v, want %v", a.CostUSD, want)
	}
	tokens, worst := p.Reservation(a.Request)
	if *worst < *a.CostUSD || tokens < a.InputTokens {
		t.Errorf("reserved %v and %d tokens for %v and %d", *worst, tokens, *a.CostUSD, a.InputTokens)
	}
}

func TestSplitBudget(t *testing.T) {
	f := SplitBudget(10, []float64{1, 3, 0, 6})
	for shard, want := range map[int]float64{0: 1, 1: 3, 2: 0, 3: 6, 4: 0, -1: 0} {
		if got := f(shard); math.Abs(got-want) > 1e-12 {
			t.Errorf("shard %d: %v, want %v", shard, got, want)
		}
	}
	if got := SplitBudget(10, []float64{0, 0})(1); got != 5 {
		t.Errorf("without estimates: %v, want 5", got)
	}
}

// TestTheKeyIsKeptNowhere looks for it in every file, answer and error of runs
// against servers that echo it.
func TestTheKeyIsKeptNowhere(t *testing.T) {
	for _, provider := range []string{ProviderOpenAI, ProviderGemini} {
		t.Run(provider, func(t *testing.T) { keptNowhere(t, provider) })
	}
}

func keptNowhere(t *testing.T, provider string) {
	quoted := strings.ReplaceAll(apiKey, "&", `\u0026`)
	for name, step := range map[string]faultserver.Step{
		"401": faultserver.EchoAuth(401), "400": faultserver.EchoAuth(400), "500": faultserver.EchoAuth(500), "200": faultserver.EchoAuth(200),
		"answer":      faultserver.Text(apiKey),
		"slash":       faultserver.Body(`{"error":"` + strings.ReplaceAll(apiKey, "/", `\/`) + `"}`),
		"JSON escape": faultserver.Body(`{"error":"` + quoted + `"}`),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, faultserver.Options{Plan: faultserver.Each(step)})
			dir := t.TempDir()
			p := openPanel(t, config(dirstore.Dir(dir), memberOf(s, provider)))
			got, err := collect(t, p, 0, ask(t, p, []string{"a"}, numbered(3)...))
			var seen bytes.Buffer
			if err != nil {
				seen.WriteString(err.Error())
			}
			for _, a := range got {
				seen.Write(a.Raw)
				seen.WriteString(a.Detail)
			}
			files, gerr := filepath.Glob(filepath.Join(dir, "*", "*"))
			if gerr != nil || (len(files) == 0 && name != "401") {
				t.Fatalf("no ledger files, %v", gerr)
			}
			for _, f := range files {
				packed, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				if filepath.Ext(f) == ".json" { // sums
					seen.Write(packed)
					continue
				}
				r, err := zstd.NewReader(bytes.NewReader(packed))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := seen.ReadFrom(r); err != nil {
					t.Fatal(err)
				}
				r.Close()
			}
			for _, form := range []string{apiKey, quoted, strings.ReplaceAll(apiKey, "/", `\/`), "4711&", `4711\u0026`} {
				if bytes.Contains(seen.Bytes(), []byte(form)) {
					t.Errorf("%q stands in %s", form, excerpt(seen.String()))
				}
			}
			if len(s.Arrivals()) == 0 || strings.TrimPrefix(s.Arrivals()[0].Auth, "Bearer ") != apiKey {
				t.Error("the key was not sent, so the test shows nothing")
			}
		})
	}
}
