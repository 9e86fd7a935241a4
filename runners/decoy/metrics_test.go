package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vbauerster/mpb/v8"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/panel/faultserver"
)

const metricsKeyEnv, metricsKey = "DECOY_TEST_METRICS_KEY", "sk-test-0815-never-to-be-shown"

// counted asks a server a few things and returns the meter that watched.
func counted(t *testing.T) *panel.Meter {
	t.Helper()
	s := faultserver.New(faultserver.Options{Plan: faultserver.Each(faultserver.Throttle("0"), faultserver.Text(`{"completion": "source text"}`))})
	t.Cleanup(s.Close)
	t.Setenv(metricsKeyEnv, metricsKey)
	one, two := 1.0, 2.0
	meter := &panel.Meter{}
	p, err := panel.Open(panel.Config{
		Members: []panel.Member{{
			Name: "gen", Provider: panel.ProviderOpenAI, BaseURL: s.URL(), Model: "m", APIKeyEnv: metricsKeyEnv, RPM: 600,
			USDPerMTok: &panel.Price{In: &one, Out: &two},
		}},
		Store: shard.NewDir(t.TempDir()), Check: func(string) error { return nil }, Stage: schemas.StageGenerate, Meter: meter,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	meter.Expect(schemas.StageGenerate, "gen", 12)
	if err := p.Do(t.Context(), 0, func(yield func(panel.Request) bool) {
		for _, id := range []string{"x", "y", "z"} {
			r, err := p.GenerateRequest("gen", schemas.Context{ID: id, Language: schemas.Go, Prefix: "ms.", Golden: "Keep(" + id + ")"}, schemas.TypeMethod, 0)
			if err != nil || !yield(r) {
				t.Error(err)
				return
			}
		}
	}, func(panel.Answer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return meter
}

func TestMetrics(t *testing.T) {
	at, end, err := serveMetrics("127.0.0.1:0", counted(t))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Get("http://" + at + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, want := range []string{
		`decoy_panel_requests_total{member="gen",outcome="answered",stage="generate"} 3`,
		`decoy_panel_requests_total{member="gen",outcome="throttled",stage="generate"} 3`,
		`decoy_panel_requests_total{member="gen",outcome="server",stage="generate"} 0`,
		`decoy_panel_limit_used_ratio{limit="requests",member="gen",stage="generate"} 0.01`,
		`decoy_panel_tokens_total{direction="output",member="gen",stage="generate"} 30`,
		`decoy_panel_done_total{member="gen",stage="generate"} 3`,
		`decoy_panel_expected{member="gen",stage="generate"} 12`,
		`decoy_panel_in_flight{member="gen",stage="generate"} 0`,
		`# TYPE decoy_panel_spent_dollars_total counter`,
		`# TYPE decoy_panel_breaker_open gauge`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, bad := range []string{metricsKey, "127.0.0.1", "source text", "Keep(x)"} {
		if strings.Contains(text, bad) {
			t.Errorf("the metrics hold %q", bad)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	var usage usageError
	if _, _, err := serveMetrics(at, &panel.Meter{}); !errors.As(err, &usage) || !strings.Contains(err.Error(), at) {
		t.Errorf("a port that is taken: %v", err)
	}
	end()
	if _, err := http.Get("http://" + at + "/metrics"); err == nil {
		t.Error("the metrics are served after their end")
	}
}

func TestPanelView(t *testing.T) {
	meter := counted(t)
	for name, c := range map[string]struct {
		console func(io.Writer) console
		want    string
	}{
		"lines": {func(w io.Writer) console { return &lineConsole{w: w, start: time.Now()} }, "generate gen: 3 done of 12, "},
		"bars": {func(w io.Writer) console {
			return &barConsole{start: time.Now(), pool: mpb.New(mpb.WithOutput(w), mpb.WithAutoRefresh())}
		}, "generate gen: 3 done of 12, "},
		"json": {func(w io.Writer) console { return &jsonConsole{w: w, start: time.Now()} }, `"stage":"generate","panel":{"member":"gen","sent":6,`},
	} {
		var out bytes.Buffer
		shown := c.console(&out)
		watchPanel(shown, meter)()
		shown.Panel(meter.Usage(), false) // nothing has changed
		shown.Close()
		if !strings.Contains(out.String(), c.want) || strings.Contains(out.String(), metricsKey) {
			t.Errorf("%s: %q", name, out.String())
		}
		if name == "json" {
			var e event
			if err := json.Unmarshal(out.Bytes(), &e); err != nil || e.Panel.Outcomes[panel.OutcomeThrottled] != 3 {
				t.Errorf("one object: %q, %v", out.String(), err)
			}
		}
	}
	eta := 90 * time.Second
	line := panelLine(panel.Usage{Stage: "judge", Member: "j", DownFor: time.Minute, Waiting: 7, ETA: &eta, InputTokens: 12_345_678, Outcomes: map[string]int64{panel.OutcomeServer: 3}, Form: []string{"no temperature"}, Problem: "status 200,\n not a\x1b[2J completion"})
	for _, want := range []string{"DOWN for 1m0s", "sent with no temperature", "last problem: status 200, not a [2J completion", "7 waiting", "ETA 1m30s", "12 M in", "3 failures"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q is not in %q", want, line)
		}
	}
}
