package valid

import (
	"strings"
	"testing"
)

func TestCompareRepairsWhiteSpace(t *testing.T) {
	tests := []struct {
		name, golden, text, want string
		runs                     int
	}{
		{"a word", "f(a, b)", "f(a, c)", "f(a, c)", 1},
		{"reformatted on one line", "f(\n\ta,\n\tb,\n)", "f(a, c,)", "f(\n\ta,\n\tc,\n)", 1},
		{"reformatted on many lines", "f(a, b)", "f(\n    a,\n    c\n)", "f(a, c)", 1},
		{"outer space", "  f(a) ", "f(b)", "  f(b) ", 1},
		{"tabs", "f(\ta,\tb)", "f( a, c )", "f(\ta,\tc)", 1},
		{"line ends", "f(a,\r\n  b)", "f(a, c)", "f(a,\r\n  c)", 1},
		{"argument more at the end", "f(a)", "f(a, b)", "f(a, b)", 1},
		{"argument more on its line", "f(\n  a\n)", "f(\n  a,\n  b\n)", "f(\n  a,\n  b\n)", 1},
		{"argument more, joined", "f(\n  a\n)", "f(a, b)", "f(\n  a, b\n)", 1},
		{"argument more in front", "f(a)", "f(b, a)", "f(b, a)", 1},
		{"argument more in front, many lines", "f(\n  a,\n)", "f(\n  b,\n  a,\n)", "f(\n  b,\n  a,\n)", 1},
		{"argument less at the end", "f(a, b)", "f(a)", "f(a)", 1},
		{"argument less in front", "f(a, b)", "f(b)", "f(b)", 1},
		{"argument less in the middle", "f(a,  b, c)", "f(a, c)", "f(a,  c)", 1},
		{"argument less, many lines", "f(\n  a,\n  b\n)", "f(a)", "f(\n  a\n)", 1},
		{"the last of several lines", "f(\n    a,\n    b,\n  )", "f(\n    a,\n  )", "f(\n    a,\n  )", 1},
		{"only argument", "f(a)", "f()", "f()", 1},
		{"first argument", "f()", "f( a )", "f( a )", 1},
		{"words do not run together", "a b c", "a c", "a c", 1},
		{"words come between", "a c", "a b c", "a b c", 1},
		{"all gone", "a", "", "", 1},
		{"from nothing", "", "a", "a", 1},
		{"two changes", "f(a, b, c)", "g(a, b, d)", "g(a, b, d)", 2},
		{"inside a string", `f("a  b", c)`, `f("a b", d)`, `f("a  b", d)`, 1},
		{"operators", "a>>b", "a > > c", "a>>c", 1},
		{"a comma for an operator", "f(a > 0)", "f(a, b)", "f(a, b)", 1},
		{"not ASCII", "f(größe, b)", "f(größe,  ß)", "f(größe, ß)", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := compare(tt.golden, tt.text)
			if d.text != tt.want || len(d.runs) != tt.runs {
				t.Errorf("%q with %d changes, want %q with %d", d.text, len(d.runs), tt.want, tt.runs)
			}
			checkMinimal(t, tt.golden, tt.text, d)
		})
	}
}

// checkMinimal: outside of the runs golden and text are the same bytes, and the text
// has the tokens that were asked for.
func checkMinimal(t *testing.T, golden, text string, d difference) {
	t.Helper()
	gold, got := 0, 0
	for i, r := range d.runs {
		if r.goldStart < gold || r.goldEnd < r.goldStart || r.start < got || r.end < r.start || r.goldEnd > len(golden) || r.end > len(d.text) {
			t.Fatalf("run %d %+v is out of place: %q", i, r, d.text)
		}
		if golden[gold:r.goldStart] != d.text[got:r.start] {
			t.Fatalf("before run %d the golden has %q and the text %q", i, golden[gold:r.goldStart], d.text[got:r.start])
		}
		gold, got = r.goldEnd, r.end
	}
	if golden[gold:] != d.text[got:] {
		t.Fatalf("after the runs the golden has %q and the text %q", golden[gold:], d.text[got:])
	}
	if !equal(lex(d.text), lex(text)) {
		t.Fatalf("the repaired text %q has other tokens than %q", d.text, text)
	}
}

func FuzzCompare(f *testing.F) {
	for _, s := range [][2]string{
		{"f(a, b)", "f(a,\n b, c)"}, {"", " "}, {"a\r\nb", "a b"}, {"f(\n\ta,\n)", "f()"}, {"ab", "a b"}, {"x\u00a0y", "x y z"},
		{"a, a, a", "a, a"}, {"\"s t\"", "s"}, {"a b c d", "d c b a"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, golden, text string) {
		if len(golden) > 400 || len(text) > 400 || strings.ToValidUTF8(golden, "") != golden || strings.ToValidUTF8(text, "") != text {
			t.Skip()
		}
		d := compare(golden, text)
		checkMinimal(t, golden, text, d)
		if equal(lex(golden), lex(text)) && (d.text != golden || len(d.runs) > 0) {
			t.Fatalf("no token differs, and yet %q became %q", golden, d.text)
		}
		if again := compare(golden, d.text); again.text != d.text {
			t.Fatalf("repaired twice: %q, then %q", d.text, again.text)
		}
	})
}

func TestIntroduced(t *testing.T) {
	d := compare("find(a, 1)", "lookup(a, b, 2, b)")
	if got := strings.Join(d.introduced(), " "); got != "lookup b" {
		t.Errorf("introduced %q", got)
	}
}
