package syntax

import (
	"regexp"
	"slices"
	"strings"
)

var (
	cppDefine       = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*define[ \t]+(\w+)(\([^)\n]*\))?[ \t]((?:[^\n\\]|\\\r?\n|\\.)*)`)
	cppInvoke       = regexp.MustCompile(`\b([A-Z][A-Z0-9_]{2,}[A-Za-z0-9_]*|DEFINE_\w+|DECLARE_\w+)\s*\(`)
	cppIncludeMacro = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*include[ \t]+[A-Za-z_]\w*`)
	cppPaste        = regexp.MustCompile(`(\w+)?\s*##\s*(\w+)?`)
)

// cppOpenings: what macros may name. Their bodies are raw text, so every identifier
// in a body may be declared where the macro is used, and every argument of a macro
// that is used outside of functions, alone or pasted to something.
func cppOpenings(f *Facts, add func(Opening)) {
	src := string(f.Src)
	for _, m := range cppDefine.FindAllStringSubmatchIndex(src, -1) {
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return src[m[2*i]:m[2*i+1]]
		}
		o := Opening{At: m[0], Reach: OpenMacro, Owner: Any, What: "#define " + group(1)}
		params := identifier.FindAllString(group(2), -1)
		body := group(3)
		if i := strings.Index(body, "//"); i >= 0 && !strings.Contains(body[:i], "\"") {
			body = body[:i]
		}
		words := identifier.FindAllString(body, -1)
		if len(words) < 2 && len(params) == 0 && !strings.ContainsAny(body, "({") {
			continue // another name, or a value
		}
		for _, w := range words {
			if !slices.Contains(params, w) && len(w) > 1 && !slices.Contains(cppPredeclared, w) {
				o.Name = w
				add(o)
			}
		}
		for _, p := range cppPaste.FindAllStringSubmatch(body, -1) {
			left, right := p[1], p[2]
			switch {
			case left != "" && !slices.Contains(params, left):
				o.Name = left + "*"
				add(o)
			case right != "" && !slices.Contains(params, right):
				o.Name = "*" + right
				add(o)
			}
		}
	}
	for _, m := range cppInvoke.FindAllStringSubmatchIndex(src, -1) {
		line := strings.LastIndexByte(src[:m[0]], '\n') + 1
		if strings.HasPrefix(strings.TrimSpace(src[line:m[0]]), "#") || f.inFunction(m[0]) {
			continue
		}
		args, _, ok := strings.Cut(src[m[1]:min(len(src), m[1]+400)], ")")
		if !ok {
			continue
		}
		o := Opening{At: m[0], Reach: OpenMacro, Owner: Any, What: src[m[2]:m[3]] + "(" + args + ")"}
		for _, a := range identifier.FindAllString(args, -1) {
			if len(a) < 3 || slices.Contains(cppPredeclared, a) {
				continue
			}
			for _, name := range []string{a, a + "*", "*" + a} {
				o.Name = name
				add(o)
			}
		}
	}
	for _, m := range cppIncludeMacro.FindAllStringIndex(src, -1) {
		add(Opening{At: m[0], Reach: OpenFile, Name: Any, What: src[m[0]:m[1]]})
	}
	for n := range f.Tree.Len() { // using Base::name brings overloads and constructors
		if f.Tree.Kind(n) != "using_declaration" {
			continue
		}
		if t := f.typeAround(f.ScopeAt(f.Tree.Start(n))); t != "" {
			text := strings.TrimSuffix(strings.TrimSpace(f.Tree.Text(n)), ";")
			name := lastPart(text)
			if i := strings.Index(text, "<"); i >= 0 && strings.HasSuffix(text, ">") {
				name = lastPart(text[:i])
			}
			add(Opening{At: f.Tree.Start(n), Reach: OpenMembers, Owner: t, Name: name, What: text})
		}
	}
}
