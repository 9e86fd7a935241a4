package screen

import (
	"cmp"
	"crypto/sha256"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/google/licensecheck"

	"decoy/schemas"
	"decoy/schemas/spdx"
)

// MinCoverage is the percentage of a licence file's words that must belong to a
// known licence, unless all the others are known to be harmless.
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
	lost   string // what it is a link to, where the archive does not hold that
}

// licenseText is what licensecheck finds in a text.
type licenseText struct {
	ids     []string // in the order of the text, each once
	percent float64
	bytes   int
	apart   []string        // folders that it takes out
	beside  string          // what stands beside them and is not known to be harmless
	holders map[string]bool // words of the names in its lines of copyright
}

// Terms are what a build asks of the licences of its inputs.
type Terms struct {
	// Any takes every file, under whatever licence; what is found is recorded.
	Any bool
	// Own is the expression that the owner of an archive states for all of its files.
	Own string
}

// Licenses answers for the licence of each file of one archive. All licence files,
// manifests and links must be added before the first question. Safe for concurrent
// questions.
type Licenses struct {
	terms       Terms
	folders     map[string][]licenseFile
	texts       map[[sha256.Size]byte]licenseText
	manifests   map[string][]manifest // by folder
	sidecars    map[string]verdict    // by the path that they speak for
	annotations map[string][]annotation
	attributes  Attributes
	stated      *verdict // stands for all of them

	links        map[string]string      // path to target
	read         map[string]licenseText // what links and manifests name, by path
	asked, taken map[string]bool

	mu      sync.Mutex
	answers map[string]answer // by folder, all above included
	heads   map[[sha256.Size]byte]headText
}

// NewLicenses returns the answers for an archive without licence files.
func NewLicenses() *Licenses {
	return &Licenses{
		folders: map[string][]licenseFile{}, texts: map[[sha256.Size]byte]licenseText{},
		manifests: map[string][]manifest{}, sidecars: map[string]verdict{}, annotations: map[string][]annotation{},
		links: map[string]string{}, read: map[string]licenseText{}, asked: map[string]bool{}, taken: map[string]bool{},
		answers: map[string]answer{}, heads: map[[sha256.Size]byte]headText{},
	}
}

// Under sets the terms and returns l.
func (l *Licenses) Under(t Terms) *Licenses {
	l.terms = t
	return l
}

// IsEvidence reports whether a path names a file that AddEvidence takes in.
func IsEvidence(filePath string) bool {
	return IsLicenseFile(filePath) || IsManifest(filePath) || isReuse(filePath) || path.Base(filePath) == attributesName
}

// AddEvidence takes in a file that tells of licences or, in .gitattributes, of what is
// generated. The order of calls does not matter.
func (l *Licenses) AddEvidence(filePath string, data []byte) {
	switch {
	case path.Base(filePath) == attributesName:
		l.attributes.Add(filePath, data)
	case isReuse(filePath):
		l.addReuse(filePath, data)
	case IsLicenseFile(filePath):
		if text := strings.TrimSpace(string(data)); len(text) < 300 && barePath.MatchString(text) {
			l.AddLink(filePath, text)
			return
		}
		l.Add(filePath, data)
	default:
		l.AddManifest(filePath, data)
	}
}

// Attributes is what .gitattributes say of a file.
func (l *Licenses) Attributes(filePath string) FileAttributes { return l.attributes.Of(filePath) }

// Stated returns the answers for files of which a data set states the licence. What
// is added is not asked; "" is no licence. Of several lines each states one, and all of
// them hold: one that forbids decides, and else one that is not understood.
func Stated(expression string) *Licenses {
	all := verdict{}
	for line := range strings.SplitSeq(strings.TrimSpace(expression), "\n") {
		v := statedLine(line)
		switch {
		case !all.found, all.reason == "" && v.reason != "",
			v.reason == LicenseNotPermissive && all.reason != LicenseNotPermissive:
			all = v
		case all.reason == "":
			all.expr = join("AND", all.expr, v.expr)
		}
	}
	l := NewLicenses()
	l.stated = &all
	return l
}

