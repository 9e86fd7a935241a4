package valid

import (
	"fmt"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// serves checks that all that changed serves one error of type typ. runs are in
// the coordinates of the golden's and the text's window.
func serves(typ string, golden, text *syntax.Facts, runs []run) (reason, detail string) {
	if len(runs) == 0 {
		return RejectSame, "no token differs"
	}
	cover := run{goldStart: runs[0].goldStart, goldEnd: runs[len(runs)-1].goldEnd, start: runs[0].start, end: runs[len(runs)-1].end}
	switch typ {
	case schemas.TypeImport:
		if !inImport(golden, cover.goldStart, cover.goldEnd) || !inImport(text, cover.start, cover.end) {
			return RejectWrongType, "the change is not inside one import statement"
		}
		return "", ""
	case schemas.TypeParameter:
		if call := argumentsAround(text, cover.start, cover.end); call < 0 || argumentsAround(golden, cover.goldStart, cover.goldEnd) < 0 {
			return RejectWrongType, "the change is not inside the argument list of one call"
		}
		return "", ""
	}
	if len(runs) > 1 {
		return RejectCollateral, fmt.Sprintf("%d separate changes", len(runs))
	}
	switch typ {
	case schemas.TypeMethod:
		if !inCalledName(text, cover.start, cover.end) || !inCalledName(golden, cover.goldStart, cover.goldEnd) {
			return RejectWrongType, "the change is not in the name of what is called"
		}
	case schemas.TypeUndefinedVariable:
		if !readsNewName(golden, text, cover) {
			return RejectWrongType, "no bare identifier that the golden lacks is read in the change"
		}
	default:
		return RejectWrongType, "unknown type " + typ
	}
	return "", ""
}

func inImport(f *syntax.Facts, start, end int) bool {
	for i := range f.Imports {
		if im := &f.Imports[i]; im.Start <= start && end <= im.End {
			return true
		}
	}
	return false
}

// argumentsAround is the innermost call whose argument list holds [start, end).
func argumentsAround(f *syntax.Facts, start, end int) int {
	best := -1
	for i := range f.Calls {
		c := &f.Calls[i]
		if c.ArgsStart < c.ArgsEnd && c.ArgsStart <= start && end <= c.ArgsEnd && (best < 0 || c.End-c.Start < f.Calls[best].End-f.Calls[best].Start) {
			best = i
		}
	}
	return best
}

// inCalledName reports whether [start, end) lies in the name that a call calls, at
// any depth of the golden.
func inCalledName(f *syntax.Facts, start, end int) bool {
	for i := range f.Calls {
		c := &f.Calls[i]
		if c.NameStart <= start && end <= c.NameEnd {
			return true
		}
	}
	return false
}

// readsNewName reports whether a bare identifier stands in the change that does not
// stand in what it replaced.
func readsNewName(golden, text *syntax.Facts, change run) bool {
	old := map[string]bool{}
	for i := range golden.Refs {
		if r := &golden.Refs[i]; change.goldStart <= r.Start && r.End <= change.goldEnd {
			old[r.Name] = true
		}
	}
	for i := range text.Refs {
		r := &text.Refs[i]
		if r.Start < change.end && change.start < r.End && !old[r.Name] && !r.Called {
			return true
		}
	}
	return false
}
