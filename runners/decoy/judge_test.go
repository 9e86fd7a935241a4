package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"decoy/transforms/panel/scorefiles"
)

// TestScoringWithoutAServer goes the way of a person who has a GPU and no server: what judge
// says, what it writes beside the requests, and where it goes on.
func TestScoringWithoutAServer(t *testing.T) {
	dir := t.TempDir()
	recipe, out, folder := filepath.Join(dir, "r.yaml"), filepath.Join(dir, "out"), filepath.Join(dir, "scores")
	text := fmt.Sprintf("name: offline\narchives: [%q]\nshards: 1\nextract: {kinds: {call: 4}}\njudge: {protocol: "+
		"logprob, panel: [{name: scorer, provider: fim, offline: true, model: m, fim_model: qwen2.5-coder}]}\n",
		paidArchive(t))
	if err := os.WriteFile(recipe, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	decoy := func(code int, want string, args ...string) {
		t.Helper()
		args = append(args, "--recipe", recipe, "--out", out)
		cmd := exec.Command(os.Args[0], "-test.run=^TestCommand$")
		cmd.Env = append(os.Environ(), commandEnv+"="+strings.Join(args, "\x1f"))
		raw, _ := cmd.CombinedOutput() // the exit code is looked at below
		if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(string(raw), want) {
			t.Fatalf("decoy %v: exit code %d, want %d and %q in\n%s", args, got, code, want, raw)
		}
	}
	decoy(1, "decoy judge --export FOLDER", "build")
	decoy(1, "no manifest.json", "judge", "--import", folder)
	decoy(0, "next: python3 "+filepath.Join(folder, "score.py"), "judge", "--export", folder)
	decoy(2, "name a new or empty folder", "judge", "--export", folder)
	decoy(1, "have no scores yet: run python3 "+filepath.Join(folder, "score.py"), "judge", "--import", folder)
	for _, name := range []string{"score.py", "requirements.txt"} {
		written, err := os.ReadFile(filepath.Join(folder, name))
		ours, failed := os.ReadFile(filepath.Join("../../scripts/judge", name))
		if err != nil || failed != nil || !bytes.Equal(written, ours) {
			t.Errorf("%s beside the requests is another one; %v, %v", name, err, failed)
		}
	}
	scoreEvenly(t, folder)
	decoy(0, "scores of scorer are in the ledger", "judge", "--import", folder)
	decoy(0, "done", "build")
	decoy(0, "nothing is missing", "judge", "--export", filepath.Join(dir, "none"))
}

// scoreEvenly gives every text one token.
func scoreEvenly(t *testing.T, folder string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, scorefiles.ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	var m scorefiles.Manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	for _, f := range m.Files {
		raw, err := os.ReadFile(filepath.Join(folder, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		zip, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		for lines := json.NewDecoder(zip); lines.More(); {
			var q scorefiles.Request
			if err := lines.Decode(&q); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, `{"key":%q,"member":"scorer","model":"m","logprob":-2.5,"tokens":1,"stop":-1,`+
				`"token_logprobs":[-2.5],"input_tokens":9}`+"\n", q.Key)
		}
		if err := os.WriteFile(filepath.Join(folder, f.Scores), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
