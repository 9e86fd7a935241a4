package shard

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"decoy/schemas"
)

func TestDone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "names-go.jsonl.zst")
	f := write(t, path, []schemas.Name{{Name: "a"}})
	want := schemas.Done{
		Stage: "extract", Shard: 7, Fingerprint: "f1", Files: []schemas.File{f},
		Counts: map[string]int64{"contexts": 3}, Rejects: map[schemas.Reason]int64{"binary": 1},
	}
	if _, ok, err := ReadDone(t.Context(), dir, 7, "f1"); ok || err != nil {
		t.Fatalf("before: ok=%v err=%v", ok, err)
	}
	if err := WriteDone(t.Context(), dir, want); err != nil {
		t.Fatal(err)
	}
	got, ok, err := ReadDone(t.Context(), dir, 7, "f1")
	if err != nil || !ok {
		t.Fatalf("ok=%v err=%v", ok, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := Verify(t.Context(), dir, got); err != nil {
		t.Error(err)
	}
	if _, ok, _ := ReadDone(t.Context(), dir, 7, "f2"); ok {
		t.Error("another fingerprint is ok")
	}
	if _, ok, _ := ReadDone(t.Context(), dir, 8, "f1"); ok {
		t.Error("another shard is ok")
	}

	// The same size, other bytes: only Verify sees it.
	data, _ := os.ReadFile(path)
	data[len(data)-1] ^= 1
	os.WriteFile(path, data, 0o644)
	if _, ok, err := ReadDone(t.Context(), dir, 7, "f1"); !ok || err != nil {
		t.Errorf("same size: ok=%v err=%v", ok, err)
	}
	if err := Verify(t.Context(), dir, got); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Verify of a changed file: %v", err)
	}
	os.Truncate(path, int64(len(data)-1))
	if _, ok, err := ReadDone(t.Context(), dir, 7, "f1"); ok || err != nil {
		t.Errorf("cut file: ok=%v err=%v", ok, err)
	}
	os.Remove(path)
	if _, ok, err := ReadDone(t.Context(), dir, 7, "f1"); ok || err != nil {
		t.Errorf("absent file: ok=%v err=%v", ok, err)
	}
	if err := Verify(t.Context(), dir, got); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Verify of an absent file: %v", err)
	}
}

func TestDoneBytes(t *testing.T) {
	dir := t.TempDir()
	if err := WriteDone(t.Context(), dir, schemas.Done{Stage: "verify", Shard: 12, Fingerprint: "<f>"}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "_done", "00012.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "stage": "verify",
  "shard": 12,
  "fingerprint": "<f>",
  "files": [],
  "counts": {},
  "rejects": {}
}
`
	if string(got) != want {
		t.Errorf("got %s", got)
	}
}

func TestBrokenDoneIsAnError(t *testing.T) {
	dir := t.TempDir()
	os.Mkdir(filepath.Join(dir, "_done"), 0o755)
	path := filepath.Join(dir, "_done", "00000.json")
	os.WriteFile(path, []byte(`{"stage":`), 0o644)
	if _, ok, err := ReadDone(t.Context(), dir, 0, ""); ok || err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("ok=%v err=%v", ok, err)
	}
}

func TestManifest(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadManifest(t.Context(), dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("absent manifest: %v", err)
	}
	m, err := schemas.Assemble("extract", "f", map[string]any{"b": 1, "a": "<x>"}, nil, []schemas.Done{{Counts: map[string]int64{"z": 1, "a": 2}}})
	if err != nil {
		t.Fatal(err)
	}
	var last string
	for range 3 {
		if err := WriteManifest(t.Context(), dir, m); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		if last != "" && string(data) != last {
			t.Errorf("manifest changed:\n%s\n%s", last, data)
		}
		last = string(data)
		if !strings.HasSuffix(last, "}\n") || strings.Contains(last, "null") {
			t.Errorf("manifest %s", last)
		}
		// Written, read and written again it stays the same.
		if m, err = ReadManifest(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
	}
	var options map[string]any
	if err := json.Unmarshal(m.Options, &options); err != nil || options["a"] != "<x>" {
		t.Errorf("options %s: %v", m.Options, err)
	}
}
