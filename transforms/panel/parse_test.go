package panel

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseGenerate(t *testing.T) {
	const good = `{"completion": "a{b}", "introduced": ["x"], "why_wrong": "y"}`
	for content, want := range map[string]string{
		good:                                   "a{b}",
		"```json\n" + good + "\n```":           "a{b}",
		"I think {so}: " + good + " {done":     "a{b}",
		`{"completion": "draft"} then ` + good: "a{b}",
		good + ` {"other": 1}`:                 "a{b}",
		`{"completion": ""}`:                   "",
		`{"completion": "x", "more": {"completion": "inner"}}`: "x",
	} {
		g, reason, detail := ParseGenerate(content)
		if reason != "" || g.Completion != want || g.Introduced == nil {
			t.Errorf("%s: %+v, %s %s", content, g, reason, detail)
		}
	}
	for _, content := range []string{"", "no", "{", "[]", "null", `"{"`, `{"completion": 3}`, `{"completion": null}`, `{"Introduced": []}`, strings.Repeat("{", 100_000), strings.Repeat(`{"a":`, 20_000)} {
		if g, reason, detail := ParseGenerate(content); reason != AnswerNotJSON || detail == "" || g.Completion != "" {
			t.Errorf("%.40s: %+v, %q %q, want %s", content, g, reason, detail, AnswerNotJSON)
		}
	}
	// A fence or prose inside of the completion is not this parser's to judge.
	if g, reason, _ := ParseGenerate("{\"completion\": \"```go\\nx()\\n```\"}"); reason != "" || g.Completion != "```go\nx()\n```" {
		t.Errorf("fence inside: %q, %q", g.Completion, reason)
	}
}

func TestParseJudge(t *testing.T) {
	for content, want := range map[string]JudgeAnswer{
		`{"correct": true, "confidence": 0.75}`:        {true, 0.75},
		`Well: {"correct": false, "confidence": 1}`:    {false, 1},
		`{"correct": false, "confidence": 0, "x": {}}`: {false, 0},
	} {
		if a, reason := ParseJudge(content); reason != "" || a != want {
			t.Errorf("%s: %+v %q", content, a, reason)
		}
	}
	for _, content := range []string{"yes", `{"correct": true}`, `{"confidence": 1}`, `{"correct": "true", "confidence": 1}`, `{"correct": true, "confidence": 90}`, `{"correct": true, "confidence": -0.1}`, `{"correct": true, "confidence": "0.9"}`} {
		if _, reason := ParseJudge(content); reason != AnswerNotJSON {
			t.Errorf("%s: reason %q", content, reason)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"completion":"x"}`)
	f.Add(`{"correct": true, "confidence": 0.5}`)
	f.Fuzz(func(t *testing.T, content string) {
		g, reason, detail := ParseGenerate(content)
		if (reason == "") != (detail == "") || (reason != "" && g.Completion != "") || !utf8.ValidString(detail) || !utf8.ValidString(g.Completion) {
			t.Errorf("%q: %+v, %q, %q", content, g, reason, detail)
		}
		if a, reason := ParseJudge(content); reason == "" && !(a.Confidence >= 0 && a.Confidence <= 1) {
			t.Errorf("%q: %+v has no confidence", content, a)
		}
	})
}
