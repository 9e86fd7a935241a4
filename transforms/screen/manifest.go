package screen

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
)

// maxManifest is the size in bytes up to which a manifest is read: those that
// people write have at most some tens of thousands.
const maxManifest = 1 << 18

// maxListed bounds the licences of one manifest: a longer list states none.
const maxListed = 100

// manifest is what one package manifest states.
type manifest struct {
	path      string
	said      verdict
	refers    string  // a file with the text, relative to its folder
	inherits  bool    // from a workspace in a folder above: Cargo
	workspace verdict // for those that inherit
}

// readers read what a manifest states, by base name or extension.
var readers = map[string]func([]byte) manifest{
	"package.json":          readPackageJSON,
	"bower.json":            readPackageJSON,
	"composer.json":         readPackageJSON,
	"library.json":          readPackageJSON,
	"deno.json":             readPackageJSON,
	"jsr.json":              readPackageJSON,
	"vcpkg.json":            readPackageJSON,
	"Cargo.toml":            readCargo,
	"pyproject.toml":        readPyproject,
	"setup.cfg":             alone(readSetupCfg),
	"setup.py":              alone(readSetupPy),
	"PKG-INFO":              alone(readMetadata),
	"METADATA":              alone(readMetadata),
	"pom.xml":               alone(readPOM),
	"build.gradle":          alone(readGradle),
	"build.gradle.kts":      alone(readGradle),
	"conanfile.py":          alone(readSetupPy),
	"meson.build":           alone(readMeson),
	"Directory.Build.props": readMSBuild,
	".csproj":               readMSBuild,
	".fsproj":               readMSBuild,
	".vbproj":               readMSBuild,
	".nuspec":               readNuspec,
}

func alone(read func([]byte) verdict) func([]byte) manifest {
	return func(data []byte) manifest { return manifest{said: read(data)} }
}

func reader(filePath string) func([]byte) manifest {
	base := path.Base(filePath)
	if read := readers[base]; read != nil {
		return read
	}
	if read := readers[strings.ToLower(path.Ext(base))]; read != nil {
		return read
	}
	return prose(base)
}

// manifestFolder is the folder that a manifest speaks for: that of a Python package is
// in one of its own.
func manifestFolder(filePath string) string {
	folder := folderOf(filePath)
	if ext := path.Ext(folder); ext == ".egg-info" || ext == ".dist-info" {
		return folderOf(folder)
	}
	return folder
}

// IsManifest reports whether a path names a package manifest that can state a
// licence.
func IsManifest(filePath string) bool { return reader(filePath) != nil }

// readManifest reads a manifest; one that states nothing, or cannot be parsed, is
// not ok.
func readManifest(filePath string, data []byte) (m manifest, ok bool) {
	read := reader(filePath)
	if read == nil || len(data) > maxManifest {
		return m, false
	}
	m = read(bytes.TrimPrefix(data, []byte("\ufeff")))
	m.path = filePath
	return m, m.said.found || m.said.chose || m.inherits || m.workspace.found || m.refers != ""
}

// seeIn matches what npm says of a licence that has no id.
var seeIn = regexp.MustCompile(`(?i)^\s*(?:see|in|refer to)\s+(?:the\s+)?(?:licen[cs]e\s+)?(?:file\s+)?(?:in` +
	`|at)?\s*(?:the\s+)?(?:file\s+)?["'<(]?(\.{0,2}/?[\w./-]*\w)[">')]?\s*(?:file)?\.?\s*$`)

// refers is the file that a statement names in the place of a licence, or "".
func refers(text string) string {
	m := seeIn.FindStringSubmatch(text)
	if m == nil || strings.Contains(text, "://") {
		return ""
	}
	return path.Clean(m[1])
}

func readPackageJSON(data []byte) manifest {
	var fields map[string]json.RawMessage // a struct would take "LICENSE" too
	if json.Unmarshal(data, &fields) != nil {
		return manifest{}
	}
	m := manifest{said: firstOf(
		npmLicense(fields["license"]), npmLicense(fields["licenses"]), npmLicense(fields["licence"]))}
	var name string
	if json.Unmarshal(fields["license"], &name) == nil {
		m.refers = refers(name)
	}
	return m
}

// npmLicense reads a name, an object with it, or a list of those to choose from.
func npmLicense(field json.RawMessage) verdict {
	var list []json.RawMessage
	if json.Unmarshal(field, &list) != nil {
		list = []json.RawMessage{field}
	}
	return anyOf(each(list, func(one json.RawMessage) verdict {
		var name string
		if json.Unmarshal(one, &name) == nil {
			return statement(name)
		}
		var object struct{ Type, Name, URL any }
		if json.Unmarshal(one, &object) != nil {
			return verdict{}
		}
		return firstKnown(object.Type, object.Name, object.URL)
	}))
}

// each reads a list of statements.
func each[T any](list []T, read func(T) verdict) []verdict {
	if len(list) > maxListed {
		return nil
	}
	var all []verdict
	for _, one := range list {
		all = append(all, read(one))
	}
	return all
}

// firstKnown is the first statement that is understood of several ways to say it.
func firstKnown(ways ...any) verdict {
	for _, w := range ways {
		if s, ok := w.(string); ok {
			if v := statement(s); v.found {
				return v
			}
		}
	}
	return verdict{}
}

func readCargo(data []byte) manifest {
	fields := tomlFields(data)
	return manifest{
		refers:    fields.text("package.license-file"),
		said:      firstOf(statement(fields.text("package.license")), statement(fields.text("project.license"))),
		inherits:  fields.text("package.license.workspace") == "true",
		workspace: statement(fields.text("workspace.package.license")),
	}
}

