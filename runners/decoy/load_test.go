package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"decoy/io/shard"
	"decoy/schemas"
)

// The commands load and stats with the same flags everywhere, as processes.
func TestLoadAndStats(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	w, err := shard.Create[schemas.Reject](t.Context(), filepath.Join(out, "extract",
		"rejects-00000-of-00001.jsonl.zst"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(schemas.Reject{Stage: "extract", ID: "x", Reason: "binary", Language: "go"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	decoy := func(code int, want string, args ...string) string {
		t.Helper()
		cmd := process(t, nil, args...)
		var shown, said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &shown, &said
		err := cmd.Run()
		got := 0
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			got = exit.ExitCode()
		}
		if all := shown.String() + said.String(); got != code || !strings.Contains(all, want) {
			t.Errorf("decoy %s: exit %d, want %d and %q:\n%s", strings.Join(args, " "), got, code, want, all)
		}
		return shown.String()
	}
	file := "duckdb:" + filepath.Join(dir, "x.db")
	decoy(0, "rejects", "load", out, "--to", file, "--dry-run")
	if _, err := os.Stat(filepath.Join(dir, "x.db")); err == nil {
		t.Error("a dry run made a file")
	}
	decoy(0, "rejects        loaded    1 rows", "load", out, "--to", file)
	decoy(0, `"state": "unchanged"`, "load", out, "--to", file, "--json")
	for _, flags := range [][]string{{"--json"}, {"-q", "funnel,rejects"}, {"--sql", "SELECT reason FROM rejects"}} {
		if want, got := decoy(0, "", append([]string{"stats", out}, flags...)...), decoy(0, "", append([]string{"stats", file}, flags...)...); got != want || got == "" {
			t.Errorf("stats %v: got\n%s\nwant\n%s", flags, got, want)
		}
	}
	decoy(0, `"mode": "REQUIRED"`, "load", out, "--to", "bigquery://p-1/d", "--staging", "gs://b/x", "--dry-run", "--json")
	decoy(2, "--staging gs://BUCKET/PREFIX", "load", out, "--to", "bigquery://p-1/d")
	decoy(2, "no table", "load", out, "--to", file, "--tables", "reject")
	decoy(2, "the nearest are", "stats", out, "-q", "reject")
	decoy(2, "exclude each other", "stats", out, "-q", "rejects", "--sql", "SELECT 1")
	decoy(2, "nothing else is billed by bytes", "stats", out, "--estimate")
	decoy(1, "decoy load gs://b/out --to duckdb:FILE", "stats", "gs://b/out")
}
