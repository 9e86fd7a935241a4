package panel

import (
	"math"
	"strings"
	"testing"

	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
)

// TestAskedOnceMore: an answer without the object is shown to the model, both answers
// are kept, and both are paid for.
func TestAskedOnceMore(t *testing.T) {
	for _, provider := range []string{ProviderOpenAI, ProviderGemini} {
		s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
			if a.Again {
				return faultserver.OK(negative)
			}
			return faultserver.Text("I would rather talk.")
		}})
		store := dirstore.Dir(t.TempDir())
		p := openPanel(t, config(store, memberOf(s, provider)))
		reqs := ask(t, p, []string{"a"}, "x", "y")
		got, err := collect(t, p, 0, reqs)
		for id, a := range must(t, got, err) {
			g, reason, _ := a.Generated()
			if reason != "" || g.Completion != "KeepMessageInfo(mi)" {
				t.Errorf("%s %s: %+v, %s", provider, id, g, reason)
			}
			wire, err := a.Request.Wire()
			if err != nil || !strings.Contains(string(wire), "I would rather talk.") || !strings.Contains(string(wire), askAgain) {
				t.Errorf("%s: sent %s, %v", provider, wire, err)
			}
			out := int64(len("I would rather talk.")/3 + 1 + len(negative(s.Arrivals()[0]))/3 + 1)
			if a.OutputTokens != out || a.CostUSD == nil || math.Abs(*a.CostUSD-(float64(a.InputTokens)+2*float64(a.OutputTokens))/1e6) > 1e-12 {
				t.Errorf("%s: %d tokens (want %d) for %v", provider, a.OutputTokens, out, a.CostUSD)
			}
		}
		if n := len(recorded(t, store)); n != 4 || len(s.Arrivals()) != 4 {
			t.Errorf("%s: %d records, %d arrivals, want 4 of each", provider, n, len(s.Arrivals()))
		}
	}
}
