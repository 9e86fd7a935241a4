package gitrepo

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiffLines(t *testing.T) {
	for _, c := range []struct {
		name, before, after string
		want                []Hunk
	}{
		{"equal", "a\nb\n", "a\nb\n", nil},
		{"equal without a line feed", "a\nb", "a\nb", nil},
		{"from nothing", "", "a\nb", []Hunk{{0, 0, 0, 2}}},
		{"to nothing", "a\nb", "", []Hunk{{0, 2, 0, 0}}},
		{"a line feed at the end", "a\nb", "a\nb\n", []Hunk{{1, 2, 1, 2}}},
		{"two places", "a\nb\nc\nd\ne\n", "a\nB\nc\nd\nE\n", []Hunk{{1, 2, 1, 2}, {4, 5, 4, 5}}},
		{"a moved line", "a\nb\nc\nd\n", "b\nc\nd\na\n", []Hunk{{0, 1, 0, 0}, {4, 4, 3, 4}}},
		{"tails that end alike within a line", "xab\n", "yab\n", []Hunk{{0, 1, 0, 1}}},
		{"heads that begin alike within a line", "ab1\n", "ab2", []Hunk{{0, 1, 0, 1}}},
		{"a function begins at its head", "func a() {\n\tx\n}\n\nfunc c() {\n}\n", "func a() {\n\tx\n}\n\nfunc b() {\n\ty\n}\n\nfunc c() {\n}\n", []Hunk{{4, 4, 4, 8}}},
		{"an element begins at its brace", "[\n  {\n    1\n  },\n  {\n    3\n  },\n]\n", "[\n  {\n    1\n  },\n  {\n    2\n  },\n  {\n    3\n  },\n]\n", []Hunk{{4, 4, 4, 7}}},
		{"a repeated line", "a\n", "a\na\n", []Hunk{{1, 1, 1, 2}}},
		{"repeated lines between changes", "x\n}\n}\ny\n", "X\n}\n}\n}\nY\n", []Hunk{{0, 1, 0, 2}, {3, 4, 4, 5}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := diffLines([]byte(c.before), []byte(c.after))
			checkHunks(t, []byte(c.before), []byte(c.after), got)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// One equal line stays between two hunks, whatever place would look better.
func TestSlideStops(t *testing.T) {
	for _, c := range []struct {
		name, after string
		hunks       []Hunk
	}{
		{"above", "A\n}\n  x\n}\nb\n", []Hunk{{0, 1, 0, 1}, {2, 2, 2, 4}}},
		{"below", "q\n  }\nx\n  }\nB\n", []Hunk{{1, 1, 1, 3}, {2, 3, 4, 5}}},
	} {
		got := append([]Hunk{}, c.hunks...)
		for i := range got {
			slide(got, i, splitLines([]byte(c.after)))
		}
		if d := cmp.Diff(c.hunks, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// checkHunks holds what must be true of any two texts: hunks are sorted and do not
// touch, replay the change, and what is between them is equal.
func checkHunks(t *testing.T, before, after []byte, hunks []Hunk) {
	t.Helper()
	a, b := splitLines(before), splitLines(after)
	i, j := 0, 0
	equal := func(toA, toB int) {
		if toA-i != toB-j || toA > len(a) || toB > len(b) || toA < i {
			t.Fatalf("hunks %v: lines %d-%d cannot be %d-%d", hunks, i, toA, j, toB)
		}
		for ; i < toA; i, j = i+1, j+1 {
			if !bytes.Equal(a[i], b[j]) {
				t.Fatalf("hunks %v: line %d is not line %d", hunks, i, j)
			}
		}
	}
	for n, h := range hunks {
		if h.OldStart > h.OldEnd || h.NewStart > h.NewEnd || h.OldStart == h.OldEnd && h.NewStart == h.NewEnd || n > 0 && h.OldStart <= hunks[n-1].OldEnd {
			t.Fatalf("hunk %d of %v", n, hunks)
		}
		equal(h.OldStart, h.NewStart)
		i, j = h.OldEnd, h.NewEnd
	}
	equal(len(a), len(b))
}

func TestDiffProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		words := 1 + rng.IntN(12)
		text := func(n int) (out []string) {
			for range n {
				out = append(out, strings.Repeat(" ", rng.IntN(3))+fmt.Sprintln(rng.IntN(words)))
			}
			return out
		}
		before := text(rng.IntN(30))
		after := append([]string{}, before...)
		for range rng.IntN(4) {
			at := rng.IntN(len(after) + 1)
			end := min(len(after), at+rng.IntN(4))
			after = append(after[:at:at], append(text(rng.IntN(4)), after[end:]...)...)
		}
		a, b := []byte(strings.Join(before, "")), []byte(strings.Join(after, ""))
		if rng.IntN(4) == 0 {
			a = bytes.TrimSuffix(a, []byte("\n"))
		}
		checkHunks(t, a, b, diffLines(a, b))
	}
}

// Between anchors the square of the lines is bounded.
func TestDiffIsBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var a, b strings.Builder
	for range 100_000 {
		fmt.Fprintln(&a, rng.IntN(500))
		fmt.Fprintln(&b, rng.IntN(500))
	}
	x, y := []byte(a.String()), []byte(b.String())
	hunks := diffLines(x, y)
	checkHunks(t, x, y, hunks)
	if len(hunks) != 1 {
		t.Errorf("%d hunks", len(hunks))
	}
	// One unique line in the middle is an anchor all the same.
	x, y = append(append(x[:len(x):len(x)], "anchor\n"...), x...), append(append(y[:len(y):len(y)], "anchor\n"...), y...)
	hunks = diffLines(x, y)
	checkHunks(t, x, y, hunks)
	if len(hunks) != 2 {
		t.Errorf("%d hunks", len(hunks))
	}
}
