package bigqueryfake

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// discovery is Google's description of the interface.
type discovery struct {
	Schemas    map[string]*shape         `json:"schemas"`
	Parameters map[string]any            `json:"parameters"`
	Resources  map[string]*methodsOfKind `json:"resources"`
	methods    []*method
}

type methodsOfKind struct {
	Methods map[string]*method `json:"methods"`
}

type method struct {
	ID         string         `json:"id"`
	FlatPath   string         `json:"flatPath"`
	Path       string         `json:"path"`
	Verb       string         `json:"httpMethod"`
	Parameters map[string]any `json:"parameters"`
	Request    *shape         `json:"request"`
	pattern    *regexp.Regexp
}

// shape is a JSON schema, as far as the document uses it.
type shape struct {
	Ref        string            `json:"$ref"`
	Type       string            `json:"type"`
	Enum       []string          `json:"enum"`
	Properties map[string]*shape `json:"properties"`
	Items      *shape            `json:"items"`
	Others     *shape            `json:"additionalProperties"`
}

var variable = regexp.MustCompile(`\\\{\\?\+?[A-Za-z]+\\\}`)

// readDiscovery finds the document in the source of google.golang.org/api; nil if it
// is not there.
func readDiscovery(t testing.TB) *discovery {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "google.golang.org/api").Output()
	var data []byte
	if err == nil {
		data, err = os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "bigquery", "v2", "bigquery-api.json"))
	}
	if err != nil {
		t.Logf("requests are not checked against the discovery document: %v", err)
		return nil
	}
	d := &discovery{}
	if err := json.Unmarshal(data, d); err != nil {
		t.Fatal(err)
	}
	for _, r := range d.Resources {
		for _, m := range r.Methods {
			path := m.FlatPath
			if path == "" {
				path = m.Path
			}
			m.pattern = regexp.MustCompile("^/" + variable.ReplaceAllString(regexp.QuoteMeta(path), "[^/]+") + "$")
			d.methods = append(d.methods, m)
		}
	}
	return d
}

// check says what the interface does not have in a request.
func (d *discovery) check(r *http.Request, body []byte) (bad []string) {
	if d == nil {
		return nil
	}
	i := slices.IndexFunc(d.methods, func(m *method) bool { return m.Verb == r.Method && m.pattern.MatchString(r.URL.Path) })
	if i < 0 {
		return []string{"no such method"}
	}
	m := d.methods[i]
	for name := range r.URL.Query() {
		if m.Parameters[name] == nil && d.Parameters[name] == nil {
			bad = append(bad, "unknown parameter "+name)
		}
	}
	if len(body) == 0 || m.Request == nil {
		return bad
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return append(bad, err.Error())
	}
	return append(bad, d.compare(m.Request, v, "body")...)
}

// compare says where a value does not have the shape.
func (d *discovery) compare(s *shape, v any, at string) (bad []string) {
	if s != nil && s.Ref != "" {
		s = d.Schemas[s.Ref]
	}
	if s == nil {
		return []string{at + " is unknown"}
	}
	is := map[bool]string{}
	switch v := v.(type) {
	case nil:
		return nil
	case map[string]any:
		is[s.Type == "object"] = "an object"
		for name, value := range v {
			inner := s.Properties[name]
			if inner == nil {
				inner = s.Others
			}
			bad = append(bad, d.compare(inner, value, at+"."+name)...)
		}
	case []any:
		is[s.Type == "array"] = "a list"
		for _, value := range v {
			bad = append(bad, d.compare(s.Items, value, at+"[]")...)
		}
	case string: // also of a 64-bit integer
		is[s.Type == "string"] = "a string"
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
			bad = append(bad, at+" has no value "+v)
		}
	case float64:
		is[s.Type == "integer" || s.Type == "number"] = "a number"
	case bool:
		is[s.Type == "boolean"] = "a boolean"
	}
	if s.Type != "any" && is[false] != "" {
		bad = append(bad, at+" is "+is[false]+" and not of type "+s.Type)
	}
	return bad
}
