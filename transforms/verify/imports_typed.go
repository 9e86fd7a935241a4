package verify

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// Imports of types: classes of packages, static members, types of namespaces.

// javaItem resolves an item whose path ends in types: a static import, a class of a package.
func javaItem(s *site, it syntax.ImportItem, m module) (verdict, bool) {
	if it.Wildcard && !it.Static {
		if m.state == present || m.state == standard {
			return verdict{}, false
		}
		if _, ok := s.typeByFullName(it.Module); ok {
			return verdict{ruleModule, exists("%s is a type", it.Module)}, true
		}
		outer := s.w.module(s.query, strings.TrimSuffix(it.Module, "."+last(it.Module)), s.file)
		if m.state == absent && outer.state != standard {
			return verdict{}, false
		}
		return s.classNamed(it.Module)
	}
	if it.Static {
		if it.Wildcard {
			if _, ok := s.typeByFullName(it.Module); ok {
				return verdict{ruleModule, exists("%s is a type", it.Module)}, true
			}
			return s.classNamed(it.Module)
		}
		t, ok := s.typeByFullName(it.Module)
		if !ok {
			if v, ok := s.classNamed(it.Module); ok && v.status != schemas.StatusExists {
				return v, true
			}
			return verdict{ruleImportName, abstain("%s is not read", it.Module)}, true
		}
		return verdict{ruleImportName, s.staticMember(t, it.Name)}, true
	}
	return s.classNamed(it.Module + "." + it.Name)
}

// csharpItem resolves an item whose path ends in types: using static T, using X = T.
func csharpItem(s *site, it syntax.ImportItem, m module) (verdict, bool) {
	if it.Wildcard && !it.Static {
		return verdict{}, false
	}
	if _, ok := s.typeByFullName(it.Module); ok {
		return verdict{ruleModule, exists("%s is a type", it.Module)}, true
	}
	if m.state == present {
		return verdict{ruleModule, exists("%s is a namespace", it.Module)}, true
	}
	outer := strings.TrimSuffix(strings.TrimSuffix(it.Module, last(it.Module)), ".")
	if s.importedElsewhere(it.Module) {
		return verdict{ruleModule, abstain("%s is imported by other files too", it.Module)}, true
	}
	if o := s.w.module(s.query, outer, s.file); outer != "" && o.state == present {
		return verdict{ruleImportName, certain("other assemblies can add to the namespace",
			"the namespace %s (%s and others) has no type %s", outer, o.files[0].path, last(it.Module))}, true
	}
	return verdict{ruleModule, abstain("%s is not of this repository", it.Module)}, true
}

// staticMember looks for a statically imported member of a type.
func (s *site) staticMember(t typ, name string) finding {
	c := s.closureOf(t)
	if h := s.has(c, name); h != "" {
		return exists("%s has the member: %s", t, h)
	}
	if slices.Contains(s.w.later, name) {
		return abstain("later versions of the library have %s", name)
	}
	if o, ok := s.mayMake(c, name); ok {
		return o.finding(name)
	}
	if c.dynamic != "" {
		return abstain("%s", c.dynamic)
	}
	weak := ""
	if len(c.unread) > 0 {
		weak = "not read: " + c.unread[0]
	} else if t.lib != nil {
		weak = "the list is of JDK 17 to 25"
	}
	return certain(weak, "%s; no %s", c.inventory(s.query), name)
}

