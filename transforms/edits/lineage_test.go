package edits

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// change is a file that goes on under its name.
func change(path string, hunks ...Hunk) Commit {
	return Commit{Files: []File{{Path: path, OldPath: path, Hunks: hunks}}}
}

func TestLineage(t *testing.T) {
	all := []Lines{{0, 100}}
	for _, c := range []struct {
		name string
		then []Commit
		path string
		want []Lines // free of the first hundred lines, where 10 to 20 of a were used
	}{
		{"nothing", nil, "a", []Lines{{0, 10}, {20, 100}}},
		{"another file", nil, "b", all},
		{"lines above", []Commit{change("a", Hunk{0, 2, 0, 7})}, "a", []Lines{{0, 15}, {25, 100}}},
		{"lines below", []Commit{change("a", Hunk{30, 30, 30, 40})}, "a", []Lines{{0, 10}, {20, 100}}},
		{"inserted between used lines", []Commit{change("a", Hunk{15, 15, 15, 18})}, "a", []Lines{{0, 10}, {15, 18}, {23, 100}}},
		{"inserted before and behind", []Commit{change("a", Hunk{10, 10, 10, 11}, Hunk{20, 20, 21, 22})}, "a", []Lines{{0, 11}, {21, 100}}},
		{"one used line replaced by many", []Commit{change("a", Hunk{19, 21, 19, 30})}, "a", []Lines{{0, 10}, {30, 100}}},
		{"free lines replaced", []Commit{change("a", Hunk{20, 25, 20, 21})}, "a", []Lines{{0, 10}, {20, 100}}},
		{"used lines removed", []Commit{change("a", Hunk{5, 25, 5, 5})}, "a", all},
		{"some removed", []Commit{change("a", Hunk{12, 18, 12, 12})}, "a", []Lines{{0, 10}, {14, 100}}},
		{"twice", []Commit{change("a", Hunk{0, 0, 0, 5}), change("a", Hunk{16, 17, 16, 20})}, "a", []Lines{{0, 15}, {28, 100}}},
		{"renamed", []Commit{{Files: []File{{Path: "b", OldPath: "a", Hunks: []Hunk{{0, 0, 0, 1}}}}}}, "b", []Lines{{0, 11}, {21, 100}}},
		{"what is left behind", []Commit{{Files: []File{{Path: "b", OldPath: "a"}}}}, "a", all},
		{"names swapped", []Commit{{Files: []File{{Path: "a", OldPath: "b"}, {Path: "b", OldPath: "a"}}}}, "b", []Lines{{0, 10}, {20, 100}}},
		{"and back", []Commit{{Files: []File{{Path: "a", OldPath: "b"}, {Path: "b", OldPath: "a"}}}}, "a", all},
		{"deleted and written again", []Commit{{Files: []File{{Path: "a", OldPath: "a", Deleted: true}}}, {Files: []File{{Path: "a"}}}}, "a", all},
		{"renamed onto a new file", []Commit{{Files: []File{{Path: "a"}, {Path: "b", OldPath: "a"}}}}, "a", all},
		{"not read", []Commit{{Files: []File{{Path: "a", OldPath: "a", Unread: true}}}}, "a", nil},
		{"not read and added to", []Commit{{Files: []File{{Path: "a", OldPath: "a", Unread: true}}}, change("a", Hunk{3, 3, 3, 5})}, "a", []Lines{{3, 5}}},
		{"not read, never used", []Commit{{Files: []File{{Path: "b", OldPath: "b", Unread: true}}}}, "b", all},
		{"lost", []Commit{{Lost: true}}, "b", nil},
		{"lost and added to", []Commit{{Lost: true}, change("b", Hunk{3, 4, 3, 4}, Hunk{8, 8, 8, 9})}, "b", []Lines{{8, 9}}},
		{"a new file after a loss", []Commit{{Lost: true}, {Files: []File{{Path: "c"}}}}, "c", all},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := NewLineage()
			l.Use("a", Lines{10, 20})
			l.Use("a", Lines{15, 15})
			for _, commit := range c.then {
				l.Advance(commit)
			}
			got := l.FreeLines(c.path, all)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			for _, g := range got {
				if !l.Free(c.path, g) {
					t.Errorf("%v is not free", g)
				}
			}
		})
	}
	l := NewLineage()
	l.Advance(Commit{Lost: true})
	if d := cmp.Diff(all, l.FreeLines("a", all)); d != "" {
		t.Errorf("a loss before any use: %s", d)
	}
}

