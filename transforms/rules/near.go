package rules

import (
	"cmp"
	"slices"

	"decoy/schemas"
)

// nearIndex finds names by the sub-tokens that they share with another name. One
// key leads to a bounded number of names, the most frequent ones, so that a look-up
// costs the same in a corpus of any size.
type nearIndex struct {
	names []string
	count []int64
	by    map[string][]int32
}

// maxNear bounds the names that one key leads to.
const maxNear = 48

func newNearIndex() *nearIndex { return &nearIndex{by: map[string][]int32{}} }

// add indexes a name under its sub-tokens and its pairs of neighbouring ones.
func (n *nearIndex) add(name string, count int64) {
	i := int32(len(n.names))
	n.names, n.count = append(n.names, name), append(n.count, count)
	tokens := subTokens(name)
	for k, t := range tokens {
		n.by[t] = append(n.by[t], i)
		if k > 0 {
			pair := tokens[k-1] + "_" + t
			n.by[pair] = append(n.by[pair], i)
		}
	}
}

// finish sorts and bounds the lists. Among equally frequent names the hash decides:
// the alphabet would always give the same beginnings.
func (n *nearIndex) finish() {
	keys := make([]uint64, len(n.names))
	for i, name := range n.names {
		keys[i] = schemas.Key64(name)
	}
	for t, list := range n.by {
		if len(list) > maxNear {
			slices.SortFunc(list, func(a, b int32) int {
				return cmp.Or(cmp.Compare(n.count[b], n.count[a]), cmp.Compare(keys[a], keys[b]),
					cmp.Compare(n.names[a], n.names[b]))
			})
			n.by[t] = slices.Clip(slices.Clone(list[:maxNear]))
		}
	}
	n.count = nil
}

// each calls f for names that share a sub-token with one of the tokens, those that
// share two neighbours first. A name may come twice.
func (n *nearIndex) each(tokens []string, f func(name string)) {
	for k := 1; k < len(tokens); k++ {
		for _, i := range n.by[tokens[k-1]+"_"+tokens[k]] {
			f(n.names[i])
		}
	}
	for _, t := range tokens {
		for _, i := range n.by[t] {
			f(n.names[i])
		}
	}
}
