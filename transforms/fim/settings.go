package fim

import (
	"bytes"
	"encoding/xml"
	"path"
	"regexp"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// settings are the files of projects that say what every source file of theirs sees
// without an import, each with what reads it.
func settings(p string) func(repo, p string, data []byte) []schemas.Symbol {
	base := path.Base(p)
	switch path.Ext(base) {
	case ".csproj", ".vbproj", ".props", ".targets":
		return projectUsings
	}
	switch {
	case base == "CMakeLists.txt" || base == "meson.build" || slices.Contains(buildExtensions, path.Ext(base)):
		return prefixHeaders
	case slices.Contains(taskFiles, base) || path.Ext(base) == ".mk":
		return goTasks
	case base == "pyproject.toml" || base == "setup.cfg" || base == "Cargo.toml":
		return pythonModules
	case slices.Contains(pageExtensions, path.Ext(base)):
		return pageScripts
	case base == "package.json" || base == ".jshintrc" || strings.HasPrefix(base, ".eslintrc"):
		return scriptGlobals
	case path.Ext(base) == ".json" && (strings.HasPrefix(base, "tsconfig") || strings.HasPrefix(base, "jsconfig")):
		return rootFolders
	}
	return nil
}

// IsSettings reports whether a path is of a file that Settings reads.
func IsSettings(p string) bool { return settings(p) != nil }

// Settings are the symbols that a project's settings give all of its files: the
// usings of MSBuild projects and precompiled headers (import symbols with the flag
// global), the globals that linters and test runners are told and the scripts of pages
// declare, TypeScript's rootDirs, modules of Python that are built, and Go types of which
// a task makes methods (open symbols).
//
// A file that does not parse gives what stands before the fault.
func Settings(repo, p string, data []byte) []schemas.Symbol {
	read := settings(p)
	if read == nil {
		return nil
	}
	return read(repo, p, data)
}

// projectUsings reads <Using Include="N" Static="true" Alias="A"/>:
// https://learn.microsoft.com/dotnet/core/project-sdk/msbuild-props#using.
func projectUsings(repo, p string, data []byte) []schemas.Symbol {
	var out []schemas.Symbol
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = false
	for {
		t, err := d.Token()
		if err != nil {
			return out
		}
		el, ok := t.(xml.StartElement)
		if !ok || el.Name.Local != "Using" {
			continue
		}
		attr := map[string]string{}
		for _, a := range el.Attr {
			attr[a.Name.Local] = a.Value
		}
		child := struct{ Static, Alias string }{attr["Static"], attr["Alias"]}
		if d.DecodeElement(&child, &el) == nil { // metadata may stand in elements
			attr["Static"], attr["Alias"] = strings.TrimSpace(child.Static), strings.TrimSpace(child.Alias)
		}
		for _, module := range strings.Split(attr["Include"], ";") {
			if module = strings.TrimSpace(module); module == "" {
				continue
			}
			im := schemas.Import{Repo: repo, Path: p, Local: "*", Module: module, Flags: []string{"global"}}
			if strings.EqualFold(attr["Static"], "true") {
				im.Flags = []string{"static", "global"}
			}
			if attr["Alias"] != "" {
				im.Local = attr["Alias"]
			}
			line, _ := d.InputPos()
			im.Line = int64(line)
			out = append(out, im.Symbol())
		}
	}
}

var (
	globalsObject = regexp.MustCompile(`["']?\b(?:globals?|predef)["']?\s*:\s*[{\[]([^}\]]*)[}\]]`)
	globalsKey    = regexp.MustCompile(`["']?([A-Za-z_$][\w$]*)["']?\s*(?::|,|$)`)
	globalsLines  = regexp.MustCompile(`(?m)^\s*globals:[ \t]*\n((?:[ \t]+[^\n]*\n?)+)`)
	rootDirs      = regexp.MustCompile(`"rootDirs"\s*:`)
)

// globalsValues say how a global may be used.
var globalsValues = strings.Fields("true false writable writeable readonly off")

// scriptGlobals reads the globals of ESLint, JSHint and Jest, in JSON or YAML.
func scriptGlobals(repo, p string, data []byte) []schemas.Symbol {
	var out []schemas.Symbol
	for _, re := range []*regexp.Regexp{globalsObject, globalsLines} {
		for _, m := range re.FindAllSubmatchIndex(data, -1) {
			for _, k := range globalsKey.FindAllSubmatch(data[m[2]:m[3]], -1) {
				if name := string(k[1]); !slices.Contains(globalsValues, name) {
					out = append(out, opened(repo, p, data, m[0], syntax.OpenGlobal, name, "globals"))
				}
			}
		}
	}
	return out
}

// rootFolders: with rootDirs a relative path may mean a file below another root.
func rootFolders(repo, p string, data []byte) []schemas.Symbol {
	if m := rootDirs.FindIndex(data); m != nil {
		return []schemas.Symbol{opened(repo, p, data, m[0], syntax.OpenModules, syntax.Any, "rootDirs")}
	}
	return nil
}

func opened(repo, p string, data []byte, at int, reach syntax.Reach, name, what string) schemas.Symbol {
	return schemas.Opening{
		Repo: repo, Path: p, Line: lineAt(data, at), Reach: string(reach), Name: name, What: what,
	}.Symbol()
}

func lineAt(data []byte, at int) int64 {
	return int64(1 + bytes.Count(data[:at], []byte("\n")))
}
