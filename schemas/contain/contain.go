// Package contain keeps a failure inside of one record from ending anything else.
//
// A pure function over one file, one context or one verdict has no reason to fail: a
// panic in it is a fault of decoy's, and costs the build that record alone. [Do] turns
// the panic into a [Panic], an error with the place in decoy's code, and its caller
// makes a reject of it. It must run in the goroutine that panics, so every pool calls
// it in its goroutines.
//
// What is not contained: errors of the environment, which are values and not panics; a
// stack that is full, memory that is used up and faults in C, which end the process.
//
// # Functions that call back
//
// A reader of archives calls what its caller gave it. What panics in there is the
// caller's: [Reader.Outside] marks such a call, and Do lets its panic pass.
//
// # Faults for tests
//
// [At] names a step for tests, which let it panic by [Fault]. Nothing else can: a test
// must be at hand.
package contain

import (
	"fmt"
	"path"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
)

// Panic is what a function failed with. Place is the innermost place of ours, FOLDER/FILE.go:LINE
// from the module's root, Value what it panicked with, without addresses, and Stack the
// frames from the panic outwards, one a line, the same on every run.
type Panic struct {
	Place string
	Value string
	Stack string
}

// Error is the place and what happened there, on one line.
func (p *Panic) Error() string { return p.Place + ": " + p.Value }

// Do runs f and returns its error, or a *Panic if it panics.
func Do(f func() error) error { return new(Reader).Do(f) }

// Reader contains a function that calls back. Its zero value is ready; it is for one
// goroutine.
type Reader struct{ outside int }

// Outside runs f, a function of the caller's: its panics pass.
func (r *Reader) Outside(f func()) {
	r.outside++
	f()
	r.outside-- // not deferred: a panic must find it counted
}

// Do is [Do] for a function that may call Outside.
func (r *Reader) Do(f func() error) (err error) {
	defer func() {
		switch v := recover(); {
		case v == nil:
		case r.outside > 0:
			panic(v)
		default:
			err = newPanic(v)
		}
	}()
	return f()
}

const (
	module    = "decoy/"
	maxFrames = 64
	maxValue  = 300
)

var address = regexp.MustCompile(`0x[0-9a-fA-F]+`)

// newPanic reads the stack of the panic that is being recovered from.
func newPanic(v any) *Panic {
	pcs := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	p := &Panic{Value: text(v)}
	var lines []string
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if strings.HasPrefix(f.Function, "runtime.") {
			if f.Function == "runtime.gopanic" { // what is above recovered from it
				lines, p.Place = nil, ""
			}
			continue
		}
		if f.Function == module+"schemas/contain.(*Reader).Do" && p.Place != "" {
			break // what is below ran the function
		}
		at := place(f)
		lines = append(lines, f.Function+" "+at)
		if p.Place == "" && ours(f.Function) {
			p.Place = at
		}
	}
	p.Stack = strings.Join(lines, "\n")
	return p
}

// ours reports whether a function is decoy's, but for this package's.
func ours(function string) bool {
	return (strings.HasPrefix(function, module) || strings.HasPrefix(function, "main.")) &&
		!strings.HasPrefix(function, module+"schemas/contain.")
}

// place is a frame's file and line, from the root of the module if it is ours: where
// the sources lay when decoy was built is no part of it.
func place(f runtime.Frame) string {
	base := path.Base(f.File)
	folder, name := path.Split(f.Function)
	name, _, _ = strings.Cut(name, ".")
	return fmt.Sprintf("%s:%d", path.Join(strings.TrimPrefix(folder+name, module), base), f.Line)
}

// text is a panic's value for a record: short, on one line and without addresses.
func text(v any) string {
	s := strings.Join(strings.Fields(strings.ToValidUTF8(fmt.Sprint(v), "�")), " ")
	s = address.ReplaceAllString(s, "0x…")
	if len(s) > maxValue {
		s = strings.ToValidUTF8(s[:maxValue], "") + "…"
	}
	return s
}

// Here is the place that calls the function which calls Here.
func Here() string {
	pcs := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	f, _ := frames.Next()
	return place(f)
}

var fault atomic.Pointer[func(step, id string)]

// At names a step over the record id. Only a test makes anything of it.
func At(step, id string) {
	if f := fault.Load(); f != nil {
		(*f)(step, id)
	}
}

// Fault lets f be called at every step until the test ends.
func Fault(t interface{ Cleanup(func()) }, f func(step, id string)) {
	fault.Store(&f)
	t.Cleanup(func() { fault.Store(nil) })
}
