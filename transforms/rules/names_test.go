package rules

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestShortWaysAreTheLongOnes compares what is decided letter by letter with the whole word's way.
func TestShortWaysAreTheLongOnes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	pieces := strings.Fields("test Test TESTS mock Mock fake stub bench Bench dummy example Example mark oc a A _ $ 9 é É ß moc\u212a k t")
	pieces = append(pieces, "\xff", "\ufffd")
	words := []string{"test", "tests", "mock", "fake", "stub", "bench", "benchmark", "dummy", "example"}
	hits := 0
	for range 20000 {
		name := ""
		for range r.IntN(4) {
			name += pieces[r.IntN(len(pieces))]
		}
		if got, want := upper(name), name == strings.ToUpper(name); got != want {
			t.Fatalf("upper(%q) is %v", name, got)
		}
		want := slices.ContainsFunc(subTokens(name), func(t string) bool { return slices.Contains(words, t) })
		if forTests(name) != want {
			t.Fatalf("forTests(%q) is %v", name, !want)
		}
		if want {
			hits++
		}
	}
	if hits == 0 || hits == 20000 {
		t.Errorf("%d of 20000 names are for tests", hits)
	}
}