// naive keeps a mark a line.
type naive map[string][]bool

func (n naive) advance(c Commit, lines map[string]int) {
	next := naive{}
	gone := map[string]bool{}
	for _, f := range c.Files {
		gone[f.OldPath] = true
	}
	for path, marks := range n {
		if !gone[path] {
			next[path] = marks
		}
	}
	for _, f := range c.Files {
		if f.Deleted {
			continue
		}
		old := n[f.OldPath]
		if f.OldPath == "" {
			old = nil
		}
		var marks []bool
		at := 0
		for _, h := range f.Hunks {
			marks = append(marks, old[at:h.OldStart]...)
			used := slices.Contains(old[h.OldStart:h.OldEnd], true)
			for range h.NewEnd - h.NewStart {
				marks = append(marks, used)
			}
			at = h.OldEnd
		}
		marks = append(marks, old[at:]...)
		if f.Unread {
			marks = make([]bool, lines[f.Path])
			for i := range marks {
				marks[i] = slices.Contains(old, true)
			}
		}
		next[f.Path] = marks
	}
	clear(n)
	for path, marks := range next {
		n[path] = marks
	}
}

// Over long random histories Lineage says of every line what marks say, and no
// line's history gives two contexts.
func TestLineageIsNaive(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 7))
		l, n := NewLineage(), naive{}
		for step := range 60 {
			c := Commit{}
			lines := map[string]int{}
			paths := []string{"a", "b", "c", "d"}
			taken := map[string]bool{}
			for _, old := range paths {
				marks, exists := n[old]
				if rng.IntN(3) == 0 {
					continue
				}
				f := File{Path: old, OldPath: old}
				switch {
				case !exists:
					f.OldPath = ""
				case rng.IntN(8) == 0:
					f.Deleted = true
				case rng.IntN(4) == 0:
					f.Path = paths[rng.IntN(len(paths))]
				}
				if _, busy := n[f.Path]; taken[f.Path] || busy && f.Path != old {
					continue
				}
				taken[f.Path] = true
				if !f.Deleted {
					at, now := 0, 0
					for at <= len(marks) && rng.IntN(3) > 0 {
						s := at + rng.IntN(len(marks)-at+1)
						e := s + rng.IntN(min(4, len(marks)-s+1))
						add := rng.IntN(5)
						if e == s && add == 0 || len(f.Hunks) > 0 && s == at {
							break
						}
						now += s - at
						f.Hunks = append(f.Hunks, Hunk{s, e, now, now + add})
						at, now = e, now+add
					}
					lines[f.Path] = now + len(marks) - at
					if f.Unread = rng.IntN(10) == 0; f.Unread {
						f.Hunks = nil
						lines[f.Path] = len(marks) + rng.IntN(3)
					}
				}
				c.Files = append(c.Files, f)
			}
			l.Advance(c)
			n.advance(c, lines)
			for _, path := range paths {
				for i, used := range n[path] {
					if l.Free(path, Lines{i, i + 1}) == used {
						t.Fatalf("seed %d step %d: line %d of %s is used: %v\n%s", seed, step, i, path, used, fmt.Sprint(c))
					}
				}
				if size := len(n[path]); size > 0 && rng.IntN(2) == 0 {
					s := rng.IntN(size)
					use := Lines{s, min(size, s+rng.IntN(4))}
					l.Use(path, use)
					for i := use.Start; i < use.End; i++ {
						n[path][i] = true
					}
				}
			}
			for path, used := range l.used {
				for i, u := range used {
					if u.Start >= u.End || i > 0 && u.Start <= used[i-1].End {
						t.Fatalf("used lines of %s: %v", path, used)
					}
				}
			}
		}
	}
}
