package rules

import (
	"iter"
	"strings"

	"decoy/schemas"
)

// group is what kinds of name stand for one another.
type group uint8

const (
	callables group = iota // functions, methods, what is called
	types
	values // variables and parameters
	keywords
	imported // names that modules are asked for
	modules
	groups
)

// groupOf maps the roles of names files to groups.
var groupOf = map[string]group{
	"called": callables, "method": callables, "function": callables,
	"class": types, "interface": types, "enum": types, "trait": types, "type": types,
	"parameter": values, "variable": values,
	"keyword": keywords, "import": imported, "module": modules,
}

// Pool is the real names of one language over the whole build.
type Pool struct {
	near    [groups]*nearIndex
	all     map[string]bool
	modules map[string]bool
	exports map[string]map[string]bool // module → names imported from it
	last    *nearIndex                 // last parts of modules' paths
	home    map[string][]string        // last part → modules
	usual   [groups]*usual
	below   map[string][]string // module → those one level below it, the most frequent first, see maxBelow
}

// NewPool reads a language's names.
func NewPool(names iter.Seq2[schemas.Name, error]) (*Pool, error) {
	p := &Pool{all: map[string]bool{}, modules: map[string]bool{}, exports: map[string]map[string]bool{},
		last: newNearIndex(), home: map[string][]string{}}
	var seen [groups]map[string]int
	for g := range p.near {
		p.near[g], seen[g] = newNearIndex(), map[string]int{}
	}
	var order []struct {
		g    group
		name string
	}
	var counts []int64
	for n, err := range names {
		if err != nil {
			return nil, err
		}
		p.all[n.Name] = true
		g, ok := groupOf[n.Role]
		if !ok {
			continue
		}
		switch n.Role {
		case "module":
			p.modules[n.Name] = true
		case "import":
			set(p.exports, n.Owner, n.Name)
		}
		if i, ok := seen[g][n.Name]; ok {
			counts[i] += n.Count
			continue
		}
		seen[g][n.Name] = len(order)
		order = append(order, struct {
			g    group
			name string
		}{g, n.Name})
		counts = append(counts, n.Count)
	}
	parts := map[string]bool{}
	for g := range p.usual {
		p.usual[g] = newUsual()
	}
	for i, o := range order {
		p.near[o.g].add(o.name, counts[i])
		p.usual[o.g].add(o.name, counts[i])
		if o.g == modules {
			last := lastSegment(o.name)
			p.home[last] = append(p.home[last], o.name)
			if !parts[last] {
				parts[last] = true
				p.last.add(last, counts[i])
			}
		}
	}
	for _, n := range p.near {
		n.finish()
	}
	for _, u := range p.usual {
		u.finish()
	}
	p.below = map[string][]string{}
	for _, m := range p.usual[modules].names {
		if up := above(m); up != "" && len(p.below[up]) < maxBelow {
			p.below[up] = append(p.below[up], m)
		}
	}
	p.last.finish()
	return p, nil
}

// set adds name to the set at key.
func set(m map[string]map[string]bool, key, name string) {
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	m[key][name] = true
}

// separators of path segments in module names of any language.
const separators = "./:\\"

// lastSegment is the last part of a module's path, without a file's extension.
func lastSegment(module string) string {
	module = withoutExtension(module)
	return module[strings.LastIndexAny(module, separators)+1:]
}

// maxBelow bounds the modules that are kept below one.
const maxBelow = 24

// above is the module that holds another, "" for none.
func above(module string) string {
	i := strings.LastIndexAny(module, separators)
	if i <= 0 || isExtension(module[i:]) {
		return ""
	}
	return strings.TrimRight(module[:i], ":")
}
