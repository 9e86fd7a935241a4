package panel

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
)

func TestReplies(t *testing.T) {
	var over http.Client
	protocols := map[string]protocol{}
	for _, p := range []string{ProviderOpenAI, ProviderGemini, ProviderFIM} {
		var err error
		if protocols[p], err = newProtocol(Member{Name: "a", Provider: p, Model: "m", BaseURL: "http://x", FIMModel: "qwen2.5-coder"}, "k", &over); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		provider, raw, text string
		reason              schemas.Reason
		ok                  bool
	}{
		{ProviderOpenAI, `{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}`, "x", "", true},
		{ProviderOpenAI, `{"choices":[{"message":{"refusal":"no"},"finish_reason":"stop"}]}`, "", AnswerRefused, true},
		{ProviderOpenAI, `{"choices":[{"message":{"content":null},"finish_reason":"content_filter"}]}`, "", AnswerRefused, true},
		{ProviderOpenAI, `{"choices":[{"message":{"content":"x"},"finish_reason":"length"}]}`, "x", AnswerTruncated, true},
		{ProviderOpenAI, `{"choices":[]}`, "", AnswerEmpty, true},
		{ProviderOpenAI, `{"object":"list"}`, "", "", false},
		{ProviderOpenAI, `x`, "", "", false},
		{ProviderOpenAI, ``, "", "", false},
		{ProviderGemini, `{"candidates":[{"content":{"parts":[{"text":"thinking","thought":true},{"text":"x"},{"text":"y"}]},"finishReason":"STOP"}]}`, "xy", "", true},
		{ProviderGemini, `{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"MAX_TOKENS"}]}`, "x", AnswerTruncated, true},
		{ProviderGemini, `{"candidates":[{"finishReason":"RECITATION"}]}`, "", AnswerRefused, true},
		{ProviderGemini, `{"promptFeedback":{"blockReason":"SAFETY"}}`, "", AnswerRefused, true},
		{ProviderGemini, `{"candidates":[]}`, "", AnswerEmpty, true},
		{ProviderGemini, `[]`, "", "", false},
		{ProviderFIM, `{"choices":[{"text":"x(","finish_reason":"stop"}]}`, "x(", "", true},
		{ProviderFIM, `{"choices":[{"text":"x","finish_reason":"length"}]}`, "x", AnswerTruncated, true},
		{ProviderFIM, `{"choices":[{"text":"","finish_reason":"stop"}]}`, "", "", true},
		{ProviderFIM, `{}`, "", "", false},
	} {
		r := protocols[c.provider].read([]byte(c.raw))
		if r.ok != c.ok || r.text != c.text || r.reason != c.reason || (r.reason != "") != (r.detail != "") {
			t.Errorf("%s %s: %+v", c.provider, c.raw, r)
		}
	}
	r := protocols[ProviderGemini].read([]byte(`{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":2,"thoughtsTokenCount":5}}`))
	if r.in == nil || *r.in != 7 || *r.out != 7 {
		t.Errorf("thoughts are billed: %+v", r)
	}
}

func FuzzReplies(f *testing.F) {
	var over http.Client
	var protocols []protocol
	for _, p := range []string{ProviderOpenAI, ProviderGemini, ProviderFIM} {
		made, err := newProtocol(Member{Name: "a", Provider: p, Model: "m", BaseURL: "http://x", FIMModel: "qwen2.5-coder"}, "k", &over)
		if err != nil {
			f.Fatal(err)
		}
		protocols = append(protocols, made)
	}
	f.Add([]byte(`{"choices":[{"text":"x","logprobs":{"tokens":["<|fim_middle|>","a","<|endoftext|>"],"token_logprobs":[-1,-2,-3]}}]}`))
	f.Add([]byte(`{"candidates":[{"content":{"parts":[{"text":"x"}]}}],"usageMetadata":{}}`))
	f.Add([]byte(`{"choices":[{"message":{"content":"x"}}],"error":{}}`))
	for _, all := range scenarios {
		for _, c := range all {
			s := faultserver.New(faultserver.Options{Plan: c.plan})
			for range 2 {
				for _, path := range []string{"/v1/chat/completions", "/v1beta/models/m:generateContent"} {
					res, err := http.Post(strings.TrimSuffix(s.URL(), "/v1")+path, "application/json", strings.NewReader("{}"))
					if err != nil {
						f.Fatal(err)
					}
					raw, err := io.ReadAll(res.Body)
					res.Body.Close()
					if err != nil {
						f.Fatal(err)
					}
					f.Add(raw)
				}
			}
			s.Close()
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, p := range protocols {
			r := p.read(raw)
			byStatus(400, raw)
			if !r.ok && r.fault == nil && r.cause == "" {
				t.Errorf("%T of %q: no cause", p, raw)
			}
			if !r.ok && (r.text != "" || r.reason != "" || r.tokens != nil) || (r.in == nil) != (r.out == nil) || r.in != nil && (*r.in < 0 || *r.out < 0) || (r.in == nil) != (r.out == nil) && r.ok && !json.Valid(raw) {
				t.Errorf("%T of %q: %+v", p, raw, r)
			}
		}
	})
}

