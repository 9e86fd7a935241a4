package pipelines

import "iter"

// cursor walks a file that is sorted by key beside another one: of returns the
// records of one key. Keys must be asked for in ascending order; those in between
// are passed over.
type cursor[T any] struct {
	next func() (T, error, bool)
	stop func()
	key  func(T) string
	head *T
}

func newCursor[T any](in iter.Seq2[T, error], key func(T) string) *cursor[T] {
	next, stop := iter.Pull2(in)
	return &cursor[T]{next: next, stop: stop, key: key}
}

func (c *cursor[T]) of(key string) ([]T, error) {
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
