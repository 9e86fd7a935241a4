package recipe

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"
)

var recipeType = reflect.TypeFor[Recipe]()

// checkFields compares the keys of a YAML mapping with the fields of a struct, all
// the way down.
func checkFields(n *yaml.Node, t reflect.Type, at string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case n.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for i, c := range n.Content {
			if err := checkFields(c, t.Elem(), fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case n.Kind == yaml.MappingNode && t.Kind() == reflect.Map:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if err := checkFields(n.Content[i+1], t.Elem(), at+"."+n.Content[i].Value); err != nil {
				return err
			}
		}
	case n.Kind == yaml.MappingNode && t.Kind() == reflect.Struct:
		fields := map[string]reflect.Type{}
		var names []string
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
			if name != "" && name != "-" {
				fields[name] = t.Field(i).Type
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			return nil
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			ft, ok := fields[key.Value]
			name := strings.TrimPrefix(at+"."+key.Value, ".")
			if !ok {
				return fmt.Errorf("line %d: unknown field %s; did you mean %s? (known: %s)", key.Line, name,
					nearest(key.Value, names), strings.Join(names, ", "))
			}
			if err := checkFields(n.Content[i+1], ft, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// nearest is the word of the list with the smallest edit distance.
func nearest(word string, list []string) string {
	best, bestD := "", 1<<30
	for _, w := range list {
		if d := levenshtein.ComputeDistance(word, w); d < bestD {
			best, bestD = w, d
		}
	}
	return best
}
