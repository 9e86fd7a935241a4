package archives

import (
	"archive/tar"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/mod/module"

	"decoy/schemas"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

const crateManifest = "[package]\nedition = \"2021\"\nname = \"serde\"\nversion = \"1.0.1\"\n"

func pax(hash string) member {
	return member{flag: tar.TypeXGlobalHeader, pax: map[string]string{"comment": hash}}
}

// named sets what a test knows beforehand: identity, format and root.
func named(repo, commit, format, root string) Source {
	return Source{Repo: repo, Commit: commit, Format: format, Root: root}
}

var ignoreContent = cmpopts.IgnoreFields(Source{}, "Path", "SHA256", "Bytes")

func TestResolveIdentity(t *testing.T) {
	plain := func(t *testing.T) []byte {
		return tarGz(t, member{name: "flask-3.0.0/app.py", body: "x"}, member{name: "flask-3.0.0/src/b.py", body: "y"})
	}
	git := func(t *testing.T) []byte {
		return tarGz(t, pax(commit), member{name: "flask-0123456/app.py", body: "x"})
	}
	for name, c := range map[string]struct {
		data    []byte
		known   map[string]Identity
		sidecar string
		want    Source
	}{
		"root folder": {data: plain(t), want: named("flask-3.0.0", "", FormatTarGz, "flask-3.0.0")},
		"pax header":  {data: git(t), want: named("flask-0123456", commit, FormatTarGz, "flask-0123456")},
		"pax header that is no commit": {
			data: tarGz(t, pax("made with love"), member{name: "r/a"}), want: named("r", "", FormatTarGz, "r")},
		"zip comment": {
			data: zipBytes(t, commit, member{name: "r/a.go"}), want: named("r", commit, FormatZip, "r")},
		"module zip": {
			data: zipBytes(t, "", member{name: "github.com/a/b/v2@v2.1.0/a.go"}, member{name: "github.com/a/b/v2@v2.1.0/c/d.go"}),
			want: named("github.com/a/b/v2", "v2.1.0", FormatZip, "github.com/a/b/v2@v2.1.0")},
		"module zip, incompatible": {
			data: zipBytes(t, "", member{name: "github.com/g/f@v25.12.19+incompatible/a.go"}),
			want: named("github.com/g/f", "v25.12.19+incompatible", FormatZip, "github.com/g/f@v25.12.19+incompatible")},
		"not quite a module zip": {
			data: zipBytes(t, "", member{name: "github.com/a/b@v1.0.0/a.go"}, member{name: "github.com/a/c@v1.0.0/a.go"}),
			want: named("github.com", "", FormatZip, "github.com")},
		"npm": {
			data: tarGz(t, member{name: "package/index.js"}, member{name: "package/package.json", body: `{"name": "left-pad", "version": "1.3.0"}`}),
			want: named("npm:left-pad", "1.3.0", FormatTarGz, "package")},
		"npm with a scope": {
			data: tarGz(t, member{name: "package/package.json", body: "\ufeff" + `{"version": "7.0.0-rc.1", "name": "@babel/core"}`}),
			want: named("npm:@babel/core", "7.0.0-rc.1", FormatTarGz, "package")},
		"npm in a folder of its name": {
			data: tarGz(t, member{name: "node/package.json", body: `{"name": "@types/node", "version": "20.1.0"}`}),
			want: named("npm:@types/node", "20.1.0", FormatTarGz, "node")},
		"npm without a version": {
			data: tarGz(t, member{name: "package/package.json", body: `{"name": "x"}`}), want: named("package", "", FormatTarGz, "package")},
		"npm with a hostile name": {
			data: tarGz(t, member{name: "package/package.json", body: `{"name": "../x\u0000", "version": "1"}`}), want: named("package", "", FormatTarGz, "package")},
		"a second folder's package.json": {
			data: tarGz(t, member{name: "package/lib/package.json", body: `{"name": "x", "version": "1"}`}), want: named("package", "", FormatTarGz, "package")},
		"a repository with a package.json": {
			data: tarGz(t, member{name: "axios-1.7.0/package.json", body: `{"name": "axios", "version": "1.7.0"}`}), want: named("axios-1.7.0", "", FormatTarGz, "axios-1.7.0")},
		"a git archive with a package.json": {
			data: tarGz(t, pax(commit), member{name: "package/package.json", body: `{"name": "x", "version": "1.0.0"}`}), want: named("package", commit, FormatTarGz, "package")},
		"sdist": {
			data: tarGz(t, member{name: "Flask_Login-0.6.3/PKG-INFO", body: "Metadata-Version: 2.1\nName: Flask-Login\nVersion: 0.6.3\nLicense: MIT\n\nA text\nName: other\n"}, member{name: "Flask_Login-0.6.3/a.py"}),
			want: named("pypi:flask-login", "0.6.3", FormatTarGz, "Flask_Login-0.6.3")},
		"sdist as zip": {
			data: zipBytes(t, "", member{name: "x-1!2.0/PKG-INFO", body: "Name: x\r\nVersion: 1!2.0\r\n"}),
			want: named("pypi:x", "1!2.0", FormatZip, "x-1!2.0")},
		"sdist with a Cargo.toml": {
			data: tarGz(t, member{name: "orjson-3.9.0/Cargo.toml", body: "[package]\nname = \"orjson\"\nversion = \"3.9.0\"\n"}, member{name: "orjson-3.9.0/PKG-INFO", body: "Name: orjson\nVersion: 3.9.0\n"}),
			want: named("pypi:orjson", "3.9.0", FormatTarGz, "orjson-3.9.0")},
		"a PKG-INFO of another project": {
			data: tarGz(t, member{name: "mine/PKG-INFO", body: "Name: flask\nVersion: 1\n"}), want: named("mine", "", FormatTarGz, "mine")},
		"crate": {
			data: tarGz(t, member{name: "serde-1.0.1/Cargo.toml", body: crateManifest}, member{name: "serde-1.0.1/src/lib.rs"}),
			want: named("cargo:serde", "1.0.1", FormatTarGz, "serde-1.0.1")},
		"crate with its commit": {
			data: tarGz(t, member{name: "serde-1.0.1/.cargo_vcs_info.json", body: `{"git": {"sha1": "` + commit + `"}, "path_in_vcs": "serde"}`}, member{name: "serde-1.0.1/Cargo.toml", body: crateManifest}),
			want: named("cargo:serde", commit, FormatTarGz, "serde-1.0.1")},
		"crate of a dirty folder": {
			data: tarGz(t, member{name: "serde-1.0.1/.cargo_vcs_info.json", body: `{"git": {"sha1": "` + commit + `", "dirty": true}}`}, member{name: "serde-1.0.1/Cargo.toml", body: crateManifest}),
			want: named("cargo:serde", "1.0.1", FormatTarGz, "serde-1.0.1")},
		"a repository with a Cargo.toml": {
			data: tarGz(t, member{name: "serde-main/Cargo.toml", body: crateManifest}), want: named("serde-main", "", FormatTarGz, "serde-main")},
		"a broken Cargo.toml": {
			data: tarGz(t, member{name: "serde-1.0.1/Cargo.toml", body: "[package"}), want: named("serde-1.0.1", "", FormatTarGz, "serde-1.0.1")},
		"GitHub zipball": {
			data: zipBytes(t, commit, member{name: "pallets-flask-0123456/package.json", body: `{"name": "flask", "version": "1"}`}),
			want: named("pallets-flask-0123456", commit, FormatZip, "pallets-flask-0123456")},
		"zstd": {
			data: zst(t, tarBytes(t, pax(commit), member{name: "r/a.go"})), want: named("r", commit, FormatTarZst, "r")},
		"recipe before a package": {
			data:  tarGz(t, member{name: "package/package.json", body: `{"name": "left-pad", "version": "1.3.0"}`}),
			known: map[string]Identity{"x.tar.gz": {Repo: "left-pad/left-pad"}}, want: named("left-pad/left-pad", "1.3.0", FormatTarGz, "package")},
		"recipe by base name": {
			data: git(t), known: map[string]Identity{"x.tar.gz": {Repo: "pallets/flask", Commit: "abc"}},
			want: named("pallets/flask", "abc", FormatTarGz, "flask-0123456")},
		"recipe gives the repository only": {
			data: git(t), known: map[string]Identity{"x.tar.gz": {Repo: "pallets/flask"}},
			want: named("pallets/flask", commit, FormatTarGz, "flask-0123456")},
		"sidecar": {
			data: git(t), sidecar: `{"repo": "pallets/flask", "commit": "def"}`,
			want: named("pallets/flask", "def", FormatTarGz, "flask-0123456")},
		"recipe before sidecar": {
			data: git(t), sidecar: `{"repo": "side", "commit": "def"}`, known: map[string]Identity{"x.tar.gz": {Repo: "recipe"}},
			want: named("recipe", "def", FormatTarGz, "flask-0123456")},
		"bare tar with ./": {
			data: tarBytes(t, member{name: "./r/a.go"}, member{name: "./r/b.go"}), want: named("r", "", FormatTar, "r")},
		"a hostile entry does not decide the root": {
			data: tarBytes(t, member{name: "r/a.go"}, member{name: "../x"}, member{name: "l", flag: tar.TypeSymlink}), want: named("r", "", FormatTar, "r")},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, t.TempDir(), "x.tar.gz", c.data)
			if c.sidecar != "" {
				write(t, filepath.Dir(path), "x.tar.gz"+IdentitySuffix, []byte(c.sidecar))
			}
			got, rejects, err := Resolve(context.Background(), []string{path}, ResolveConfig{Identities: c.known})
			must(t, err)
			if d := cmp.Diff([]Source{c.want}, got, ignoreContent); d != "" || len(rejects) > 0 {
				t.Errorf("rejects %v, source (-want +got):\n%s", rejects, d)
			}
		})
	}
}

