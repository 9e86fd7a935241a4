package shard

import (
	"fmt"
	"iter"
)

// Group is a left record with the right records of its key, in their order.
type Group[L, R any] struct {
	Left  L
	Right []R
}

// Merge joins two sequences that are sorted by key: it yields every left record
// in order with its right records (none is legal). Left keys must rise strictly,
// right keys must not fall, and every right record needs its left one; anything
// else is an error, which ends the sequence. It holds one group in memory.
func Merge[L, R any](left iter.Seq2[L, error], right iter.Seq2[R, error], lkey func(L) string,
	rkey func(R) string) iter.Seq2[Group[L, R], error] {
	return func(yield func(Group[L, R], error) bool) {
		rights := sorted[R]{key: rkey}
		next, stop := iter.Pull2(right)
		defer stop()
		rights.next = next

		fail := func(err error) { yield(Group[L, R]{}, err) }
		if err := rights.advance(); err != nil {
			fail(err)
			return
		}
		var last string
		first := true
		for l, err := range left {
			if err != nil {
				fail(err)
				return
			}
			key := lkey(l)
			if !first && key <= last {
				fail(fmt.Errorf("merge: left key %q after %q: not sorted, or twice", key, last))
				return
			}
			first, last = false, key
			g := Group[L, R]{Left: l}
			for rights.ok && rights.at == key {
				g.Right = append(g.Right, rights.value)
				if err := rights.advance(); err != nil {
					fail(err)
					return
				}
			}
			if rights.ok && rights.at < key {
				fail(fmt.Errorf("merge: right key %q has no left record (next left key is %q): not sorted, "+
					"or an orphan", rights.at, key))
				return
			}
			if !yield(g, nil) {
				return
			}
		}
		if rights.ok {
			fail(fmt.Errorf("merge: right key %q has no left record (the left side ended): not sorted, or an orphan",
				rights.at))
		}
	}
}

// sorted is a pulled sequence with its present record, checking the order.
type sorted[R any] struct {
	next  func() (R, error, bool)
	key   func(R) string
	value R
	at    string
	ok    bool
}

func (s *sorted[R]) advance() error {
	had, last := s.ok, s.at
	v, err, more := s.next()
	if err != nil {
		return err
	}
	if s.ok = more; !more {
		return nil
	}
	s.value, s.at = v, s.key(v)
	if had && s.at < last {
		return fmt.Errorf("merge: right key %q after %q: not sorted", s.at, last)
	}
	return nil
}
