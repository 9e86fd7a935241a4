package syntax

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// garbage are texts that cost the parsers far more than source of their length.
func garbage() map[string][]byte {
	const size = 30_000
	rng := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields(`if ( ) { } [ ] < > = + - * / ; : , . a b foo 1 " ' class def fn func let var return while for else import # @ ! & | -> => ::`)
	var tokens strings.Builder
	for tokens.Len() < size {
		tokens.WriteString(words[rng.IntN(len(words))] + " ")
	}
	bytes := make([]byte, size)
	for i := range bytes {
		bytes[i] = byte(rng.IntN(256))
	}
	return map[string][]byte{"tokens": []byte(tokens.String()), "bytes": bytes, "ambiguities": []byte(strings.Repeat("a<", size/2))}
}

// TestWorkLimit: what is too much work is decided by the text alone, and a parser
// works as before afterwards.
func TestWorkLimit(t *testing.T) {
	reused := NewParser()
	defer reused.Close()
	texts, changed := garbage(), 0
	for _, l := range All() {
		source := readSource(t, l)
		want := Describe(mustFacts(t, l, source))
		limited := 0
		for name, text := range texts {
			path := "a" + l.Extensions[0]
			fresh := NewParser()
			_, first := fresh.Parse(l, path, text)
			_, again := fresh.Parse(l, path, text)
			fresh.Close()
			_, other := reused.Parse(l, path, text)
			if first != again || first != other {
				t.Errorf("%s %s: a new parser says %v, then %v, one that has read other files %v", l.Name, name, first, again, other)
			}
			if errors.Is(first, ErrWallLimit) {
				t.Errorf("%s %s: %v", l.Name, name, first)
			}
			if errors.Is(first, ErrWorkLimit) {
				limited++
			}
			f, err := reused.ParseFacts(l, path, source)
			if err != nil {
				t.Fatalf("%s: after %s: %v", l.Name, name, err)
			}
			if Describe(f) != want {
				t.Errorf("%s: after %s the facts of a file are others", l.Name, name)
			}
		}
		base := NewParser() // a change of a text counts too
		if _, err := base.ParseFacts(l, "a"+l.Extensions[0], source); err != nil {
			t.Fatal(err)
		}
		if _, err := reused.ParseFactsAfter(base, l, "a"+l.Extensions[0], append(source[:len(source):len(source)], texts["tokens"]...)); errors.Is(err, ErrWorkLimit) {
			changed++
		}
		base.Close()
		if limited == 0 {
			t.Errorf("%s: no garbage is over the limit", l.Name)
		}
	}
	if changed == 0 {
		t.Error("garbage behind a file is over the limit in no language")
	}
}

// TestWorkOfSource: source takes a part of the limit, and about the same in a parser
// that has read other files; near the limit a new parser decides.
func TestWorkOfSource(t *testing.T) {
	reused := NewParser()
	defer reused.Close()
	for _, l := range All() {
		source := readSource(t, l)
		path := "a" + l.Extensions[0]
		fresh := NewParser()
		if _, err := fresh.Parse(l, path, source); err != nil {
			t.Fatal(err)
		}
		if _, err := reused.Parse(l, path, source); err != nil {
			t.Fatal(err)
		}
		if _, err := reused.Parse(l, path, source); err != nil {
			t.Fatal(err)
		}
		limit := uint64(limitsOf(source).work)
		if fresh.work > limit/4 {
			t.Errorf("%s: %d bytes take %d of %d", l.Name, len(source), fresh.work, limit)
		}
		if reused.work > fresh.work || reused.work < fresh.work/10*8 {
			t.Errorf("%s: %d in a new parser, %d in a used one: the limit's half leaves no room for that", l.Name, fresh.work, reused.work)
		}
		fresh.Close()
	}
}

func readSource(t *testing.T, l *Language) []byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/" + string(l.Name) + "/*")
	paths = slices.DeleteFunc(paths, func(p string) bool { return filepath.Ext(p) == ".facts" || filepath.Ext(p) == ".tsx" })
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: no source, %v", l.Name, err)
	}
	source, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func mustFacts(t *testing.T, l *Language, source []byte) *Facts {
	t.Helper()
	f, err := NewParser().ParseFacts(l, "a"+l.Extensions[0], source)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
