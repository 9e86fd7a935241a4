package syntax

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// changedText is a window of a file and what an edit makes of it.
type changedText struct {
	path            string
	window, changed []byte
}

// edits makes windows of every testdata file of a language, whole and cut anywhere, and edits in
// them as negatives have them: other names, arguments that come and go, and some that break the
// text.
func edits(t *testing.T, l *Language, r *rand.Rand, each int, yield func(changedText)) {
	t.Helper()
	for path, src := range testdata(t, l.Name) {
		for k := range 4 {
			window := src
			if k > 1 {
				from := r.IntN(len(src) / 2)
				window = src[from : from+1+r.IntN(len(src)-from)]
			}
			for i := range each {
				at := r.IntN(len(window))
				cut := min(len(window), at+r.IntN(12))
				with := []string{"", "x", "(y, z)", " + 1", "{", "\n", "}", "f(a, b)", "// ", "\"", "class A {}", ", k=1",
					"other.name"}[r.IntN(13)]
				if i%2 == 0 { // a longer word, which seldom breaks anything
					for cut = at; cut < len(window) && (window[cut]|0x20 < 'a' || window[cut]|0x20 > 'z'); cut++ {
					}
					at, with = cut, "other"
				}
				yield(changedText{path, window, slices.Concat(window[:at], []byte(with), window[cut:])})
			}
		}
	}
}

// TestSharedSubtrees compares the walk that takes shared subtrees from the golden's with the walk
// over all of the same tree, node for node, in texts that parse and in texts that do not.
func TestSharedSubtrees(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, l := range All() {
		base, after, whole := NewParser(), NewParser(), NewParser()
		defer base.Close()
		defer after.Close()
		defer whole.Close()
		whole.whole = true
		for _, ext := range l.Extensions { // a parser remembers its subtrees once another has parsed a change
			for _, p := range []*Parser{after, whole} {
				if _, err := base.Parse(l, "a"+ext, []byte("a")); err != nil {
					t.Fatal(err)
				}
				if _, err := p.parse(base, l, "a"+ext, []byte("b")); err != nil {
					t.Fatal(err)
				}
			}
		}
		nodes, taken, broken, n := 0, 0, 0, 0
		edits(t, l, r, 60, func(x changedText) {
			if p := base.tree.Src; !bytes.Equal(p, x.window) {
				if _, err := base.Parse(l, x.path, x.window); err != nil {
					t.Fatal(err)
				}
			}
			got, err := after.parse(base, l, x.path, x.changed)
			if err != nil {
				t.Fatal(err)
			}
			want, err := whole.parse(base, l, x.path, x.changed)
			if err != nil {
				t.Fatal(err)
			}
			if whole.taken != 0 {
				t.Fatal("the walk over all has taken nodes")
			}
			if got.Depth != want.Depth || !slices.Equal(got.nodes, want.nodes) {
				t.Fatalf("%s: %d nodes of depth %d, want %d of depth %d; the walks differ\n%s", x.path, got.Len(), got.Depth,
					want.Len(), want.Depth, x.changed)
			}
			n++
			if got.Broken(0) {
				broken++
				return
			}
			nodes, taken = nodes+got.Len(), taken+after.taken
		})
		if n == 0 || taken*2 < nodes || broken == 0 || broken == n {
			t.Errorf("%s: of %d nodes in the %d of %d trees that parse %d were taken: more than half was expected", l.Name,
				nodes, n-broken, n, taken)
		}
		t.Logf("%s: %d trees (%d broken), %d nodes, %d taken", l.Name, n, broken, nodes, taken)
	}
}
