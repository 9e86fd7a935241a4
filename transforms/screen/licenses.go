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
// and manifests must be added before the first question. Safe for concurrent
// questions.
type Licenses struct {
	folders   map[string][]licenseFile
	texts     map[[sha256.Size]byte]licenseText
	manifests map[string][]manifest // by folder
	stated    *verdict              // stands for all of them

	mu      sync.Mutex
	answers map[string]answer // by folder, all above included
}

// answer is what the licence files and the manifests of folders say.
type answer struct{ files, manifests verdict }

// NewLicenses returns the answers for an archive without licence files.
func NewLicenses() *Licenses {
	return &Licenses{
		folders:   map[string][]licenseFile{},
		texts:     map[[sha256.Size]byte]licenseText{},
		manifests: map[string][]manifest{},
		answers:   map[string]answer{},
	}
}

// Stated returns the answers for files of which a data set states the licence. What
// is added is not asked; "" is no licence.
func Stated(expression string) *Licenses {
	l := NewLicenses()
	v := statement(expression)
	switch {
	case strings.TrimSpace(expression) == "":
		v = verdict{found: true, reason: NoLicense, detail: "the data set states no licence, and the file's head holds none"}
	case !v.found:
		v = verdict{found: true, reason: LicenseUnclear, detail: "the data set states " + clip(expression, maxName)}
	case v.reason != "":
		v.detail = "the data set states " + v.detail
	}
	l.stated = &v
	return l
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
	clear(l.answers)
}

// AddManifest takes in a package manifest; a file that is none, or states no licence
// that is understood, is ignored. The order of calls does not matter.
func (l *Licenses) AddManifest(filePath string, data []byte) {
	m, ok := readManifest(filePath, data)
	if !ok {
		return
	}
	folder := folderOf(filePath)
	l.manifests[folder] = append(l.manifests[folder], m)
	clear(l.answers)
}

// folderOf is the folder of a path, "" at the root.
func folderOf(filePath string) string {
	folder, _ := path.Split(filePath)
	return strings.TrimSuffix(folder, "/")
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
	switch {
	case v.found:
	case l.stated != nil:
		v = *l.stated
	default:
		l.mu.Lock()
		v = l.upTo(folderOf(filePath)).verdict()
		l.mu.Unlock()
	}
	switch {
	case !v.found:
		return "", NoLicense, "no licence file or manifest that states one from the root to the file's folder, and none in its head"
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
	a := answer{l.of(folder), l.said(folder)}
	if folder != "" {
		above := l.upTo(folderOf(folder))
		a = answer{a.files.below(above.files), a.manifests.below(above.manifests)}
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
		if m.inherits {
			v = l.workspace(folder)
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
