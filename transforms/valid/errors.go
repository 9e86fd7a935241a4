package valid

import "decoy/transforms/syntax"

// syntaxError is one ERROR or MISSING node of a window.
type syntaxError struct {
	kind       string
	start, end int
}

// errorsOf lists the ERROR and MISSING nodes of a window. A missing node has the
// kind of what is missing and no length.
func errorsOf(f *syntax.Facts) []syntaxError {
	var out []syntaxError
	if !f.Tree.Broken(0) {
		return nil
	}
	for n := range f.Tree.Len() {
		if f.Tree.IsError(n) {
			kind := f.Tree.Kind(n)
			if kind != "ERROR" {
				kind = "MISSING " + kind
			}
			out = append(out, syntaxError{kind, f.Tree.Start(n), f.Tree.End(n)})
		}
	}
	return out
}

// newError is the first error of the changed window that the golden's lacks. The
// places of the golden's errors are moved as the changes move them; an error whose
// end lies inside a change has no place any more.
func newError(golden, changed []syntaxError, runs []run) (syntaxError, bool) {
	old := map[syntaxError]int{}
	for _, e := range golden {
		start, ok := moved(e.start, runs)
		end, ok2 := moved(e.end, runs)
		if ok && ok2 {
			old[syntaxError{e.kind, start, end}]++
		}
	}
	for _, e := range changed {
		if old[e] == 0 {
			return e, true
		}
		old[e]--
	}
	return syntaxError{}, false
}

// moved is where a place of the golden's window is in the changed one.
func moved(at int, runs []run) (int, bool) {
	by := 0
	for _, r := range runs {
		if at <= r.goldStart {
			break
		}
		if at < r.goldEnd {
			return 0, false
		}
		by = r.end - r.goldEnd
	}
	return at + by, true
}
