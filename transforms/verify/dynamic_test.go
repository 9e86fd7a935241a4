package verify

import (
	"math/rand/v2"
	"strings"
	"testing"

	"decoy/schemas"
)

// TestDynamicIsItsExpression compares the search at words with the expression over the whole text.
func TestDynamicIsItsExpression(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	pieces := strings.Split("globals() vars( locals() exec execfile eval ( __builtins__ x__builtins__y setattr( "+
		"setattr __dict__ __dict__x sys.modules[__name__] sys.modules with withdraw defineProperty Object.defineProperties .prototype [ "+
		"Object.assign(this Object.assign( x _ . \" ) = é\x00", " ")
	for _, language := range []schemas.Language{schemas.Python, schemas.TypeScript, schemas.JavaScript} {
		d := worlds[language].dynamic
		matches := 0
		for range 20000 {
			var w strings.Builder
			for range 1 + r.IntN(8) {
				w.WriteString(pieces[r.IntN(len(pieces))])
				if r.IntN(3) == 0 {
					w.WriteString(strings.Repeat([]string{" ", "\n", "\t "}[r.IntN(3)], r.IntN(40)))
				}
			}
			text := w.String()
			want := d.expression.FindString(text)
			if got := d.find(text); got != want {
				t.Fatalf("%s: %q in %q, the expression finds %q", language, got, text, want)
			}
			if want != "" {
				matches++
			}
		}
		if matches < 1000 || matches > 19900 {
			t.Errorf("%s: %d of 20000 texts match: too one-sided to say anything", language, matches)
		}
	}
}
