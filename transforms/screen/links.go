package screen

import (
	"cmp"
	"path"
	"regexp"
	"strings"
)

// maxHops is how many links a path may go through, as ELOOP bounds it in Linux.
const maxHops = 40

// maxLinks bounds the links of one archive that are remembered.
const maxLinks = 100_000

// barePath matches the content of a file that was a link before a system without links
// wrote it.
var barePath = regexp.MustCompile(`^[\w./@+-]*[./][\w./@+-]*$`)

// AddLink takes in a link of the archive: its path and what it names, relative to its
// folder, or from the root where it begins with a slash.
func (l *Licenses) AddLink(filePath, target string) {
	if len(l.links) < maxLinks || IsEvidence(filePath) {
		l.links[filePath] = target
	}
}

// resolve follows links to the path of a file. It is not ok for loops and for what
// leaves the archive.
func (l *Licenses) resolve(filePath string) (string, bool) {
	rest, at := filePath, ""
	for hops := 0; rest != ""; {
		part, behind, _ := strings.Cut(rest, "/")
		rest = behind
		switch part {
		case "", ".":
			continue
		case "..":
			if at == "" {
				return "", false
			}
			at = folderOf(at)
			continue
		}
		next := path.Join(at, part)
		target, ok := l.links[next]
		if !ok {
			at = next
			continue
		}
		if hops++; hops > maxHops || target == "" || len(rest) > 1<<16 {
			return "", false
		}
		if strings.HasPrefix(target, "/") {
			at = ""
		}
		rest = target + "/" + rest
	}
	return at, at != ""
}

// Wanted lists the files that are to be read for links and for manifests that name
// them, each once; Refer takes them in. It is empty when nothing is left to read.
func (l *Licenses) Wanted() []string {
	var out []string
	want := func(filePath string) {
		if to, ok := l.resolve(filePath); ok && !l.asked[to] {
			l.asked[to] = true
			out = append(out, to)
		}
	}
	for from := range l.links {
		if IsEvidence(from) && !l.taken[from] {
			want(from)
		}
	}
	for folder, all := range l.manifests {
		for _, m := range all {
			for at := folder; m.refers != ""; at = folderOf(at) {
				if name := path.Join(at, m.refers); !strings.HasPrefix(name, "..") {
					if to, ok := l.resolve(name); ok {
						if _, read := l.read[to]; read {
							break
						}
					}
					want(name)
				}
				if at == "" {
					break
				}
			}
		}
	}
	return out
}

// Refer takes in a file that Wanted named.
func (l *Licenses) Refer(filePath string, data []byte) {
	l.read[filePath] = scan(data)
	for from := range l.links {
		if to, ok := l.resolve(from); ok && to == filePath && IsEvidence(from) && !l.taken[from] {
			l.taken[from] = true
			l.AddEvidence(from, data)
		}
	}
	clear(l.answers)
}

// Close ends the taking in: what would tell of licences and is a link to nothing makes
// unclear what it would speak for.
func (l *Licenses) Close() {
	for from, target := range l.links {
		if l.taken[from] {
			continue
		}
		l.taken[from] = true
		f, folder, ok := splitLicenseFile(from)
		f.path, f.lost = from, cmp.Or(target, "a path outside of the archive")
		covered, sidecar := strings.CutSuffix(from, sidecarSuffix)
		switch {
		case ok:
			l.folders[folder] = append(l.folders[folder], f)
		case sidecar && isReuse(from):
			l.sidecars[covered] = f.verdict()
		case from == reuseDep5:
			l.manifests[""] = append(l.manifests[""], manifest{path: from, said: f.verdict()})
		case isReuse(from), IsManifest(from) && prose(path.Base(from)) == nil: // a README permits nothing
			folder = folderOf(from)
			l.manifests[folder] = append(l.manifests[folder], manifest{path: from, said: f.verdict()})
		}
	}
	clear(l.answers)
}

// referred is the verdict on a text that a manifest names as its licence.
func (l *Licenses) referred(folder, name string) verdict {
	for at := folder; ; at = folderOf(at) {
		if to, ok := l.resolve(path.Join(at, name)); ok && !strings.HasPrefix(path.Join(at, name), "..") {
			if text, read := l.read[to]; read {
				return licenseFile{path: to, text: text}.verdict()
			}
		}
		if at == "" {
			break
		}
	}
	return verdict{found: true, reason: LicenseUnclear,
		detail: "names " + clip(name, 80) + ", which the archive does not hold"}
}
