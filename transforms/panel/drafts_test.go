package panel

import (
	"bytes"
	"testing"

	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
)

// TestDraftsAreTheRequests: a draft has the bytes and the key of what a panel sends,
// without an API key, and reserves the same.
func TestDraftsAreTheRequests(t *testing.T) {
	s := serve(t, faultserver.Options{})
	chat, google, middle := member(s), member(s), member(s)
	google.Name, google.Provider, google.BaseURL = "g", ProviderGemini, s.GeminiURL()
	middle.Name, middle.Provider, middle.FIMModel = "f", ProviderFIM, "qwen2.5-coder"
	members := []Member{chat, google, middle}
	t.Setenv(keyEnv, "")
	d, err := OpenDrafts(members)
	if err != nil {
		t.Fatal(err)
	}
	c := config(dirstore.Dir(t.TempDir()), members...)
	p := openPanel(t, c)
	at := place("x")
	for name, ask := range map[string][2]func() (Request, error){
		"generate": {func() (Request, error) { return d.GenerateRequest("a", at, schemas.TypeMethod, 1) }, func() (Request, error) { return p.GenerateRequest("a", at, schemas.TypeMethod, 1) }},
		"gemini":   {func() (Request, error) { return d.JudgeRequest("g", at, "y") }, func() (Request, error) { return p.JudgeRequest("g", at, "y") }},
		"sample":   {func() (Request, error) { return d.SampleRequest("f", at, 2) }, func() (Request, error) { return p.SampleRequest("f", at, 2) }},
		"score":    {func() (Request, error) { return d.ScoreRequest("f", at, "y") }, func() (Request, error) { return p.ScoreRequest("f", at, "y") }},
	} {
		draft, err1 := ask[0]()
		real, err2 := ask[1]()
		if err1 != nil || err2 != nil {
			t.Fatal(name, err1, err2)
		}
		a, err1 := draft.Wire()
		b, err2 := real.Wire()
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) || draft.Key != real.Key || draft.Size() != len(a) {
			t.Errorf("%s: the draft differs: %s and %s, %v, %v", name, a, b, err1, err2)
		}
		tokens, usd := d.Reservation(draft)
		if wantTokens, want := p.Reservation(real); tokens != wantTokens || *usd != *want {
			t.Errorf("%s: %d tokens and %v, want %d and %v", name, tokens, *usd, wantTokens, *want)
		}
		if bytes.Contains(a, []byte(apiKey)) {
			t.Errorf("%s: the request holds the key", name)
		}
	}
	if len(s.Arrivals()) != 0 {
		t.Errorf("%d requests were sent", len(s.Arrivals()))
	}
}
