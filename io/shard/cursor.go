package shard

import "iter"

// Cursor walks a file that is sorted by key beside another one: Of returns the
// records of one key. Keys must be asked for in ascending order; those in between
// are passed over.
type Cursor[T any] struct {
	next func() (T, error, bool)
	// Stop ends the reading.
	Stop func()
	key  func(T) string
	head *T
}

// NewCursor is a cursor before the first record of in. The caller calls Stop.
func NewCursor[T any](in iter.Seq2[T, error], key func(T) string) *Cursor[T] {
	next, stop := iter.Pull2(in)
	return &Cursor[T]{next: next, Stop: stop, key: key}
}

// Of is the records of a key.
func (c *Cursor[T]) Of(key string) ([]T, error) {
	var out []T
	for {
		if c.head == nil {
			v, err, ok := c.next()
			if err != nil {
				return nil, err
			}
			if !ok {
				return out, nil
			}
			c.head = &v
		}
		switch k := c.key(*c.head); {
		case k > key:
			return out, nil
		case k == key:
			out = append(out, *c.head)
		}
		c.head = nil
	}
}
