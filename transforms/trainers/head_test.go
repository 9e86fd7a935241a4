package trainers

import (
	"strings"
	"testing"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/text"
)

func TestMoveHeadLeavesSomethingOfBothSides(t *testing.T) {
	for _, c := range []struct{ chosen, rejected, head string }{
		{"get(name)", "get(names)", "get("},
		{"get(name)", "put(name)", ""},
		{"get", "get()", ""},
		{"get()", "get", ""},
		{"g", "get", ""},
		{"é", "è", ""}, // they part inside of a rune
		{"aé", "aéb", ""},
		{"f(x)", "f(x).y", "f(x"},
		{"request(app)", "requests(app)", ""}, // not inside of a word
		{"x = \"é\"", "x = \"è\"", "x = \""},
		{"日本", "日", ""},
	} {
		rejected := c.rejected
		r := MoveHead(schemas.Row{Prefix: "p", Chosen: c.chosen, Rejected: &rejected})
		if r.Prefix != "p"+c.head || c.head+r.Chosen != c.chosen || c.head+*r.Rejected != c.rejected {
			t.Errorf("%q and %q: prefix %q, left %q and %q", c.chosen, c.rejected, r.Prefix, r.Chosen, *r.Rejected)
		}
	}
	if r := MoveHead(schemas.Row{Prefix: "p", Chosen: "c"}); r.Prefix != "p" || r.Chosen != "c" || r.Rejected != nil {
		t.Errorf("a general row became %+v", r)
	}
}

func FuzzMoveHead(f *testing.F) {
	f.Add("get(name)", "get(names)")
	f.Add("é", "è")
	f.Fuzz(func(t *testing.T, chosen, rejected string) {
		if chosen == "" || rejected == "" || chosen == rejected || !utf8.ValidString(chosen) || !utf8.ValidString(rejected) {
			t.Skip()
		}
		was := rejected
		r := MoveHead(schemas.Row{Chosen: chosen, Rejected: &rejected})
		if r.Prefix+r.Chosen != chosen || r.Prefix+*r.Rejected != was || rejected != was {
			t.Errorf("%q and %q are no more the same text", chosen, was)
		}
		if r.Chosen == "" || *r.Rejected == "" || !utf8.ValidString(r.Chosen) || !utf8.ValidString(*r.Rejected) {
			t.Errorf("left %q and %q", r.Chosen, *r.Rejected)
		}
		if strings.HasPrefix(r.Chosen, *r.Rejected) && utf8.RuneCountInString(*r.Rejected) > 1 &&
			!text.IsWordByte((*r.Rejected)[0]) { // a word is not cut
			t.Errorf("%q and %q still have a head", r.Chosen, *r.Rejected)
		}
	})
}
