package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vbauerster/mpb/v8"

	"decoy/pipelines"
	"decoy/schemas"
)

// unlicensed is an archive of which nothing can be used.
func unlicensed(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("r/a.py")
	if err == nil {
		_, err = w.Write([]byte("import os\n\n\ndef f(path):\n    return os.path.join(path, 'x')\n"))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return written(t, "r.zip", b.String())
}

func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func exit(err error) int {
	var e *exec.ExitError
	if errors.As(err, &e) {
		return e.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}

// TestAnEmptyBuildIsNotDone: exit 1 with the reasons and what to do, every time, from
// every stage, with --json and without colours where nobody looks.
func TestAnEmptyBuildIsNotDone(t *testing.T) {
	archive, out := unlicensed(t), filepath.Join(t.TempDir(), "out")
	const says = "extract gave no contexts: nothing can come of this build\n  no_license: 1; name sources with a licence file"
	for _, args := range [][]string{
		{"build", "--archives", archive, "--out", out}, {"build", "--archives", archive, "--out", out}, {"extract", "-q", "--archives", archive, "--out", out},
		{"generate", "--out", out}, {"verify", "--out", out}, {"judge", "--out", out}, {"curate", "--out", out}, {"export", "--out", out},
		{"build", "--json", "--archives", archive, "--out", out},
	} {
		cmd := process(t, nil, args...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if code := exit(cmd.Run()); code != exitFailed || !strings.Contains(stderr.String(), says) || strings.Contains(stderr.String()+stdout.String(), "\x1b") || strings.Contains(stderr.String(), "done:") {
			t.Errorf("%v: exit %d, %s", args[:2], code, stderr.String())
		}
		if args[1] != "--json" {
			continue
		}
		var last event
		lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Level != pipelines.LevelError || !strings.Contains(last.Message, says) {
			t.Errorf("the last line of --json is %s, %v", lines[len(lines)-1], err)
		}
	}
	for _, stage := range schemas.Stages[1:] { // but for the note that it may
		if files, err := filepath.Glob(filepath.Join(out, stage, "[^.]*")); err != nil || len(files) > 0 {
			t.Errorf("%s was begun: %v, %v", stage, files, err)
		}
	}
}

// TestRowsOfAWrongFormat: the command names them, and has written nothing.
func TestRowsOfAWrongFormat(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"a.jsonl":      {`[{"repo": "o/r", "path": "a.py", "content": "x"}]`, "this is a JSON array, which is not read; write it as JSON Lines: jq -c '.[]' < a.jsonl > rows.jsonl"},
		"data.parquet": {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "this is a pointer of Git LFS"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		recipe := written(t, "r.yaml", "name: t\nrows: [{path: '"+written(t, name, c.text)+"', columns: {repo: repo, path: path, content: content}}]\n")
		for _, command := range []string{"build", "extract"} {
			said, err := process(t, nil, command, "--recipe", recipe, "--out", out).CombinedOutput()
			if code := exit(err); code != exitFailed || !strings.Contains(string(said), c.says) {
				t.Errorf("%s %s: exit %d, %s", command, name, code, said)
			}
		}
		if _, err := os.Stat(filepath.Join(out, "extract")); err == nil {
			t.Errorf("%s: a stage was begun", name)
		}
	}
}

func TestWarnings(t *testing.T) {
	var out bytes.Buffer
	start := time.Now()
	pool := mpb.New(mpb.WithOutput(&out), mpb.WithAutoRefresh())
	for _, c := range []console{&lineConsole{w: &out, start: start}, &barConsole{start: start, pool: pool}, &jsonConsole{w: &out, start: start}} {
		c.Warn(pipelines.LevelWarning, "the split test is empty")
		c.Close()
	}
	if strings.Count(out.String(), "warning: the split test is empty") != 2 || !strings.Contains(out.String(), `"level":"warning","message":"the split test is empty"`) || strings.Contains(out.String(), "\x1b[33m") {
		t.Errorf("%q", out.String())
	}
	for level, want := range map[string]string{pipelines.LevelWarning: "\x1b[33mx\x1b[0m", pipelines.LevelError: "\x1b[31mx\x1b[0m"} {
		if got := painted(level, "x", true); got != want {
			t.Errorf("%s: %q", level, got)
		}
	}
	t.Setenv("NO_COLOR", "1")
	if coloured() {
		t.Error("colours with NO_COLOR")
	}
}
