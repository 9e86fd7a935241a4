package panel

import (
	"slices"
	"strings"
	"testing"

	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
)

// refusals are the words with which servers refuse a parameter, each with the field of
// the request that it stands for and what is sent from then on.
var refusals = []struct {
	provider, field, body string
	status                int
	note                  string
	set                   Parameters // the same, said in the recipe
}{
	{ProviderOpenAI, "max_tokens", `{"error":{"message":"Unsupported parameter: max_tokens is not supported with this model. Use max_completion_tokens","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}`, 400,
		"max_completion_tokens for max_tokens", Parameters{MaxTokens: "max_completion_tokens"}},
	{ProviderOpenAI, "max_tokens", `{"detail":"max_tokens: this model takes max_completion_tokens; 'max_tokens' is not supported."}`, 422,
		"max_completion_tokens for max_tokens", Parameters{MaxTokens: "max_completion_tokens"}},
	{ProviderOpenAI, "temperature", `{"error":{"message":"Unsupported value: temperature does not support 0.8 with this model. Only the default (1) value is supported.","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}`, 400,
		"no temperature", Parameters{Temperature: "omit"}},
	{ProviderOpenAI, "temperature", `{"type":"error","error":{"type":"invalid_request_error","message":"` + "`temperature`" + ` is deprecated for this model."}}`, 400,
		"no temperature", Parameters{Temperature: "omit"}},
	{ProviderOpenAI, "temperature", `{"error":{"message":"invalid temperature: only 1 is allowed for this model","type":"invalid_request_error"}}`, 400,
		"no temperature", Parameters{Temperature: "omit"}},
	{ProviderOpenAI, "temperature", `{"detail":[{"type":"extra_forbidden","loc":["body","temperature"],"msg":"Extra inputs are not permitted","input":0.8}]}`, 422,
		"no temperature", Parameters{Temperature: "omit"}},
	{ProviderOpenAI, "temperature", `{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"Unsupported parameter: 'temperature' is not supported with this model.\"}}","provider_name":"X"}}}`, 400,
		"no temperature", Parameters{Temperature: "omit"}},
	{ProviderOpenAI, "response_format", `{"error":{"message":"This response_format type is unavailable now","type":"invalid_request_error"}}`, 400,
		"no response_format", Parameters{ResponseFormat: "omit"}},
	{ProviderOpenAI, "response_format", `{"error":{"code":500,"message":"json_schema is not implemented by this server"}}`, 400,
		"no response_format", Parameters{ResponseFormat: "omit"}},
	{ProviderOpenAI, "response_format", `{"error":"bad request"}`, 400,
		"no response_format", Parameters{ResponseFormat: "omit"}},
	{ProviderOpenAI, "system", `{"error":{"message":"Unsupported value: 'messages[0].role' does not support 'system' with this model.","param":"messages[0].role","code":"unsupported_value"}}`, 400,
		"user for system", Parameters{System: "user"}},
	{ProviderOpenAI, "system", `{"object":"error","message":"Conversation roles must alternate user/assistant/user/assistant/...","type":"BadRequestError","param":null,"code":400}`, 400,
		"user for system", Parameters{System: "user"}},
	{ProviderGemini, "temperature", `{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"temperature\" at 'generation_config': Cannot find field.","status":"INVALID_ARGUMENT"}}`, 400,
		"no temperature", Parameters{Temperature: "omit"}},
	{ProviderGemini, "responseMimeType", `{"error":{"code":400,"message":"JSON mode is not enabled for models/gemma","status":"INVALID_ARGUMENT"}}`, 400,
		"no response_format", Parameters{ResponseFormat: "omit"}},
	{ProviderGemini, "candidateCount", `{"error":{"code":400,"message":"Multiple candidates is not enabled for this model","status":"INVALID_ARGUMENT"}}`, 400,
		"no candidate_count", Parameters{CandidateCount: "omit"}},
	{ProviderGemini, "system", `{"error":{"code":400,"message":"Developer instruction is not enabled for models/gemma","status":"INVALID_ARGUMENT"}}`, 400,
		"user for system", Parameters{System: "user"}},
}