func TestResolveWithoutRootIsNamedByContent(t *testing.T) {
	data := tarGz(t, member{name: "a.go", body: "a"}, member{name: "b/c.go", body: "c"})
	dir := t.TempDir()
	got, _, err := Resolve(context.Background(), []string{write(t, dir, "one.tgz", data), write(t, dir, "two.tgz", data)}, ResolveConfig{})
	must(t, err)
	if len(got) != 2 || got[0].Repo != got[1].Repo || got[0].Repo != "sha256-"+got[0].SHA256[:16] || got[0].Root != "" {
		t.Errorf("sources %+v", got)
	}
}

func TestResolveListsSortsAndRejects(t *testing.T) {
	dir := t.TempDir()
	whole := tarGz(t, member{name: "b/1.go", body: "1"}, member{name: "b/2.go", body: strings.Repeat("two", 9999)})
	write(t, dir, "1.tar.gz", whole)
	write(t, dir, "2.zip", zipBytes(t, "", member{name: "a/x.go"}))
	write(t, dir, "3.tar.gz", tarGz(t))
	write(t, dir, "4.tar.gz", []byte("not an archive"))
	write(t, dir, "5.tar.gz", nil)
	write(t, dir, "6.tar.gz", whole[:12])
	write(t, dir, "7.tar.gz", whole[:len(whole)-9]) // breaks after its first file: a source
	write(t, dir, "7.tar.gz"+IdentitySuffix, []byte(`{"repo": "c"}`))
	must(t, os.Mkdir(filepath.Join(dir, "folder"), 0o755))
	specs := []string{filepath.Join(dir, "*"), filepath.Join(dir, "1.tar.gz")}
	got, rejects, err := Resolve(context.Background(), specs, ResolveConfig{})
	must(t, err)
	want := []Source{named("a", "", FormatZip, "a"), named("b", "", FormatTarGz, "b"), named("c", "", FormatTarGz, "b")}
	if d := cmp.Diff(want, got, ignoreContent); d != "" {
		t.Errorf("sources (-want +got):\n%s", d)
	}
	if got[1].Bytes != int64(len(whole)) || len(got[1].SHA256) != 64 || !filepath.IsAbs(got[1].Path) {
		t.Errorf("source %+v", got[1])
	}
	var reasons []string
	for _, r := range rejects {
		reasons = append(reasons, r.Stage+" "+r.ID+" "+string(r.Reason))
	}
	wantReasons := []string{"extract 3.tar.gz archive_empty", "extract 4.tar.gz not_an_archive", "extract 5.tar.gz archive_empty", "extract 6.tar.gz archive_corrupt"}
	if d := cmp.Diff(wantReasons, reasons); d != "" {
		t.Errorf("rejects (-want +got):\n%s", d)
	}
	again, _, err := Resolve(context.Background(), []string{specs[1], specs[0]}, ResolveConfig{})
	must(t, err)
	if d := cmp.Diff(got, again); d != "" {
		t.Errorf("the order of specs shows: %s", d)
	}
	broken := walk(t, got[2], Limits{}, nil)
	if d := cmp.Diff([]schemas.Reason{ArchiveCorrupt}, broken.reasons()); d != "" || len(broken.Entries) == 0 {
		t.Errorf("%v %s", broken.paths(), d)
	}
}

