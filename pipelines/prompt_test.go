package pipelines

import (
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
)

// TestPromptIsWhatWasSent renders requests of a finished build and looks for them
// among the arrivals at the server and in the ledger.
func TestPromptIsWhatWasSent(t *testing.T) {
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		if a.Judging() {
			return faultserver.OK(verdict)
		}
		return faultserver.OK(completion(renamed))
	})
	c := ordinary(t, 2)
	r := asked(t, s)
	b := c.open(t, t.TempDir(), "direct", r)
	if err := b.RunStages(t.Context(), schemas.StageExtract, schemas.StageGenerate, schemas.StageVerify, schemas.StageJudge); err != nil {
		t.Fatal(err)
	}
	t.Setenv(keyEnv, "") // showing a prompt needs no key
	sent := map[string]bool{}
	for _, a := range s.Arrivals() {
		sent[a.Model+"\x00"+a.System+"\x00"+a.User] = true
	}
	arrived := len(s.Arrivals())
	ask := func(q Question) Asked {
		t.Helper()
		a, err := b.Prompt(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if !sent["m-"+a.Member+"\x00"+a.System+"\x00"+a.User] {
			t.Errorf("%+v was not sent", q)
		}
		if !strings.Contains(string(a.Wire), `"model":"m-`+a.Member+`"`) || strings.Contains(string(a.Wire), apiKey) || a.Tokens == 0 || a.MostUSD == nil {
			t.Errorf("%+v: %+v", q, a)
		}
		return a
	}
	negatives := records[schemas.Negative](t, b.Out, schemas.StageGenerate, "negatives")
	for i, n := range negatives {
		if i%29 != 0 {
			continue
		}
		if a := ask(Question{Context: n.ContextID, Type: n.Type}); n.Generator == "gen" && a.Key != n.RequestKey {
			t.Errorf("key %s, the negative has %s", a.Key, n.RequestKey)
		}
		if a := ask(Question{Context: n.ContextID, Judge: true, Negative: n.ID, Member: "jud"}); !strings.Contains(a.User, n.Text) {
			t.Errorf("the judge does not see %q", n.Text)
		}
	}
	for _, v := range records[schemas.Verdict](t, b.Out, schemas.StageJudge, "verdicts") {
		if v.NegativeID == nil && v.Judge == "jud" {
			ask(Question{Context: v.ContextID, Judge: true, Golden: true})
			break
		}
	}
	for want, q := range map[string]Question{
		"no context":           {Context: "ffff"},
		"no paid member":       {Context: negatives[0].ContextID, Member: "nobody"},
		"can carry":            {Context: negatives[0].ContextID, Type: "typo"},
		"has no such negative": {Context: negatives[0].ContextID, Judge: true, Negative: "x"},
	} {
		if _, err := b.Prompt(t.Context(), q); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q", q, err, want)
		}
	}
	b.Recipe.Judge.Panel = b.Recipe.Judge.Panel[:1]
	if _, err := b.Prompt(t.Context(), Question{Context: negatives[0].ContextID, Judge: true}); err == nil || !strings.Contains(err.Error(), "built-in members alone") {
		t.Errorf("error %v", err)
	}
	if len(s.Arrivals()) != arrived {
		t.Error("showing a prompt sends it")
	}
}
