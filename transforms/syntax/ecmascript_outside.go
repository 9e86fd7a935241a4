package syntax

import (
	"regexp"
	"slices"
)

// Exports is the owner of an opening that adds to what a module exports, and to no name
// that its own code sees.
const Exports = "module.exports"

var (
	ecmaExported = regexp.MustCompile(`[(,]\s*(?:module\.)?exports\s*[,)]|\)\(\s*module\s*\)|\b(?:var|let|const)\s+\w+\s*=\s*(?:module\.)?exports\s*(?:;|\n|$)|\bmodule\.exports\s*=\s*(?:new\s|[\w.$]+\()|\bmodule\.exports\s*=\s*\{[^}]*\.\.\.|\bmodule\[['"]exports['"]\]|\b(?:module\.)?exports\[[^\]\n]*\]\s*=[^=]`)
	ecmaAmbient  = regexp.MustCompile(`\bdeclare\s+module\s+['"]([^'"\n]*\*[^'"\n]+|\.[^'"\n]+)['"]`)
	ecmaExportAs = regexp.MustCompile(`(?s)\bexport\s*\{[^}]*\bas\s+['"]([\w$]+)['"]`)
	ecmaNamed    = regexp.MustCompile(`\b(?:stubGlobal|exposeInMainWorld|exposeFunction|exposeBinding)\(\s*['"]([\w$]+)['"]|\b(?:window|globalThis|global|self)\.__define[GS]etter__\(\s*['"]([\w$]+)['"]`)
	ecmaReturned = regexp.MustCompile(`\bFunction\(\s*['"]return this['"]\s*\)\(\)(?:\.([\w$]+)|\[[^\]\n]*\])\s*=[^=]`)
	ecmaAliased  = regexp.MustCompile(`\b([\w$]+)\s*=\s*(?:[^;\n]*[?:|(]\s*)?(?:window|globalThis|global|self)\s*\)?\s*(?:[;,:|]|\n|$)`)
	ecmaWrapped  = regexp.MustCompile(`\(\s*function\s*\w*\(\s*([\w$]+)`)
	ecmaHanded   = regexp.MustCompile(`\}\s*\)?\s*\(\s*(?:window|globalThis|global|self|this)\b|\.call\(\s*(?:window|globalThis|global|self|this)\s*,\s*(?:window|this)`)
	ecmaCalled   = regexp.MustCompile(`\}\s*\)?\s*\.(?:call|apply)\(\s*(?:window|globalThis|global|self|this)\b`)
	ecmaUnlinted = regexp.MustCompile(`\beslint-disable\b[^\n]*\bno-undef\b`)
	ecmaCast     = regexp.MustCompile(`\(\s*([\w$]+)\s+as\s+[^)]*\)`)
	ecmaEmitter  = regexp.MustCompile(`(?i)emitter|mixin`)
)

// ecmaOutside: what a module exports without writing the name, and names put into the
// global object in other words. hosts are the names by which the file knows that object.
func ecmaOutside(f *Facts, add func(Opening)) (hosts map[string]bool) {
	src := string(f.Src)
	for _, m := range ecmaExported.FindAllStringIndex(src, -1) {
		add(Opening{At: m[0], Reach: OpenMembers, Owner: Exports, Name: Any, What: src[m[0]:m[1]]})
	}
	for _, m := range ecmaExportAs.FindAllStringSubmatchIndex(src, -1) {
		add(Opening{At: m[0], Reach: OpenMembers, Owner: Exports, Name: group(src, m, 1), What: src[m[0]:m[1]]})
	}
	for _, re := range []*regexp.Regexp{ecmaNamed, ecmaReturned} {
		for _, m := range re.FindAllStringSubmatchIndex(src, -1) {
			name := group(src, m, 1)
			if len(m) > 4 {
				name += group(src, m, 2)
			}
			add(Opening{At: m[0], Reach: OpenGlobal, Name: oneOr(name), What: src[m[0]:m[1]]})
		}
	}
	if m := ecmaUnlinted.FindStringIndex(src); m != nil {
		add(Opening{At: m[0], Reach: OpenFile, Name: Any, What: src[m[0]:m[1]]})
	}
	for _, m := range ecmaAmbient.FindAllStringSubmatchIndex(src, -1) {
		add(Opening{At: m[0], Reach: OpenModules, Name: group(src, m, 1), What: src[m[0]:m[1]]})
	}
	hosts = map[string]bool{}
	for _, m := range ecmaAliased.FindAllStringSubmatch(src, -1) {
		hosts[m[1]] = true
	}
	if ecmaHanded.MatchString(src) {
		if m := ecmaWrapped.FindStringSubmatch(src); m != nil {
			hosts[m[1]] = true
		}
	}
	if ecmaCalled.MatchString(src) {
		hosts["this"] = true
	}
	return hosts
}

// ecmaDeclares reports whether a file declares a class or function of that name.
func ecmaDeclares(f *Facts, name string) bool {
	return slices.ContainsFunc(f.Decls, func(d Decl) bool { return d.Name == name && (d.Role == Class || d.Role == Function) })
}
