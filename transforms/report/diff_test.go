package report

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// marked writes parts as text: changes in brackets.
func marked(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		switch p.Class {
		case "del", "ins":
			b.WriteString("[" + p.Text + "]")
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	for _, tt := range []struct{ name, golden, negative, gold, neg string }{
		{"a name", "StoreMessageInfo(mi)", "LoadMessage(mi)", "[StoreMessageInfo](mi)", "[LoadMessage](mi)"},
		{"an insertion", `find_all("p")`, `find_all("p", attrs=x)`, `find_all("p")`, `find_all("p"[, attrs=x])`},
		{"a deletion", "f(a, b)", "f(a)", "f(a[, b])", "f(a)"},
		{"an order", "f(a, b)", "f(b, a)", "f([a], [b])", "f([b], [a])"},
		{"the same", "x", "x", "x", "x"},
		{"nothing left", "x", "", "[x]", ""},
		{"from nothing", "", "x y", "", "[x y]"},
		{"two places", "a.b(c).d(e)", "a.z(c).y(e)", "a.[b](c).[d](e)", "a.[z](c).[y](e)"},
		{"white space between changes", "new Foo bar", "old Baz qux", "[new Foo bar]", "[old Baz qux]"},
		{"lines", "f(\n\ta,\n\tb)", "f(\n\ta,\n\tc)", "f(\n\ta,\n\t[b])", "f(\n\ta,\n\t[c])"},
		{"other alphabets", "größe(日本)", "größe(日本語)", "größe([日本])", "größe([日本語])"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			gold, neg := diff(tt.golden, tt.negative)
			if g, n := marked(gold), marked(neg); g != tt.gold || n != tt.neg {
				t.Errorf("golden %q, negative %q, want %q, %q", g, n, tt.gold, tt.neg)
			}
		})
	}
}

// The parts put together are the text, and what is left when changes are taken out
// is the same on both sides.
func TestDiffLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	words := []string{"a", "b", "foo", "(", ")", ", ", "\n", " ", ".", "\xff", "é"}
	text := func() string {
		var b strings.Builder
		for range r.IntN(14) {
			b.WriteString(words[r.IntN(len(words))])
		}
		return b.String()
	}
	for range 5000 {
		a, b := text(), text()
		gold, neg := diff(a, b)
		var sides, kept [2]string
		for i, ps := range [][]part{gold, neg} {
			for _, p := range ps {
				sides[i] += p.Text
				if p.Class == "mid" {
					kept[i] += p.Text
				}
			}
		}
		if sides[0] != a || sides[1] != b {
			t.Fatalf("%q and %q came back as %q and %q", a, b, sides[0], sides[1])
		}
		if kept[0] != kept[1] {
			t.Fatalf("%q and %q: unchanged are %q and %q", a, b, kept[0], kept[1])
		}
	}
}

func TestDiffOfHugeSidesIsOneChange(t *testing.T) {
	a, b := strings.Repeat("a ", 2000), strings.Repeat("b ", 2000)
	gold, neg := diff("f("+a+")", "f("+b+")")
	if len(gold) != 3 || len(neg) != 3 || gold[1].Class != "del" || neg[1].Class != "ins" {
		t.Errorf("%d and %d parts", len(gold), len(neg))
	}
}

func TestDiffLines(t *testing.T) {
	show := func(p Pair) string {
		var b strings.Builder
		for _, l := range diffLines(p) {
			b.WriteString(l.Mark + "|")
			if l.Number > 0 {
				b.WriteString(Number(l.Number))
			}
			b.WriteString("|" + marked(l.Parts) + "\n")
		}
		return b.String()
	}
	for _, tt := range []struct {
		name string
		pair Pair
		want string
	}{
		{"inside a line", Pair{Line: 11, Prefix: "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\nx.", Golden: "a()", Negative: "b()", Suffix: ";\ny\n\nz\n}\nlast\n"},
			"|3|3\n|4|4\n|5|5\n|6|6\n|7|7\n|8|8\n|9|9\n|10|10\n−|11|x.[a]();\n+||x.[b]();\n|12|y\n|13|\n|14|z\n|15|}\n"},
		{"whole lines", Pair{Line: 2, Prefix: "package p\n", Golden: "import a", Negative: "import b", Suffix: "\nx"},
			"|1|package p\n−|2|import [a]\n+||import [b]\n|3|x\n"},
		{"several lines", Pair{Line: 1, Golden: "f(\n a)", Negative: "f(\n b)", Suffix: ""},
			"−|1|f(\n−|2| [a])\n+||f(\n+|| [b])\n"},
		{"a file in CRLF", Pair{Line: 2, Prefix: "a\r\nx ", Golden: "b", Negative: "c", Suffix: "\r\nd\r\n"},
			"|1|a\n−|2|x [b]\n+||x [c]\n|3|d\n"},
		{"nothing around", Pair{Line: 1, Golden: "a", Negative: "b"}, "−|1|[a]\n+||[b]\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := show(tt.pair); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
	long := diffLines(Pair{Line: 1, Golden: strings.Repeat("é", 3000), Negative: "x"})
	if got := marked(long[0].Parts); len(got) > lineBytes+20 || !strings.HasSuffix(got, "cut") || strings.Contains(got, "\ufffd") {
		t.Errorf("a long line is shown with %d bytes", len(got))
	}
}
