package text

import (
	"strings"
	"testing"
)

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		name, src string
		grain     Grain
		want      string // tokens, parted by |
	}{
		{"words and characters", "a_1 += f(größe)", Grain{}, "a_1|+|=|f|(|größe|)"},
		{"a dollar is a character", "$x.y$", Grain{}, "$|x|.|y|$"},
		{"a dollar is a letter", "$x.y$", Grain{Dollar: true}, "$x|.|y$"},
		{"a string is many tokens", `"a  b"`, Grain{}, `"|a|b|"`},
		{"white space is left out", "a \t\u00a0b\r\n", Grain{}, "a|b"},
		{"white space is tokens", "a \t\u00a0b\r\n", Grain{Spaces: true}, "a| \t\u00a0|b|\r\n"},
		{"no UTF-8", "a\xff\xfeb", Grain{}, "a|\xff|\xfe|b"},
		{"empty", "", Grain{Spaces: true}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			at := 0
			for _, x := range Cut(tt.src, tt.grain) {
				if x.Text != tt.src[x.Start:x.End] || x.Start < at || tt.grain.Spaces && x.Start != at {
					t.Errorf("token %+v after byte %d of %q", x, at, tt.src)
				}
				got, at = append(got, x.Text), x.End
			}
			if s := strings.Join(got, "|"); s != tt.want {
				t.Errorf("Cut(%q) = %q, want %q", tt.src, s, tt.want)
			}
		})
	}
}

func TestAlign(t *testing.T) {
	for _, tt := range []struct {
		name, a, b string
		want       string // the common tokens
		head, tail int
	}{
		{"same", "a b c", "a b c", "abc", 3, 0},
		{"one changed", "a x c", "a y c", "ac", 1, 1},
		{"one more", "a c", "a b c", "ac", 1, 1},
		{"repeated", "a a a", "a a", "aa", 2, 0},
		{"an order: the first of a goes", "a b", "b a", "b", 0, 0},
		{"nothing", "a", "b", "", 0, 0},
		{"empty", "", "b", "", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := Cut(tt.a, Grain{}), Cut(tt.b, Grain{})
			got := ""
			for _, p := range Align(a, b) {
				if a[p[0]].Text != b[p[1]].Text {
					t.Errorf("%q is paired with %q", a[p[0]].Text, b[p[1]].Text)
				}
				got += a[p[0]].Text
			}
			if got != tt.want {
				t.Errorf("common tokens %q, want %q", got, tt.want)
			}
			if head, tail := Ends(a, b); head != tt.head || tail != tt.tail {
				t.Errorf("common ends %d and %d, want %d and %d", head, tail, tt.head, tt.tail)
			}
		})
	}
}

// benchTexts are a golden of a few lines and a negative that changes two of its names.
func benchTexts() (golden, changed string) {
	golden = "rows, err := db.QueryContext(ctx, \"select id, name from users where id = ?\", id)\n" +
		"\tif err != nil {\n\t\treturn nil, fmt.Errorf(\"query users: %w\", err)\n\t}\n\tdefer rows.Close()\n"
	return golden, strings.NewReplacer("QueryContext", "QueryRowContext", "Close", "Discard").Replace(golden)
}

func BenchmarkAlign(b *testing.B) {
	golden, changed := benchTexts()
	g := Grain{Dollar: true}
	for b.Loop() {
		Align(Cut(golden, g), Cut(changed, g))
	}
}
