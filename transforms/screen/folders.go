package screen

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"decoy/schemas"
)

// answer is what the licence files and the manifests of folders say.
type answer struct {
	files, manifests verdict
	holders          map[string]bool // of the licence files
}

// verdict is what the texts of a folder or the head of a file say.
type verdict struct {
	found  bool
	expr   expression // what is known of it, also where reason refuses
	reason schemas.Reason
	detail string
	chose  bool // expr is some sides of an offered choice
	tagged bool // the file, its sidecar or an annotation says so
}

// verdict joins what both say: manifests can refuse, but do not heal a file.
func (a answer) verdict() verdict {
	if !a.files.found || a.files.reason == "" && a.manifests.reason != "" {
		return a.manifests
	}
	return a.files
}

// upTo joins a folder's answer with those above. A folder with nothing of its own has
// the answer of the one above it and is not remembered: there may be millions.
func (l *Licenses) upTo(folder string) answer {
	for folder != "" && len(l.folders[folder]) == 0 && len(l.manifests[folder]) == 0 {
		folder = folderOf(folder)
	}
	if a, ok := l.answers[folder]; ok {
		return a
	}
	a := answer{files: l.of(folder), manifests: l.said(folder), holders: map[string]bool{}}
	for _, f := range l.folders[folder] {
		maps.Copy(a.holders, f.text.holders)
	}
	if folder != "" {
		above := l.upTo(folderOf(folder))
		a.files, a.manifests = a.files.below(above.files), a.manifests.below(above.manifests)
		maps.Copy(a.holders, above.holders)
	}
	l.answers[folder] = a
	return a
}

// below joins a verdict with that of the folder above: the first refusal from the
// root stands, else the nearest expression.
func (v verdict) below(above verdict) verdict {
	if above.reason != "" || !v.found {
		return above
	}
	return v
}

// said is the verdict of one folder's own manifests.
func (l *Licenses) said(folder string) verdict {
	manifests := slices.Clone(l.manifests[folder])
	slices.SortFunc(manifests, func(a, b manifest) int { return cmp.Compare(a.path, b.path) })
	var all []verdict
	for _, m := range manifests {
		v := m.said
		switch {
		case m.inherits:
			v = l.workspace(folder)
		case m.refers != "" && v.reason == "":
			if r := l.referred(folder, m.refers); r.reason != "" || !v.found {
				v = r
			}
		}
		if v.reason != "" {
			v.detail = clip(m.path, maxName) + ": " + v.detail
		}
		if v.found {
			all = append(all, v)
		}
	}
	return allOf(all)
}

// workspace is the licence that the nearest workspace from a folder upwards states
// for its members.
func (l *Licenses) workspace(folder string) verdict {
	for {
		for _, m := range l.manifests[folder] {
			if m.workspace.found {
				return m.workspace
			}
		}
		if folder == "" {
			return verdict{}
		}
		folder = folderOf(folder)
	}
}

// of is the verdict of one folder's own files.
func (l *Licenses) of(folder string) verdict {
	files := slices.Clone(l.folders[folder])
	slices.SortFunc(files, func(a, b licenseFile) int { return cmp.Compare(a.path, b.path) })
	files = prefer(files, func(f licenseFile) bool { return !f.listed })
	files = prefer(files, func(f licenseFile) bool {
		return len(f.text.ids) > 0 || f.text.bytes > pointerBytes || f.text.beside != ""
	})
	choice := len(files) > 1 && !slices.ContainsFunc(files, func(f licenseFile) bool { return !f.named || f.listed })
	var kept []expression
	var refused []verdict
	forbids := false
	for _, f := range files {
		if v := f.verdict(); v.reason != "" {
			refused = append(refused, v)
			name := strings.ToLower(path.Base(f.path))
			forbids = forbids || v.reason == LicenseNotPermissive || namedForbidding.MatchString(name)
		} else {
			kept = append(kept, v.expr)
		}
	}
	switch {
	case len(files) == 0:
		return verdict{}
	case choice && len(kept) > 0 && (!forbids || l.statesChoice(folder)):
		slices.SortStableFunc(kept, func(a, b expression) int { return cmp.Compare(rank(a), rank(b)) })
		return verdict{found: true, expr: join("OR", kept...)}
	case len(refused) > 0:
		// What is known to forbid says more than what is not understood.
		v := prefer(refused, func(v verdict) bool { return v.reason == LicenseNotPermissive })[0]
		if choice && len(kept) > 0 {
			v.detail += "; no manifest or README states that the files beside it may be chosen"
		}
		return v
	}
	return verdict{found: true, expr: join("AND", kept...)}
}

// statesChoice reports whether a manifest or the README of a folder offers a choice of
// licences that has sides which are not permissive.
func (l *Licenses) statesChoice(folder string) bool {
	return slices.ContainsFunc(l.manifests[folder], func(m manifest) bool {
		return m.said.chose || m.inherits && l.workspace(folder).chose
	})
}

// rank is the place of an expression's first id in Permissive.
func rank(e expression) int {
	for e.Op != "" {
		e = e.Parts[0]
	}
	return slices.Index(Permissive, e.ID)
}

// prefer keeps the elements that are ok, or all where none is.
func prefer[T any](all []T, ok func(T) bool) []T {
	var some []T
	for _, v := range all {
		if ok(v) {
			some = append(some, v)
		}
	}
	if len(some) == 0 {
		return all
	}
	return some
}
