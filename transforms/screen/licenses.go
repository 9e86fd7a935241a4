package screen

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/google/licensecheck"
)

// MinCoverage is the percentage of a licence file's words that must belong to a
// known licence.
const MinCoverage = 75

// pointerBytes is the size up to which a file without a licence text is a remark
// about the others.
const pointerBytes = 1024

// licenseFile is one licence file of a folder.
type licenseFile struct {
	path   string
	named  bool // for a licence: LICENSE-MIT
	listed bool // in the folder's licenses/
	text   licenseText
}

// licenseText is what licensecheck finds in a text.
type licenseText struct {
	ids     []string // in the order of the text, each once
	percent float64
	bytes   int
}

// Licenses answers for the licence of each file of one archive. All licence files
// must be added before the first question. Safe for concurrent questions.
type Licenses struct {
	folders map[string][]licenseFile
	texts   map[[sha256.Size]byte]licenseText

	mu       sync.Mutex
	verdicts map[string]verdict // by folder, all above included
}

// NewLicenses returns the answers for an archive without licence files.
func NewLicenses() *Licenses {
	return &Licenses{
		folders:  map[string][]licenseFile{},
		texts:    map[[sha256.Size]byte]licenseText{},
		verdicts: map[string]verdict{},
	}
}

// Add takes in a licence file; a file that is none is ignored. The order of calls
// does not matter.
func (l *Licenses) Add(filePath string, data []byte) {
	f, folder, ok := splitLicenseFile(filePath)
	if !ok {
		return
	}
	sum := sha256.Sum256(data)
	if f.text, ok = l.texts[sum]; !ok {
		f.text = scan(data)
		l.texts[sum] = f.text
	}
	l.folders[folder] = append(l.folders[folder], f)
	clear(l.verdicts)
}

func scan(data []byte) licenseText {
	cover := licensecheck.Scan(data)
	t := licenseText{percent: cover.Percent, bytes: len(data)}
	for _, links := range []bool{false, true} {
		for _, m := range cover.Match {
			if m.IsURL == links && !slices.Contains(t.ids, m.ID) {
				t.ids = append(t.ids, m.ID)
			}
		}
		// A link counts only where no text does: licence texts quote links.
		if len(t.ids) > 0 {
			break
		}
	}
	return t
}

// For returns the SPDX expression of a file's licence, or the reason why the file
// may not be used. header is the beginning of the file, or all of it.
func (l *Licenses) For(filePath string, header []byte) (spdx, reason, detail string) {
	v := headVerdict(header)
	if !v.found {
		folder := path.Dir(filePath)
		if folder == "." {
			folder = ""
		}
		l.mu.Lock()
		v = l.upTo(folder)
		l.mu.Unlock()
	}
	switch {
	case !v.found:
		return "", NoLicense, "no licence file from the root to the file's folder, and none in its head"
	case v.reason != "":
		return "", v.reason, v.detail
	}
	return v.expr.String(), "", ""
}

// verdict is what the texts of a folder or the head of a file say.
type verdict struct {
	found  bool
	expr   expression // where reason is ""
	reason string
	detail string
}

// upTo joins a folder's verdict with those above: the first refusal from the root
// stands, else the nearest expression.
func (l *Licenses) upTo(folder string) verdict {
	if v, ok := l.verdicts[folder]; ok {
		return v
	}
	v := l.of(folder)
	if folder != "" {
		parent, _ := path.Split(folder)
		above := l.upTo(strings.TrimSuffix(parent, "/"))
		if above.reason != "" || !v.found {
			v = above
		}
	}
	l.verdicts[folder] = v
	return v
}

// of is the verdict of one folder's own files.
func (l *Licenses) of(folder string) verdict {
	files := slices.Clone(l.folders[folder])
	slices.SortFunc(files, func(a, b licenseFile) int { return cmp.Compare(a.path, b.path) })
	files = prefer(files, func(f licenseFile) bool { return !f.listed })
	files = prefer(files, func(f licenseFile) bool { return len(f.text.ids) > 0 || f.text.bytes > pointerBytes })
	choice := len(files) > 1 && !slices.ContainsFunc(files, func(f licenseFile) bool { return !f.named || f.listed })
	var kept []expression
	var refused []verdict
	for _, f := range files {
		if v := f.verdict(); v.reason != "" {
			refused = append(refused, v)
		} else {
			kept = append(kept, v.expr)
		}
	}
	switch {
	case len(files) == 0:
		return verdict{}
	case choice && len(kept) > 0:
		slices.SortStableFunc(kept, func(a, b expression) int { return cmp.Compare(rank(a), rank(b)) })
		return verdict{found: true, expr: join("OR", kept...)}
	case len(refused) > 0:
		// What is known to forbid says more than what is not understood.
		return prefer(refused, func(v verdict) bool { return v.reason == LicenseNotPermissive })[0]
	}
	return verdict{found: true, expr: join("AND", kept...)}
}

// rank is the place of an expression's first id in Permissive.
func rank(e expression) int {
	for e.op != "" {
		e = e.parts[0]
	}
	return slices.Index(Permissive, e.id)
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

func (f licenseFile) verdict() verdict {
	name := path.Base(f.path)
	if f.text.percent < MinCoverage || len(f.text.ids) == 0 {
		return verdict{found: true, reason: LicenseUnclear, detail: fmt.Sprintf(
			"%s: %.0f %% of the text are a known licence (%s), %d %% are needed",
			name, f.text.percent, cmp.Or(strings.Join(f.text.ids, ", "), "none"), MinCoverage)}
	}
	var parts []expression
	for _, name := range f.text.ids {
		parts = append(parts, id(name))
	}
	e := join("AND", parts...)
	kept, ok := e.permissive()
	if !ok {
		return verdict{found: true, reason: LicenseNotPermissive, detail: name + ": " + clip(e.String(), 200)}
	}
	return verdict{found: true, expr: kept}
}
