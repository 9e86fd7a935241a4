package curate

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"decoy/schemas"
)

// RepoFiles is a repository with its files by content. Languages are those that it
// has rows in.
type RepoFiles struct {
	Repo      string
	Languages []schemas.Language
	Files     []FileKey
}

// FileKey is one file: a hash of its content, and its size in bytes.
type FileKey struct {
	Hash uint64
	Size int64
}

// Group is a set of repositories that must stay in one split. ID is its smallest
// repository's name, OwnerKey its smallest owner key, which decides the split.
type Group struct {
	ID        string             `json:"id"`
	OwnerKey  string             `json:"owner_key"`
	Repos     []string           `json:"repos"`
	Languages []schemas.Language `json:"languages"`
}

const (
	minSharedFiles = 5    // this many common files weld two repositories,
	minSharedShare = 0.10 // or this share of the smaller one's files
	minFileBytes   = 200  // smaller files are nobody's mark
	maxFileRepos   = 50   // content in more repositories than this is common property
)

var (
	revisionSuffix = regexp.MustCompile(`-[0-9a-f]{7,40}$`)
	versionSuffix  = regexp.MustCompile(`-v?[0-9]+(\.[0-9]+)+[0-9A-Za-z.+-]*$`)
	majorSuffix    = regexp.MustCompile(`[./]v[0-9]+$`)
)

// ModuleKey is a repository's name without its version: the major version at the
// end of a Go module's path ("/v2", ".v3"), and the revision or release at the end
// of an archive's root folder ("-3.0.1", "-1f3e9ab"). A suffix of hex digits counts
// as a revision only where one of them is a decimal digit ("-defaced" is a name).
func ModuleKey(repo string) string {
	k := strings.ToLower(strings.TrimSuffix(repo, ".git"))
	if loc := revisionSuffix.FindStringIndex(k); loc != nil && strings.ContainsAny(k[loc[0]:], "0123456789") {
		k = k[:loc[0]]
	}
	k = versionSuffix.ReplaceAllString(k, "")
	return majorSuffix.ReplaceAllString(k, "")
}

// OwnerKey is who a repository belongs to, by its name:
//
//	github.com/OWNER/NAME/…   github.com/owner    a host (it has a dot) and one part
//	golang.org/x/NAME         golang.org/x        the same rule
//	cloud.google.com/go/NAME  cloud.google.com/go the same rule
//	OWNER/NAME                owner
//	NAME, owner-name-SHA      the module key: nothing more can be read from it
//
// Names are compared without case, as code hosts do.
func OwnerKey(repo string) string {
	k := ModuleKey(repo)
	parts := strings.Split(k, "/")
	switch {
	case len(parts) >= 2 && strings.Contains(parts[0], "."):
		return parts[0] + "/" + parts[1]
	case len(parts) == 2:
		return parts[0]
	}
	return k
}

// Groups welds repositories that belong together: one owner, versions of one
// module, or shared content (see the package comment). Every repository of the
// input is in the result; groups are sorted by id.
//
// Shared content costs at most 50 · 49 / 2 pairs a file; a map entry a pair of
// repositories that share anything must fit in memory.
func Groups(repos []RepoFiles) []Group {
	rs := mergeRepos(repos)
	u := newUnion(len(rs))
	weldNames(rs, u)
	weldShared(rs, u)
	return groupsOf(rs, u)
}

// weldNames joins repositories of one owner and versions of one module.
func weldNames(rs []RepoFiles, u union) {
	byKey := map[string]int{}
	for i, r := range rs {
		for _, k := range []string{"module " + ModuleKey(r.Repo), "owner " + OwnerKey(r.Repo)} {
			if j, ok := byKey[k]; ok {
				u.join(i, j)
			} else {
				byKey[k] = i
			}
		}
	}
}

// groupsOf are the groups of repositories that are sorted by name.
func groupsOf(rs []RepoFiles, u union) []Group {
	groups := map[int]*Group{}
	for i, r := range rs { // rs is sorted: the first repository is the id
		g := groups[u.root(i)]
		if g == nil {
			g = &Group{ID: r.Repo, OwnerKey: OwnerKey(r.Repo)}
			groups[u.root(i)] = g
		}
		g.OwnerKey = min(g.OwnerKey, OwnerKey(r.Repo))
		g.Repos = append(g.Repos, r.Repo)
		g.Languages = append(g.Languages, r.Languages...)
	}
	out := make([]Group, 0, len(groups))
	for _, g := range groups {
		slices.Sort(g.Languages)
		g.Languages = slices.Compact(g.Languages)
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b Group) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// mergeRepos sorts repositories, joins rows of one repository, and keeps of each
// the distinct files that count.
func mergeRepos(repos []RepoFiles) []RepoFiles {
	sorted := slices.Clone(repos)
	slices.SortStableFunc(sorted, func(a, b RepoFiles) int { return cmp.Compare(a.Repo, b.Repo) })
	var out []RepoFiles
	for _, r := range sorted {
		if len(out) == 0 || out[len(out)-1].Repo != r.Repo {
			out = append(out, RepoFiles{Repo: r.Repo})
		}
		o := &out[len(out)-1]
		o.Languages = append(o.Languages, r.Languages...)
		for _, f := range r.Files {
			if f.Size >= minFileBytes {
				o.Files = append(o.Files, f)
			}
		}
	}
	for i := range out {
		f := out[i].Files
		slices.SortFunc(f, func(a, b FileKey) int { return cmp.Compare(a.Hash, b.Hash) })
		out[i].Files = slices.CompactFunc(f, func(a, b FileKey) bool { return a.Hash == b.Hash })
	}
	return out
}

// weldShared joins repositories that share enough files.
func weldShared(rs []RepoFiles, u union) {
	holders := map[uint64][]int32{}
	for i, r := range rs {
		for _, f := range r.Files {
			if h := holders[f.Hash]; len(h) <= maxFileRepos {
				holders[f.Hash] = append(h, int32(i))
			}
		}
	}
	shared := map[[2]int32]int{}
	for _, h := range holders {
		if len(h) > maxFileRepos {
			continue
		}
		for i := range h {
			for _, b := range h[i+1:] {
				if u.root(int(h[i])) != u.root(int(b)) {
					shared[[2]int32{h[i], b}]++
				}
			}
		}
	}
	weldPairs(shared, func(i int32) int { return len(rs[i].Files) }, u)
}

// weldPairs joins the pairs that share enough of the files of the smaller one.
func weldPairs(shared map[[2]int32]int, files func(int32) int, u union) {
	for p, n := range shared {
		smaller := min(files(p[0]), files(p[1]))
		if n >= minSharedFiles || float64(n) >= minSharedShare*float64(smaller) {
			u.join(int(p[0]), int(p[1]))
		}
	}
}

// union is a union-find forest.
type union []int

func newUnion(n int) union {
	u := make(union, n)
	for i := range u {
		u[i] = i
	}
	return u
}

func (u union) root(i int) int {
	for u[i] != i {
		u[i] = u[u[i]]
		i = u[i]
	}
	return i
}

// join makes the smaller root the root of both.
func (u union) join(i, j int) {
	i, j = u.root(i), u.root(j)
	u[max(i, j)] = min(i, j)
}
