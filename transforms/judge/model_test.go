package judge

import (
	"bytes"
	"io"
	"math"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/text"
)

func load(t testing.TB, parts ...[]byte) *Model {
	t.Helper()
	var rs []io.Reader
	for _, p := range parts {
		rs = append(rs, bytes.NewReader(p))
	}
	m, err := Load(rs)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func without(t testing.TB, m *Model, fold []byte) *Scorer {
	t.Helper()
	var r io.Reader
	if fold != nil {
		r = bytes.NewReader(fold)
	}
	s, err := m.Without(r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWithoutEqualsNeverSeen(t *testing.T) {
	a := corpus(30)
	b := []string{"class Foo:\n    def bar(self):\n        return self.baz(1)\n", "user.Load(99)\n"}
	fa, fb := counts(t, a...), counts(t, b...)
	left := without(t, load(t, fa, fb), fb)
	never := without(t, load(t, fa), nil)
	seen := without(t, load(t, fa, fb), nil)
	differ := false
	for _, w := range [][4]string{
		{"x.", "Load(1)", "bar(self)", "\n}"},
		{"if err := user.", "Load(3)", "Save(3)", "; err != nil {\n"},
		{"        return self.", "baz(1)", "qux(1)", "\n"},
		{"", "import a", "import b", ""},
	} {
		got, want := left.Score(w[0], w[1], w[2], w[3]), never.Score(w[0], w[1], w[2], w[3])
		if got != want {
			t.Errorf("%q: %v with the fold left out, %v never seen", w, got, want)
		}
		differ = differ || got != seen.Score(w[0], w[1], w[2], w[3])
	}
	if !differ {
		t.Error("leaving the fold out changes nothing")
	}
}

func TestWithoutRefusesAnotherFold(t *testing.T) {
	m := load(t, counts(t, corpus(3)...))
	if _, err := m.Without(bytes.NewReader(counts(t, "something else\n"))); err == nil {
		t.Error("a fold that the model has not counted is no error")
	}
}

// Over all tokens the probabilities sum to at most 1. The vocabulary is infinite:
// the seen tokens are summed, and of the unseen all spellings of one byte.
func TestProbabilitiesSumToOne(t *testing.T) {
	files := []string{"a b a c\n", "a b b a", "c a b\n"}
	s := without(t, load(t, counts(t, files...)), nil)
	vocab := []string{"a", "b", "c", "\n", endToken}
	for _, ctx := range [][]string{nil, {"a"}, {"b", "a"}, {"a", "b", "a"}, {"zz"}, {"zz", "a"}, {"c", "zz", "b"}} {
		var keys []uint64
		for _, c := range ctx {
			keys = append(keys, tokenKey(c))
		}
		seen, unseen := 0.0, 0.0
		for _, v := range vocab {
			seen += s.prob(append(keys[:len(keys):len(keys)], tokenKey(v)), v)
		}
		for c := range 256 {
			if v := string([]byte{byte(c)}); !strings.Contains("abc\n", v) {
				unseen += s.prob(append(keys[:len(keys):len(keys)], tokenKey(v)), v)
			}
		}
		if sum := seen + unseen; sum > 1+1e-12 || seen < 0.9 || unseen <= 0 {
			t.Errorf("after %q: seen tokens %v, unseen bytes %v", ctx, seen, unseen)
		}
	}
	// The order-1 share for unseen tokens is exact: seen tokens have the rest.
	sum := 0.0
	for _, v := range vocab {
		sum += s.unigram(tokenKey(v), v)
	}
	if math.Abs(sum-(1-unseenShare)) > 1e-12 {
		t.Errorf("unigrams sum to %v, want %v", sum, 1-unseenShare)
	}
}

func TestSpellingSumsToOne(t *testing.T) {
	s := without(t, load(t, counts(t, "ab abc b\n")), nil)
	// All strings of at most 2 bytes, and the mass of going on after each of those
	// of 2 bytes, make up everything.
	sum := s.spelling("")
	for a := range 256 {
		one := string([]byte{byte(a)})
		sum += s.spelling(one)
	}
	if sum >= 1 || sum < 0.1 {
		t.Errorf("strings of at most one byte have %v", sum)
	}
	if known, random := s.spelling("abab"), s.spelling("qzxk"); known < 100*random {
		t.Errorf("a familiar spelling %v is not far likelier than a random one %v", known, random)
	}
	// Next-symbol distributions are proper after any history.
	for _, h := range []string{"", "a", "ab", "zz", "abc"} {
		keys := spellingKeys(h, nil)
		keys = keys[:len(keys)-1]
		total := 0.0
		for c := range 258 {
			if c == startSymbol {
				continue
			}
			total += s.symbol(append(keys[:len(keys):len(keys)], symbolKeys[c]))
		}
		if math.Abs(total-1) > 1e-12 {
			t.Errorf("symbols after %q sum to %v", h, total)
		}
	}
}

func TestPartsAreADistribution(t *testing.T) {
	var c parts
	c.add(text.Tokens("a b a c"))
	c.add(text.Tokens("b d\n"))
	for _, ctx := range [][]string{nil, {"a"}, {"c"}, {"z"}, {"a", "b"}, {"b", "a"}, {"z", "a"}, {"d", "\n"}} {
		var keys []uint64
		for _, x := range ctx {
			keys = append(keys, partKey(x, true))
		}
		sum := 0.0
		for _, v := range []string{"a", "b", "c", "d", "\n"} {
			sum += c.prob(append(keys[:len(keys):len(keys)], partKey(v, true)), 1.0/6)
		}
		sum += c.prob(append(keys[:len(keys):len(keys)], tokenKey(endToken)), 1.0/6)
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("after %q the parts sum to %v", ctx, sum)
		}
	}
	c.add(nil)
	if c.n != 9 {
		t.Errorf("the window holds %d tokens, want 7 and two ends", c.n)
	}
}

func TestPartsOf(t *testing.T) {
	for token, want := range map[string]string{
		"getUserName": "get|User|Name", "HTTPServer": "HTTP|Server", "snake_case_2": "snake|_|case|_|2", "x": "x",
		"ABC": "ABC", "aB": "a|B", "v2Alpha": "v|2|Alpha", "::": "::", `"a text"`: `"a text"`, "Été": "Été", "__init__": "__|init|__",
	} {
		var got []string
		lasts := 0
		for p, last := range partsOf(token) {
			got = append(got, p)
			if last {
				lasts++
			}
		}
		if strings.Join(got, "|") != want || lasts != 1 {
			t.Errorf("%s: %v, %d of them last; want %s", token, got, lasts, want)
		}
	}
}

// A name that the window has behind this receiver is likelier than one that it has
// behind another.
func TestWindowKnowsReceivers(t *testing.T) {
	s := without(t, load(t), nil)
	prefix := "list.append(1)\nlist.append(2)\nfile.rename(3)\nfile.rename(4)\n"
	if m := s.Score(prefix+"list.", "append(5)", "rename(5)", "\n"); m >= 0 {
		t.Errorf("list.rename against list.append: %v", m)
	}
	if m := s.Score(prefix+"file.", "append(5)", "rename(5)", "\n"); m <= 0 {
		t.Errorf("file.rename against file.append: %v", m)
	}
}

func TestMargin(t *testing.T) {
	s := without(t, load(t, counts(t, corpus(50)...)), nil)
	prefix := "func run(user User) error {\n\tuser.Refresh(ctx)\n\tif err := user."
	suffix := "; err != nil {\n\t\treturn err\n\t}\n"
	w := s.Window(prefix, "Load(3)", suffix)
	if m := w.Margin("Load(3)"); m != 0 || Answer(m) != schemas.AnswerFooled {
		t.Errorf("the golden against itself: %v", m)
	}
	invented := w.Margin("Reload(3)")
	inWindow, spelled, noise := w.Margin("Refresh(3)"), w.Margin("Refetch(3)"), w.Margin("Xqzvkwj(3)") // as long
	if !(0 > inWindow && inWindow > spelled && spelled > noise) {
		t.Errorf("margins: a name of the window %v, a well-spelled one %v, noise %v; want falling below 0", inWindow, spelled, noise)
	}
	// A worse end costs: the suffix goes on from the completion.
	if cut := w.Margin("Load(3"); cut >= 0 {
		t.Errorf("without its parenthesis: margin %v", cut)
	}
	if m := s.Window(prefix, "Reload(3)", suffix).Margin("Load(3)"); m <= 0 || Answer(m) != schemas.AnswerFooled {
		t.Errorf("a likelier candidate has margin %v", m)
	}
	if got := s.Score(prefix, "Load(3)", "Reload(3)", suffix); got != invented {
		t.Errorf("Score = %v, Window.Margin = %v", got, invented)
	}
	// The parts of both scores add up to the margin: the completion's own tokens, those that
	// straddle its beginning or its end included, and the suffix behind it.
	o := w.Opinion("Reload(3)")
	if *o.Margin != invented || o.Candidate.Tokens != 4 || o.Rival.Tokens != 4 ||
		math.Abs(o.Candidate.Sum()-o.Rival.Sum()-invented) > 2e-6 || !(o.Candidate.LogProb < o.Rival.LogProb) {
		t.Errorf("%+v and %+v make the margin %v", *o.Candidate, *o.Rival, *o.Margin)
	}
	if o := s.Window("user.Lo", "ad", "er(3)").Opinion("Lo"); o.Rival.Tokens != 1 || o.Candidate.Tokens != 1 {
		t.Errorf("a name that the completion is the midst of: %+v", *o.Rival)
	}
	// The same in the other direction, to the rounding.
	if back := s.Window(prefix, "Reload(3)", suffix).Margin("Load(3)"); back != -invented {
		t.Errorf("margin %v forth, %v back", invented, back)
	}
}

func TestMarginOfAnEmptyModel(t *testing.T) {
	s := without(t, load(t), nil)
	if m := s.Score("", "foo()", "fooo()", ""); math.IsNaN(m) || math.IsInf(m, 0) || m >= 0 {
		t.Errorf("without counts: margin %v, want a finite price of the longer spelling", m)
	}
	long := strings.Repeat("\x00\xff", 600)
	if m := s.Score("", "a", long, ""); math.IsInf(m, 0) || math.IsNaN(m) {
		t.Errorf("a long strange candidate: margin %v", m)
	}
}

func TestTailStartsAtALine(t *testing.T) {
	long := strings.Repeat("x", 5000)
	if got := tail(strings.Repeat("a\n", 1000) + "b."); !strings.HasSuffix(got, "a\nb.") || len(got) > tailBytes || got[0] != 'a' {
		t.Errorf("tail = %.10q… (%d bytes)", got, len(got))
	}
	if got := tail(long); len(got) != tailBytes {
		t.Errorf("tail of one long line has %d bytes", len(got))
	}
}

func TestLn(t *testing.T) {
	for x := 1e-300; x < 1e300; x *= 1.37e5 {
		if got, want := ln(x), math.Log(x); math.Abs(got-want) > 1e-13*(1+math.Abs(want)) {
			t.Errorf("ln(%v) = %v, want %v", x, got, want)
		}
	}
	if ln(1) != 0 {
		t.Error("ln(1) is not 0")
	}
}

func TestProductDoesNotUnderflow(t *testing.T) {
	a, b := product{1, 0}, product{1, 0}
	for range 1000 {
		a.mul(1e-10)
		b.mul(1e-9)
	}
	if got, want := a.ln()-b.ln(), -1000*math.Ln10; math.Abs(got-want) > 1e-6 {
		t.Errorf("log ratio %v, want %v", got, want)
	}
}

func TestShorterWins(t *testing.T) {
	for _, tt := range []struct {
		golden, candidate string
		want              bool
	}{{"ab", "a", true}, {"ab", "xy", true}, {"ab", "abc", false}, {"äö", "abc", false}, {"äöü", "abc", true}} {
		if got := ShorterWins(tt.golden, tt.candidate); got != tt.want {
			t.Errorf("ShorterWins(%q, %q) = %v", tt.golden, tt.candidate, got)
		}
	}
}

func BenchmarkWindow(b *testing.B) {
	s := without(b, load(b, counts(b, corpus(500)...)), nil)
	prefix := strings.Repeat(corpus(1)[0], 80)
	for b.Loop() {
		w := s.Window(prefix+"\tif err := user.", "Load(3)", "; err != nil {\n\t\treturn err\n\t}\n"+prefix[:4000])
		w.Margin("Reload(3)")
	}
}
