package panel

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"decoy/transforms/trainers"
)

// TestWhichTokensAreTheTexts: those between the marks, wherever the server's tokens begin.
func TestWhichTokensAreTheTexts(t *testing.T) {
	family := trainers.Model{Middle: "<M>", Stop: "<S>"}
	for name, tt := range map[string]struct {
		tokens string // parted by |, each with the log-probability -1, -2, -3, …
		want   string
	}{
		"marks are tokens":             {"a|<M>|Ke|ep()|<S>|x", "Ke ep() <S> -12"},
		"an empty text":                {"a|<M>|<S>|x", "<S> -3"},
		"a half of a letter is empty":  {"a|<M>||b||<S>|x", " b  <S> -18"},
		"a token straddles the mark":   {"a|<|M|>Ke|ep|<S>|x", ">Ke ep <S> -15"},
		"the mark is in the file, too": {"<M>|b|<M>|c|<S>|x", "c <S> -9"},
		"a token straddles the stop":   {"a|<M>|Keep<|S>|x", ""},
		"the stop is several tokens":   {"a|<M>|Keep|<|S>|x", ""},
		"no mark":                      {"a|Keep|<S>|x", ""},
		"no stop":                      {"a|<M>|Keep|x", ""},
	} {
		texts := strings.Split(tt.tokens, "|")
		var logProbs []*float64
		for i := range texts {
			logProbs = append(logProbs, ptr(float64(-1-i)))
		}
		logProbs[0] = nil
		var words []string
		sum := 0.0
		for _, token := range scored(texts, logProbs, family) {
			words, sum = append(words, token.Text), sum+token.LogProb
		}
		got := ""
		if words != nil {
			got = fmt.Sprint(strings.Join(words, " "), " ", sum)
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	if got := scored([]string{"<M>", "b", "<S>"}, []*float64{nil, nil, ptr(-1.0)}, family); got != nil {
		t.Errorf("a token without a log-probability was scored: %v", got)
	}
}

// TestAnswersOfAFolder: what is recorded is read again, bit for bit, and what is none is no
// answer.
func TestAnswersOfAFolder(t *testing.T) {
	family := trainers.Models[0]
	for _, tokens := range [][]float64{{-0.1, -math.Pi}, {}, nil} {
		raw, err := RecordScore(tokens, -1.0/3)
		if err != nil {
			t.Fatal(err)
		}
		got, reason, detail := Answer{Request: Request{protocol: &fimEndpoint{family: family}}, Raw: raw}.Score()
		want := Score{Tokens: int64(len(tokens)), Stop: -1.0 / 3}
		for _, p := range tokens {
			want.LogProb += p
		}
		if reason != "" || got != want {
			t.Errorf("%s: %+v, %s %s, want %+v", raw, got, reason, detail, want)
		}
	}
	if _, err := RecordScore([]float64{math.NaN()}, 0); err == nil {
		t.Error("NaN was recorded")
	}
	for _, raw := range []string{`{"decoy_score":2,"token_logprobs":[-1],"stop":-1}`, `{"decoy_score":1,"tok`} {
		a := Answer{Request: Request{protocol: &fimEndpoint{family: family}}, Raw: []byte(raw)}
		if _, reason, _ := a.Score(); reason != HTTPError {
			t.Errorf("%s: reason %q", raw, reason)
		}
	}
}

// TestOfflineMembers: what has no meaning for one is refused by its name.
func TestOfflineMembers(t *testing.T) {
	offline := Member{Name: "a", Provider: ProviderFIM, Offline: true, Model: "m", FIMModel: "qwen2.5-coder"}
	if err := offline.Validate(); err != nil {
		t.Fatal(err)
	}
	if err := offline.Output().Validate(); err != nil {
		t.Errorf("what of it decides bytes is no member: %v", err)
	}
	if p := offline.Defaults().USDPerMTok; p == nil || !p.free() {
		t.Errorf("price %+v", p)
	}
	for field, change := range map[string]func(*Member){
		"base_url":      func(m *Member) { m.BaseURL = "http://localhost/v1" },
		"api_key_env":   func(m *Member) { m.APIKeyEnv = "KEY" },
		"rpm":           func(m *Member) { m.RPM = 1 },
		"temperature":   func(m *Member) { m.Temperature = ptr(0.0) },
		"usd_per_mtok":  func(m *Member) { m.USDPerMTok = &Price{In: ptr(1.0), Out: ptr(0.0)} },
		"model":         func(m *Member) { m.Model = "" },
		"fim_model":     func(m *Member) { m.FIMModel = "gpt" },
		"provider":      func(m *Member) { m.Provider = ProviderOpenAI },
		"offline: true": func(m *Member) { m.Offline = false },
	} {
		m := offline
		change(&m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if !slices.Contains(Reasons, PromptTooLong) || Remedies[PromptTooLong] == "" {
		t.Error("a prompt that is too long has no reason or no remedy")
	}
}
