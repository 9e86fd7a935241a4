package contain

import (
	"errors"
	"io"
	"strings"
	"testing"
)

type tree struct{ next *tree }

func (t *tree) deep(n int) *tree {
	if n == 0 {
		return t.next.next
	}
	return t.deep(n - 1)
}

func TestDoGivesThePlaceOfOurs(t *testing.T) {
	for name, c := range map[string]struct {
		f           func()
		value, head string
	}{
		"a nil pointer": {func() { (&tree{}).deep(3) }, "runtime error: invalid memory address or nil " +
			"pointer dereference", "decoy/schemas/contain.(*tree).deep"},
		"an index in the library": {func() { _ = strings.Repeat("x", -1) }, "strings: negative Repeat count",
			"strings.Repeat"},
		"an error": {func() { panic(io.EOF) }, "EOF", "decoy/schemas/contain."},
		"an address": {func() { panic("at 0xc000123456\nand more") }, "at 0x… and more",
			"decoy/schemas/contain."},
	} {
		t.Run(name, func(t *testing.T) {
			var texts []string
			for range 2 { // the same from any goroutine
				done := make(chan error)
				go func() { done <- Do(func() error { c.f(); return nil }) }()
				err := <-done
				var p *Panic
				if !errors.As(err, &p) {
					t.Fatalf("got %v", err)
				}
				if p.Value != c.value || !strings.HasPrefix(p.Stack, c.head) || strings.Contains(p.Stack, "0x") {
					t.Errorf("value %q, stack\n%s", p.Value, p.Stack)
				}
				texts = append(texts, p.Error()+p.Stack)
			}
			if texts[0] != texts[1] {
				t.Errorf("two runs:\n%s\n%s", texts[0], texts[1])
			}
		})
	}
}

// TestOurs: the frames of this package are none of a fault's.
func TestOurs(t *testing.T) {
	for function, want := range map[string]bool{
		"decoy/transforms/verify.pythonModule":        true,
		"decoy/pipelines.ordered[...].func1":          true,
		"decoy/schemas/contain.Do":                    false,
		"github.com/go-git/go-git/v5/plumbing.decode": false,
		"main.run": true,
	} {
		if got := ours(function); got != want {
			t.Errorf("%s: %v", function, got)
		}
	}
}

func TestErrorsAndCallersPanicsPass(t *testing.T) {
	if err := Do(func() error { return io.ErrUnexpectedEOF }); err != io.ErrUnexpectedEOF {
		t.Errorf("got %v", err)
	}
	defer func() {
		if recover() != "the caller's" {
			t.Error("a panic of a callback was taken for the reader's")
		}
	}()
	var r Reader
	_ = r.Do(func() error {
		r.Outside(func() {})
		r.Outside(func() { panic("the caller's") })
		return nil
	})
}

func TestReaderContainsWhatIsNotOutside(t *testing.T) {
	var r Reader
	err := r.Do(func() error {
		r.Outside(func() {})
		panic("the reader's")
	})
	if p := (*Panic)(nil); !errors.As(err, &p) || p.Value != "the reader's" {
		t.Errorf("got %v", err)
	}
}

func TestFaultEndsWithItsTest(t *testing.T) {
	t.Run("inner", func(t *testing.T) {
		Fault(t, func(step, id string) { panic(step + id) })
		if err := Do(func() error { At("a", "b"); return nil }); err == nil {
			t.Error("no fault")
		}
	})
	At("a", "b")
}
