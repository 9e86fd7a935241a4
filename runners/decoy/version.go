package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core"

	"decoy/schemas"
)

type versionCmd struct {
	JSON bool `help:"Print JSON."`
}

func (c *versionCmd) Run() error {
	info, _ := debug.ReadBuildInfo()
	return versionOf(info).write(os.Stdout, c.JSON)
}

// versionFlag makes decoy --version what decoy version is, before a command is asked for.
type versionFlag bool

// BeforeReset prints and ends as kong's own flags do.
func (versionFlag) BeforeReset() error {
	if err := (&versionCmd{}).Run(); err != nil {
		return err
	}
	panic(helpShown{})
}

// version says which decoy this is: what it was built from, and what else decides the
// bytes that it writes.
type version struct {
	Version  string `json:"version"`  // of the module, "devel" for a build of a checkout
	Commit   string `json:"commit"`   // as go build read it, "unknown" with -buildvcs=false
	Modified bool   `json:"modified"` // the checkout differed from the commit
	Code     int    `json:"code_version"`
	Schema   int    `json:"schema_version"`
	Beam     string `json:"beam"`
	Grammars string `json:"grammars"` // version of the module that holds tree-sitter and its grammars
	Go       string `json:"go"`
}

// grammarModule holds tree-sitter and the grammars of all languages.
const grammarModule = "github.com/smacker/go-tree-sitter"

func versionOf(info *debug.BuildInfo) version {
	v := version{Code: schemas.CodeVersion, Schema: schemas.SchemaVersion, Beam: core.SdkVersion}
	if info != nil {
		v.Version, v.Go = strings.Trim(info.Main.Version, "()"), info.GoVersion
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				v.Commit = s.Value
			case "vcs.modified":
				v.Modified = s.Value == "true"
			}
		}
		for _, m := range info.Deps {
			if m.Path == grammarModule {
				if m.Replace != nil {
					m = m.Replace
				}
				v.Grammars = m.Version
			}
		}
	}
	for _, s := range []*string{&v.Version, &v.Commit, &v.Grammars, &v.Go} {
		*s = cmp.Or(*s, "unknown")
	}
	return v
}

func (v version) write(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	commit := v.Commit
	if v.Modified {
		commit += ", modified"
	}
	_, err := fmt.Fprintf(w, "decoy %s\ncommit %s\ncode version %d, schema version %d\nBeam %s\ngrammars %s\n%s\n",
		v.Version, commit, v.Code, v.Schema, v.Beam, v.Grammars, v.Go)
	return err
}
