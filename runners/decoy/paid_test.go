package main

import (
	"archive/zip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"decoy/transforms/panel/faultserver"
)

const (
	commandEnv = "DECOY_TEST_COMMAND"
	paidKeyEnv = "DECOY_TEST_PAID_KEY"
	paidKey    = "sk-test-4712-never-to-be-printed"
)

// TestCommand is no test: TestPaidCommands runs it as the command itself, since Beam
// can be started once in a process.
func TestCommand(t *testing.T) {
	args, ok := os.LookupEnv(commandEnv)
	if !ok {
		t.Skip("runs only as a child of TestPaidCommands")
	}
	os.Exit(run(strings.Split(args, "\x1f")))
}

// paidArchive is a module of some calls.
func paidArchive(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "v1.0.0.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	license, err := os.ReadFile("../../transforms/screen/testdata/licenses/MIT.txt")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"LICENSE": string(license), "go.mod": "module example.org/a\n"}
	for i := range 12 {
		var b strings.Builder
		fmt.Fprintf(&b, "package a\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\ntype box%d struct{ names []string }\n\n", i)
		for j := range 6 {
			fmt.Fprintf(&b, "func (b *box%d) add%d(first, second string) string {\n\tjoined := strings.Join([]string{first, second}, \", \")\n\tb.names = append(b.names, joined)\n\treturn fmt.Sprintf(\"%%s-%d\", joined)\n}\n\n", i, j, i*100+j)
		}
		files[fmt.Sprintf("f%d.go", i)] = b.String()
	}
	z := zip.NewWriter(f)
	for name, text := range files {
		w, err := z.Create("example.org/a@v1.0.0/" + name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPaidCommands goes the way of a person with an API key: an estimate, a budget
// that is too small, a look at what was paid, dead letters, a replay, a damaged file.
func TestPaidCommands(t *testing.T) {
	refuse := true
	s := faultserver.New(faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
		if refuse && len(a.User)%3 == 0 {
			return faultserver.Status(400, "I do not like this text")
		}
		return faultserver.OK(func(a faultserver.Arrival) string {
			return fmt.Sprintf(`{"completion": %q, "introduced": ["x"], "why_wrong": "no such name"}`, strings.Replace(a.Section("DEVELOPER"), "(", "Quick(", 1))
		})
	}})
	defer s.Close()
	out := filepath.Join(t.TempDir(), "out")
	recipe := filepath.Join(t.TempDir(), "r.yaml")
	text := fmt.Sprintf("name: paid\narchives: [%q]\nshards: 1\nextract: {kinds: {call: 4}}\ngenerate: {panel: [{name: gen, provider: openai, base_url: %q, model: m, api_key_env: %s, concurrency: 4, max_tokens: 100, usd_per_mtok: {in: 1, out: 2}}]}\n",
		paidArchive(t), s.URL(), paidKeyEnv)
	if err := os.WriteFile(recipe, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	decoy := func(code int, want string, args ...string) string {
		t.Helper()
		cmd := exec.Command(os.Args[0], "-test.run=^TestCommand$")
		cmd.Env = append(os.Environ(), commandEnv+"="+strings.Join(args, "\x1f"), paidKeyEnv+"="+paidKey)
		raw, _ := cmd.CombinedOutput() // the exit code is looked at below
		printed.Write(raw)
		if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(string(raw), want) {
			t.Fatalf("decoy %v: exit code %d, want %d and %q in\n%s", args, got, code, want, raw)
		}
		return string(raw)
	}
	build := []string{"--recipe", recipe, "--out", out}
	decoy(1, "run decoy extract", append([]string{"estimate"}, build...)...)
	decoy(0, "", append([]string{"extract"}, build...)...)
	decoy(0, "dollars per selected row", append([]string{"estimate"}, build...)...)
	decoy(3, "budget_usd is reached in 1 of 1 shards", append([]string{"generate", "--budget", "0.03"}, build...)...)
	decoy(0, "generate will ask gen", append([]string{"generate", "--budget", "10"}, build...)...)
	decoy(0, "gen", "ledger", "stats", out)
	decoy(0, `"dead_letter_reasons"`, "ledger", "stats", out, "--json")
	letters := decoy(0, "I do not like this text", "deadletters", out)
	_, rest, _ := strings.Cut(letters, "generate  gen")
	id := strings.Fields(rest)[0]
	decoy(0, "# user", append([]string{"prompt", "--context", id}, build...)...)
	decoy(0, `{"model":"m"`, append([]string{"prompt", "--wire", "--context", id}, build...)...)
	refuse = false
	decoy(0, "are sent again", append([]string{"generate", "--replay"}, build...)...)
	decoy(0, "0 dead letters", "deadletters", out)
	decoy(0, "are now 1", "ledger", "compact", out)
	decoy(0, "the budget counts", "ledger", "verify", out)
	decoy(0, "records in", "ledger", "export", out, filepath.Join(t.TempDir(), "paid.jsonl"))
	decoy(2, "", "ledger", "burn", out)
	files, err := filepath.Glob(filepath.Join(out, "generate", "ledger", "*", "*.zst"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.Truncate(files[0], 100); err != nil {
		t.Fatal(err)
	}
	decoy(1, filepath.Base(files[0]), "ledger", "verify", out)
	decoy(1, "restore it from a copy", "ledger", "stats", out)
	if strings.Contains(printed.String(), paidKey) {
		t.Error("a command prints the API key")
	}
}
