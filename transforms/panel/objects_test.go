package panel

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
	"decoy/transforms/panel/ledger"
)

// TestTheAnswerIsFound wherever a model puts it, and drafts of it are not.
func TestTheAnswerIsFound(t *testing.T) {
	const x, draft = `{"completion": "x", "introduced": [], "why_wrong": "y"}`, `{"completion": "draft"}`
	for name, text := range map[string]string{
		"thoughts":                   "<think>" + draft + "</think>" + x,
		"thinking":                   "<thinking>\n" + draft + "\n</thinking>\n\n" + x,
		"reasoning":                  "<reasoning>" + draft + "</reasoning>```json\n" + x + "\n```",
		"marks of other models":      "◁think▷" + draft + "◁/think▷" + x,
		"brackets":                   "[THINK]" + draft + "[/THINK]" + x,
		"begun by the template":      "so " + draft + "</think>" + x,
		"twice":                      "<think>a</think> hm <think>" + draft + "</think>" + x,
		"channels":                   "<|channel|>analysis<|message|>" + draft + "<|end|><|start|>assistant<|channel|>final<|message|>" + x,
		"nothing after the thoughts": "<think>" + draft + " so I say " + x + "</think>",
		"no end of the thoughts":     "<think>" + draft + " so I say " + x,
		"a draft behind":             "<think>a</think>" + x + "\nNote {this}.",
		"many braces":                strings.Repeat("{ y(); } ", 100_000) + x,
		"many objects":               strings.Repeat(`{"a": 1} `, 50_000) + x,
		"many open objects":          strings.Repeat(`{"a": [1, `, 20_000) + x,
		"a mark in the answer":       `{"completion": "x", "why_wrong": "</think>"}`,
		"JSON as a string":           string(mustJSON(x)),
		"a comma too many":           "{\"completion\": \"x\", \"introduced\": [\"a\", ],\n}",
		"words of Python":            `{"completion": "x", "introduced": None, "why_wrong": NaN}`,
		"names as one string":        `{"completion": "x", "introduced": "x", "why_wrong": {"a": 1}}`,
		"a list":                     "[" + x + "]",
	} {
		g, reason, detail := ParseGenerate(text)
		if reason != "" || g.Completion != "x" {
			t.Errorf("%s: %+v, %s %s", name, g, reason, detail)
		}
	}
	for text, want := range map[string]string{
		"{\"completion\": \"a(\n\tb)\"}":           "a(\n\tb)",
		`{"completion": "re.match('\d+', \'s\')"}`: `re.match('\d+', 's')`,
	} {
		if g, reason, _ := ParseGenerate(text); reason != "" || g.Completion != want {
			t.Errorf("%s: %q %s", text, g.Completion, reason)
		}
	}
	for _, text := range []string{
		"<think>" + draft + " but no", "◁think▷ I could say " + draft + " and so on",
	} {
		if g, reason, _ := ParseGenerate(text); reason != AnswerNotJSON {
			t.Errorf("%s: %+v", text, g)
		}
	}
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// FuzzMend: what is JSON stays what it is, and what is made of anything else is JSON or
// nothing.
func FuzzMend(f *testing.F) {
	for _, s := range []string{`{"a":[1,2,],}`, `{"a":"\d\'` + "\n" + `"}`, `{"a":NaN,"b":-Infinity,"c":[True,None]}`, `[{"a":1e5},[-0.5]]`, "data: {}\n", "\ufeff{}", `{"a":"\ud83d"}`, "[]", "[[]]", "null"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		mended, n, ok := mend(text)
		if n < 0 || n > len(text) || ok != (n > 0) {
			t.Fatalf("%q: read %d, %v", text, n, ok)
		}
		var before, after any
		if json.Unmarshal([]byte(text), &before) == nil {
			switch before.(type) {
			case map[string]any, []any:
				if err := json.Unmarshal([]byte(mended), &after); err != nil || !cmp.Equal(before, after) {
					t.Errorf("%q became %q, %v", text, mended, err)
				}
			}
		}
		lastObject(text, func(object []byte) bool {
			if !json.Valid(object) {
				t.Errorf("%q: offers %q", text, object)
			}
			return false
		})
		if docs, err := documents([]byte(text)); (err == nil) != (len(docs) > 0) {
			t.Errorf("%q: %d documents, %v", text, len(docs), err)
		}
	})
}

// TestABetterReaderReadsTheLedger: what an earlier reader took for no answer is one, and
// nothing is sent, also not with Replay.
func TestABetterReaderReadsTheLedger(t *testing.T) {
	s := serve(t, faultserver.Options{})
	store := dirstore.Dir(t.TempDir())
	c := config(store, member(s))
	reqs := ask(t, openPanel(t, c), []string{"a"}, "parts", "page")
	led, err := ledger.Open(t.Context(), store, 0)
	if err != nil {
		t.Fatal(err)
	}
	old := func(r Request, raw string) ledger.Record {
		return ledger.Record{Key: r.Key, Member: "a", Status: 200, Attempts: 6, Reject: HTTPError, Detail: "status 200, not a completion", AssumedUSD: 0.5, Raw: []byte(raw)}
	}
	err = led.Commit(t.Context(), []ledger.Record{
		old(reqs[0], chat(`"content":[{"type":"text","text":`+quoted(good)+`}]`, `"finish_reason":"stop"`)), old(reqs[1], "<html>"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, replay := range []bool{false, true} {
		c.Replay = replay
		got, err := collect(t, openPanel(t, c), 0, reqs)
		must(t, got, err)
		if _, reason, _ := got["a parts "].Generated(); reason != "" || !got["a parts "].FromLedger {
			t.Errorf("replay %v: %s", replay, reason)
		}
		if rejected := got["a page "].Reject; rejected != map[bool]schemas.Reason{false: HTTPError}[replay] {
			t.Errorf("replay %v: the page is %q", replay, rejected)
		}
	}
	if n := s.Served(); n != 1 {
		t.Errorf("%d requests, want the page's replay alone", n)
	}
}
