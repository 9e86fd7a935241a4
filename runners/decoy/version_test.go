package main

import (
	"encoding/json"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"decoy/schemas"
)

func TestVersion(t *testing.T) {
	info := &debug.BuildInfo{
		GoVersion: "go1.26.0",
		Main:      debug.Module{Path: "decoy", Version: "v0.3.0"},
		Deps: []*debug.Module{
			{Path: "example.org/other", Version: "v9.9.9"},
			{Path: "github.com/smacker/go-tree-sitter", Version: "v0.0.0-1"},
		},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc123"}, {Key: "vcs.modified", Value: "true"}},
	}
	for name, c := range map[string]struct {
		info *debug.BuildInfo
		want string // its lines but those of the versions in the code
	}{
		"a release":     {info, "decoy v0.3.0|commit abc123, modified|grammars v0.0.0-1|go1.26.0"},
		"no build info": {nil, "decoy unknown|commit unknown|grammars unknown|unknown"},
		"a checkout without its history": {
			&debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "(devel)"}},
			"decoy devel|commit unknown|grammars unknown|go1.26.0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := versionOf(c.info).write(&b, false); err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSpace(b.String()), "\n")
			if got := strings.Join(append(lines[:2:2], lines[4:]...), "|"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// The command and the flag say the same, and the JSON what they say.
func TestVersionCommand(t *testing.T) {
	said := func(args ...string) string {
		out, err := process(t, nil, args...).Output()
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return string(out)
	}
	text := said("version")
	if flag := said("--version"); flag != text {
		t.Errorf("--version says\n%s\nand version\n%s", flag, text)
	}
	var v version
	if err := json.Unmarshal([]byte(said("version", "--json")), &v); err != nil {
		t.Fatal(err)
	}
	if v.Code != schemas.CodeVersion || v.Schema != schemas.SchemaVersion {
		t.Errorf("code version %d, schema version %d", v.Code, v.Schema)
	}
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for path, got := range map[string]string{
		"github.com/apache/beam/sdks/v2":    "v" + v.Beam,
		"github.com/smacker/go-tree-sitter": v.Grammars,
	} {
		want := regexp.MustCompile(regexp.QuoteMeta(path) + ` (\S+)`).FindSubmatch(mod)
		if want == nil || got != string(want[1]) {
			t.Errorf("%s is %s, go.mod has %s", path, got, want)
		}
	}
	for _, part := range []string{"code version " + strconv.Itoa(v.Code), "Beam " + v.Beam, "grammars " + v.Grammars} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}