func TestResolveErrors(t *testing.T) {
	dir := t.TempDir()
	odd := write(t, dir, "odd.tar.gz", tarGz(t, member{name: "r/a"}))
	write(t, dir, "odd.tar.gz"+IdentitySuffix, []byte(`{"repository": "x"}`))
	for name, c := range map[string]struct {
		specs []string
		cfg   ResolveConfig
		says  []string
	}{
		"nothing":        {nil, ResolveConfig{}, []string{"no archives"}},
		"missing file":   {[]string{dir + "/none.zip"}, ResolveConfig{}, []string{"none.zip", "no such file"}},
		"empty glob":     {[]string{dir + "/*.zip"}, ResolveConfig{}, []string{"*.zip", "matches no file"}},
		"missing list":   {[]string{"@" + dir + "/none.txt"}, ResolveConfig{}, []string{"none.txt", "lists inputs"}},
		"bad list":       {[]string{"@" + write(t, dir, "list.txt", []byte("# x\n\nnone.zip\n"))}, ResolveConfig{}, []string{"list.txt", "line 3", "none.zip", "no such file"}},
		"unknown scheme": {[]string{"nowhere://b/x.tar"}, ResolveConfig{}, []string{"nowhere://b/x.tar", "not registered"}},
		"bad glob":       {[]string{dir + "/[.zip"}, ResolveConfig{}, []string{"[.zip", "pattern"}},
		"folder":         {[]string{dir}, ResolveConfig{}, []string{dir, "regular file"}},
		"sidecar":        {[]string{odd}, ResolveConfig{}, []string{"odd.tar.gz.identity.json", "repository"}},
		"limit":          {[]string{odd}, ResolveConfig{Limits: Limits{MaxRatio: -1}}, []string{"max_ratio"}},
		"no dependency":  {[]string{SpecModuleCache}, ResolveConfig{Modules: []module.Version{}}, []string{SpecModuleCache, "build information"}},
		"no zip": {[]string{SpecModuleCache}, ResolveConfig{ModuleCache: dir, Modules: []module.Version{{Path: "a.org/b", Version: "v1.0.0"}}},
			[]string{dir, "go mod download", "GOMODCACHE"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Resolve(context.Background(), c.specs, c.cfg)
			if err == nil {
				t.Fatal("no error")
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("error %q does not say %q", err, s)
				}
			}
		})
	}
}

