package syntax

import (
	"regexp"
	"slices"
	"strings"
)

// rustPlainMacros declare nothing beside what their arguments name.
var rustPlainMacros = strings.Fields(`thread_local lazy_static bitflags const_assert const_assert_eq static_assert
compile_error macro_rules global_asm assert_impl_all assert_not_impl_any assert_eq_size assert_obj_safe doctest
inventory submit criterion_main criterion_group fuzz_target`)

// rustItemPlaces are the kinds of nodes in which items stand.
var rustItemPlaces = strings.Fields("source_file declaration_list expression_statement macro_invocation")

// rustOpenings: macros that are called where items stand, what the macros of the file
// make, and files that an attribute names.
func rustOpenings(f *Facts, add func(Opening)) {
	for i := range f.Calls {
		c := &f.Calls[i]
		if !c.Macro || f.scopeInFunction(c.Scope) || f.inBlock(c.Scope) {
			continue
		}
		if p := f.Tree.Parent(c.Node); p >= 0 && !slices.Contains(rustItemPlaces, f.Tree.Kind(p)) {
			continue // a value, a type or a pattern
		}
		name := lastPart(strings.TrimSuffix(c.Name, "!"))
		if slices.Contains(rustExpressionMacros, name) || slices.Contains(rustPlainMacros, name) {
			continue
		}
		o := Opening{At: c.Start, Reach: OpenFile, Owner: name, Name: Any, What: name + "!"}
		if t := f.typeAround(c.Scope); t != "" {
			o.Reach, o.Owner = OpenMembers, t
		}
		add(o)
	}
	for n := range f.Tree.Len() {
		switch f.Tree.Kind(n) {
		case "macro_definition":
			rustDefinition(f, n, add)
		case "mod_item":
			for p := previous(f.Tree, n); p >= 0 && f.Tree.Kind(p) == "attribute_item"; p = previous(f.Tree, p) {
				if m := rustPathAttribute.FindStringSubmatch(f.Tree.Text(p)); m != nil {
					mod := f.Tree.Text(f.Tree.Child(n, "name"))
					add(Opening{At: f.Tree.Start(n), Reach: OpenPath, Owner: mod, Name: m[1], What: f.Tree.Text(p)})
				}
			}
		}
		rustAttributed(f, n, add)
	}
}

// rustPlainDerives implement a trait and declare nothing else.
var rustPlainDerives = strings.Fields(`Debug Clone Copy PartialEq Eq PartialOrd Ord Hash Default Serialize Deserialize
Error Parser Args Subcommand ValueEnum JsonSchema Zeroize ZeroizeOnDrop Display From Into TryFrom TryInto Deref
DerefMut Arbitrary Pod Zeroable FromRow ToSql FromSql BorshSerialize BorshDeserialize Encode Decode
TypeInfo IntoStaticStr EnumString AsRefStr FromPrimitive ToPrimitive Hash32 Valuable ToTokens Parse
Reflect Component Resource Message Trace Finalize`)

// rustAttributed: what an attribute or derive that is not the language's makes of an
// item is usually named after it (FooBuilder); a grammar makes any name.
func rustAttributed(f *Facts, n int, add func(Opening)) {
	name := ""
	switch f.Tree.Kind(n) {
	case "struct_item", "enum_item", "union_item", "trait_item", "function_item", "mod_item", "impl_item":
		if name = f.Tree.Text(f.Tree.Child(n, "name")); name == "" {
			name = rustBare(f.Tree.Text(f.Tree.Child(n, "type")))
		}
	}
	if name == "" {
		return
	}
	for p := previous(f.Tree, n); p >= 0; p = previous(f.Tree, p) {
		switch f.Tree.Kind(p) {
		case "line_comment", "block_comment":
			continue
		case "attribute_item":
		default:
			return
		}
		text := f.Tree.Text(p)
		o := Opening{At: f.Tree.Start(p), Reach: OpenFile, What: text}
		head := identifier.FindString(text)
		switch {
		case head == "grammar" || head == "grammar_inline":
			o.Name = Any
			add(o)
			continue
		case head == "derive" && rustPlainDerive(text), head != "derive" && rustPlainAttribute(head):
			continue
		}
		if head == "pymodule" { // a module of Python
			add(Opening{At: o.At, Reach: OpenModules, Name: name, What: text})
		}
		for _, word := range identifier.FindAllString(text, -1) { // #[builder(name = "Other")]
			if o.Name = word; len(word) > 2 && !slices.Contains(rustBuiltin, word) {
				add(o)
			}
		}
		for _, form := range []string{name, snake(name), strings.ToUpper(snake(name))} {
			for _, pattern := range []string{form + "*", "*" + form} {
				o.Name = pattern
				add(o)
			}
		}
	}
}

// rustPlainDerive reports whether all traits of a derive attribute are plain ones.
func rustPlainDerive(text string) bool {
	from := strings.IndexByte(text, '(') + 1
	list := text[from:max(from, strings.LastIndexByte(text, ')'))]
	unknown := func(t string) bool { return !slices.Contains(rustPlainDerives, lastPart(t)) }
	return !slices.ContainsFunc(rustDerived(list), unknown)
}

func rustPlainAttribute(head string) bool {
	return head != "cfg_attr" &&
		(slices.Contains(rustBuiltin, head) || head == "rustfmt" || head == "clippy" || head == "serde")
}

// snake is the form of a name in a_b.
func snake(s string) string {
	var b strings.Builder
	for i, r := range s {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (f *Facts) inBlock(s int) bool {
	for ; s > 0; s = f.Scopes[s].Parent {
		sc := &f.Scopes[s]
		if sc.Kind == BlockScope && sc.Decl < 0 && f.Src[sc.Start] == '{' && f.typeAround(s) == "" {
			return true
		}
	}
	return false
}

var (
	rustPathAttribute = regexp.MustCompile(`\bpath\s*=\s*"([^"]+)"`)
	rustItem          = regexp.MustCompile(`\b(?:fn|struct|enum|union|trait|mod|type|const|static|macro_rules\s*!)\s+` +
		`(?:ref\s+|mut\s+|unsafe\s+|fn\s+)*([$\w]+)`)
	rustInner = regexp.MustCompile(`\b(\w+)\s*!|\buse\b|\bextern\s+crate\b`)
)

// rustDefinition says which names of its own a macro makes. Those that its arguments
// give stand in the arguments of its calls. A macro that calls another, imports or
// pastes may make any.
func rustDefinition(f *Facts, n int, add func(Opening)) {
	macro := f.Tree.Text(f.Tree.Child(n, "name"))
	o := Opening{At: f.Tree.Start(n), Reach: OpenMacro, Owner: macro, What: "macro_rules! " + macro}
	body := f.Tree.Text(n)
	for _, m := range rustInner.FindAllStringSubmatch(body, -1) {
		if m[1] != "macro_rules" && m[1] != macro && !slices.Contains(rustExpressionMacros, m[1]) {
			o.Name = Any
			add(o)
			return
		}
	}
	o.Name = "()" // no name that can be written: the macro is known
	add(o)
	for _, m := range rustItem.FindAllStringSubmatch(body, -1) {
		if o.Name = m[1]; !strings.HasPrefix(o.Name, "$") {
			add(o)
		}
	}
}
