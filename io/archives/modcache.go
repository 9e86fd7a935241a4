package archives

import (
	"errors"
	"fmt"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"decoy/schemas"
)

// SpecModuleCache names the module zips of the binary's own dependencies. With a
// colon and a module path behind it, it names those of that module and of modules
// below it: "module-cache:golang.org/x".
const SpecModuleCache = "module-cache"

// moduleSpec is the path behind the colon; ok = false where spec is of another
// kind.
func moduleSpec(spec string) (below string, ok bool) {
	name, below, _ := strings.Cut(spec, ":")
	return below, name == SpecModuleCache
}

// moduleZips finds the zips of cfg's modules in the module cache, those at or below
// a path where it is not "". A module without a zip is a reject; a cache without
// any is an error.
func moduleZips(cfg ResolveConfig, below string) ([]location, []schemas.Reject, error) {
	modules := cfg.Modules
	if modules == nil {
		modules = buildModules()
	}
	if len(modules) == 0 {
		return nil, nil, fmt.Errorf("archives %q: this binary's build information names no dependency; build it with "+
			"go build in module mode, or name archives by path", SpecModuleCache)
	}
	if below != "" {
		modules = slices.DeleteFunc(slices.Clone(modules), func(m module.Version) bool {
			return m.Path != below && !strings.HasPrefix(m.Path, below+"/")
		})
		if len(modules) == 0 {
			return nil, nil, fmt.Errorf("archives \"%s:%s\": no dependency of this binary is at or below that path; "+
				"go version -m BINARY lists them", SpecModuleCache, below)
		}
	}
	cache := cfg.ModuleCache
	if cache == "" {
		cache = moduleCache()
	}
	var zips []location
	var rejects []schemas.Reject
	for _, m := range modules {
		path, err := zipPath(cache, m)
		if err == nil {
			_, err = os.Stat(path)
		}
		switch {
		case err == nil:
			zips = append(zips, location{given: path, name: m.String()})
		case m.Version == "":
			rejects = append(rejects, newReject(m.Path, ModuleZipMissing, "replaced by a local folder, which has no "+
				"zip; pack the folder and name the archive"))
		case errors.Is(err, fs.ErrNotExist):
			rejects = append(rejects, newReject(m.String(), ModuleZipMissing, "not in the module cache; run: "+
				"go mod download "+m.String()))
		default:
			return nil, nil, fmt.Errorf("archives %q: module %s: %w", SpecModuleCache, m, err)
		}
	}
	if len(zips) == 0 {
		return nil, nil, fmt.Errorf("archives %q: the module cache %q holds the zip of none of %d modules; run go "+
			"mod download, or set GOMODCACHE to the cache that the build used", SpecModuleCache, cache, len(modules))
	}
	return zips, rejects, nil
}

// zipPath is where the go command keeps a module's zip. Upper-case letters are
// escaped with '!', for file systems that know no case.
func zipPath(cache string, m module.Version) (string, error) {
	path, err := module.EscapePath(m.Path)
	if err != nil {
		return "", err
	}
	version, err := module.EscapeVersion(m.Version)
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "cache", "download", filepath.FromSlash(path), "@v", version+".zip"), nil
}

// buildModules lists what this binary was built from, replacements in the place of
// what they replace.
func buildModules() []module.Version {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	var out []module.Version
	for _, d := range info.Deps {
		if d.Replace != nil {
			d = d.Replace
		}
		out = append(out, module.Version{Path: d.Path, Version: d.Version})
	}
	return out
}

// moduleCache is the go command's own default.
func moduleCache() string {
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir
	}
	if list := filepath.SplitList(build.Default.GOPATH); len(list) > 0 {
		return filepath.Join(list[0], "pkg", "mod")
	}
	return ""
}