// classNamed resolves a class by its full name: in a package of the archive or of
// the JDK it must be declared there.
func (s *site) classNamed(full string) (verdict, bool) {
	parts := strings.Split(full, ".")
	if _, ok := s.typeByFullName(full); ok {
		return verdict{ruleImportName, exists("%s is declared", full)}, true
	}
	for i := len(parts) - 1; i > 0; i-- {
		pkg, rest := strings.Join(parts[:i], "."), parts[i:]
		m := s.w.module(s.query, pkg, s.file)
		switch m.state {
		case standard:
			if _, ok := m.lib[strings.Join(rest, ".")]; ok {
				return verdict{ruleImportName, exists("the JDK has %s", full)}, true
			}
			if !startsUpper(rest[0]) {
				return verdict{ruleModule, abstain("%s is not of this repository", full)}, true
			}
			if slices.Contains(s.w.later, rest[0]) || slices.Contains(s.w.later, rest[len(rest)-1]) {
				return verdict{ruleImportName, abstain("later versions of the JDK have %s", full)}, true
			}
			why := certain("", "the package %s of JDK 17 to 25 has %d public classes, none is %s",
				pkg, len(m.lib), strings.Join(rest, "."))
			return verdict{ruleImportName, why}, true
		case present:
			if fs := s.repo.stems[rest[0]]; len(fs) > 0 && len(rest) == 1 && fs[0].language != "java" {
				return verdict{ruleImportName, abstain("%s may declare %s", fs[0].path, full)}, true
			}
			x := s.export(m, rest[0])
			if x.where == "" && (!startsUpper(rest[0]) || s.incomplete(pkg)) {
				why := abstain("the package %s has classes that the archive does not hold", pkg)
				return verdict{ruleImportName, why}, true
			}
			if x.where != "" && len(rest) > 1 {
				return verdict{ruleImportName, s.staticMemberOf(x, rest)}, true
			}
			if x.where != "" {
				return verdict{ruleImportName, exists("%s is declared at %s", full, x.where)}, true
			}
			if why := s.packageOpen(m, pkg, rest[0], x.open); why != "" {
				return verdict{ruleImportName, abstain("%s", why)}, true
			}
			why := certain("", "the package %s declares %s; no %s", pkg, s.listing(m), rest[0])
			return verdict{ruleImportName, why}, true
		case absent:
			return verdict{ruleModule, certain("", "%s: %s", pkg, m.why)}, true
		}
	}
	return verdict{ruleImportName, abstain("%s is not of this repository", full)}, true
}

func startsUpper(s string) bool { return s != "" && s[0] >= 'A' && s[0] <= 'Z' }

// staticMemberOf looks for a nested class in what a package declares.
func (s *site) staticMemberOf(x found, rest []string) finding {
	for _, d := range x.decls {
		if d.isType() {
			t := typ{decls: []*decl{d}}
			return s.staticMember(t, rest[1])
		}
	}
	return abstain("%s is not a class", rest[0])
}

// sourceTemplate matches files of which builds make classes: templates of sources and
// descriptions of interfaces.
var sourceTemplate = regexp.MustCompile(`\.(?:java|cs)\.[^/]+$|-templates/.*\.java$` +
	`|(?:^|/)[^/]*(?:openapi|swagger|asyncapi)[^/]*\.(?:ya?ml|json)$`)

// sourceKinds end the names of files of which builds make classes.
var sourceKinds = list("typed sources")

// generators reports whether the archive has sources from which builds generate
// code that the archive does not hold.
func (q *query) generators() bool {
	if q.made == nil {
		made := false
		for name := range q.repo.files {
			if sourceTemplate.MatchString(name) || slices.Contains(sourceKinds, path.Ext(name)) {
				made = true
				break
			}
		}
		q.made = &made
	}
	return *q.made
}

// packageOpen says why a package of the archive may have a class that no file that
// was read declares, "" where it may not.
func (s *site) packageOpen(m module, pkg, name, open string) string {
	switch {
	case open != "":
		return open
	case generatedName(name):
		return "a build may generate " + name
	case s.generators():
		return "the archive has sources from which classes are generated"
	}
	if why := s.otherJVM(pkg); why != "" {
		return why
	}
	if why := s.javaUnread(pkg); why != "" {
		return why
	}
	for _, f := range m.files {
		if why := s.processed(name, f.folder); why != "" {
			return why
		}
	}
	return ""
}
