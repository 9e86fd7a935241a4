package screen

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Gated phrases match what the one expression of their alternatives matches, at the same
// place, and nothing else.
func TestPhrasesMatchAsOneExpression(t *testing.T) {
	hear("") // reads the phrases
	random := rand.New(rand.NewPCG(1, 2))
	texts := realTexts(t)
	pieces := slices.Clone(texts)
	for _, p := range every {
		for _, a := range p.alternatives {
			e, err := syntax.Parse("(?i)"+a, syntax.Perl)
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				var b strings.Builder
				write(&b, e, random)
				pieces = append(pieces, b.String())
			}
		}
	}
	piece := func() string {
		one := pieces[random.IntN(len(pieces))]
		if from := random.IntN(len(one) + 1); random.IntN(3) == 0 {
			one = one[from:min(len(one), from+random.IntN(120))]
		}
		return one[:min(len(one), 400)]
	}
	for _, one := range pieces[len(texts):] {
		texts = append(texts, one, piece()+" "+one+piece())
	}
	for range 700 {
		joint := []string{" ", "", "_", ". ", "(", "\xff", "é"}[random.IntN(7)]
		texts = append(texts, inSomeCase(piece()+joint+piece(), random))
	}
	matched := 0
	for _, p := range every {
		one := regexp.MustCompile(`(?i)(?:` + strings.Join(p.alternatives, `)|(?:`) + `)`)
		for _, text := range texts {
			want, got := one.FindStringIndex(text), p.find(hear(text))
			if !slices.Equal(got, want) {
				t.Errorf("%.60s: got %v, want %v in %q", p.alternatives[0], got, want, text)
			}
			if p.match(hear(text)) != (want != nil) {
				t.Errorf("%.60s: match is not find in %q", p.alternatives[0], text)
			}
			if want != nil {
				matched++
			}
		}
	}
	if matched < len(texts)/2 {
		t.Errorf("only %d matches in %d texts", matched, len(texts))
	}
}

// realTexts are licence texts, in parts, and what the tests of this package say in heads.
func realTexts(t *testing.T) (all []string) {
	files, err := filepath.Glob("testdata/licenses/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(string(data))
		for part := range slices.Chunk(words, 120) {
			all = append(all, strings.Join(part, " "))
		}
	}
	tests, err := filepath.Glob("*_test.go")
	if err != nil || len(files) == 0 || len(tests) == 0 {
		t.Fatal(err, files, tests)
	}
	for _, f := range tests {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			all = append(all, strings.TrimSpace(string(line)))
		}
	}
	return all
}

// write writes a text that an expression matches, but for what looks around.
func write(b *strings.Builder, e *syntax.Regexp, random *rand.Rand) {
	again := func(least, most int) {
		if most < 0 {
			most = least + 2
		}
		for range least + random.IntN(min(most, least+4)-least+1) {
			write(b, e.Sub[0], random)
		}
	}
	switch e.Op {
	case syntax.OpLiteral:
		b.WriteString(string(e.Rune))
	case syntax.OpCharClass:
		pair := 2 * random.IntN(len(e.Rune)/2)
		b.WriteRune(min(e.Rune[pair]+random.Int32N(40), e.Rune[pair+1]))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte("a _1"[random.IntN(4)])
	case syntax.OpAlternate:
		write(b, e.Sub[random.IntN(len(e.Sub))], random)
	case syntax.OpConcat:
		for _, part := range e.Sub {
			write(b, part, random)
		}
	case syntax.OpCapture:
		write(b, e.Sub[0], random)
	case syntax.OpQuest:
		again(0, 1)
	case syntax.OpStar:
		again(0, -1)
	case syntax.OpPlus:
		again(1, -1)
	case syntax.OpRepeat:
		again(e.Min, e.Max)
	}
}

// inSomeCase changes the case of letters, to folds outside of ASCII too.
func inSomeCase(text string, random *rand.Rand) string {
	how := random.IntN(4)
	if !utf8.ValidString(text) {
		how = min(how, 1)
	}
	switch how {
	case 0:
		return text
	case 1:
		return strings.ToUpper(text)
	}
	return strings.Map(func(r rune) rune {
		for range random.IntN(how) {
			r = unicode.SimpleFold(r)
		}
		return r
	}, text)
}
