package syntax

import (
	"regexp"
	"slices"
)

// Exports is the owner of an opening that adds to what a module exports, and to no name
// that its own code sees.
const Exports = "module.exports"

// InModule begins the owner of an opening that adds to the types of a module, of which
// the last name of its path follows: what a file calls them need not be their name.
const InModule = "./"

// ecmaFrom is the module from which a file imports a name, the last part of its path.
func ecmaFrom(f *Facts, name string) string {
	for _, im := range f.Imports {
		for _, it := range im.Items {
			if it.Local == name && it.Relative {
				return lastPathPart(it.Module)
			}
		}
	}
	return ""
}

// ecmaWritten: what a module exports without writing the name, and names put into the
// global object, into all modules or past the linter in other words than assignments.
var ecmaWritten = []written{
	{signOf(`exports module`,
		`[(,]\s*(?:module\.)?exports\s*[,)]|\)\(\s*module\s*\)`+
			`|\b(?:var|let|const)\s+\w+\s*=\s*(?:module\.)?exports\s*(?:;|\n|$)`+
			`|\bmodule\.exports\s*=\s*(?:new\s|[\w.$]+\()|\bmodule\.exports\s*=\s*\{[^}]*\.\.\.`+
			`|\bmodule\[['"]exports['"]\]|\b(?:module\.)?exports\[[^\]\n]*\]\s*=[^=]`), OpenMembers, Exports},
	{signOf(`export`, `export\s*\{[^}]*\bas\s+['"]([\w$]+)['"]`), OpenMembers, Exports},
	{signOf(`stubGlobal exposeInMainWorld exposeFunction exposeBinding .__define`,
		`\b(?:stubGlobal|exposeInMainWorld|exposeFunction|exposeBinding)\(\s*['"]([\w$]+)['"]`+
			`|\b(?:window|globalThis|global|self)\.__define[GS]etter__\(\s*['"]([\w$]+)['"]`), OpenGlobal, ""},
	{signOf(`Function(`,
		`\bFunction\(\s*['"]return this['"]\s*\)\(\)(?:\.([\w$]+)|\[[^\]\n]*\])\s*=[^=]`), OpenGlobal, ""},
	{signOf(`eslint-disable @ts-nocheck`, `\beslint-disable\b[^\n]*\bno-undef\b|//\s*@ts-nocheck\b`), OpenFile, ""},
	{signOf(`declare`, `\bdeclare\s+module\s+['"]([^'"\n]*\*[^'"\n]+|\.[^'"\n]+)['"]`), OpenModules, ""},
}

// How a file knows the global object.
const ecmaGlobal = `window globalThis global self`

var (
	ecmaAliased = signOf(ecmaGlobal,
		`\b([\w$]+)\s*=\s*(?:[^;\n]*[?:|(]\s*)?(?:window|globalThis|global|self)\s*\)?\s*(?:[;,:|]|\n|$)`)
	ecmaHanded = signOf(ecmaGlobal+` this`,
		`\}\s*\)?\s*\(\s*(?:window|globalThis|global|self|this)\b`+
			`|\.call\(\s*(?:window|globalThis|global|self|this)\s*,\s*(?:window|this)`)
	ecmaCalled  = signOf(`.call( .apply(`, `\}\s*\)?\s*\.(?:call|apply)\(\s*(?:window|globalThis|global|self|this)\b`)
	ecmaWrapped = regexp.MustCompile(`\(\s*function\s*\w*\(\s*([\w$]+)`)
	ecmaCast    = regexp.MustCompile(`\(\s*([\w$]+)\s+as\s+[^)]*\)`)
	ecmaEmitter = regexp.MustCompile(`(?i)emitter|mixin`)
)

// ecmaAliases are the names by which a file knows the global object beside its own.
func ecmaAliases(f *Facts) map[string]bool {
	src := string(f.Src)
	hosts := map[string]bool{}
	for _, m := range ecmaAliased.near(src) {
		hosts[group(src, m, 1)] = true
	}
	if ecmaHanded.in(src) {
		if m := ecmaWrapped.FindStringSubmatch(src); m != nil {
			hosts[m[1]] = true
		}
	}
	if ecmaCalled.in(src) {
		hosts["this"] = true
	}
	return hosts
}

// ecmaDeclares reports whether a file declares a class or function of that name.
func ecmaDeclares(f *Facts, name string) bool {
	return slices.ContainsFunc(f.Decls, func(d Decl) bool {
		return d.Name == name && (d.Role == Class || d.Role == Function)
	})
}
