package trainers

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"decoy/schemas"
)

func TestNormalize(t *testing.T) {
	tests := []struct {
		name                     string
		prefix, chosen, rejected string // rejected "" is a general row
		suffix                   string
		want                     [4]string
	}{
		{"nothing to do", "a\n", "b", "c", "\nd", [4]string{"a\n", "b", "c", "\nd"}},
		{"CRLF", "a\r\n", "b(\r\n1)", "c(\r\n1)", "\r\nd", [4]string{"a\n", "b(\n1)", "c(\n1)", "\nd"}},
		{"CR", "a\r", "b", "c", "\rd", [4]string{"a\n", "b", "c", "\nd"}},
		{"byte order mark", bom + "a", "b", "c", "d", [4]string{"a", "b", "c", "d"}},
		{"byte order mark in the middle", "", bom + "b", bom + "c", "d", [4]string{"", "b", "c", "d"}},
		{"later mark stays", "a" + bom, "b", "c", "d", [4]string{"a" + bom, "b", "c", "d"}},
		{"import line with its CR", "a\r\n", "import b\r", "import c\r", "\nd", [4]string{"a\n", "import b", "import c", "\nd"}},
		{"CRLF cut before the middle", "a\r", "\nb", "\nc", "d", [4]string{"a", "\nb", "\nc", "d"}},
		{"the middle is a CR", "a", "\r", "", "\nd", [4]string{"a", "\n", "", "d"}},
		{"the middle is a CRLF", "a", "\r\n", "", "d", [4]string{"a", "\n", "", "d"}},
	}
	for _, tt := range tests {
		got := Normalize(textRow(tt.prefix, tt.chosen, tt.rejected, tt.suffix))
		rejected := ""
		if got.Rejected != nil {
			rejected = *got.Rejected
		}
		if have := [4]string{got.Prefix, got.Chosen, rejected, got.Suffix}; have != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, have, tt.want)
		}
	}
}

func textRow(prefix, chosen, rejected, suffix string) schemas.Row {
	r := schemas.Row{ID: "r", ContextID: "c", Kind: schemas.KindLine, Prefix: prefix, Chosen: chosen, Suffix: suffix}
	if rejected != "" {
		typ := schemas.TypeMethod
		r.Rejected, r.Type, r.Kind = &rejected, &typ, schemas.KindCall
	}
	return r
}

// Wherever a span cuts, the file's text with either side in it is normalised as a
// whole, no side becomes empty, and doing it again changes nothing.
func TestNormalizeKeepsTheFile(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString([]string{"a", "\r", "\n", "\r\n", "é", bom}[rng.IntN(6)])
		}
		return b.String()
	}
	whole := func(text string) string { return lineFeeds.Replace(strings.TrimPrefix(text, bom)) }
	for range 20000 {
		r := textRow(random(rng.IntN(4)), random(1+rng.IntN(4)), random(rng.IntN(4)), random(rng.IntN(4)))
		if r.Prefix == "" && (r.Chosen == bom || r.Rejected != nil && *r.Rejected == bom) {
			continue
		}
		got := Normalize(r)
		if have, want := got.Prefix+got.Chosen+got.Suffix, whole(r.Prefix+r.Chosen+r.Suffix); have != want {
			t.Fatalf("%s: with chosen %q, want %q", show(r), have, want)
		}
		if r.Rejected != nil {
			if have, want := got.Prefix+*got.Rejected+got.Suffix, whole(r.Prefix+*r.Rejected+r.Suffix); have != want {
				t.Fatalf("%s: with rejected %q, want %q", show(r), have, want)
			}
		}
		if got.Chosen == "" || got.Rejected != nil && *got.Rejected == "" {
			t.Fatalf("%s: an empty side", show(r))
		}
		if again := Normalize(got); again.Prefix != got.Prefix && !strings.HasPrefix(got.Prefix, bom) || again.Suffix != got.Suffix {
			t.Fatalf("%s: not stable", show(r))
		}
	}
}

func TestNormalizeLeavesItsInput(t *testing.T) {
	r := textRow("a\r\n", "b\r\n", "c\r\n", "d")
	Normalize(r)
	if *r.Rejected != "c\r\n" || r.Chosen != "b\r\n" {
		t.Errorf("the caller's row was changed: %q, %q", r.Chosen, *r.Rejected)
	}
}

func show(r schemas.Row) string {
	parts := []string{r.Prefix, r.Chosen, r.Suffix}
	if r.Rejected != nil {
		parts = append(parts, *r.Rejected)
	}
	return fmt.Sprintf("%+q", parts)
}