func TestResolveModuleCache(t *testing.T) {
	cache := t.TempDir()
	upper := module.Version{Path: "github.com/BurntSushi/toml", Version: "v1.2.3-RC1"}
	write(t, cache, "cache/download/github.com/!burnt!sushi/toml/@v/v1.2.3-!r!c1.zip",
		zipBytes(t, "", member{name: upper.String() + "/a.go", body: "package toml"}))
	write(t, cache, "cache/download/example.org/bad/@v/v1.0.0.zip", []byte("half a download"))
	cfg := ResolveConfig{ModuleCache: cache, Modules: []module.Version{
		upper, {Path: "example.org/bad", Version: "v1.0.0"}, {Path: "example.org/absent", Version: "v0.1.0"}, {Path: "../local"}}}
	got, rejects, err := Resolve(context.Background(), []string{SpecModuleCache}, cfg)
	must(t, err)
	if d := cmp.Diff([]Source{named(upper.Path, upper.Version, FormatZip, upper.String())}, got, ignoreContent); d != "" {
		t.Error(d)
	}
	want := []schemas.Reject{
		newReject("../local", ModuleZipMissing, "replaced by a local folder, which has no zip; pack the folder and name the archive"),
		newReject("example.org/absent@v0.1.0", ModuleZipMissing, "not in the module cache; run: go mod download example.org/absent@v0.1.0"),
		newReject("example.org/bad@v1.0.0", NotAnArchive, "neither tar, gzip, zstd, bzip2 nor zip"),
	}
	if d := cmp.Diff(want, rejects); d != "" {
		t.Error(d)
	}
	if id := got[0].FileID("a.go"); id != "github.com/BurntSushi/toml@v1.2.3-RC1/a.go" {
		t.Errorf("file id %q", id)
	}
	t.Setenv("GOMODCACHE", cache)
	cfg.ModuleCache = ""
	again, _, err := Resolve(context.Background(), []string{SpecModuleCache}, cfg)
	must(t, err)
	if d := cmp.Diff(got, again); d != "" {
		t.Error(d)
	}
}
