package panel

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
	"decoy/transforms/panel/ledger"
)

func TestEveryFaultEndsAsAnAnswerOrAReject(t *testing.T) {
	for _, provider := range []string{ProviderOpenAI, ProviderGemini} {
		t.Run(provider, func(t *testing.T) { everyFault(t, provider) })
	}
}

func everyFault(t *testing.T, provider string) {
	ok, f := faultserver.OK(negative), faultserver.Status
	faults := map[string]struct {
		steps  []faultserver.Step
		reject schemas.Reason
		tries  int // 0: not checked
	}{
		"fine":             {[]faultserver.Step{ok}, "", 1},
		"429 seconds":      {[]faultserver.Step{faultserver.Throttle("0"), ok}, "", 2},
		"429 date":         {[]faultserver.Step{faultserver.Throttle("Mon, 02 Jan 2006 15:04:05 GMT"), ok}, "", 2},
		"429 ms":           {[]faultserver.Step{faultserver.Throttle("20ms"), ok}, "", 2},
		"429 bare":         {[]faultserver.Step{faultserver.Throttle(""), faultserver.Throttle(""), faultserver.Throttle(""), faultserver.Throttle(""), ok}, "", 5},
		"429 for ever":     {[]faultserver.Step{faultserver.Throttle("")}, HTTPError, quick.Throttled},
		"500":              {[]faultserver.Step{f(500, "x"), ok}, "", 2},
		"502 503":          {[]faultserver.Step{f(502, "x"), f(503, "x"), ok}, "", 3},
		"504 for ever":     {[]faultserver.Step{f(504, "x")}, Timeout, 3},
		"500 for ever":     {[]faultserver.Step{f(500, "x")}, HTTPError, 3},
		"400":              {[]faultserver.Step{f(400, "too long")}, HTTPError, 2}, // once more without the schema
		"413":              {[]faultserver.Step{f(413, "too long")}, HTTPError, 1},
		"302":              {[]faultserver.Step{f(302, "elsewhere")}, HTTPError, 1},
		"hang":             {[]faultserver.Step{faultserver.Hang(), ok}, "", 2},
		"hang for ever":    {[]faultserver.Step{faultserver.Hang()}, Timeout, 3},
		"cut":              {[]faultserver.Step{faultserver.Cut(), ok}, "", 2},
		"cut for ever":     {[]faultserver.Step{faultserver.Cut()}, HTTPError, 3},
		"200 error":        {[]faultserver.Step{faultserver.ErrorBody(), ok}, "", 2},
		"200 error always": {[]faultserver.Step{faultserver.ErrorBody()}, HTTPError, 3},
		"200 error 429":    {[]faultserver.Step{faultserver.Body(`{"error":{"code":429}}`), ok}, "", 2},
		"200 error text":   {[]faultserver.Step{faultserver.Body(`{"error":"overloaded"}`), ok}, "", 2},
		"200 html":         {[]faultserver.Step{faultserver.Body("<html>")}, HTTPError, 3},
		"200 nothing":      {[]faultserver.Step{faultserver.Body("")}, HTTPError, 3},
		"200 no answer":    {[]faultserver.Step{faultserver.Body(`{"object":"list","data":[]}`)}, HTTPError, 3},
		"wrong json":       {[]faultserver.Step{faultserver.WrongJSON()}, AnswerNotJSON, 2}, // once more
		"wrong json once":  {[]faultserver.Step{faultserver.WrongJSON(), ok}, "", 2},
		"no completion":    {[]faultserver.Step{faultserver.Text(`{"completion": null}`)}, AnswerNotJSON, 2},
		"refusal":          {[]faultserver.Step{faultserver.Refusal()}, AnswerRefused, 1},
		"filtered":         {[]faultserver.Step{faultserver.Filtered()}, AnswerRefused, 1},
		"truncated":        {[]faultserver.Step{faultserver.Truncated(negative)}, AnswerTruncated, 1},
		"prose":            {[]faultserver.Step{faultserver.Prose(negative)}, "", 1},
		"fence":            {[]faultserver.Step{faultserver.Fence(negative)}, "", 1},
	}
	for i := range 200 { // or the server would look so poor that requests were asked more often
		faults[fmt.Sprintf("0 fine %d", i)] = faults["fine"]
	}
	s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
		return faultserver.Each(faults[caseOf(a)].steps...)(a)
	}})
	m := memberOf(s, provider)
	m.Timeout = 2 * time.Second // only what hangs waits for it, and a busy machine answers 64 calls at once in less
	m.Concurrency = 64
	store := dirstore.Dir(t.TempDir())
	p := openPanel(t, config(store, m))
	reqs := ask(t, p, []string{"a"}, slices.Sorted(maps.Keys(faults))...)
	got, err := collect(t, p, 3, reqs)
	must(t, got, err)
	if len(got) != len(faults) {
		t.Errorf("%d answers for %d requests", len(got), len(faults))
	}
	tries := map[string]int{}
	for _, a := range s.Arrivals() {
		tries[caseOf(a)]++
	}
	for name, want := range faults {
		a := got["a "+name+" "]
		g, reason, detail := a.Generated()
		if reason != want.reject {
			t.Errorf("%s: reject %q (%s), want %q", name, reason, detail, want.reject)
		}
		if reason == "" && (g.Completion != "KeepMessageInfo(mi)" || len(g.Introduced) != 1 || g.WhyWrong == "") {
			t.Errorf("%s: %+v", name, g)
		}
		if reason != "" && detail == "" {
			t.Errorf("%s: a reject without a detail", name)
		}
		if reason == "" && (a.CostUSD == nil || a.InputTokens == 0 || a.OutputTokens == 0) {
			t.Errorf("%s: cost and tokens are missing: %+v", name, a)
		}
		if want.tries != 0 && tries[name] != want.tries {
			t.Errorf("%s: asked %d times, want %d", name, tries[name], want.tries)
		}
	}

	// All of it is in the ledger: nothing is sent again, dead letters included.
	sent := len(s.Arrivals())
	again, err := collect(t, openPanel(t, config(store, m)), 3, reqs)
	must(t, again, err)
	if n := len(s.Arrivals()); n != sent {
		t.Errorf("the second run sent %d requests", n-sent)
	}
	for id, a := range again {
		if !a.FromLedger {
			t.Errorf("%s is not from the ledger", id)
		}
		a.FromLedger = false
		if diff := cmp.Diff(got[id], a, cmp.Comparer(func(x, y Request) bool { return x.Key == y.Key })); diff != "" {
			t.Errorf("%s differs from the ledger: %s", id, diff)
		}
	}
}

