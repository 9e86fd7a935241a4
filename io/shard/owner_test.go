package shard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"decoy/io/bucket/buckettest"
	"decoy/schemas"
)

func putAll(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := WriteFile(t.Context(), Join(dir, name), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOwner(t *testing.T) {
	for name, place := range map[string]func() string{
		"disk":   func() string { return filepath.Join(t.TempDir(), "[odd]* folder") },
		"bucket": func() string { return buckettest.New(t).Address("[odd]*/folder") },
	} {
		t.Run(name, func(t *testing.T) {
			out := place()
			o := Owner{Dir: out, Kind: KindBuild}
			if err := o.Inspect(t.Context()); err != nil {
				t.Errorf("absent: %v", err)
			}
			if there, err := Exists(t.Context(), out); err != nil || there {
				t.Errorf("a look made the folder: %v, %v", there, err)
			}
			for range 2 {
				if err := o.Claim(t.Context()); err != nil {
					t.Error(err)
				}
			}
			putAll(t, out, "export/customers.csv")
			if err := o.Claim(t.Context()); err != nil {
				t.Errorf("its own folder: %v", err)
			}
			if err := (Owner{Dir: out, Kind: KindLoad}).Claim(t.Context()); err == nil ||
				!strings.Contains(err.Error(), "is a build of decoy, not a folder of tables") {
				t.Errorf("another kind: %v", err)
			}

			foreign := place()
			if name == "disk" {
				if err := os.MkdirAll(foreign, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			putAll(t, foreign, ".git/config", "a/b/c.txt", "z.txt")
			adopted := false
			o = Owner{Dir: foreign, Kind: KindBuild, Earlier: func(ctx context.Context) (bool,
				error) {
				return false, nil
			}, Adopt: func(ctx context.Context) error { adopted = true; return nil }}
			err := o.Claim(t.Context())
			var refused *Refusal
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), "3 files (a/b/c.txt, z.txt, .git/config)") {
				t.Errorf("error %v", err)
			}
			if held, err := o.Held(t.Context()); err != nil || held || adopted {
				t.Errorf("held %v, adopted %v, %v", held, adopted, err)
			}
			o.Earlier = func(context.Context) (bool, error) { return true, nil }
			if err := o.Claim(t.Context()); err != nil || !adopted {
				t.Errorf("an earlier version's: adopted %v, %v", adopted, err)
			}
			if held, err := o.Held(t.Context()); err != nil || !held {
				t.Errorf("held %v, %v", held, err)
			}
		})
	}
}

// Of very many files it counts some.
func TestManyStrangers(t *testing.T) {
	dir := t.TempDir()
	for i := range mostFound + 5 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d", i)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := (Owner{Dir: dir, Kind: KindRun}).Inspect(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "1000 and more files (00000, 00001, 00002, 00003, 00004, …)") {
		t.Errorf("error %v", err)
	}
}

func TestRemediesAreForAShell(t *testing.T) {
	dir := t.TempDir()
	err := Parent(filepath.Join(dir, "it's new", "x.db"))
	if err == nil || !strings.HasSuffix(err.Error(), "mkdir -p -- '"+dir+`/it'\''s new' makes it`) {
		t.Errorf("error %v", err)
	}
	if err := Parent("gs://b/a/b/c"); err != nil {
		t.Error(err)
	}
}

// The names of files outlive the records that named them, and only they are removed.
func TestOutdateAndSweep(t *testing.T) {
	for name, place := range map[string]func() string{
		"disk": func() string { return t.TempDir() }, "bucket": func() string { return buckettest.New(t).Address("out/verify") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := place()
			file := func(name string) schemas.File { return schemas.File{Name: name, Bytes: 1} }
			putAll(t, dir, "old-00000", "old-00001", "parts/old", "kept", "customers.csv", "parts/keep.md", "ledger/00000/a.zst")
			if err := WriteManifest(t.Context(), dir, schemas.Manifest{Stage: "verify",
				Shards: []schemas.File{file("old-00000"), file("kept")}}); err != nil {
				t.Fatal(err)
			}
			if err := WriteDone(t.Context(), dir, schemas.Done{Stage: "verify", Shard: 1,
				Files: []schemas.File{file("old-00001"), file("parts/old")}}); err != nil {
				t.Fatal(err)
			}
			records, err := DoneRecords(t.Context(), dir)
			if err != nil || len(records) != 1 {
				t.Fatalf("%v, %v", records, err)
			}
			if err := Outdate(t.Context(), dir, "judge", records); err == nil ||
				!strings.Contains(err.Error(), "move it away") {
				t.Errorf("the manifest of another stage: %v", err)
			}
			for range 2 { // a process that is killed does it again
				if err := Outdate(t.Context(), dir, "verify", records); err != nil {
					t.Fatal(err)
				}
			}
			l, err := ReadLeftover(t.Context(), dir)
			if want := []string{"kept", "old-00000", "old-00001", "parts/old"}; err != nil || !slices.Equal(l.Files, want) {
				t.Fatalf("%v, %v", l, err)
			}
			for _, bad := range []string{"../customers.csv", "/etc/passwd", "ledger/00000/a.zst", "_done/00000.json", "manifest.json", "", "."} {
				if err := Sweep(t.Context(), dir, []string{"old-00000", bad}, nil, Leftover{}); err == nil {
					t.Errorf("%q was removed", bad)
				}
			}
			if err := Sweep(t.Context(), dir, l.Files, map[string]bool{"kept": true},
				Leftover{Begun: []int{3}}); err != nil {
				t.Fatal(err)
			}
			files, err := Walk(t.Context(), dir)
			var got []string
			for _, f := range files {
				got = append(got, f.Name)
			}
			if want := []string{".begun.json", "customers.csv", "kept", "ledger/00000/a.zst", "parts/keep.md"}; err != nil || !slices.Equal(got, want) {
				t.Errorf("left %v, %v, want %v", got, err, want)
			}
			if l, err := ReadLeftover(t.Context(), dir); err != nil || len(l.Files) > 0 ||
				!slices.Equal(l.Begun, []int{3}) {
				t.Errorf("%v, %v", l, err)
			}
		})
	}
}

