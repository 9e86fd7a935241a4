package pipelines

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/archives"
	"decoy/io/shard"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/screen"
)

const small = `import json


def load_items(path, limit=10):
    with open(path) as handle:
        items = json.load(handle)
    return normalise(items, limit)


def normalise(items, limit):
    found = sorted(items, key=str)
    return found[:limit]
`

// tarOf is a tar of files below root/; "-> X" is a symbolic link, "=> X" a hard one.
func tarOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	w := tar.NewWriter(g)
	for _, p := range slices.Sorted(func(yield func(string) bool) {
		for p := range files {
			if !yield(p) {
				return
			}
		}
	}) {
		h := &tar.Header{Name: "root/" + p, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(files[p]))}
		data := files[p]
		if to, ok := strings.CutPrefix(data, "-> "); ok {
			h, data = &tar.Header{Name: "root/" + p, Typeflag: tar.TypeSymlink, Linkname: to}, ""
		} else if to, ok := strings.CutPrefix(data, "=> "); ok {
			h, data = &tar.Header{Name: "root/" + p, Typeflag: tar.TypeLink, Linkname: "root/" + to}, ""
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for p, data := range files {
		h := &zip.FileHeader{Name: "root/" + p, Method: zip.Deflate}
		h.SetMode(0o644)
		if to, ok := strings.CutPrefix(data, "-> "); ok {
			h.SetMode(0o777 | fs.ModeSymlink)
			data = to
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// extracted runs extract on one archive: the licences of contexts by path, and the
// reasons of rejects by path.
func extracted(t *testing.T, archive []byte, yaml string) (licences map[string]string, reasons map[string]schemas.Reason, fingerprint string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "own.archive")
	if err := os.WriteFile(name, archive, 0o666); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	r := parsed(t, "archives: ["+name+"]\n"+yaml)
	src, rejected, err := archives.Resolve(t.Context(), r.Archives, archives.ResolveConfig{Identities: r.Identities})
	if err != nil {
		t.Fatal(err)
	}
	b := &Build{
		Out: out, Recipe: r, Sources: src, Rejected: rejected, Workers: 1,
		Log: func(string, ...any) {},
		Run: func(ctx context.Context, p *beam.Pipeline, _ Job) (work.Metrics, error) {
			_, err := beam.Run(ctx, "direct", p)
			return work.Metrics{}, err
		},
	}
	var none *EmptyError // where no file may be used
	if err := b.RunStages(t.Context(), schemas.StageExtract); err != nil && !errors.As(err, &none) {
		t.Fatal(err)
	}
	licences, reasons = map[string]string{}, map[string]schemas.Reason{}
	for _, c := range records[schemas.Context](t, out, schemas.StageExtract, "contexts") {
		licences[c.Path] = c.License
	}
	for _, r := range records[schemas.Reject](t, out, schemas.StageExtract, "rejects") {
		_, path, _ := strings.Cut(r.ID, "/")
		reasons[path] = r.Reason
	}
	m, err := shard.ReadManifest(t.Context(), out+"/"+schemas.StageExtract)
	if err != nil {
		t.Fatal(err)
	}
	return licences, reasons, m.Fingerprint
}

// What decides about a licence is read out of archives of both kinds, through links too.
func TestRightsOfArchives(t *testing.T) {
	mit, gpl := license(t, "MIT").content, license(t, "GPL-2.0").content
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("0", 63) + "7\nsize 12345\n"
	for name, c := range map[string]struct {
		files   map[string]string
		want    map[string]string
		rejects map[string]schemas.Reason
		onlyTar bool
	}{
		"link":            {files: map[string]string{"LICENSE": "-> docs/legal.txt", "docs/legal.txt": mit}, want: map[string]string{"src/a.py": "MIT"}},
		"hard link":       {files: map[string]string{"LICENSE": "=> docs/legal.txt", "docs/legal.txt": mit}, want: map[string]string{"src/a.py": "MIT"}, onlyTar: true},
		"link out":        {files: map[string]string{"LICENSE": "-> ../../../etc/passwd"}, rejects: map[string]schemas.Reason{"src/a.py": screen.LicenseUnclear}},
		"absolute link":   {files: map[string]string{"LICENSE": "-> /docs/legal.txt", "docs/legal.txt": mit}, rejects: map[string]schemas.Reason{"src/a.py": screen.LicenseUnclear}},
		"loop":            {files: map[string]string{"LICENSE": "-> COPYING", "COPYING": "-> LICENSE"}, rejects: map[string]schemas.Reason{"src/a.py": screen.LicenseUnclear}},
		"sidecar":         {files: map[string]string{"LICENSE": mit, "src/a.py.license": "SPDX-License-Identifier: GPL-3.0-or-later\n"}, rejects: map[string]schemas.Reason{"src/a.py": screen.LicenseNotPermissive}},
		"dep5":            {files: map[string]string{"LICENSE": mit, ".reuse/dep5": "Files: src/*\nLicense: GPL-3.0-or-later\n"}, rejects: map[string]schemas.Reason{"src/a.py": screen.LicenseNotPermissive}},
		"terms elsewhere": {files: map[string]string{"LICENSE": mit, "package.json": `{"license": "SEE LICENSE IN TERMS.txt"}`, "TERMS.txt": "no use without consent"}, rejects: map[string]schemas.Reason{"src/a.py": screen.LicenseUnclear}},
		"condition":       {files: map[string]string{"LICENSE": mit + "\nNot for commercial use.\n"}, rejects: map[string]schemas.Reason{"src/a.py": screen.LicenseRestricted}},
		"pointer":         {files: map[string]string{"LICENSE": mit, "big.py": pointer}, want: map[string]string{"src/a.py": "MIT"}, rejects: map[string]schemas.Reason{"big.py": screen.LFSPointer}},
		"attributes": {files: map[string]string{"LICENSE": mit, "b.py": small, "v/c.py": small, ".gitattributes": "b.py linguist-generated\n", "v/.gitattributes": "* linguist-vendored\n"},
			want: map[string]string{"src/a.py": "MIT"}, rejects: map[string]schemas.Reason{"b.py": screen.Generated, "v/c.py": screen.Vendored}},
		"folder apart": {files: map[string]string{"LICENSE": "All content in the \"ee/\" directory is under the commercial licence of Example.\n\n" + mit, "ee/b.py": small},
			want: map[string]string{"src/a.py": "MIT"}, rejects: map[string]schemas.Reason{"ee/b.py": screen.LicenseRestricted}},
		"another's": {files: map[string]string{"LICENSE": gpl}, rejects: map[string]schemas.Reason{"src/a.py": screen.LicenseNotPermissive}},
	} {
		c.files["src/a.py"] = small
		kinds := map[string][]byte{"tar": tarOf(t, c.files)}
		if !c.onlyTar {
			kinds["zip"] = zipOf(t, c.files)
		}
		for kind, data := range kinds {
			got, reasons, _ := extracted(t, data, "")
			for path, want := range c.want {
				if got[path] != want {
					t.Errorf("%s in %s: %s is under %q (%v), want %q", name, kind, path, got[path], reasons, want)
				}
			}
			for path, want := range c.rejects {
				if reasons[path] != want || got[path] != "" {
					t.Errorf("%s in %s: %s is rejected for %q and under %q, want %q", name, kind, path, reasons[path], got[path], want)
				}
			}
		}
	}
}

// Code of one's own is taken on one's own word, and the stage knows of it.
func TestOwnCode(t *testing.T) {
	files := map[string]string{"src/a.py": "# Proprietary and confidential. All rights reserved by Acme Inc.\n" + small, "b.py": "# SPDX-License-Identifier: GPL-3.0-only\n" + small}
	data := tarOf(t, files)
	seen := map[string]string{}
	for _, c := range []struct {
		yaml string
		want map[string]string
	}{
		{"", map[string]string{}},
		{"extract: {licenses: any}\n", map[string]string{"src/a.py": screen.Unknown, "b.py": "GPL-3.0-only"}},
		{"identities: {own.archive: {license: LicenseRef-own}}\n", map[string]string{"src/a.py": "LicenseRef-own", "b.py": "LicenseRef-own AND GPL-3.0-only"}},
		{"identities: {own.archive: {license: LicenseRef-other}}\n", map[string]string{"src/a.py": "LicenseRef-other", "b.py": "LicenseRef-other AND GPL-3.0-only"}},
	} {
		got, _, fingerprint := extracted(t, data, c.yaml)
		if !maps.Equal(got, c.want) {
			t.Errorf("%q: got %v, want %v", c.yaml, got, c.want)
		}
		if other, twice := seen[fingerprint]; twice {
			t.Errorf("%q and %q have one fingerprint", c.yaml, other)
		}
		seen[fingerprint] = c.yaml
		r := parsed(t, c.yaml)
		if r.OwnTerms() != (c.yaml != "") {
			t.Errorf("%q: own terms %v", c.yaml, r.OwnTerms())
		}
	}
}

func TestLicenceOfARecipe(t *testing.T) {
	for yaml, want := range map[string]string{
		"identities: {a.zip: {license: MIT and more}}\n":   "identities[a.zip].license",
		"identities: {a.zip: {license: Proprietary}}\n":    "LicenseRef-own",
		"extract: {licenses: all}\n":                       "extract.licenses",
		"identities: {a.zip: {licence: LicenseRef-own}}\n": "did you mean",
	} {
		_, err := recipe.Parse([]byte("name: x\narchives: [a.zip]\n" + yaml))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v does not say %q", yaml, err, want)
		}
	}
}
