package syntax

import (
	"regexp"
	"slices"
	"strings"
)

var (
	cppDefine = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*define[ \t]+(\w+)(\([^)\n]*\))?[ \t]` +
		`((?:[^\n\\]|\\\r?\n|\\.)*)`)
	cppInvoke = regexp.MustCompile(`(?m)\b([A-Z][A-Z0-9_]{2,}[A-Za-z0-9_]*|DEFINE_\w+|DECLARE_\w+)\s*\(` +
		`|^[ \t]*([A-Za-z_]\w*)\s*\(`)
	cppIncludeMacro = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*(?:include[ \t]+[A-Za-z_]\w*|include_next\b.*|import\b.*)` +
		`|^[ \t]*(?:export[ \t]+)?import[ \t]+[\w.:<"/]+[>"]?[ \t]*;`)
	cppAliased   = signOf(`alias`, `([A-Za-z_]\w*)(?:\([^()]*\))?\s*__attribute__\s*\(\([^;{}]*\balias\b`)
	cppExtension = signOf(`PYBIND11_MODULE( NB_MODULE( BOOST_PYTHON_MODULE( PYBIND11_EMBEDDED_MODULE( PyInit_`,
		`\b(?:PYBIND11_MODULE|NB_MODULE|BOOST_PYTHON_MODULE|PYBIND11_EMBEDDED_MODULE)\(\s*(\w+)|\bPyInit_(\w+)\(`)
	cppPaste = regexp.MustCompile(`(\w+)?\s*##\s*(\w+)?`)
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
	for _, m := range cppAliased.all(src) {
		add(Opening{At: m[0], Reach: OpenMacro, Owner: Any, Name: group(src, m, 1), What: src[m[0]:m[1]]})
	}
	for _, m := range cppExtension.all(src) { // a module of Python
		add(Opening{At: m[0], Reach: OpenModules, Name: groups(src, m), What: src[m[0]:m[1]]})
	}
	cppInvoked(f, src, add)
	for _, m := range cppIncludeMacro.FindAllStringIndex(src, -1) {
		add(Opening{At: m[0], Reach: OpenFile, Name: Any, What: src[m[0]:m[1]]})
	}
	for n := range f.Tree.Len() { // using Base::name brings overloads and constructors
		k := f.Tree.Kind(n)
		if (k == "preproc_include" || k == "preproc_call") && strings.Contains(f.Tree.Text(n), "include") {
			// a file within a class writes its members
			if t := f.typeAround(f.ScopeAt(f.Tree.Start(n))); t != "" {
				add(Opening{At: f.Tree.Start(n), Reach: OpenMembers, Owner: t, Name: Any, What: f.Tree.Text(n)})
			}
		}
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

// cppKeywords begin what looks like a call and is none.
var cppKeywords = strings.Fields(`if for while switch return sizeof catch alignof decltype throw static_assert
defined requires noexcept alignas operator asm typeof co_return co_await delete new`)

// cppPlain is an argument that may be a name: a word, with its value behind it.
var cppPlain = regexp.MustCompile(`^\s*[A-Za-z_]\w*\s*(?:=.*)?$`)

// cppInvoked: names in the arguments of macros. One in capitals is a macro wherever it
// stands outside of functions; another word only where a statement begins with it, and
// then only its plain arguments are names. In a function, what stands before a block
// may be the variable of a loop.
func cppInvoked(f *Facts, src string, add func(Opening)) {
	for _, m := range cppInvoke.FindAllStringSubmatchIndex(src, -1) {
		macro, loose := group(src, m, 1), group(src, m, 2)
		line := strings.LastIndexByte(src[:m[1]-1], '\n') + 1
		if strings.HasPrefix(strings.TrimSpace(src[line:m[1]]), "#") || slices.Contains(cppKeywords, loose) {
			continue
		}
		end := closing(src, m[1], 2000)
		if end < 0 {
			continue
		}
		args := src[m[1]:end]
		o := Opening{At: m[0], Reach: OpenMacro, Owner: Any, What: macro + loose + "(" + args + ")"}
		inside := f.inFunction(m[0]) && strings.Contains(src[f.Scopes[f.ScopeAt(m[0])].Start:m[0]], "{")
		if inside {
			if !strings.HasPrefix(strings.TrimSpace(src[end+1:]), "{") {
				continue
			}
			o.Reach, o.Owner = OpenFile, ""
		}
		capitals := macro != "" || strings.ToUpper(loose) == loose
		for _, arg := range splitArgs(args) {
			if !capitals && !cppPlain.MatchString(arg) {
				continue
			}
			for _, a := range identifier.FindAllString(arg, -1) {
				if len(a) < 3 || slices.Contains(cppPredeclared, a) {
					continue
				}
				o.Name = a
				add(o)
				for _, name := range []string{a + "*", "*" + a} {
					if o.Name = name; !inside {
						add(o)
					}
				}
			}
		}
	}
}

// closing is where the bracket that stands before from closes, -1 where it does not
// within most bytes.
func closing(src string, from, most int) int {
	depth := 1
	for i := from; i < len(src) && i < from+most; i++ {
		switch src[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// splitArgs splits arguments at the commas outside of brackets.
func splitArgs(s string) []string {
	var out []string
	depth, from := 0, 0
	for i, r := range s {
		switch r {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	return append(out, s[from:])
}
