package schemas

import (
	"cmp"
	"slices"
)

// CompareRejects orders rejects as their files are ordered.
func CompareRejects(a, b Reject) int {
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Type, b.Type),
		cmp.Compare(a.Generator, b.Generator), cmp.Compare(a.Detail, b.Detail))
}

// SortRejects sorts by CompareRejects.
func SortRejects(r []Reject) { slices.SortStableFunc(r, CompareRejects) }

// CompareVerdicts orders verdicts as their files are ordered.
func CompareVerdicts(a, b Verdict) int {
	return cmp.Or(cmp.Compare(a.ContextID, b.ContextID), cmp.Compare(OrEmpty(a.NegativeID), OrEmpty(b.NegativeID)),
		cmp.Compare(a.Judge, b.Judge))
}

// CompareSelected orders lines of a selection as their files are ordered.
func CompareSelected(a, b Selected) int {
	return cmp.Or(cmp.Compare(a.ContextID, b.ContextID), cmp.Compare(OrEmpty(a.NegativeID), OrEmpty(b.NegativeID)))
}

// OrEmpty is a string that may be null, "" where it is.
func OrEmpty[S ~string](s *S) S {
	if s == nil {
		return ""
	}
	return *s
}
