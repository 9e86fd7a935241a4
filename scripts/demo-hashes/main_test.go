package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestStoredTableIsWhatUpdateWrites(t *testing.T) {
	sums, err := parse(stored)
	if err != nil {
		t.Fatal(err)
	}
	if string(format(sums)) != stored {
		t.Error("it is not sorted, or a file stands in it twice")
	}
}

func TestLineThatIsNoHashIsRefused(t *testing.T) {
	for _, text := range []string{"export/a.jsonl\n", "abc  export/a.jsonl\n", strings.Repeat("0", 1<<17)} {
		if sums, err := parse(text); err == nil {
			t.Errorf("%.20q is read as %v", text, sums)
		}
	}
}

func TestHashesLeaveOutWhatTellsOfOneRun(t *testing.T) {
	out := t.TempDir()
	for _, name := range []string{
		"export/manifest.json", "export/_done/00000.json", "judge/ledger/1.jsonl", "bugs/1.zip", "run.json", ".lock",
		"report.html", "README.md", "extract/run.json",
	} {
		path := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("abc"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	sums, err := hashes(out)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"README.md", "export/manifest.json", "extract/run.json"}
	if got := slices.Sorted(maps.Keys(sums)); !slices.Equal(got, want) {
		t.Errorf("hashes of %q, want %q", got, want)
	}
	// FIPS 180-2, appendix B.1
	if got := sums["README.md"]; got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("the sha256 of abc is %s", got)
	}
}

func TestHashesOfAnUnfinishedBuildAreRefused(t *testing.T) {
	if _, err := hashes(t.TempDir()); err == nil || !strings.Contains(err.Error(), "finish it") {
		t.Errorf("error %v, want one that says how to finish it", err)
	}
}

func TestEachDifferenceIsALine(t *testing.T) {
	got := compare(map[string]string{"same": "1", "gone": "2", "other": "3"},
		map[string]string{"same": "1", "new": "4", "other": "5"})
	want := []string{"gone: not there, stored 2", "new: 4, stored not there", "other: 5, stored 3"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
