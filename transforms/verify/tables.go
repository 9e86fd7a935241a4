package verify

import (
	"decoy/transforms/syntax"
)

// tables find the facts of a window by name and by node. A checker has two, for the
// golden's window and the negative's, and fills them again for each.
type tables struct {
	f                    *syntax.Facts
	named                bool
	first                map[string]int32 // by name: the first declaration, from 1
	next                 []int32          // by declaration: the next of its name, 0 for none
	refs, members, calls []int32          // by node: the fact about it, from 1
}

// of makes them those of a window's facts.
func (t *tables) of(f *syntax.Facts) *tables {
	t.f, t.named = f, false
	n := f.Tree.Len()
	t.refs, t.members, t.calls = zeros(t.refs, n), zeros(t.members, n), zeros(t.calls, n)
	for i := range f.Refs {
		t.refs[f.Refs[i].Node] = int32(i + 1)
	}
	for i := range f.Members {
		t.members[f.Members[i].Node] = int32(i + 1)
	}
	for i := range f.Calls {
		t.calls[f.Calls[i].Node] = int32(i + 1)
	}
	return t
}

func zeros(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n, n+n/4)
	}
	s = s[:n]
	clear(s)
	return s
}

// at is the fact about a node, ok = false where it has none.
func at(table []int32, node int) (int, bool) {
	if node < 0 || node >= len(table) || table[node] == 0 {
		return 0, false
	}
	return int(table[node]) - 1, true
}

// decls yields the declarations of a name, by index, in their order.
func (t *tables) decls(name string) func(func(int) bool) {
	if !t.named {
		t.named = true
		if t.first == nil {
			t.first = map[string]int32{}
		}
		clear(t.first)
		t.next = zeros(t.next, len(t.f.Decls))
		for i := len(t.f.Decls) - 1; i >= 0; i-- {
			d := t.f.Decls[i].Name
			t.next[i], t.first[d] = t.first[d], int32(i+1)
		}
	}
	return func(yield func(int) bool) {
		for k := t.first[name]; k > 0; k = t.next[k-1] {
			if !yield(int(k) - 1) {
				return
			}
		}
	}
}

// declares reports whether a name is declared in the window.
func (t *tables) declares(name string) bool {
	for range t.decls(name) {
		return true
	}
	return false
}
