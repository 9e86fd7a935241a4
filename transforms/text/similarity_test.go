package text

import (
	"math/rand/v2"
	"testing"

	"github.com/agnivade/levenshtein"
)

func TestSimilarity(t *testing.T) {
	tests := []struct {
		a, b     string
		distance int
	}{
		{"", "", 0}, {"a", "", 1}, {"kitten", "sitting", 3}, {"abc", "abc", 0}, {"größe", "grosse", 3},
		{"flaw", "lawn", 2}, {"ab", "ba", 2},
	}
	for _, tt := range tests {
		if got := levenshtein.ComputeDistance(tt.a, tt.b); got != tt.distance {
			t.Errorf("levenshtein.ComputeDistance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.distance)
		}
		if levenshtein.ComputeDistance(tt.a, tt.b) != levenshtein.ComputeDistance(tt.b, tt.a) {
			t.Errorf("the distance of %q and %q depends on their order", tt.a, tt.b)
		}
	}
	if s := Similarity("abcd", "abcx"); s != 0.75 {
		t.Errorf("similarity %v", s)
	}
	if Similarity("", "") != 1 || Similarity("a", "") != 0 {
		t.Error("similarity of empty texts")
	}
}

// What the library must give is written out here by the textbook's table (Wagner & Fischer
// 1974): every edit similarity that a build stores depends on it.
func TestDistanceIsLevenshtein(t *testing.T) {
	table := func(a, b string) int {
		x, y := []rune(a), []rune(b)
		d := make([][]int, len(x)+1)
		for i := range d {
			d[i] = make([]int, len(y)+1)
			d[i][0] = i
		}
		for j := range d[0] {
			d[0][j] = j
		}
		for i, c := range x {
			for j, e := range y {
				change := d[i][j]
				if c != e {
					change++
				}
				d[i+1][j+1] = min(change, d[i][j+1]+1, d[i+1][j]+1)
			}
		}
		return d[len(x)][len(y)]
	}
	r := rand.New(rand.NewPCG(1, 2))
	random := func() string {
		out := make([]rune, r.IntN(40))
		for i := range out {
			out[i] = []rune("ab(ß日\xff")[r.IntN(6)]
		}
		return string(out)
	}
	for range 5000 {
		a, b := random(), random()
		if got, want := levenshtein.ComputeDistance(a, b), table(a, b); got != want {
			t.Fatalf("distance of %q and %q is %d, want %d", a, b, got, want)
		}
	}
}

func BenchmarkSimilarity(b *testing.B) {
	golden, changed := benchTexts()
	for b.Loop() {
		Similarity(golden, changed)
	}
}
