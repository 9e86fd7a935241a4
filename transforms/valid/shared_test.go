package valid

import (
	"reflect"
	"testing"

	"decoy/schemas"
)

// TestNeighboursShareAWindow: a checker that has judged other contexts of a window, and other
// windows between them, says of each what one of its own says.
func TestNeighboursShareAWindow(t *testing.T) {
	const source = "package p\n\nfunc f(a, b int) int {\n\tx := g(a, b)\n\treturn h(x, b)\n}\n"
	const broken = "package p\n\nfunc f(a, b int) int {\n\tx := g(a, b\n\treturn h(x, b)\n}\n"
	at := func(id, source string, start, end int) *schemas.Context {
		return &schemas.Context{ID: id, Language: schemas.Go, Path: "p.go", Prefix: source[:start], Golden: source[start:end],
			Suffix: source[end:]}
	}
	contexts := []*schemas.Context{
		at("1", source, 40, 47), at("2", source, 56, 63), at("3", broken, 55, 62), at("4", source, 40, 47),
		at("5", broken, 55, 62),
		at("6", source, 56, 63),
	}
	candidates := []string{"g(a)", "g(b, a)", "g(a, nowhere)", "g(a, b, x)", "h(x)", "h(x, zzz)", "h(b, x)", "k(x, b)", "h(x, b"}
	shared := New()
	defer shared.Close()
	valid := 0
	for _, c := range contexts {
		for _, typ := range schemas.Types {
			for _, text := range candidates {
				own := New()
				want, reason, detail := own.Check(c, typ, text)
				own.Close()
				got, gotReason, gotDetail := shared.Check(c, typ, text)
				if !reflect.DeepEqual(got, want) || gotReason != reason || gotDetail != detail {
					t.Errorf("%s: %s %q: %+v %q %q, alone %+v %q %q", c.ID, typ, text, got, gotReason, gotDetail, want,
						reason, detail)
				}
				if reason == "" {
					valid++
				}
			}
		}
	}
	if contexts[0].Golden != "g(a, b)" || contexts[1].Golden != "h(x, b)" || contexts[2].Golden != "h(x, b)" || valid < 10 {
		t.Errorf("goldens are %q, %q, %q; %d candidates are valid", contexts[0].Golden, contexts[1].Golden,
			contexts[2].Golden, valid)
	}
}