// TestRefusedParametersAreLearnt: from the words of a 400, once, without another request
// in the ledger's eyes; a recipe that says the same beforehand is refused nothing.
func TestRefusedParametersAreLearnt(t *testing.T) {
	const n = 12
	for _, c := range refusals {
		t.Run(c.provider+" "+c.field+" "+c.body[:min(40, len(c.body))], func(t *testing.T) {
			plan := faultserver.InOrder(faultserver.Refusing(c.field, faultserver.Reply(c.status, c.body), faultserver.OK(negative)))
			s := serve(t, faultserver.Options{Plan: plan})
			m := memberOf(s, c.provider)
			m.Concurrency = 1
			store := dirstore.Dir(t.TempDir())
			cfg := config(store, m)
			p := openPanel(t, cfg)
			reqs := ask(t, p, []string{"a"}, numbered(n)...)
			got, err := collect(t, p, 0, reqs)
			for id, a := range must(t, got, err) {
				if _, reason, detail := a.Generated(); reason != "" {
					t.Errorf("%s: %s: %s", id, reason, detail)
				}
			}
			most := 1
			if strings.Contains(c.body, "bad request") { // it names nothing
				most = leastPlain
			}
			if k := s.Count(c.status); k != most {
				t.Errorf("refused %d times, want %d", k, most)
			}
			if u := cfg.Meter.Usage()[0]; !slices.Equal(u.Form, []string{c.note}) || u.DeadLetters != 0 {
				t.Errorf("the meter says %q and %d dead letters, want %q", u.Form, u.DeadLetters, c.note)
			}
			sent := s.Served()

			// The recipe says it: the same requests, which are paid.
			cfg.Members[0].Parameters = c.set
			p = openPanel(t, cfg)
			again := ask(t, p, []string{"a"}, append(numbered(n), "new")...)
			for i, r := range reqs {
				if again[i].Key != r.Key {
					t.Fatalf("%s has another key", r.ContextID)
				}
			}
			got, err = collect(t, p, 0, again)
			if must(t, got, err); s.Served() != sent+1 || s.Count(c.status) != most {
				t.Errorf("%d more requests, %d of all refused; want one more, and no more refused", s.Served()-sent, s.Count(c.status))
			}
		})
	}
}

// TestSeveralParametersAreLearntOneByOne, and what is answered by none of them is the
// request's own failure.
func TestSeveralParametersAreLearntOneByOne(t *testing.T) {
	refuse := func(field string, next faultserver.Step) faultserver.Step {
		return faultserver.Refusing(field, faultserver.Reply(400, `{"error":{"message":"Unsupported parameter","param":"`+field+`","code":"unsupported_parameter"}}`), next)
	}
	s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
		last := faultserver.OK(negative)
		if caseOf(a) == "n0003" {
			last = faultserver.Reply(400, `{"error":{"message":"no"}}`)
		}
		return refuse("max_tokens", refuse("temperature", refuse("response_format", last)))
	}})
	m := member(s)
	m.Concurrency = 1
	cfg := config(dirstore.Dir(t.TempDir()), m)
	p := openPanel(t, cfg)
	got, err := collect(t, p, 0, ask(t, p, []string{"a"}, numbered(10)...))
	for id, a := range must(t, got, err) {
		if own := id == "a n0003 "; own != (a.Reject == HTTPError) {
			t.Errorf("%s: %q %s", id, a.Reject, a.Detail)
		}
	}
	if k := s.Served(); k != 10+3 && k != 10+3+3 { // the odd one may be the first
		t.Errorf("%d requests", k)
	}
	if u := cfg.Meter.Usage()[0]; len(u.Form) != 3 {
		t.Errorf("learnt %q", u.Form)
	}
}

