package demo

import (
	"fmt"
	"github.com/x/y/v2"
	. "os"
	st "strings"
)

type Store struct {
	*Base
	m    map[string]int
	A, B int
}

type Doer interface {
	Do(x int, ys ...string) error
}

type ID string

const K = 3

func New(a, b int, opts ...Option) (*Store, error) { return &Store{m: nil}, nil }

func (s *Store) Get(key string) int {
	x := Store{A: 1}
	y, err := New(1, 2)
	for i, v := range s.m {
		fmt.Println(i, v, st.Join([]string{key}, ","), err, y)
	}
	if z := x.A; z > 1 {
		return f(func(q int) int { return q })(xs...)
	}
	switch t := any(x).(type) {
	case int:
		return t
	}
	var w, u Store = Store{}, Store{}
	return w.A + u.B
}
