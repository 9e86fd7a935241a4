package main

import (
	"slices"
	"strings"
	"testing"
)

func TestWide(t *testing.T) {
	text := strings.Repeat("x", 120) + "\n" + strings.Repeat("x", 121) + "\r\n" +
		strings.Repeat("\t", 30) + "\n" + strings.Repeat("\t", 30) + "x\n" + strings.Repeat("é", 120) + "\n" +
		strings.Repeat("é", 121)
	if got, want := wide([]byte(text)), []int{2, 4, 6}; !slices.Equal(got, want) {
		t.Errorf("lines %v, want %v", got, want)
	}
}

func TestCompare(t *testing.T) {
	list, err := parse(format(map[string]int{"a.go": 2, "b.go": 1}))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		found map[string]int
		want  string // in the error, "" for none
	}{
		"as listed": {map[string]int{"a.go": 2, "b.go": 1}, ""},
		"one more":  {map[string]int{"a.go": 3, "b.go": 1}, "a.go has 3 lines wider"},
		"a new one": {map[string]int{"a.go": 2, "b.go": 1, "c.go": 1}, "c.go has 1 lines wider"},
		"one less":  {map[string]int{"a.go": 2}, "b.go has 0 wide lines"},
	} {
		err := compare(c.found, list)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	for _, bad := range []string{"a.go", "a.go x", "a.go 0"} {
		if _, err := parse([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
