package syntax

import (
	"fmt"
	"strings"
)

// Describe prints facts, one a line, in a stable form: for goldens and for people
// who write rules.
func Describe(f *Facts) string {
	var w strings.Builder
	line := func(at int) int { return 1 + strings.Count(string(f.Src[:at]), "\n") }
	for _, im := range f.Imports {
		for _, it := range im.Items {
			fmt.Fprintf(&w, "import %d module=%q name=%q local=%q%s\n", line(im.Start), it.Module, it.Name, it.Local,
				flags("wildcard", it.Wildcard, "relative", it.Relative, "static", it.Static, "type", it.TypeOnly))
		}
	}
	for _, d := range f.Decls {
		fmt.Fprintf(&w, "decl %d %s %q scope=%d", line(d.NameStart), d.Role, d.Name, d.Scope)
		for _, kv := range [][2]string{{"owner", d.Owner}, {"type", d.Type}, {"constructed", d.Constructed},
			{"init", d.InitCall}, {"supers", strings.Join(d.Supers, ",")}} {
			if kv[1] != "" {
				fmt.Fprintf(&w, " %s=%q", kv[0], kv[1])
			}
		}
		if d.HasParams {
			var ps []string
			for _, p := range d.Params {
				ps = append(ps, p.String())
			}
			fmt.Fprintf(&w, " (%s)", strings.Join(ps, ", "))
		}
		fmt.Fprintf(&w, "%s\n", flags("static", d.Static, "decorated", d.Decorated, "open", d.Open))
	}
	for i, s := range f.Scopes {
		fmt.Fprintf(&w, "scope %d %d-%d %s parent=%d\n", i, line(s.Start), line(s.End), [...]string{"file", "type",
			"function", "block", "namespace"}[s.Kind], s.Parent)
	}
	for _, c := range f.Calls {
		recv := ""
		if c.Recv >= 0 {
			recv = f.Tree.Text(c.Recv)
		}
		var args []string
		for _, a := range c.Args {
			s := string(f.Src[a.ValueStart:a.ValueEnd])
			if a.Keyword != "" {
				s = a.Keyword + "=" + s
			}
			if a.Spread {
				s += "…"
			}
			args = append(args, s)
		}
		fmt.Fprintf(&w, "call %d recv=%q name=%q args=%q%s\n", line(c.Start), recv, c.Name, args,
			flags("ctor", c.Ctor, "macro", c.Macro, "decorator", c.Decorator, "tokens", c.TokenTree))
	}
	for _, m := range f.Members {
		fmt.Fprintf(&w, "member %d object=%q name=%q%s\n", line(m.Start), f.Src[m.ObjStart:m.ObjEnd],
			m.Name, flags("called", m.Called))
	}
	for _, r := range f.Refs {
		fmt.Fprintf(&w, "ref %d %q scope=%d%s\n", line(r.Start), r.Name, r.Scope, flags("type", r.InType, "called",
			r.Called, "assigned", r.Assigned))
	}
	return w.String()
}

// String is the parameter as schemas.Symbol writes it: "name", "name?", "*name",
// "name=" (keyword only), "**name".
func (p Param) String() string {
	switch {
	case p.KeywordRest:
		return "**" + p.Name
	case p.Variadic:
		return "*" + p.Name
	case p.KeywordOnly && p.Optional:
		return p.Name + "=?"
	case p.KeywordOnly:
		return p.Name + "="
	case p.PosOnly && p.Optional:
		return p.Name + "/?"
	case p.PosOnly:
		return p.Name + "/"
	case p.Optional:
		return p.Name + "?"
	}
	return p.Name
}

func flags(nameAndSet ...any) string {
	s := ""
	for i := 0; i < len(nameAndSet); i += 2 {
		if nameAndSet[i+1].(bool) {
			s += " " + nameAndSet[i].(string)
		}
	}
	return s
}
