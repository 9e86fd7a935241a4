// Package discovery checks requests and messages against Google's descriptions of its
// REST interfaces (https://developers.google.com/discovery), which lie in the source of
// module google.golang.org/api. It is for tests and fakes: Go's types of an interface
// know neither its enumerations nor the parameters of its calls.
package discovery

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

// API is Google's description of an interface.
type API struct {
	Schemas    map[string]*shape `json:"schemas"`
	Parameters map[string]any    `json:"parameters"`
	resource
	methods []*method
}

type resource struct {
	Methods   map[string]*method   `json:"methods"`
	Resources map[string]*resource `json:"resources"`
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

// Read finds a description in the source of google.golang.org/api, such as
// "bigquery/v2/bigquery-api.json". It is nil, which refuses nothing, and the test's log
// says so, where that source is not there.
func Read(t testing.TB, name string) *API {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "google.golang.org/api").Output()
	var data []byte
	if err == nil {
		data, err = os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), filepath.FromSlash(name)))
	}
	if err != nil {
		t.Logf("nothing is checked against the discovery document %s: %v", name, err)
		return nil
	}
	d := &API{}
	if err := json.Unmarshal(data, d); err != nil {
		t.Fatal(err)
	}
	d.add(&d.resource)
	return d
}

func (d *API) add(r *resource) {
	for _, m := range r.Methods {
		path := m.FlatPath
		if path == "" {
			path = m.Path
		}
		m.pattern = regexp.MustCompile("^/" + variable.ReplaceAllString(regexp.QuoteMeta(path), "[^/]+") + "$")
		d.methods = append(d.methods, m)
	}
	for _, inner := range r.Resources {
		d.add(inner)
	}
}

// Request says what the interface does not have in a request.
func (d *API) Request(r *http.Request, body []byte) (bad []string) {
	if d == nil {
		return nil
	}
	i := slices.IndexFunc(d.methods, func(m *method) bool {
		return m.Verb == r.Method &&
			m.pattern.MatchString(r.URL.Path)
	})
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

// Message says what the interface does not have in a message of the named schema, in
// JSON.
func (d *API) Message(schema string, raw []byte) (bad []string) {
	if d == nil {
		return nil
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return []string{err.Error()}
	}
	return d.compare(&shape{Ref: schema}, v, schema)
}

// compare says where a value does not have the shape.
func (d *API) compare(s *shape, v any, at string) (bad []string) {
	if s != nil && s.Ref != "" {
		s = d.Schemas[s.Ref]
	}
	if s == nil {
		return []string{at + " is unknown"}
	}
	if s.Type == "any" {
		return nil
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
	if is[false] != "" {
		bad = append(bad, at+" is "+is[false]+" and not of type "+s.Type)
	}
	return bad
}
