package rows

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Columns names the column of each field. Commit, License and Language may be empty:
// then the field is.
type Columns struct {
	Repo     string `json:"repo" yaml:"repo"`
	Commit   string `json:"commit" yaml:"commit"`
	Path     string `json:"path" yaml:"path"`
	License  string `json:"license" yaml:"license"`
	Language string `json:"language" yaml:"language"`
	Content  string `json:"content" yaml:"content"`
}

var presets = map[string]Columns{
	"the-stack-v1": {
		Repo: "max_stars_repo_name", Commit: "max_stars_repo_head_hexsha", Path: "max_stars_repo_path",
		License: "max_stars_repo_licenses", Language: "lang", Content: "content",
	},
	"the-stack-v2": {
		Repo: "repo_name", Commit: "revision_id", Path: "path",
		License: "detected_licenses", Language: "language", Content: "content",
	},
	"github-repos": {Repo: "repo_name", Commit: "ref", Path: "path", License: "license", Content: "content"},
}

// Preset is the column map of a published data set.
func Preset(name string) (Columns, error) {
	c, ok := presets[name]
	if !ok {
		return c, fmt.Errorf("columns %q: no such preset; there are %s", name,
			strings.Join(slices.Sorted(maps.Keys(presets)), ", "))
	}
	return c, nil
}

// Validate names the first field that must have a column and has none.
func (c Columns) Validate() error {
	for f, name := range c.names() {
		if name == "" && required[f] {
			return fmt.Errorf("rows: columns: %s is empty; name the column that holds it", fieldNames[f])
		}
	}
	return nil
}

// Fields of a row.
const (
	repo = iota
	commit
	filePath
	license
	language
	content
	numFields
)

var (
	fieldNames = [numFields]string{"repo", "commit", "path", "license", "language", "content"}
	required   = [numFields]bool{repo: true, filePath: true, content: true}
)

func (c Columns) names() [numFields]string {
	return [numFields]string{c.Repo, c.Commit, c.Path, c.License, c.Language, c.Content}
}

// missing is the error of a column that a file does not have.
func (c Columns) missing(file string, field int, have []string) error {
	remedy := "correct the column map"
	if !required[field] {
		remedy += fmt.Sprintf(", or leave %s empty if the rows have none", fieldNames[field])
	}
	return fmt.Errorf("rows %q: no column %q, which is to hold %s; there are %s; %s",
		file, c.names()[field], fieldNames[field], strings.Join(have, ", "), remedy)
}
