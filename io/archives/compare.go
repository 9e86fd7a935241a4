package archives

import "cmp"

// CompareSources is the order in which sources are read: of two files with one
// identity and path the one of the earlier source counts.
func CompareSources(a, b Source) int {
	return cmp.Or(cmp.Compare(a.Repo, b.Repo), cmp.Compare(a.Commit, b.Commit), cmp.Compare(a.SHA256, b.SHA256),
		cmp.Compare(a.Path, b.Path))
}
