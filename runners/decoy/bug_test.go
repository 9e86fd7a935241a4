package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"decoy/schemas"
)

// TestBug: a bundle that fails still ends with 1, one that is mended with 0.
func TestBug(t *testing.T) {
	for _, c := range []struct {
		name, text string
		code       int
		says       string
	}{
		{"fails still", bundle(t, "no such type"), exitFailed, `unknown type "no such type"`},
		{"mended", bundle(t, schemas.TypeMethod), exitDone, "mended"},
		{"of no function", `{"site": "none"}`, exitUsage, "use the version that wrote it"},
		{"no bundle", `{"rows": 1}`, exitUsage, "is no bundle"},
		{"no JSON", "rows", exitUsage, "is no bundle"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "bundle.json")
			if err := os.WriteFile(file, []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := process(t, nil, "bug", file)
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, c.code, c.says, out)
			}
		})
	}
}

// bundle is one of a certificate.
func bundle(t *testing.T, typ schemas.Type) string {
	t.Helper()
	raw, err := json.Marshal(map[string]any{
		"notice": "source", "stage": schemas.StageVerify, "site": "certificate", "id": "n", "place": "transforms/verify/certify.go:1", "panic": "it failed",
		"input": map[string]any{
			"context":  schemas.Context{ID: "c", Path: "a.go", Language: schemas.Go, Prefix: "package a\n\nfunc f() { ", Golden: "g()", Suffix: " }\n"},
			"negative": schemas.Negative{ID: "n", ContextID: "c", Type: typ, Text: "h()"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestStrict: a build that is done, in which decoy failed over records, says so and ends
// with 1 where that was asked for.
func TestStrict(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"build", "--archives", repository(t, 3), "--out", out, "--shards", "1"}
	if text, err := process(t, nil, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	name := filepath.Join(out, schemas.StageVerify, "manifest.json")
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	raw = bytes.Replace(raw, []byte(`"counts": {`), []byte(`"counts": { "internal_error at transforms/verify/x.go:1": 2,`), 1)
	if err := os.WriteFile(name, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, strict := range []bool{false, true} {
		code := exitDone
		a := args
		if strict {
			a, code = append(a, "--strict"), exitFailed
		}
		cmd := process(t, nil, a...)
		text, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(string(text), "2 records at transforms/verify/x.go:1") || !strings.Contains(string(text), filepath.Join(out, "bugs")) {
			t.Errorf("strict %v: exit code %d\n%s", strict, got, text)
		}
		if strict && !strings.Contains(string(text), "--strict") {
			t.Errorf("the error does not say why:\n%s", text)
		}
	}
}
