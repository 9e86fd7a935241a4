package screen

import (
	"fmt"
	"strings"
	"testing"

	"decoy/schemas/spdx"
)

func TestIsManifest(t *testing.T) {
	for path, want := range map[string]bool{
		"package.json": true, "a/b/package.json": true, "Cargo.toml": true, "pyproject.toml": true, "setup.cfg": true, "pom.xml": true,
		"src/A.B.csproj": true, "src/A.CSPROJ": true, "a.nuspec": true, "Directory.Build.props": true,
		"package-lock.json": false, "Cargo.lock": false, "a.toml": false, "my-pom.xml": false, "pom.xml/a.go": false, "csproj": false,
		"setup.py": true, "a/b.egg-info/PKG-INFO": true, "b.dist-info/METADATA": true, "vcpkg.json": true, "conanfile.py": true, "build.gradle.kts": true,
		"my_setup.py": false, "": false,
	} {
		if got := IsManifest(path); got != want {
			t.Errorf("IsManifest(%q) = %v", path, got)
		}
	}
}

func pom(licenses string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0"><name>GPL</name>
<dependencies><dependency><licenses><license><name>GPL</name></license></licenses></dependency></dependencies>
<licenses>` + licenses + `</licenses></project>`
}

// exceptions are as many permissive licences as asked for.
func exceptions(n int) []string {
	var all []string
	for _, license := range []string{"MIT", "ISC"} {
		for _, e := range spdx.Exceptions() {
			if len(all) < n {
				all = append(all, license+" WITH "+e)
			}
		}
	}
	return all
}

func TestManifestStates(t *testing.T) {
	const trove = "License :: OSI Approved :: "
	for _, c := range []struct{ path, data, want string }{ // "-" forbids, "?" says nothing
		{"package.json", `{"name": "a", "license": "MIT"}`, "MIT"},
		{"package.json", "\ufeff" + `{"license": "MIT"}`, "MIT"},
		{"package.json", `{"license": "(MIT OR GPL-3.0)"}`, "MIT"},
		{"package.json", `{"license": {"type": "MIT", "url": "x"}}`, "MIT"},
		{"package.json", `{"license": {"type": "", "url": "https://opensource.org/licenses/MIT"}}`, "MIT"},
		{"package.json", `{"license": {"name": "ISC"}}`, "ISC"},
		{"package.json", `{"license": ["MIT", "GPL-2.0"]}`, "MIT"},
		{"package.json", `{"licenses": [{"type": "GPL-2.0"}, {"type": "MIT"}]}`, "MIT"},
		{"package.json", `{"licenses": [{"type": "GPL-2.0"}, {"type": "LGPL-2.1"}]}`, "-"},
		{"package.json", `{"licenses": [{"type": "GPL-2.0"}, {"type": "own"}]}`, "?"},
		{"package.json", `{"licenses": {"type": "MIT"}}`, "MIT"},
		{"package.json", `{"license": "MIT", "licenses": ["GPL-2.0"]}`, "-"},
		{"package.json", `{"license": "SEE LICENSE IN LICENSE-MIT", "licenses": ["MIT"]}`, "-"}, // no such file
		{"package.json", `{"license": "UNLICENSED"}`, "-"},
		{"package.json", `{"license": "SEE LICENSE IN LICENSE.txt"}`, "-"},
		{"package.json", `{"license": ""}`, "?"}, {"package.json", `{"license": null}`, "?"}, {"package.json", `{"license": 3}`, "?"},
		{"package.json", `{"license": true, "licenses": [1, null, {}, [["GPL"]]]}`, "?"},
		{"package.json", `{"LICENSE": "GPL-3.0", "a": {"license": "GPL-3.0"}}`, "?"},
		{"package.json", `{"license": "GPL-3.0",}`, "?"}, {"package.json", "", "?"}, {"package.json", `["MIT"]`, "?"},
		{"package.json", `{"license": "GPL-3.0", "x": "` + strings.Repeat("x", maxManifest) + `"}`, "?"},

		{"package.json", `{"licenses": ["` + strings.Join(exceptions(40), `","`) + `"]}`, strings.Join(exceptions(40), " OR ")},
		{"package.json", `{"licenses": ["` + strings.Join(exceptions(90), `","`) + `"]}`, "?"}, // could not be read back
		{"package.json", `{"licenses": [` + strings.Repeat(`"MIT",`, maxListed) + `"MIT"]}`, "?"},

		{"Cargo.toml", "[package]\nname = \"a\"\nlicense = \"MIT/Apache-2.0\"\n[dependencies]\nlicense = \"GPL-3.0\"\n", "MIT OR Apache-2.0"},
		{"Cargo.toml", "[package]\nlicense = 'GPL-3.0-or-later' # own\n", "-"},
		{"Cargo.toml", "package.license = \"MIT\"\n", "MIT"}, {"Cargo.toml", "package = {license = \"MIT\", name = \"a\"}\n", "MIT"},
		{"Cargo.toml", "[package]\nlicense-file = \"GPL-3.0\"\n", "-"}, {"Cargo.toml", "[package]\nlicense.workspace = true\n", "?"},
		{"Cargo.toml", "[workspace.package]\nlicense = \"GPL-3.0\"\n", "?"},
		{"Cargo.toml", "[workspace.package]\nlicense = \"MIT\"\n[package]\nlicense.workspace = true\n", "MIT"},
		{"Cargo.toml", "[[package]]\nlicense = \"GPL-3.0\"\n", "?"}, {"Cargo.toml", "[package.a.b]\nlicense = \"GPL-3.0\"\n", "?"},
		{"Cargo.toml", "[package]\nlicense = \"GPL-3.0\"\n[broken\n", "?"},
		{"Cargo.toml", "[package]\nlicense = \"GPL-3.0\"\nx = " + strings.Repeat("[", maxBrackets) + strings.Repeat("]", maxBrackets), "?"},
		{"Cargo.toml", "[package]\nlicense = \"MIT\"\nx = " + strings.Repeat("[", maxBrackets/2) + strings.Repeat("]", maxBrackets/2), "MIT"},

		{"pyproject.toml", "[project]\nlicense = \"Apache-2.0\"\n", "Apache-2.0"},
		{"pyproject.toml", "[project]\nlicense = {text = \"MIT License\"}\n", "MIT"}, {"pyproject.toml", "[project.license]\ntext = \"GPLv3\"\n", "-"},
		{"pyproject.toml", "[project]\nlicense = {file = \"GPL\"}\n", "-"}, {"pyproject.toml", "[tool.poetry]\nlicense = \"MIT\"\n", "MIT"},
		{"pyproject.toml", "[project]\nclassifiers = [\n\"Programming Language :: Python\",\n\"" + trove + "MIT License\",\n]\n", "MIT"},
		{"pyproject.toml", "[tool.poetry]\nclassifiers = [\"" + trove + "GNU General Public License v3 (GPLv3)\"]\n", "-"},
		{"pyproject.toml", "[project]\nclassifiers = [\"License :: OSI Approved\", \"" + trove + "MIT License\"]\n", "MIT"},
		{"pyproject.toml", "[project]\nclassifiers = [\"" + trove + "MIT License\", \"" + trove + "ISC License (ISCL)\"]\n", "MIT AND ISC"},
		{"pyproject.toml", "[project]\nclassifiers = [\"" + trove + "MIT License\", \"" + trove + "Mozilla Public License 2.0 (MPL 2.0)\"]\n", "-"},
		{"pyproject.toml", "[project]\nclassifiers = [\"" + trove + "MIT License\", \"" + trove + "BSD License\"]\n", "?"},
		{"pyproject.toml", "[project]\nclassifiers = [\"License :: Other/Proprietary License\"]\n", "-"},
		{"pyproject.toml", "[project]\nclassifiers = [\"Topic :: MIT License\", \"MIT License\"]\n", "?"},
		{"pyproject.toml", "[project]\nlicense = \"MIT OR GPL-2.0\"\nclassifiers = [\"" + trove + "MIT License\", \"" + trove + "GNU General Public License v2 (GPLv2)\"]\n", "MIT"},
		{"pyproject.toml", "[project]\nlicense = \"MIT\"\nclassifiers = [\"" + trove + "GNU General Public License v2 (GPLv2)\"]\n", "-"},

		{"setup.cfg", "[metadata]\r\nname = a\r\nlicense = MIT\r\n", "MIT"}, {"setup.cfg", "[metadata]\nlicense: GPLv3\n", "-"},
		{"setup.cfg", "[metadata]\nclassifiers =\n    Topic :: X\n    # a remark\n\n    " + trove + "MIT License\n", "MIT"},
		{"setup.cfg", "[metadata]\nlicense = BSD-3-Clause\nlicense_files =\n  GPL\n[options]\nlicense = GPL\n", "BSD-3-Clause"},
		{"setup.cfg", "license = GPL\n[tool]\nlicense = GPL\n", "?"}, {"setup.cfg", "[metadata]\n=GPL\nlicense\n", "?"},

		{"pom.xml", pom("<license><name>The Apache License, Version 2.0</name></license>"), "Apache-2.0"},
		{"pom.xml", pom("<license><name>\n EPL 1.0\n</name><url>https://x.org/</url></license>"), "-"},
		{"pom.xml", pom("<license><name>LGPL 2.1</name></license><license><name>Apache-2.0</name></license>"), "Apache-2.0"},
		{"pom.xml", pom("<license><name>Ours</name><url> https://www.apache.org/licenses/LICENSE-2.0.txt\n</url></license>"), "Apache-2.0"},
		{"pom.xml", pom("<license><name>Ours</name></license>"), "?"}, {"pom.xml", pom(""), "?"}, {"pom.xml", pom("<license>"), "?"},
		{"pom.xml", strings.Replace(pom("<license><name>MIT</name><comments>Jos\xe9</comments></license>"), "UTF-8", "ISO-8859-1", 1), "MIT"},
		{"pom.xml", pom("<!-- Jos\xe9 --><license><name>M\xedT</name></license>"), "?"},
		{"pom.xml", `<!DOCTYPE a [<!ENTITY a "GPL">]>` + strings.TrimPrefix(pom("<license><name>&a;</name></license>"), `<?xml version="1.0" encoding="UTF-8"?>`), "?"},

		{"A.csproj", "\ufeff<Project Sdk=\"x\"><PropertyGroup/><PropertyGroup><PackageLicenseExpression>MIT</PackageLicenseExpression></PropertyGroup></Project>", "MIT"},
		{"A.csproj", "<Project><PropertyGroup><PackageLicenseFile>GPL</PackageLicenseFile></PropertyGroup></Project>", "-"},
		{"A.csproj", "<Project><PropertyGroup><PackageLicenseExpression>$(License)</PackageLicenseExpression></PropertyGroup></Project>", "?"},
		{"Directory.Build.props", "<Project><PropertyGroup><PackageLicenseExpression>GPL-3.0-only</PackageLicenseExpression></PropertyGroup></Project>", "-"},
		{"a.nuspec", `<package xmlns="x"><metadata><license type="expression">BSD-2-Clause OR MIT</license></metadata></package>`, "BSD-2-Clause OR MIT"},
		{"a.nuspec", `<package><metadata><license type="file">GPL</license></metadata></package>`, "-"},
	} {
		l := NewLicenses()
		l.AddManifest(c.path, []byte(c.data))
		if got := written(l.said("")); got != c.want {
			t.Errorf("%s %.200s: got %q, want %q", c.path, c.data, got, c.want)
		}
	}
}

func TestLicensesOfManifests(t *testing.T) {
	mit, apache, gpl := text(t, "MIT"), text(t, "Apache-2.0"), text(t, "GPL-2.0")
	npm := func(s string) string { return fmt.Sprintf(`{"license": %q}`, s) }
	crate := func(s string) string { return "[package]\nlicense = \"" + s + "\"\n" }
	const member, work = "[package]\nlicense.workspace = true\n", "[workspace.package]\nlicense = "
	for name, c := range map[string]struct {
		files map[string]string
		want  map[string]string // expression, or reason, by path
	}{
		"alone": {map[string]string{"package.json": npm("MIT")}, map[string]string{"a.js": "MIT", "src/x/a.js": "MIT"}},
		"only below": {map[string]string{"lib/package.json": npm("MIT")},
			map[string]string{"a.js": noLicense, "lib/a.js": "MIT", "library/a.js": noLicense}},
		"says nothing":   {map[string]string{"package.json": npm("Custom")}, map[string]string{"a.js": noLicense}},
		"refuses":        {map[string]string{"package.json": npm("GPL-3.0")}, map[string]string{"a.js": notPermissive, "b/a.js": notPermissive}},
		"dual":           {map[string]string{"Cargo.toml": crate("MIT/Apache-2.0")}, map[string]string{"src/a.rs": "MIT OR Apache-2.0"}},
		"dual with GPL":  {map[string]string{"Cargo.toml": crate("GPL-3.0 OR MIT")}, map[string]string{"src/a.rs": "MIT"}},
		"nearest states": {map[string]string{"package.json": npm("MIT"), "b/package.json": npm("ISC")}, map[string]string{"a.js": "MIT", "b/c/a.js": "ISC"}},
		"nearest says nothing": {map[string]string{"package.json": npm("MIT"), "b/package.json": npm("Custom")},
			map[string]string{"b/a.js": "MIT"}},
		"root refuses":    {map[string]string{"package.json": npm("UNLICENSED"), "b/package.json": npm("MIT")}, map[string]string{"b/a.js": notPermissive}},
		"two in a folder": {map[string]string{"package.json": npm("MIT"), "Cargo.toml": crate("Apache-2.0")}, map[string]string{"a.js": "Apache-2.0 AND MIT"}},
		"one in a folder refuses": {map[string]string{"package.json": npm("MIT"), "Cargo.toml": crate("GPL-3.0"), "pyproject.toml": "x"},
			map[string]string{"a.js": notPermissive}},
		"one in a folder says nothing": {map[string]string{"package.json": npm("MIT"), "Cargo.toml": crate("Custom")}, map[string]string{"a.js": "MIT"}},

		"licence file stands":        {map[string]string{"LICENSE": apache, "package.json": npm("MIT")}, map[string]string{"a.js": "Apache-2.0"}},
		"licence file above stands":  {map[string]string{"LICENSE": apache, "b/package.json": npm("MIT")}, map[string]string{"b/a.js": "Apache-2.0"}},
		"licence file below stands":  {map[string]string{"package.json": npm("MIT"), "b/LICENSE": apache}, map[string]string{"a.js": "MIT", "b/a.js": "Apache-2.0"}},
		"manifest beside refuses":    {map[string]string{"LICENSE": mit, "package.json": npm("GPL-3.0")}, map[string]string{"a.js": notPermissive}},
		"root refuses licence below": {map[string]string{"package.json": npm("GPL-3.0"), "b/LICENSE": mit}, map[string]string{"b/a.js": notPermissive}},
		"does not heal GPL":          {map[string]string{"LICENSE": gpl, "package.json": npm("MIT")}, map[string]string{"a.js": notPermissive}},
		"does not heal unclear":      {map[string]string{"LICENSE": "Ask me.", "package.json": npm("MIT")}, map[string]string{"a.js": unclear}},
		"file refuses first":         {map[string]string{"LICENSE": "Ask me.", "package.json": npm("GPL-3.0")}, map[string]string{"a.js": unclear}},

		"monorepo": {map[string]string{"LICENSE": apache, "package.json": npm("Apache-2.0"), "packages/x/package.json": npm("GPL-3.0"), "packages/y/package.json": npm("MIT")},
			map[string]string{"a.js": "Apache-2.0", "packages/x/src/a.js": notPermissive, "packages/y/a.js": "Apache-2.0", "packages/a.js": "Apache-2.0"}},
		"test input": {map[string]string{"LICENSE": mit, "tests/testdata/p/package.json": npm("GPL-3.0")},
			map[string]string{"a.go": "MIT", "tests/a.go": "MIT", "tests/testdata/a.go": "MIT", "tests/testdata/p/a.js": notPermissive}},

		"workspace": {map[string]string{"Cargo.toml": work + "\"MIT OR GPL-3.0\"\n", "crates/a/Cargo.toml": member, "crates/b/Cargo.toml": crate("ISC")},
			map[string]string{"crates/a/src/a.rs": "MIT", "crates/b/a.rs": "ISC", "crates/a.rs": noLicense}},
		"workspace refuses": {map[string]string{"LICENSE": mit, "Cargo.toml": work + "\"GPL-3.0\"\n", "a/Cargo.toml": member},
			map[string]string{"a/a.rs": notPermissive, "b/a.rs": "MIT"}},
		"nearest workspace": {map[string]string{"Cargo.toml": work + "\"MIT\"\n", "w/Cargo.toml": work + "\"ISC\"\n", "w/a/Cargo.toml": member},
			map[string]string{"w/a/a.rs": "ISC"}},
		"no workspace": {map[string]string{"x/Cargo.toml": work + "\"MIT\"\n", "a/Cargo.toml": member}, map[string]string{"a/a.rs": noLicense}},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLicenses()
			for path, data := range c.files {
				l.Add(path, []byte(data))
				l.AddManifest(path, []byte(data))
			}
			for path, want := range c.want {
				spdx, reason, detail := l.For(path, []byte("x\n"))
				if spdx+string(reason) != want || (reason == "") != (detail == "") {
					t.Errorf("%s: got %q %q (%s), want %q", path, spdx, reason, detail, want)
				}
				if spdx, reason, _ := l.For(path, []byte("// SPDX-License-Identifier: 0BSD\n")); spdx+string(reason) != "0BSD" {
					t.Errorf("%s: its head gives %q %q", path, spdx, reason)
				}
			}
		})
	}
}

func TestManifestIsNamed(t *testing.T) {
	l := NewLicenses()
	l.Add("LICENSE", []byte(text(t, "MIT")))
	l.AddManifest("packages/x/package.json", []byte(`{"license": "GPL-3.0-only"}`))
	l.AddManifest("packages/x/pom.xml", []byte(pom("<license><name>EPL 2.0</name></license>")))
	if _, _, detail := l.For("packages/x/a.js", nil); detail != "packages/x/package.json: GPL-3.0-only" {
		t.Errorf("got %q", detail)
	}
}

func TestAddManifestAfterAnAnswer(t *testing.T) {
	l := NewLicenses()
	if _, reason, _ := l.For("a/a.js", nil); reason != NoLicense {
		t.Fatalf("got %q", reason)
	}
	l.AddManifest("package.json", []byte(`{"license": "MIT"}`))
	if spdx, _, _ := l.For("a/a.js", nil); spdx != "MIT" {
		t.Errorf("got %q", spdx)
	}
}

func FuzzAddManifest(f *testing.F) {
	paths := []string{"package.json", "Cargo.toml", "pyproject.toml", "setup.cfg", "pom.xml", "a.csproj", "a.nuspec"}
	for i, data := range []string{
		`{"license": {"type": "MIT"}, "licenses": ["ISC", {"type": "GPL-2.0"}]}`,
		"[package]\nlicense.workspace = true\n[workspace.package]\nlicense = \"MIT/Apache-2.0\"\n",
		"[project]\nlicense = {text = \"MIT\"}\nclassifiers = ['License :: OSI Approved :: MIT License']\n[tool.poetry]\nlicense = 'ISC'\n",
		"[metadata]\nlicense = MIT\nclassifiers =\n  License :: OSI Approved :: MIT License\n",
		pom("<license><name>MIT</name><url>https://opensource.org/licenses/MIT</url></license>"),
		"<Project><PropertyGroup><PackageLicenseExpression>MIT</PackageLicenseExpression></PropertyGroup></Project>",
		`<package><metadata><license type="expression">MIT</license></metadata></package>`,
	} {
		f.Add(uint8(i), []byte(data))
	}
	f.Add(uint8(1), []byte("a="+strings.Repeat("[", 3000)))
	f.Add(uint8(0), []byte(`{"license":`+strings.Repeat("[", 12000)))
	f.Add(uint8(4), []byte(strings.Repeat("<project>", 12000)))
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		path := "a/" + paths[int(which)%len(paths)]
		l := NewLicenses()
		l.AddManifest(path, data)
		got, reason, detail := l.For("a/b/a.js", nil)
		if (got == "") == (reason == "") || (reason == "") != (detail == "") {
			t.Errorf("%s %q: licence %q, reason %q, detail %q do not fit", path, data, got, reason, detail)
		}
		if e, err := spdx.Parse(got); got != "" && (err != nil || e.String() != got) {
			t.Errorf("%s %q gives %q (%v)", path, data, got, err)
		}
		if reason == LicenseNotPermissive && !strings.HasPrefix(detail, path+": ") {
			t.Errorf("%q does not name %s", detail, path)
		}
		if again, _, _ := l.For("a.js", nil); again != "" {
			t.Errorf("%s speaks for the folder above", path)
		}
	})
}