// What lies beside done records, or bears the name of one and is none, is somebody's.
func TestRecordsOfOthers(t *testing.T) {
	for name, place := range map[string]func() string{
		"disk": func() string { return t.TempDir() }, "bucket": func() string { return buckettest.New(t).Address("out/verify") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := place()
			if err := WriteDone(t.Context(), dir, schemas.Done{Stage: "verify", Shard: 1,
				Fingerprint: "f"}); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"_done/x.json", "_done/7.json", "_done/2024-01-01.json", "_done/sub/00003.json", "_done/00004.json.bak"} {
				if _, err := WriteFile(t.Context(), Join(dir, name), []byte("{}")); err != nil {
					t.Fatal(err)
				}
			}
			valid, others, err := Records(t.Context(), dir, "f")
			if err != nil || len(valid) != 1 || len(others) != 0 {
				t.Errorf("records %v, %v, %v", valid, others, err)
			}
			records, err := DoneRecords(t.Context(), dir)
			if err != nil || !slices.Equal(records, []string{DonePath(dir, 1)}) {
				t.Errorf("%v, %v", records, err)
			}
			foreign := DonePath(dir, 99)
			if _, err := WriteFile(t.Context(), foreign, []byte("{}")); err != nil {
				t.Fatal(err)
			}
			_, others, err = Records(t.Context(), dir, "other")
			if err != nil || len(others) != 2 {
				t.Errorf("records %v, %v", others, err)
			}
			var refused *Refusal
			if err := Outdate(t.Context(), dir, "verify", others); !errors.As(err, &refused) ||
				!strings.Contains(err.Error(), "00099.json") {
				t.Errorf("error %v", err)
			}
			for _, path := range others {
				if there, err := Has(t.Context(), path); err != nil || !there {
					t.Errorf("%s went, %v", path, err)
				}
			}
		})
	}
}