// TestAValueThatIsRefusedIsNotLearnt: only a person can say what is to be sent.
func TestAValueThatIsRefusedIsNotLearnt(t *testing.T) {
	for _, body := range []string{
		`{"error":{"message":"max_tokens is too large: 100. This model supports at most 50 completion tokens.","param":"max_tokens","code":"invalid_value"}}`,
		`{"error":{"message":"temperature must be between 0 and 0.5","param":"temperature"}}`,
	} {
		s := serve(t, faultserver.Options{Plan: faultserver.Each(faultserver.Reply(400, body))})
		m := member(s)
		p := openPanel(t, config(dirstore.Dir(t.TempDir()), m))
		got, err := collect(t, p, 0, ask(t, p, []string{"a"}, "x"))
		if a := must(t, got, err)["a x "]; a.Reject != HTTPError || s.Served() != 2 { // the second without the format
			t.Errorf("%s: %q after %d requests", body, a.Reject, s.Served())
		}
		for _, a := range s.Arrivals() {
			if !a.Has("max_tokens") || !a.Has("temperature") {
				t.Errorf("%s: sent without it", body)
			}
		}
	}
}

// TestJSONThatFailedNowAndThenKeepsTheFormat: for a model that mostly writes JSON the
// format stays, for one that mostly does not it goes.
func TestJSONThatFailedNowAndThenKeepsTheFormat(t *testing.T) {
	const n = 60
	failed := `{"error":{"message":"Failed to generate JSON. Please adjust your prompt.","type":"invalid_request_error","code":"json_validate_failed","failed_generation":"{"}}`
	for every, plain := range map[int]int{6: n / 6, 1: leastPlain} {
		s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
			if a.Has("response_format") && a.N%every == 0 {
				return faultserver.Reply(400, failed)
			}
			return faultserver.OK(negative)
		}})
		m := member(s)
		m.Concurrency = 1
		cfg := config(dirstore.Dir(t.TempDir()), m)
		cfg.LookAhead = 1
		p := openPanel(t, cfg)
		got, err := collect(t, p, 0, ask(t, p, []string{"a"}, numbered(n)...))
		for id, a := range must(t, got, err) {
			if _, reason, detail := a.Generated(); reason != "" {
				t.Errorf("one in %d: %s: %s %s", every, id, reason, detail)
			}
		}
		without := 0
		for _, a := range s.Arrivals() {
			if !a.Has("response_format") {
				without++
			}
		}
		if always := every == 1; always != (len(cfg.Meter.Usage()[0].Form) == 1) || always != (without == n) {
			t.Errorf("one in %d fails: %d of %d without the format, %q (%d failed)", every, without, len(s.Arrivals()), cfg.Meter.Usage()[0].Form, plain)
		}
	}
}

func TestParametersAreValidated(t *testing.T) {
	s := serve(t, faultserver.Options{})
	for want, set := range map[string]Parameters{
		`parameters.max_tokens is "omit", allowed is max_tokens or max_completion_tokens`: {MaxTokens: "omit"},
		`parameters.temperature is "no", allowed is omit`:                                 {Temperature: "no"},
		`parameters.seed is "omit", but provider openai sends no such parameter`:          {Seed: "omit"},
	} {
		m := member(s)
		m.Parameters = set
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	for provider, set := range map[string]Parameters{
		ProviderOpenAI: {MaxTokens: "max_completion_tokens", Temperature: "omit", ResponseFormat: "omit", System: "developer"},
		ProviderGemini: {Temperature: "omit", ResponseFormat: "omit", CandidateCount: "omit", System: "user"},
		ProviderFIM:    {Temperature: "omit", Stop: "omit"},
	} {
		m := memberOf(s, provider)
		m.Parameters = set
		if err := m.Validate(); err != nil {
			t.Error(err)
		}
	}
	// A name that the library knows as one of a model without temperature.
	m := member(s)
	m.Model = "o3-mini"
	c := config(dirstore.Dir(t.TempDir()), m)
	t.Setenv(keyEnv, apiKey)
	if _, err := Open(c); err == nil || !strings.Contains(err.Error(), "parameters: {temperature: omit}") {
		t.Errorf("error %v, want the remedy", err)
	}
	c.Members[0].Parameters.Temperature = "omit"
	if _, err := Open(c); err != nil {
		t.Error(err)
	}
}
