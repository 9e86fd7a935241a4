package shard

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func seq(keys ...string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, k := range keys {
			if k == "!" {
				yield("", errors.New("disk broke"))
				return
			}
			if !yield(k, nil) {
				return
			}
		}
	}
}

// key is what stands before the colon: "a:1" and "a:2" have the same one.
func key(s string) string { k, _, _ := strings.Cut(s, ":"); return k }

func TestMerge(t *testing.T) {
	tests := []struct {
		name, left, right, want, err string
	}{
		{"empty", "", "", "", ""},
		{"no right", "a b", "", "a[] b[]", ""},
		{"groups", "a b c d", "a:1 a:2 c:1 d:1", "a[a:1 a:2] b[] c[c:1] d[d:1]", ""},
		{"orphan first", "b", "a:1", "", `"a" has no left`},
		{"orphan between", "a c", "a:1 b:1 c:1", "a[a:1]", `"b" has no left`},
		{"orphan last", "a", "a:1 b:1", "a[a:1]", `"b" has no left`},
		{"orphan alone", "", "a:1", "", `"a" has no left`},
		{"left falls", "b a", "", "b[]", `"a" after "b"`},
		{"left twice", "a a", "", "a[]", `"a" after "a"`},
		{"left empty key twice", ":1 :2", "", ":1[]", `"" after ""`},
		{"right falls", "a b c", "b:1 a:1", "a[]", `"a" after "b"`},
		{"left breaks", "a !", "", "a[]", "disk broke"},
		{"right breaks at once", "a", "!", "", "disk broke"},
		{"right breaks in a group", "a", "a:1 !", "", "disk broke"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			var failed error
			for g, err := range Merge(seq(strings.Fields(tt.left)...), seq(strings.Fields(tt.right)...), key, key) {
				if err != nil {
					failed = err
					continue
				}
				got = append(got, fmt.Sprintf("%s%v", g.Left, g.Right))
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("groups %q, want %q", s, tt.want)
			}
			if (failed == nil) != (tt.err == "") || failed != nil && !strings.Contains(failed.Error(), tt.err) {
				t.Errorf("error %v, want %q", failed, tt.err)
			}
		})
	}
}

// Merge of sorted input equals a join by map.
func TestMergeEqualsMap(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		want := map[string][]string{}
		for range r.IntN(20) {
			want[fmt.Sprintf("%03d", r.IntN(40))] = nil
		}
		left := slices.Sorted(maps.Keys(want))
		var right []string
		for _, k := range left {
			for i := range r.IntN(4) {
				right = append(right, fmt.Sprintf("%s:%d", k, i))
				want[k] = append(want[k], fmt.Sprintf("%s:%d", k, i))
			}
		}
		n := 0
		for g, err := range Merge(seq(left...), seq(right...), key, key) {
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(g.Right, want[g.Left]) {
				t.Fatalf("%s has %v, want %v", g.Left, g.Right, want[g.Left])
			}
			n++
		}
		if n != len(want) {
			t.Fatalf("%d groups, want %d", n, len(want))
		}
	}
}

func TestMergeStopsEarly(t *testing.T) {
	for g, err := range Merge(seq("a", "b", "!"), seq("a:1", "b:1", "!"), key, key) {
		if err != nil || g.Left != "a" {
			t.Fatal(g, err)
		}
		break
	}
}
