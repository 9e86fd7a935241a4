package archives

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"net/textproto"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Files at the root of a package that say what it is.
const (
	pkgInfo      = "PKG-INFO"             // a Python source distribution (PEP 517, 643)
	cargoToml    = "Cargo.toml"           // a crate,
	cargoVCSInfo = ".cargo_vcs_info.json" // and the commit that cargo package saw
	packageJSON  = "package.json"         // an npm package
)

// maxManifestBytes bounds a manifest that is read for its name.
const maxManifestBytes = 1 << 20

// manifests are the package files of an archive's first folder.
type manifests struct {
	folder string
	data   map[string][]byte
}

// add keeps an item that is one of them.
func (m *manifests) add(clean string, it item) error {
	folder, base := path.Split(clean)
	if !slices.Contains([]string{pkgInfo, cargoToml, cargoVCSInfo, packageJSON}, base) ||
		strings.Count(folder, "/") != 1 || it.size > maxManifestBytes {
		return nil
	}
	if m.data == nil {
		m.folder, m.data = folder, map[string][]byte{}
	}
	if _, twice := m.data[base]; twice || folder != m.folder {
		return nil
	}
	data, err := it.read()
	if e := (*entryError)(nil); errors.As(err, &e) {
		return nil
	}
	if err != nil {
		return err
	}
	m.data[base] = data
	return nil
}

// identity is what the manifests say of an archive whose files all lie in root. A
// Rust extension of a Python package has a Cargo.toml too, but a crate never has a
// PKG-INFO.
func (m *manifests) identity(root string) Identity {
	if m.data == nil || m.folder != root+"/" {
		return Identity{}
	}
	for _, of := range []func(string) Identity{m.sdist, m.crate, m.npm} {
		if id := of(root); id.Repo != "" {
			return id
		}
	}
	return Identity{}
}

var (
	packageName    = regexp.MustCompile(`^[A-Za-z0-9@_][A-Za-z0-9@._~/-]{0,213}$`)
	packageVersion = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.+!_-]{0,127}$`)
	separators     = regexp.MustCompile(`[-_.]+`)
)

func packageIdentity(kind, name, version string) Identity {
	if !packageName.MatchString(name) || !packageVersion.MatchString(version) {
		return Identity{}
	}
	return Identity{Repo: kind + ":" + name, Commit: version}
}

// sdist reads the headers of PKG-INFO. Names are compared as PEP 503 does.
func (m *manifests) sdist(root string) Identity {
	// A header that breaks off gives those before it.
	h, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(m.data[pkgInfo]))).ReadMIMEHeader()
	plain := func(s string) string { return strings.ToLower(separators.ReplaceAllString(s, "-")) }
	name := plain(h.Get("Name"))
	if name == "" || !strings.HasPrefix(plain(root), name+"-") {
		return Identity{}
	}
	return packageIdentity("pypi", name, h.Get("Version"))
}

// crate takes the commit, unless the folder had changes that are in no commit.
func (m *manifests) crate(root string) Identity {
	var c struct {
		Package struct{ Name, Version string }
	}
	if toml.Unmarshal(m.data[cargoToml], &c) != nil || root != c.Package.Name+"-"+c.Package.Version {
		return Identity{}
	}
	id := packageIdentity("cargo", c.Package.Name, c.Package.Version)
	var vcs struct {
		Git struct {
			SHA1  string
			Dirty bool
		}
	}
	if id.Repo != "" && json.Unmarshal(m.data[cargoVCSInfo], &vcs) == nil && isCommit(vcs.Git.SHA1) && !vcs.Git.Dirty {
		id.Commit = vcs.Git.SHA1
	}
	return id
}

// npm believes a package.json where npm pack put it, in the folder "package", and in
// a folder of the package's own name, which some publishers use.
func (m *manifests) npm(root string) Identity {
	var p struct{ Name, Version string }
	data := bytes.TrimPrefix(m.data[packageJSON], []byte("\ufeff"))
	if json.Unmarshal(data, &p) != nil || root != "package" && root != path.Base(p.Name) {
		return Identity{}
	}
	return packageIdentity("npm", p.Name, p.Version)
}