func readPyproject(data []byte) manifest {
	fields := tomlFields(data)
	field := firstOf(statement(fields.text("project.license")), longhand(fields.text("project.license.text")),
		statement(fields.text("tool.poetry.license")), statement(fields.text("tool.pdm.license")), flit(data))
	return manifest{
		said:   python(field, append(fields["project.classifiers"], fields["tool.poetry.classifiers"]...)),
		refers: fields.text("project.license.file"),
	}
}

var flitField = regexp.MustCompile(`(?ms)^\[tool\.flit\.metadata\]\s*\n(?:[^\[\n][^\n]*\n` +
	`|\n)*?license\s*=\s*["']([^"'\n]+)["']`)

// flit is what the old table of flit, whose keys are longer than those that are read
// else, gives as the licence.
func flit(data []byte) verdict {
	if m := flitField.FindSubmatch(data); m != nil {
		return statement(string(m[1]))
	}
	return verdict{}
}

// longhand is the verdict on a field that may hold the name of a licence or all of its
// text.
func longhand(text string) verdict {
	first, rest, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if v := statement(text); v.found || strings.TrimSpace(rest) == "" && len(text) <= maxName {
		return v
	}
	v := licenseFile{path: "license", text: scan([]byte(text))}.verdict()
	if v.reason == LicenseUnclear && len(text) < pointerBytes { // a name, and more about it
		return statement(first)
	}
	return v
}

// readSetupCfg reads the keys of [metadata]. The lines are split here: the time of
// the INI library is quadratic in the number of keys.
func readSetupCfg(data []byte) verdict {
	fields := map[string][]string{}
	key, metadata := "", false
	for line := range strings.Lines(string(data)) {
		value := strings.TrimSpace(line)
		switch {
		case value == "" || value[0] == '#' || value[0] == ';':
			continue
		case line[0] == '[':
			metadata = value == "[metadata]"
			continue
		case line[0] != ' ' && line[0] != '\t': // else the value goes on
			at := max(strings.IndexAny(value, "=:"), 0)
			key, value = strings.ToLower(strings.TrimSpace(value[:at])), strings.TrimSpace(value[at+1:])
		}
		if metadata && key == "license_expression" {
			key = "license"
		}
		if metadata && slices.Contains([]string{"license", "classifiers", "classifier"}, key) {
			fields[key] = append(fields[key], value)
		}
	}
	return python(statement(strings.Join(fields["license"], " ")),
		append(fields["classifiers"], fields["classifier"]...))
}

// python joins the field for the licence with the classifiers. Those do not say
// whether several are a choice: beside a field they are read as one, else not.
func python(field verdict, classifiers []string) verdict {
	var names []string
	for _, c := range classifiers {
		parts := strings.Split(c, "::")
		last := strings.TrimSpace(parts[len(parts)-1])
		if len(parts) > 1 && strings.TrimSpace(parts[0]) == "License" &&
			last != "OSI Approved" && last != "DFSG approved" {
			names = append(names, last)
		}
	}
	marks := each(names, statement)
	if field.found {
		return firstOf(field, anyOf(marks))
	}
	return allOf(marks)
}

func readPOM(data []byte) verdict {
	type license struct {
		Name string `xml:"name"`
		URL  string `xml:"url"`
	}
	var pom struct {
		Licenses []license `xml:"licenses>license"`
	}
	if !parseXML(data, &pom) {
		return verdict{}
	}
	return anyOf(each(pom.Licenses, func(l license) verdict { return firstKnown(l.Name, l.URL) }))
}

func readMSBuild(data []byte) manifest {
	var project struct {
		Expressions []string `xml:"PropertyGroup>PackageLicenseExpression"`
		URLs        []string `xml:"PropertyGroup>PackageLicenseUrl"`
		Files       []string `xml:"PropertyGroup>PackageLicenseFile"`
	}
	if !parseXML(data, &project) {
		return manifest{}
	}
	m := manifest{said: allOf(each(project.Expressions, statement))}
	if len(project.Expressions) == 0 {
		m.said = allOf(each(project.URLs, statement))
	}
	if len(project.Files) > 0 && !strings.Contains(project.Files[0], "$(") {
		m.refers = strings.ReplaceAll(strings.TrimSpace(project.Files[0]), `\`, "/")
	}
	return m
}

func readNuspec(data []byte) manifest {
	type license struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	}
	var pack struct {
		Licenses []license `xml:"metadata>license"`
		URLs     []string  `xml:"metadata>licenseUrl"`
	}
	if !parseXML(data, &pack) {
		return manifest{}
	}
	m := manifest{}
	m.said = allOf(each(pack.Licenses, func(l license) verdict {
		if l.Type == "file" {
			m.refers = strings.ReplaceAll(strings.TrimSpace(l.Text), `\`, "/")
		}
		if l.Type != "expression" {
			return verdict{}
		}
		return statement(l.Text)
	}))
	if len(pack.Licenses) == 0 {
		m.said = allOf(each(pack.URLs, statement))
	}
	return m
}

func parseXML(data []byte, v any) bool {
	d := xml.NewDecoder(bytes.NewReader(data))
	// Names of licences are ASCII, so in any encoding that keeps ASCII the other
	// bytes do not matter.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) {
		raw, err := io.ReadAll(in)
		for i, c := range raw {
			if c >= 0x80 {
				raw[i] = '?'
			}
		}
		return bytes.NewReader(raw), err
	}
	return d.Decode(v) == nil
}
