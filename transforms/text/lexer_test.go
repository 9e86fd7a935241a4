package text

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestTokens(t *testing.T) {
	long := strings.Repeat("a b ", 10)
	tests := map[string]struct {
		src  string
		want []string
	}{
		"empty":               {"", nil},
		"blank":               {"  \t", nil},
		"call":                {"foo.bar(x, 1)", []string{"foo", ".", "bar", "(", "x", ",", "1", ")"}},
		"lines are one token": {"a\n\n\t  b\r\n", []string{"a", "\n", "b", "\n"}},
		"longest operator":    {"a>>>=b<=>c:=d", []string{"a", ">>>=", "b", "<=>", "c", ":=", "d"}},
		"number":              {"1.5e-3 0x1f 1..2 a1 3.x", []string{"1.5e-3", "0x1f", "1", "..", "2", "a1", "3", ".", "x"}},
		"short string":        {`f("a b", 'c')`, []string{"f", "(", `"a b"`, ",", "'c'", ")"}},
		"escaped quote":       {`"a\"b" x`, []string{`"a\"b"`, "x"}},
		"long string":         {`"` + long + `" + "x"`, append(append([]string{`"`}, strings.Fields(long)...), `"`, "+", `"x"`)},
		"apostrophe":          {"don't and can't", []string{"don", "'", "t", "and", "can", "'", "t"}},
		"lifetime":            {"&'a str, &'b", []string{"&", "'", "a", "str", ",", "&", "'", "b"}},
		"unclosed":            {"\"abc\n'x'", []string{`"`, "abc", "\n", "'x'"}},
		"triple":              {`"""doc"""`, []string{`"""`, "doc", `"""`}},
		"unicode":             {"größe=1", []string{"größe", "=", "1"}},
		"long word": {
			strings.Repeat("x", 130), []string{strings.Repeat("x", 64), strings.Repeat("x", 64), "xx"},
		},
		"escape at line end": {"\"a\\\nb", []string{`"`, "a", `\`, "\n", "b"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, x := range Tokens(tt.src) {
				got = append(got, x.Text)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Tokens(%q) = %q, want %q", tt.src, got, tt.want)
			}
		})
	}
}

func checkTokens(t *testing.T, src string) {
	t.Helper()
	at := 0
	for _, x := range Tokens(src) {
		if x.Start < at || x.End <= x.Start || x.End > len(src) {
			t.Fatalf("token %+v after byte %d in %q", x, at, src)
		}
		if s := src[x.Start:x.End]; x.Text != s && (x.Text != "\n" || strings.TrimFunc(s, unicode.IsSpace) != "") {
			t.Fatalf("token %+v stands for %q", x, s)
		}
		if gap := src[at:x.Start]; strings.Trim(gap, " \t\f\v") != "" {
			t.Fatalf("bytes %q before token %+v are in no token", gap, x)
		}
		at = x.End
	}
	if strings.Trim(src[at:], " \t\f\v") != "" {
		t.Fatalf("bytes %q at the end are in no token", src[at:])
	}
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{
		"", "a.b('c')", `"\"`, "'''x\n", "`a` 1e+5 \x80\xff", "\"\\", "a\r\nb", strings.Repeat("\"", 9),
	} {
		f.Add(s)
	}
	f.Fuzz(checkTokens)
}

// An unclosed quote is looked for once a line, so lexing stays linear: this input
// took minutes with a search a quote.
func TestTokensLinear(t *testing.T) {
	src := strings.Repeat(`\"`, 1<<20)
	if n := len(Tokens(src)); n != 2<<20 {
		t.Errorf("%d tokens, want %d", n, 2<<20)
	}
	checkTokens(t, strings.Repeat(`"\"`, 1000))
}

func BenchmarkTokens(b *testing.B) {
	const method = "func (r *Reader) Next(ctx context.Context) (*Row, error) {\n\treturn r.it.Next(\"row\", 42)\n}\n"
	src := strings.Repeat(method, 1000)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		Tokens(src)
	}
}
