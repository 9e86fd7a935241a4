package judge

import (
	"fmt"
	"math"
)

// table is an open-addressing hash table from 64-bit hashes to counts: 12 bytes a
// slot, against about 40 for a Go map. Key 0 marks an empty slot; no n-gram has
// it. The zero value is an empty table.
type table struct {
	keys []uint64
	vals []uint32
	n    int
}

// slot finds key's slot, or the empty one where it belongs. Keys are hashes
// already, so the low bits are the home slot; probing is linear.
func (t *table) slot(key uint64) int {
	mask := len(t.keys) - 1
	i := int(key) & mask
	for t.keys[i] != 0 && t.keys[i] != key {
		i = (i + 1) & mask
	}
	return i
}

func (t *table) get(key uint64) uint32 {
	if len(t.keys) == 0 {
		return 0
	}
	return t.vals[t.slot(key)]
}

// add adds n to key's count. A count that leaves 32 bits is an error: clamped
// counts could not be subtracted.
func (t *table) add(key, n uint64) error {
	i := t.place(key)
	sum := uint64(t.vals[i]) + n
	if n > math.MaxUint32 || sum > math.MaxUint32 {
		return fmt.Errorf("n-gram count of %x exceeds 32 bits: count fewer tokens a language", key)
	}
	t.vals[i] = uint32(sum)
	return nil
}

// bump adds 1 to key's count, which stays far below 32 bits.
func (t *table) bump(key uint64) { t.vals[t.place(key)]++ }

// place is key's slot, made if need be.
func (t *table) place(key uint64) int {
	if 5*(t.n+1) > 4*len(t.keys) {
		t.resize(max(64, 2*len(t.keys)))
	}
	i := t.slot(key)
	if t.keys[i] == 0 {
		t.keys[i] = key
		t.n++
	}
	return i
}

// reserve makes room for n keys at once.
func (t *table) reserve(n int) {
	size := 64
	for 4*size < 5*n {
		size *= 2
	}
	if size > len(t.keys) {
		t.resize(size)
	}
}

func (t *table) resize(size int) {
	old := *t
	t.keys, t.vals = make([]uint64, size), make([]uint32, size)
	for i, k := range old.keys {
		if k != 0 {
			j := t.slot(k)
			t.keys[j], t.vals[j] = k, old.vals[i]
		}
	}
}