func statedLine(expression string) verdict {
	v := statement(expression)
	switch {
	case strings.TrimSpace(expression) == "":
		v = verdict{found: true, reason: NoLicense,
			detail: "the data set states no licence, and the file's head holds none"}
	case !v.found:
		v = verdict{found: true, reason: LicenseUnclear, detail: "the data set states " + clip(expression, maxName)}
	case v.reason != "":
		v.detail = "the data set states " + v.detail
	}
	return v
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
	l.read[filePath] = f.text
	clear(l.answers)
}

// AddManifest takes in a package manifest; a file that is none, or states no licence
// that is understood, is ignored. The order of calls does not matter.
func (l *Licenses) AddManifest(filePath string, data []byte) {
	m, ok := readManifest(filePath, data)
	if !ok {
		return
	}
	folder := manifestFolder(filePath)
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
	t := licenseText{percent: cover.Percent, bytes: len(data), holders: holders(string(data))}
	t.beside, t.apart = beside(data, cover.Match)
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
// may not be used. content is the file.
func (l *Licenses) For(filePath string, content []byte) (license string, reason schemas.Reason, detail string) {
	v := l.decide(filePath, readHead(content))
	switch {
	case l.terms.Own != "":
		own := v
		if own = ownTerms(l.terms.Own); v.tagged && v.expr.String() != "" {
			own.expr = join("AND", own.expr, v.expr)
		}
		return own.expr.String(), "", ""
	case l.terms.Any:
		return cmp.Or(v.expr.String(), Unknown), "", ""
	case !v.found:
		return "", NoLicense, "no licence file or manifest that states one from the root to the file's folder, " +
			"and none in its head"
	case v.reason != "":
		return "", v.reason, v.detail
	}
	return v.expr.String(), "", ""
}

// ownTerms is what the owner of an archive states for it.
func ownTerms(expression string) verdict {
	e, err := spdx.Parse(expression)
	if err != nil { // the recipe has been checked
		e = id(Unknown)
	}
	return verdict{found: true, expr: e}
}

// decide joins what the file, REUSE, and the folders say: the nearest that speaks of the
// file counts, and prose in its head that forbids refuses whatever else is said.
func (l *Licenses) decide(filePath string, h head) verdict {
	v := l.tagged(filePath, conjunction(h.marks))
	v.tagged = v.found
	notice := h.notice
	if !notice.found {
		notice = l.textOf(h)
	}
	if v.found && v.reason == "" && v.chose && notice.reason == LicenseNotPermissive {
		notice = verdict{} // the prose of the side that was not taken
	}
	if !v.found {
		v = l.around(filePath, h)
		if (!v.found || v.reason == NoLicense) && !notice.found {
			// A whole grant in the file's own head is the file's licence where nothing else is.
			if e := h.grant(); e.String() != "" {
				v = verdict{found: true, expr: e}
			}
		}
	}
	if v.reason == "" && notice.found {
		notice.expr, notice.tagged = expression{}, v.tagged // what it is, prose does not say
		return notice
	}
	return v
}

// around is the verdict of what stands around a file that says nothing of itself.
func (l *Licenses) around(filePath string, h head) verdict {
	if l.stated != nil {
		return *l.stated
	}
	l.mu.Lock()
	a := l.upTo(folderOf(filePath))
	l.mu.Unlock()
	v := a.verdict()
	if !v.found || v.reason != "" {
		return v
	}
	for folder := folderOf(filePath); ; folder = folderOf(folder) {
		for _, f := range l.folders[folder] {
			for _, apart := range f.text.apart {
				if strings.HasPrefix(filePath, path.Join(folder, apart)+"/") {
					return verdict{found: true, reason: LicenseRestricted,
						detail: f.path + " sets " + clip(apart, 80) + "/ apart"}
				}
			}
		}
		if folder == "" {
			break
		}
	}
	for _, f := range l.folders[""] {
		if name := textID(f.path); name != "" && !IsPermissive(name) {
			return verdict{found: true, reason: LicenseUnclear,
				detail: f.path + " is the licence of some files here, and this one does not tell its own"}
		}
	}
	if who := h.reservedBy(); len(who) > 0 && len(a.holders) > 0 && !shares(who, a.holders) {
		return verdict{found: true, expr: v.expr, reason: LicenseUnclear, detail: "its head reserves all rights for " +
			"somebody whom the licence files do not name, and grants none"}
	}
	return v
}
