package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
)

// asCommand makes the test binary the command itself, so that tests see a real process.
const asCommand = "DECOY_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(run(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// process is decoy with arguments and more environment.
func process(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(append(os.Environ(), asCommand+"=1"), env...)
	return cmd
}

// repository writes an archive of one repository with calls and imports in Go.
func repository(t *testing.T, n int) (path string) {
	t.Helper()
	files := map[string]string{"go.mod": "module example.org/owner/repo\n"}
	for i := range n {
		var b strings.Builder
		fmt.Fprintf(&b, "package part%d\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\n"+
			"type box%[1]d struct{ names []string }\n\nfunc (b *box%[1]d) appendName(name string) { b.names = "+
			"append(b.names, name) }\n\n", i)
		for k := range 12 {
			fmt.Fprintf(&b, "func handle%d(b *box%d, first, second string) string {\n\tb.appendName(first)\n\tjoined "+
				":= strings.Join([]string{first, second, \"x%[1]d\"}, \",\")\n\treturn "+
				"fmt.Sprintf(\"%%s-%[1]d-%[2]d\", joined)\n}\n\n", k, i)
		}
		files[fmt.Sprintf("part%d/part.go", i)] = b.String()
	}
	return moduleZip(t, "repo", files)
}

// moduleZip writes the zip of a Go module of these files and a licence.
func moduleZip(t *testing.T, name string, files map[string]string) (path string) {
	t.Helper()
	text, err := os.ReadFile("../../transforms/screen/testdata/licenses/MIT.txt")
	if err != nil {
		t.Fatal(err)
	}
	files["LICENSE"] = string(text)
	path = filepath.Join(t.TempDir(), name+".zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for _, file := range sorted(files) {
		w, err := z.Create("example.org/owner/" + name + "@v1.0.0/" + file)
		if err == nil {
			_, err = io.WriteString(w, files[file])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

var firstName = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// answered is a good answer to whatever is asked.
func answered(a faultserver.Arrival) string {
	switch {
	case a.Protocol == faultserver.Completions:
		return "handleQuick(first)"
	case a.Judging():
		return `{"correct": true, "confidence": 0.8}`
	}
	golden := a.Section("DEVELOPER")
	if at := firstName.FindStringIndex(golden); at != nil {
		golden = golden[:at[1]] + "Quick" + golden[at[1]:]
	}
	raw, err := json.Marshal(map[string]any{"completion": golden, "introduced": []string{"x"}, "why_wrong": "no such name"})
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(raw)
}

// TestAKeyIsNowhere runs the command as a user does, against servers that echo the key,
// and looks for it in all that a build leaves and shows.
func TestAKeyIsNowhere(t *testing.T) {
	keys := map[string]string{"openai": "sk-proj-K3Y/of+openai&0001", "gemini": "AIzaK3Y-of_gemini-0002", "fim": "tok-K3Y~of.fim=0003"}
	s := faultserver.New(faultserver.Options{Latency: 5 * time.Millisecond, Plan: func(a faultserver.Arrival) faultserver.Step {
		switch ok := faultserver.OK(answered); a.N % 9 {
		case 0:
			return faultserver.EchoAuth(400)
		case 1:
			return faultserver.EchoAuth(500)
		case 2:
			return faultserver.EchoAuth(200)
		case 3:
			return faultserver.Text(a.Auth)
		default:
			return ok
		}
	}})
	defer s.Close()
	var env, generators, judges []string
	for _, provider := range sorted(keys) {
		name := "DECOY_TEST_" + strings.ToUpper(provider) + "_KEY"
		env = append(env, name+"="+keys[provider])
		url, more := s.URL(), ""
		if provider == "gemini" {
			url = s.GeminiURL()
		}
		if provider == "fim" {
			more = ", fim_model: qwen2.5-coder"
		}
		entry := fmt.Sprintf("{name: %[1]s, provider: %[1]s, base_url: %[2]q, model: m-%[1]s, api_key_env: %[3]s, concurrency: 8, timeout: 2s, usd_per_mtok: {in: 1, out: 2}%[4]s}", provider, url, name, more)
		generators = append(generators, entry)
		if provider != "fim" {
			judges = append(judges, entry)
		}
	}
	dir := t.TempDir()
	out, recipe := filepath.Join(dir, "out"), filepath.Join(dir, "recipe.yaml")
	yaml := fmt.Sprintf("name: keys\narchives: [%q]\nshards: 2\nextract: {kinds: {import: 1, call: 2, general: 1}, prefix_bytes: 1024, suffix_bytes: 512}\ngenerate: {panel: [%s]}\njudge: {goldens: 0.5, panel: [{name: ngram, provider: ngram}, %s]}\ncurate: {rows: 20}\n",
		repository(t, 6), strings.Join(generators, ", "), strings.Join(judges, ", "))
	if err := os.WriteFile(recipe, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	seen := map[string][]byte{} // by where it was seen
	do := func(args ...string) {
		t.Helper()
		cmd := process(t, env, args...)
		var shown bytes.Buffer
		cmd.Stdout, cmd.Stderr = &shown, &shown
		if err := cmd.Run(); err != nil {
			t.Errorf("decoy %s: %v\n%s", strings.Join(args, " "), err, shown.Bytes())
		}
		seen["decoy "+args[0]+" "+strings.Join(args[1:], " ")] = shown.Bytes()
	}
	ours := []string{"--recipe", recipe, "--out", out}
	do(append([]string{"extract"}, ours...)...)

	// A build with everything shown, watched from outside.
	build := process(t, env, append([]string{"build", "--json", "--metrics-addr", "127.0.0.1:0"}, ours...)...)
	var shown lockedBuffer
	build.Stdout, build.Stderr = &shown, &shown
	if err := build.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- build.Wait() }()
	for running := true; running; {
		for _, f := range []string{"cmdline", "status", "comm"} {
			if raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", build.Process.Pid, f)); err == nil {
				seen["/proc/PID/"+f] = append(seen["/proc/PID/"+f], raw...)
			}
		}
		if at := regexp.MustCompile(`http://[0-9.:]+/metrics`).FindString(shown.String()); at != "" {
			if res, err := http.Get(at); err == nil {
				raw, _ := io.ReadAll(res.Body) // the process may end meanwhile
				res.Body.Close()
				seen["metrics"] = append(seen["metrics"], raw...)
			}
		}
		select {
		case err := <-ended:
			running = false
			if err != nil {
				t.Errorf("build: %v\n%s", err, shown.String())
			}
		case <-time.After(20 * time.Millisecond):
		}
	}
	seen["decoy build"] = []byte(shown.String())

	id := ""
	for c, err := range shard.Read[schemas.Context](t.Context(), filepath.Join(out, "extract",
		schemas.ShardName("contexts", 0, 2, "jsonl.zst"))) {
		if err == nil && len(c.Types) > 0 {
			id = c.ID
		}
	}
	for _, provider := range sorted(keys) {
		do(append([]string{"prompt", "--wire", "--context", id, "--member", provider}, ours...)...)
	}
	do(append([]string{"estimate", "--json"}, ours...)...)
	do("ledger", "stats", out)
	do("ledger", "verify", out)
	do("ledger", "export", "--responses", out, filepath.Join(out, "paid.jsonl"))
	do("deadletters", "--json", out)
	do("deadletters", out)
	batched := []string{"--recipe", recipe, "--out", filepath.Join(dir, "batched")}
	do(append([]string{"extract"}, batched...)...)
	for _, member := range []string{"openai", "gemini"} {
		for _, verb := range []string{"submit", "status", "collect"} {
			do(append([]string{"batch", verb, "--member", member}, batched...)...)
		}
	}

	for _, folder := range []string{out, filepath.Join(dir, "batched")} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			seen[path] = raw
			if strings.HasSuffix(path, ".zst") {
				z, err := zstd.NewReader(bytes.NewReader(raw))
				if err != nil {
					return err
				}
				defer z.Close()
				plain, err := io.ReadAll(z)
				seen[path+" unpacked"] = plain
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for where, raw := range seen {
		for provider, key := range keys {
			quoted, _ := json.Marshal(key) // strings always marshal
			for _, form := range []string{key, string(quoted[1 : len(quoted)-1]), key[4:18]} {
				if bytes.Contains(raw, []byte(form)) {
					t.Errorf("the key of %s is in %s", provider, where)
				}
			}
		}
	}
	// The test shows something only if keys were sent and what it read is what it meant.
	auth := map[string]bool{}
	for _, a := range s.Arrivals() {
		auth[strings.TrimPrefix(a.Auth, "Bearer ")] = true
	}
	for provider, key := range keys {
		if !auth[key] {
			t.Errorf("the key of %s was never sent", provider)
		}
	}
	for where, want := range map[string]string{"metrics": "decoy_panel_requests_total", "/proc/PID/cmdline": "--metrics-addr", "decoy build": "panel"} {
		if !bytes.Contains(seen[where], []byte(want)) {
			t.Errorf("%s lacks %s: the test shows too little", where, want)
		}
	}
	if !bytes.Contains(seen[filepath.Join(out, "paid.jsonl")], []byte("[redacted]")) {
		t.Error("no response was redacted: the test shows too little")
	}
}