// A file under the name of a record that is no JSON, or not of its fields, is somebody's:
// nobody is told to delete it.
func TestRecordsThatAreNone(t *testing.T) {
	for name, read := range map[string]func(dir string) error{
		"_done/00099.json": func(dir string) error {
			_, _, err := Records(t.Context(), dir, "f")
			return err
		},
		"_done/00007.json": func(dir string) error {
			_, _, err := ReadDone(t.Context(), dir, 7, "f")
			return err
		},
		"_done/00003.json": func(dir string) error {
			return Outdate(t.Context(), dir, "verify",
				[]string{DonePath(dir, 3)})
		},
		manifestName: func(dir string) error {
			_, err := ReadManifest(t.Context(), dir)
			return err
		},
		LeftoverName: func(dir string) error {
			_, err := ReadLeftover(t.Context(), dir)
			return err
		},
	} {
		for _, content := range []string{"# notes", `{"shard": "mine", "begun": "mine", "stage": 7}`, "[]", ""} {
			dir := t.TempDir()
			if _, err := WriteFile(t.Context(), Join(dir, name), []byte(content)); err != nil {
				t.Fatal(err)
			}
			err := read(dir)
			var refused *Refusal
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), filepath.Join(dir, name)) ||
				!strings.Contains(err.Error(), "move it away") {
				t.Errorf("%s with %q: %v", name, content, err)
			}
			if there, err := Has(t.Context(), Join(dir, name)); err != nil || !there {
				t.Errorf("%s went, %v", name, err)
			}
		}
	}
}

// A marker that is no file is not read: reading a pipe would wait for ever.
func TestMarkersThatAreNoFiles(t *testing.T) {
	for name, put := range map[string]func(string) error{
		"folder": func(p string) error { return os.Mkdir(p, 0o755) },
		"pipe":   func(p string) error { return syscall.Mkfifo(p, 0o644) },
		"loop":   func(p string) error { return os.Symlink(MarkerName, p) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := put(filepath.Join(dir, MarkerName)); err != nil {
				t.Fatal(err)
			}
			var refused *Refusal
			if err := (Owner{Dir: dir, Kind: KindBuild}).Inspect(t.Context()); !errors.As(err, &refused) ||
				!strings.Contains(err.Error(), "another folder") {
				t.Errorf("error %v", err)
			}
		})
	}
	loop := filepath.Join(t.TempDir(), "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Fatal(err)
	}
	var refused *Refusal
	if err := (Owner{Dir: loop, Kind: KindBuild}).Inspect(t.Context()); !errors.As(err, &refused) ||
		!strings.Contains(err.Error(), "a link to itself") {
		t.Errorf("error %v", err)
	}
}

// What others call temporary is theirs.
func TestTemporaryFilesOfOthers(t *testing.T) {
	dir := t.TempDir()
	keep := []string{".foo.tmp", "customers.csv.tmp-1-0123456789abcdef", "notes.tmp-12-0123456789abcdef", "x.decoy-tmp-1", "x.decoy-tmp-1-0123456789ABCDEF", "decoy-tmp-1-0123456789abcdef.csv"}
	drop := []string{
		"x.csv.decoy-tmp-1-0123456789abcdef", "contexts-00000-of-00001.jsonl.zst.tmp-1-0123456789abcdef", "00000.json.tmp-1-0123456789abcdef", "report.html.tmp-1-0123456789abcdef",
		"000001-000002.zst.tmp-1-0123456789abcdef",
	}
	putAll(t, dir, append(slices.Clone(keep), drop...)...)
	for name, clean := range map[string]func(string) error{"below": CleanTemp, "in": CleanTempIn} {
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(dir, link); err != nil {
			t.Fatal(err)
		}
		putAll(t, dir, drop...)
		if err := clean(link); err != nil {
			t.Fatal(err)
		}
		slices.Sort(keep)
		if got := entries(t, dir); !slices.Equal(got, keep) {
			t.Errorf("%s: left %v, want %v", name, got, keep)
		}
	}
}

// Of those that claim a folder at once, one has its lock and cleans up while others are
// still writing the marker.
func TestClaimWhileAnotherCleansUp(t *testing.T) {
	for range 100 {
		o := Owner{Dir: filepath.Join(t.TempDir(), "out"), Kind: KindBuild}
		var claims sync.WaitGroup
		for range 8 {
			claims.Go(func() {
				if err := o.Claim(t.Context()); err != nil {
					t.Error(err)
				}
				if err := CleanTempIn(o.Dir); err != nil {
					t.Error(err)
				}
			})
		}
		claims.Wait()
		if held, err := o.Held(t.Context()); err != nil || !held {
			t.Fatalf("held %v, %v", held, err)
		}
	}
}
