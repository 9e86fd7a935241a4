package screen

import (
	"bytes"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

const (
	// maxKeyParts is the length of the longest key that is asked for.
	maxKeyParts = 3

	// maxBrackets bounds how deep a value can nest: the parser takes 2 KB of stack
	// a level.
	maxBrackets = 8192
)

// tomlStrings are the strings and booleans of a document by dotted key; a list of
// strings is in one key.
type tomlStrings map[string][]string

func (t tomlStrings) text(key string) string { return strings.Join(t[key], " ") }

// tomlFields reads the short keys of a document that parses. It uses the library's
// parser without its decoder, whose time is quadratic in the number of keys.
func tomlFields(data []byte) tomlStrings {
	if bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) > maxBrackets {
		return nil
	}
	fields := tomlStrings{}
	var p unstable.Parser
	p.Reset(data)
	var table []string
	read := true // whether the keys of the table can be asked for
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			table, read = keyOf(nil, e)
		case unstable.ArrayTable:
			read = false
		case unstable.KeyValue:
			if read {
				fields.add(table, e)
			}
		}
	}
	if p.Error() != nil {
		return nil
	}
	return fields
}

// keyOf appends the parts of a node's key to a table's; too many are not ok.
func keyOf(table []string, n *unstable.Node) (key []string, ok bool) {
	key = slices.Clone(table)
	for it := n.Key(); it.Next(); {
		if len(key) == maxKeyParts {
			return nil, false
		}
		key = append(key, string(it.Node().Data))
	}
	return key, true
}

func (t tomlStrings) add(table []string, n *unstable.Node) {
	key, ok := keyOf(table, n)
	if !ok {
		return
	}
	switch value := n.Value(); value.Kind {
	case unstable.InlineTable:
		for it := value.Children(); it.Next(); {
			t.add(key, it.Node())
		}
	case unstable.String, unstable.Bool:
		t[strings.Join(key, ".")] = []string{string(value.Data)}
	case unstable.Array:
		for it := value.Children(); it.Next(); {
			if it.Node().Kind == unstable.String {
				name := strings.Join(key, ".")
				t[name] = append(t[name], string(it.Node().Data))
			}
		}
	}
}
