package fim

import (
	"encoding/json"
	"path"
	"strings"

	"golang.org/x/mod/modfile"

	"decoy/schemas"
)

// Project are what verify needs of a file that is no source: that it is there,
// the name that it gives its folder, and what a project's settings give all of its files.
func Project(repo, p string, data []byte) []schemas.Symbol {
	there := schemas.SourceFile{Repo: repo, Path: p, Package: ManifestName(p, data)}
	return append([]schemas.Symbol{there.Symbol()}, Settings(repo, p, data)...)
}

// ManifestName is the name that a package manifest gives its folder: the module
// path of a go.mod, the name of a package.json or Cargo.toml. With nil data it
// only says, by a non-empty result, that a path is a manifest.
func ManifestName(p string, data []byte) string {
	read, ok := manifests[path.Base(p)]
	if !ok {
		return ""
	}
	if data == nil {
		return path.Base(p)
	}
	return read(data)
}

var manifests = map[string]func([]byte) string{
	"go.mod": modfile.ModulePath,
	"package.json": func(data []byte) string {
		var m struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(data, &m) != nil {
			return ""
		}
		return m.Name
	},
	"Cargo.toml": cargoPackage,
}

// cargoPackage reads name from the [package] table. A TOML parser would be right for
// more than this one key; Cargo writes it as a plain string on its own line.
func cargoPackage(data []byte) string {
	in := false
	for _, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			in = line == "[package]"
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if in && ok && strings.TrimSpace(key) == "name" {
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}