func TestAServerWithoutSchemasIsRemembered(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: faultserver.Each(faultserver.NoSchema(faultserver.OK(negative)))})
	m := member(s)
	p := openPanel(t, config(dirstore.Dir(t.TempDir()), m))
	got, err := collect(t, p, 0, ask(t, p, []string{"a"}, numbered(100)...))
	for id, a := range must(t, got, err) {
		if _, reason, detail := a.Generated(); reason != "" {
			t.Errorf("%s: %s: %s", id, reason, detail)
		}
	}
	if n := s.Count(400); n == 0 || n > m.Concurrency {
		t.Errorf("asked with a schema %d times, want 1 to %d (those on their way)", n, m.Concurrency)
	}
	if n := s.Count(200); n != 100 {
		t.Errorf("%d answers, want 100", n)
	}
}

func TestAStoppedMemberDoesNotStopTheOthers(t *testing.T) {
	for name, step := range map[string]faultserver.Step{
		"401": faultserver.EchoAuth(401), "403": faultserver.EchoAuth(403), "404": faultserver.Status(404, "no such model"),
		"quota": faultserver.OutOfQuota(), "wait for a day": faultserver.Throttle("86400"),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
				if a.Model == "bad" {
					return step
				}
				return faultserver.OK(negative)
			}})
			good, bad := member(s), member(s)
			bad.Name, bad.Model, bad.APIKeyEnv = "b", "bad", keyEnv+"_B"
			t.Setenv(bad.APIKeyEnv, apiKey)
			store := dirstore.Dir(t.TempDir())
			p := openPanel(t, config(store, good, bad))
			got, err := collect(t, p, 0, ask(t, p, []string{"a", "b"}, numbered(40)...))
			if err == nil || !strings.Contains(err.Error(), bad.APIKeyEnv) || !strings.Contains(err.Error(), "member b") {
				t.Fatalf("error = %v, want the member and its variable", err)
			}
			if strings.Contains(err.Error(), apiKey) {
				t.Fatalf("the key stands in %v", err)
			}
			if len(got) != 80 {
				t.Errorf("%d answers, want 80", len(got))
			}
			for id, a := range got {
				if want := map[string]schemas.Reason{"a": "", "b": HTTPError}[a.Request.Member]; a.Reject != want {
					t.Errorf("%s: reject %q, want %q", id, a.Reject, want)
				}
			}
			led, err := ledger.Open(t.Context(), store, 0)
			if err != nil {
				t.Fatal(err)
			}
			for r := range led.All() {
				if r.Member == "b" {
					t.Errorf("a request of the stopped member is recorded: %+v", r)
				}
			}
		})
	}
}

