package curate

import (
	"strings"
	"testing"

	"decoy/schemas"
)

func ptr[T any](v T) *T { return &v }

func TestHashesIgnoreWhiteSpaceOnly(t *testing.T) {
	same := [][2]string{{"f(a, b)", "f( a,b )"}, {"x\n\ty", "x y"}, {"", " \n"}}
	for _, s := range same {
		if TextHash(s[0]) != TextHash(s[1]) {
			t.Errorf("%q and %q differ", s[0], s[1])
		}
	}
	for _, s := range [][2]string{{"f(a)", "f(b)"}, {"ab", "a b"}, {`"a b"`, `"ab"`}} {
		if TextHash(s[0]) == TextHash(s[1]) {
			t.Errorf("%q and %q are the same", s[0], s[1])
		}
	}
}

func TestWindowHash(t *testing.T) {
	far := strings.Repeat("other.line()\n", 40)
	base := WindowHash("a b c d\nx.", "f(1)", ";\ny\n")
	for name, tt := range map[string]struct {
		p, g, s string
		same    bool
	}{
		"white space":        {"a  b\n\nc d\nx.", "f( 1)", "; y", true},
		"golden differs":     {"a b c d\nx.", "f(2)", ";\ny\n", false},
		"suffix differs":     {"a b c d\nx.", "f(1)", ";\nz\n", false},
		"joint moved":        {"a b c d\nx.f", "(1)", ";\ny\n", false},
		"more of the prefix": {far + "a b c d\nx.", "f(1)", ";\ny\n", false},
	} {
		if got := WindowHash(tt.p, tt.g, tt.s) == base; got != tt.same {
			t.Errorf("%s: same = %v", name, got)
		}
	}
	// Beyond 32 tokens the rest of the file does not matter.
	if WindowHash(far+"x.", "f(1)", ";\n"+far) != WindowHash("changed\n"+far+"x.", "f(1)", ";\n"+far+"changed") {
		t.Error("a change far away makes another place")
	}
}

func TestDedup(t *testing.T) {
	c := func(id, repo string, text uint64) Candidate {
		return Candidate{NegativeID: id, Repo: repo, Language: schemas.Go, Type: schemas.TypeMethod, Generator: "rules", WindowHash: 1, TextHash: text}
	}
	in := []Candidate{c("n3", "c", 7), c("n1", "a", 7), c("n2", "b", 8), c("n4", "d", 7)}
	kept, rejects := DedupAll(in)
	if len(kept) != 2 || kept[0].NegativeID != "n1" || kept[1].NegativeID != "n2" {
		t.Fatalf("kept %+v", kept)
	}
	want := schemas.Reject{Stage: schemas.StageCurate, ID: "n3", Reason: ReasonDuplicate, Detail: "of n1 in a", Language: schemas.Go, Type: schemas.TypeMethod, Generator: "rules"}
	if len(rejects) != 2 || rejects[0] != want || rejects[1].ID != "n4" {
		t.Errorf("rejects %+v", rejects)
	}
	if in[0].NegativeID != "n3" {
		t.Error("the input was reordered")
	}
	other := in[0]
	other.Type = schemas.TypeImport
	if DuplicateKey(&in[0]) == DuplicateKey(&other) || DuplicateKey(&in[0]) != DuplicateKey(&in[1]) {
		t.Error("keys")
	}
}

func TestOutline(t *testing.T) {
	for text, want := range map[string]Side{
		"":          {},
		"a b\n\tc)": {Chars: 7, Blanks: 2, Newlines: 1, Last: 4},
		"ö":         {Chars: 1, Last: 1},
		"X":         {Chars: 1, Last: 2},
		"1":         {Chars: 1, Last: 3},
		"f(":        {Chars: 2, Last: 5},
		`"`:         {Chars: 1, Last: 6},
		";":         {Chars: 1, Last: 7},
		"\n":        {Chars: 1, Newlines: 1, Last: 8},
		"+":         {Chars: 1, Last: 9},
	} {
		if got := Outline(text); got != want {
			t.Errorf("Outline(%q) = %+v, want %+v", text, got, want)
		}
	}
}
