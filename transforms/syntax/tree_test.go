package syntax

import (
	"testing"

	"decoy/schemas"
)

// TestParseFactsRemembers: the text that was parsed last is not parsed again, and no
// other text, grammar or edit gets its facts.
func TestParseFactsRemembers(t *testing.T) {
	p, q := NewParser(), NewParser()
	defer p.Close()
	defer q.Close()
	ts := ByName(schemas.TypeScript)
	facts := func(p *Parser, path, src string) *Facts {
		t.Helper()
		f, err := p.ParseFacts(ts, path, []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	const src = "f(a);\n"
	facts(p, "a.ts", src)
	p.facts.Calls[0].Name = "seen" // a second parse would read f again
	if again := facts(p, "b.ts", src); again.Calls[0].Name != "seen" {
		t.Error("the same text was parsed again")
	}
	if f := facts(p, "a.tsx", src); f.Calls[0].Name != "f" {
		t.Error("another grammar got the facts of the last one")
	}
	if f := facts(p, "a.tsx", "g(a);\n"); f.Calls[0].Name != "g" {
		t.Error("another text got the facts of the last one")
	}
	if _, err := q.ParseFactsAfter(p, ts, "a.tsx", []byte("h(a);\n")); err != nil {
		t.Fatal(err)
	}
	if f := facts(q, "a.tsx", "g(a);\n"); f.Calls[0].Name != "g" {
		t.Error("the base's text got the facts of the edit")
	}
	if f := facts(p, "a.tsx", "g(a);\n"); f.Calls[0].Name != "g" {
		t.Error("an edit changed its base")
	}
}