// TestGoogleSaysInTheBodyWhenToAskAgain: its errors have no Retry-After.
func TestGoogleSaysInTheBodyWhenToAskAgain(t *testing.T) {
	for body, want := range map[string]time.Duration{
		`{"error":{"code":429,"details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"37.5s"}]}}`: 37500 * time.Millisecond,
		`{"error":{"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"-1s"}]}}`:                                                                      -1,
		`{"error":{"code":429}}`: -1, `<html>`: -1, `{"error":"x"}`: -1,
	} {
		got, ok := retryInfo([]byte(body))
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%s: %v, %v", body, got, ok)
		}
	}
}

func TestFIMEndpointSamples(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: faultserver.Each(faultserver.Text("KeepMessageInfo(mi)"))})
	m := memberOf(s, ProviderFIM)
	m.Samples, m.Seed = 3, ptr(100)
	p := openPanel(t, config(dirstore.Dir(t.TempDir()), m))
	c := place("x")
	var reqs []Request
	for i := range int64(3) {
		r, err := p.SampleRequest("a", c, i)
		if err != nil {
			t.Fatal(err)
		}
		wire, err := r.Wire()
		if err != nil || !strings.Contains(string(wire), `"seed":10`+string(rune('0'+i))) {
			t.Errorf("sample %d: %s, %v", i, wire, err)
		}
		r.Tag = string(rune('0' + i))
		reqs = append(reqs, r)
	}
	got, err := collect(t, p, 0, reqs)
	for id, a := range must(t, got, err) {
		if text, reason, _ := a.Text(); text != "KeepMessageInfo(mi)" || reason != "" || a.CostUSD == nil {
			t.Errorf("%s: %q %s, cost %v", id, text, reason, a.CostUSD)
		}
	}
	if len(got) != 3 || len(s.Arrivals()) != 3 {
		t.Errorf("%d answers, %d arrivals", len(got), len(s.Arrivals()))
	}
	if a := s.Arrivals()[0]; a.User != "<|fim_prefix|>"+c.Prefix+"<|fim_suffix|>"+c.Suffix+"<|fim_middle|>" {
		t.Errorf("asked for %q", a.User)
	}
	if _, err := p.GenerateRequest("a", c, schemas.TypeMethod, 0); err == nil {
		t.Error("a FIM endpoint was asked for JSON")
	}
}

func TestFIMEndpointScores(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
		if caseOf(a) == "deaf" {
			return faultserver.Body(`{"choices":[{"text":"x","finish_reason":"length"}]}`)
		}
		return faultserver.Text("-0.5")
	}})
	p := openPanel(t, config(dirstore.Dir(t.TempDir()), memberOf(s, ProviderFIM)))
	var reqs []Request
	for _, name := range []string{"long", "deaf"} {
		r, err := p.ScoreRequest("a", place(name), "Keep(ü)")
		if err != nil {
			t.Fatal(err)
		}
		reqs = append(reqs, r)
	}
	got, err := collect(t, p, 0, reqs)
	must(t, got, err)
	tokens, reason, detail := got["a long "].Tokens()
	sum := 0.0
	for _, tok := range tokens {
		sum += tok.LogProb
	}
	// Seven bytes and two of "ü" less one are eight tokens of the server, and the stop.
	if reason != "" || len(tokens) != 9 || math.Abs(sum+4.5) > 1e-9 || tokens[8].Text != "<|endoftext|>" {
		t.Errorf("%+v, %s %s", tokens, reason, detail)
	}
	if _, reason, _ := got["a deaf "].Tokens(); reason == "" {
		t.Error("a server that echoes nothing was taken for one that scores")
	}
	if tokens, usd := p.Reservation(reqs[0]); tokens > int64(reqs[0].size) || usd == nil {
		t.Errorf("reserves %d tokens, %v dollars", tokens, usd)
	}
}

// TestWhatHasNoSchemaIsNotSentWithoutIt: a request that a FIM endpoint refuses is
// refused, and not sent a second time.
func TestWhatHasNoSchemaIsNotSentWithoutIt(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: faultserver.Each(faultserver.Status(400, "too long"))})
	p := openPanel(t, config(dirstore.Dir(t.TempDir()), memberOf(s, ProviderFIM)))
	r, err := p.SampleRequest("a", place("x"), 0)
	if err != nil {
		t.Fatal(err)
	}
	got, err := collect(t, p, 0, []Request{r})
	if a := must(t, got, err)["a x "]; a.Reject != HTTPError || len(s.Arrivals()) != 1 {
		t.Errorf("reject %q after %d arrivals", a.Reject, len(s.Arrivals()))
	}
}

func TestMembersOfEachProvider(t *testing.T) {
	s := serve(t, faultserver.Options{})
	for field, change := range map[string]func(*Member){
		"api_key_env":  func(m *Member) { *m = memberOf(s, ProviderGemini); m.APIKeyEnv = "" },
		"fim_model":    func(m *Member) { *m = memberOf(s, ProviderFIM); m.FIMModel = "gpt" },
		"samples":      func(m *Member) { *m = memberOf(s, ProviderFIM); m.Samples = -1 },
		"fim_model, s": func(m *Member) { m.Seed = ptr(1) },
		"family":       func(m *Member) { m.Family = "A B" },
	} {
		m := member(s)
		if err := m.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
