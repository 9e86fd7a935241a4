package fim

import (
	"path"
	"regexp"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// What builds give sources that no source writes.

var (
	buildExtensions = strings.Fields(".cmake .vcxproj .pro .pri .pbxproj .xcconfig")
	taskFiles       = strings.Fields("Makefile makefile GNUmakefile justfile Justfile Taskfile.yml Taskfile.yaml")
	pageExtensions  = strings.Fields(".html .htm .ejs .hbs")
)

var (
	precompiled = regexp.MustCompile(`\btarget_precompile_headers\s*\(([^)]*)\)|\b(?:cpp_pch|c_pch)\s*:([^,)\n]*)` +
		`|\b(?:GCC_PREFIX_HEADER|PRECOMPILED_HEADER)\s*\+?=([^;\n]*)` +
		`|<ForcedIncludeFiles>([^<]*)<|\s(?:-include|/FI)\s+([^\s]+)`)
	headerName = regexp.MustCompile(`(<?)([\w./+-]+\.(?:h|hh|hpp|hxx|pch)\b|[a-z_]+>)`)
)

// prefixHeaders: headers that a build includes before every source file, as imports
// with the flag global:
// https://cmake.org/cmake/help/latest/command/target_precompile_headers.html.
func prefixHeaders(repo, p string, data []byte) []schemas.Symbol {
	var out []schemas.Symbol
	for _, m := range precompiled.FindAllSubmatchIndex(data, -1) {
		for i := 2; i < len(m); i += 2 {
			if m[i] < 0 {
				continue
			}
			for _, h := range headerName.FindAllSubmatch(data[m[i]:m[i+1]], -1) {
				im := schemas.Import{Repo: repo, Path: p, Line: lineAt(data, m[0]), Local: "*",
					Module: strings.TrimSuffix(string(h[2]), ">"), Flags: []string{"global"}}
				if len(h[1]) == 0 {
					im.Flags = []string{"relative", "global"}
				}
				out = append(out, im.Symbol())
			}
		}
	}
	return out
}

var goTask = regexp.MustCompile(`\b(?:stringer|enumer|go-enum|jsonenums|genny|gen-accessors)\b[^\n]*?-type[= ]([\w,]+)`)

// goTasks: types of which a task makes methods, as go:generate would.
func goTasks(repo, p string, data []byte) []schemas.Symbol {
	var out []schemas.Symbol
	for _, m := range goTask.FindAllSubmatchIndex(data, -1) {
		for _, t := range strings.Split(string(data[m[2]:m[3]]), ",") {
			s := opened(repo, p, data, m[0], syntax.OpenMembers, syntax.Any, string(data[m[0]:m[1]]))
			s.Owner = t
			out = append(out, s)
		}
	}
	return out
}

var (
	pythonWrites = regexp.MustCompile(`(?m)^\s*(?:module-name|write_to|version_file|version-file` +
		`|build-hook\.vcs\.version-file|lib-name)\s*=\s*["']?([\w./-]+)`)
	cargoLibrary = regexp.MustCompile(`(?s)crate-type\s*=\s*\[[^\]]*cdylib`)
	cargoName    = regexp.MustCompile(`(?m)^name\s*=\s*"([\w-]+)"`)
)

// pythonModules: modules of Python that a build makes, of Rust or of a version.
func pythonModules(repo, p string, data []byte) []schemas.Symbol {
	var out []schemas.Symbol
	if path.Base(p) == "Cargo.toml" {
		if !cargoLibrary.Match(data) {
			return nil
		}
		for _, m := range cargoName.FindAllSubmatchIndex(data, -1) {
			name := strings.ReplaceAll(string(data[m[2]:m[3]]), "-", "_")
			out = append(out, opened(repo, p, data, m[0], syntax.OpenModules, name, "cdylib "+name))
		}
		return out
	}
	for _, m := range pythonWrites.FindAllSubmatchIndex(data, -1) {
		file := strings.TrimPrefix(strings.TrimSuffix(string(data[m[2]:m[3]]), ".py"), "src/")
		name := strings.ReplaceAll(strings.TrimPrefix(file, "./"), "/", ".")
		out = append(out, opened(repo, p, data, m[0], syntax.OpenModules, name, string(data[m[0]:m[1]])))
	}
	return out
}

var (
	pageScript    = regexp.MustCompile(`(?is)<script\b([^>]*)>(.*?)</script`)
	pageElsewhere = regexp.MustCompile(`(?i)\bsrc\s*=` +
		`|\btype\s*=\s*["']?(?:module|text/(?:template|x-|html)|application/(?:ld\+)?json)`)
	pageDeclares = regexp.MustCompile(`\b(?:function|var|let|const|class)\s+([A-Za-z_$][\w$]*)` +
		`|\bwindow\.([A-Za-z_$][\w$]*)\s*=[^=]`)
)

// pageScripts: what scripts within a page declare, the scripts beside it see.
func pageScripts(repo, p string, data []byte) []schemas.Symbol {
	var out []schemas.Symbol
	seen := map[string]bool{}
	for _, m := range pageScript.FindAllSubmatchIndex(data, -1) {
		if pageElsewhere.Match(data[m[2]:m[3]]) {
			continue
		}
		for _, d := range pageDeclares.FindAllSubmatch(data[m[4]:m[5]], -1) {
			if name := string(d[1]) + string(d[2]); !seen[name] {
				seen[name] = true
				out = append(out, opened(repo, p, data, m[0], syntax.OpenGlobal, name, "<script>"))
			}
		}
	}
	return out
}