func TestLimitsAreKeptAndUsed(t *testing.T) {
	const perWindow, n = 50, 120
	window := time.Second
	s := serve(t, faultserver.Options{Window: window, Limit: perWindow, Burst: 8, Latency: 10 * time.Millisecond})
	m := member(s)
	m.RPM, m.Concurrency = perWindow, 64
	c := config(dirstore.Dir(t.TempDir()), m)
	c.Window = window
	p := openPanel(t, c)
	got, err := collect(t, p, 0, ask(t, p, []string{"a"}, numbered(n)...))
	if len(must(t, got, err)) != n {
		t.Errorf("%d answers", len(got))
	}
	if k := s.Count(429); k != 0 {
		t.Errorf("%d answers of 429", k)
	}
}

func TestRetryAfterHoldsTheWholeAccount(t *testing.T) {
	const pause = 150 * time.Millisecond
	s := serve(t, faultserver.Options{Plan: faultserver.InOrder(
		faultserver.OK(negative), faultserver.OK(negative), faultserver.Throttle("150ms"), faultserver.OK(negative))})
	one, two := member(s), member(s)
	two.Name, two.Model = "b", "m2"
	one.Concurrency, two.Concurrency = 1, 1 // one slot, so that nothing is on its way
	p := openPanel(t, config(dirstore.Dir(t.TempDir()), one, two))
	got, err := collect(t, p, 0, ask(t, p, []string{"a", "b"}, numbered(5)...))
	if len(must(t, got, err)) != 10 {
		t.Errorf("%d answers", len(got))
	}
	a := s.Arrivals()
	if a[2].Status != 429 || a[3].At.Sub(a[2].At) < pause {
		t.Errorf("status %d, and asked again after %v, told to wait %v", a[2].Status, a[3].At.Sub(a[2].At), pause)
	}
}

func TestAThrottledStormLosesNothing(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
		if a.N < 150 {
			return faultserver.Throttle("")
		}
		return faultserver.OK(negative)
	}})
	p := openPanel(t, config(dirstore.Dir(t.TempDir()), member(s)))
	got, err := collect(t, p, 0, ask(t, p, []string{"a"}, numbered(50)...))
	for id, a := range must(t, got, err) {
		if a.Reject != "" {
			t.Errorf("%s: %s", id, a.Reject)
		}
	}
	if len(got) != 50 || s.Count(200) != 50 {
		t.Errorf("%d answers, %d paid", len(got), s.Count(200))
	}
}
