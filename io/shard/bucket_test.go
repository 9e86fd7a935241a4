package shard

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"decoy/io/bucket"
	"decoy/io/bucket/buckettest"
	"decoy/schemas"
)

// scratchFolder is an empty TMPDIR that must be empty in the end.
func scratchFolder(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() {
		if left := entries(t, dir); len(left) > 0 {
			t.Errorf("left in TMPDIR: %v", left)
		}
	})
}

// TestPlaces does the same on a disk and in a bucket.
func TestPlaces(t *testing.T) {
	for name, place := range map[string]func(t *testing.T) string{
		"disk":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "[odd]*", "OUT") },
		"bucket": func(t *testing.T) string { return buckettest.New(t).Address("[odd]*/OUT") },
		"root":   func(t *testing.T) string { return "gs://" + buckettest.New(t).Name },
	} {
		t.Run(name, func(t *testing.T) {
			scratchFolder(t)
			out := place(t)
			if there, err := Exists(t.Context(), out); err != nil || there {
				t.Errorf("exists before: %v, %v", there, err)
			}
			if files, err := Walk(t.Context(), out); err != nil || len(files) > 0 {
				t.Errorf("absent folder: %v, %v", files, err)
			}
			for _, dir := range []string{"extract", "none"} {
				if paths, err := List(t.Context(), Join(out, dir), "*"); err != nil || len(paths) > 0 {
					t.Errorf("absent folder: %v, %v", paths, err)
				}
			}
			want := contexts(50)
			for _, name := range []string{"extract/contexts-00000-of-00002.jsonl.zst", "extract/contexts-00001-of-00002.jsonl.zst", "extract/parts/contexts-x", "extract/ledger/00000/a.zst", "extract/_done/00007.json"} {
				path := Join(out, name)
				f := write(t, path, want)
				if got, err := ReadAll[schemas.Context](t.Context(), path); err != nil || len(got) != len(want) ||
					f.Name != filepath.Base(name) {
					t.Errorf("%s: %d records, %v", path, len(got), err)
				}
			}
			aborted, err := CreateRaw(t.Context(), Join(out, "extract/aborted"))
			if err != nil {
				t.Fatal(err)
			}
			aborted.Write([]byte("x"))
			aborted.Abort()
			if _, err := aborted.Commit(0); err == nil {
				t.Error("an aborted file was committed")
			}
			files, err := Walk(t.Context(), Join(out, "extract"), "_done", "ledger")
			if err != nil || len(files) != 3 || files[0].Name != "contexts-00000-of-00002.jsonl.zst" || files[2].Name != "parts/contexts-x" || files[0].Size == 0 {
				t.Errorf("%v, %v", files, err)
			}
			paths, err := List(t.Context(), Join(out, "extract"), "contexts-?????-of-?????.jsonl.zst")
			if err != nil || len(paths) != 2 || paths[1] != Join(out, "extract", "contexts-00001-of-00002.jsonl.zst") {
				t.Errorf("%v, %v", paths, err)
			}
			if there, err := Exists(t.Context(), out); err != nil || !there {
				t.Errorf("exists: %v, %v", there, err)
			}
			if _, err := Open(t.Context(), Join(out, "extract", "absent")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("error %v", err)
			}

			src, err := Open(t.Context(), paths[0])
			if err != nil {
				t.Fatal(err)
			}
			whole, err := io.ReadAll(src)
			if err != nil || int64(len(whole)) != src.Size() {
				t.Errorf("%d bytes of %d, %v", len(whole), src.Size(), err)
			}
			for _, at := range []int64{src.Size() - 10, 0, 5} {
				part := make([]byte, 10)
				if _, err := src.ReadAt(part, at); err != nil || !bytes.Equal(part, whole[at:at+10]) {
					t.Errorf("at %d: %v", at, err)
				}
			}
			if err := src.Close(); err != nil {
				t.Error(err)
			}

			for range 2 {
				if err := Remove(t.Context(), paths...); err != nil {
					t.Error(err)
				}
				if err := RemoveAll(t.Context(), Join(out, "extract", "parts")); err != nil {
					t.Error(err)
				}
				if err := CleanTemp(out); err != nil {
					t.Error(err)
				}
			}
			if files, err := Walk(t.Context(), out); err != nil || len(files) != 2 {
				t.Errorf("%v, %v", files, err)
			}
		})
	}
}

func TestWalkFollowsLinks(t *testing.T) {
	real, out := t.TempDir(), t.TempDir()
	write(t, filepath.Join(real, "a"), contexts(3))
	write(t, filepath.Join(out, "elsewhere"), contexts(3))
	for link, to := range map[string]string{filepath.Join(out, "extract"): real, filepath.Join(real, "b"): filepath.Join(out, "elsewhere")} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	files, err := Walk(t.Context(), filepath.Join(out, "extract"))
	if err != nil || len(files) != 2 || files[0].Name != "a" || files[1].Size != files[0].Size {
		t.Errorf("%v, %v", files, err)
	}
}

func TestDoneInABucket(t *testing.T) {
	b := buckettest.New(t)
	dir := b.Address("out/extract")
	const shards = 40
	for i := range shards {
		var files []schemas.File
		for _, what := range []string{"contexts", "symbols", "parts/names"} {
			name := schemas.ShardName(what, i, shards, "jsonl.zst")
			f := write(t, Join(dir, name), contexts(i))
			f.Name = name
			files = append(files, f)
		}
		if err := WriteDone(t.Context(), dir, schemas.Done{Stage: "extract", Shard: i, Fingerprint: "f",
			Files: files}); err != nil {
			t.Fatal(err)
		}
	}
	if err := Remove(t.Context(), Join(dir, schemas.ShardName("symbols", 3, shards, "jsonl.zst"))); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteFile(t.Context(), Join(dir, schemas.ShardName("contexts", 5, shards, "jsonl.zst")),
		[]byte("short")); err != nil {
		t.Fatal(err)
	}
	b.Next()
	valid, others, err := Records(t.Context(), dir, "f")
	slices.Sort(others)
	if err != nil || len(valid) != shards-2 || !slices.Equal(others, []string{Join(dir, "_done/00003.json"), Join(dir, "_done/00005.json")}) {
		t.Errorf("%d valid, others %v, %v", len(valid), others, err)
	}
	if n := len(b.Seen()); n != shards+3 { // the folder, parts, _done
		t.Errorf("%d requests for %d records", n, shards)
	}
	for i := range 7 {
		d, ok, err := ReadDone(t.Context(), dir, i, "f")
		if _, want := valid[i]; err != nil || ok != want {
			t.Errorf("shard %d: %v, %v", i, ok, err)
		}
		if err := Verify(t.Context(), dir, d); (err == nil) != ok {
			t.Errorf("shard %d: verify: %v", i, err)
		}
	}
	if valid, others, err := Records(t.Context(), dir, "other"); err != nil || len(valid) > 0 || len(others) != shards {
		t.Errorf("%v, %v, %v", valid, others, err)
	}
	if _, err := ReadManifest(t.Context(), dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// TestTwoAttempts has attempts at one shard write it at once while requests fail.
func TestTwoAttempts(t *testing.T) {
	scratchFolder(t)
	b := buckettest.New(t)
	b.Always(buckettest.Random(3, 0.15, buckettest.Status(503), buckettest.Cut, buckettest.Lost, buckettest.Slow(time.Millisecond)))
	want := contexts(300)
	var wg sync.WaitGroup
	files := make([]schemas.File, 4)
	for i := range files {
		wg.Go(func() { files[i] = write(t, b.Address("out/contexts"), want) })
	}
	wg.Wait()
	got, err := ReadAll[schemas.Context](t.Context(), b.Address("out/contexts"))
	if err != nil || len(got) != len(want) {
		t.Errorf("%d records, %v", len(got), err)
	}
	for _, f := range files[1:] {
		if f != files[0] {
			t.Errorf("%+v and %+v", f, files[0])
		}
	}
	if found, err := Walk(t.Context(), b.Address("out")); err != nil || len(found) != 1 {
		t.Errorf("%v, %v", found, err)
	}
}

func TestSorterForABucket(t *testing.T) {
	scratchFolder(t)
	b := buckettest.New(t)
	s := NewSorter(b.Address("out/names"), 10, func(schemas.Name) int { return 1 }, func(a, b schemas.Name) int { return cmp.Compare(a.Count, b.Count) })
	for _, i := range rand.Perm(500) {
		if err := s.Add(t.Context(), schemas.Name{Count: int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(entries(t, os.TempDir())) == 0 {
		t.Error("no run in TMPDIR")
	}
	n := int64(0)
	for v, err := range s.All(t.Context()) {
		if err != nil || v.Count != n {
			t.Fatalf("%v, %v", v, err)
		}
		n++
	}
	if err := s.Close(t.Context()); err != nil || n != 500 || len(b.Seen()) > 0 {
		t.Errorf("%v, %d records, requests %v", err, n, b.Seen())
	}
}

func TestNoScratch(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "absent"))
	if _, err := Create[schemas.Name](t.Context(), buckettest.New(t).Address("out/names")); err == nil ||
		!strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("error %v", err)
	}
}

func TestNoBucket(t *testing.T) {
	buckettest.New(t)
	if _, err := Lock(t.Context(), "gs://absent/out"); err == nil ||
		!strings.Contains(err.Error(), "is there a bucket absent?") {
		t.Errorf("error %v", err)
	}
}

func TestLockInABucket(t *testing.T) {
	b := buckettest.New(t)
	out := b.Address("out")
	cmd, line, end := second(t, out)
	if line != "held" {
		t.Fatalf("second process: %s", line)
	}
	_, err := Lock(t.Context(), out)
	if err == nil {
		t.Fatal("two processes hold one OUT")
	}
	for _, want := range []string{out, fmt.Sprintf("pid %d on ", cmd.Process.Pid), " since 2", "holder argument", "wait for it or stop it", "its lock is free in "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
	end()
	held, err := Lock(t.Context(), out)
	if err != nil {
		t.Fatalf("after its release: %v", err)
	}
	if err := held.Release(t.Context()); err != nil {
		t.Fatal(err)
	}

	t.Run("stale", func(t *testing.T) {
		b.Create("out/.lock", []byte("{}"), time.Now().Add(-LockTerms.Stale-time.Second))
		held, err := Lock(t.Context(), out)
		if err != nil {
			t.Fatal(err)
		}
		if err := held.Release(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("lost", func(t *testing.T) {
		terms := LockTerms
		defer func() { LockTerms = terms }()
		LockTerms = bucket.Terms{Renew: 10 * time.Millisecond, GiveUp: time.Minute, Stale: 2 * time.Minute}
		held, err := Lock(t.Context(), out)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := held.Context(t.Context())
		defer cancel()
		if ctx.Err() != nil {
			t.Errorf("lost at once: %v", context.Cause(ctx))
		}
		b.Create("out/.lock", []byte(`{"pid": 4711, "host": "elsewhere"}`), time.Time{})
		<-ctx.Done()
		if cause := context.Cause(ctx); !errors.Is(cause, ErrLost) || !strings.Contains(cause.Error(), "pid 4711 on elsewhere") {
			t.Errorf("cause %v", cause)
		}
		if err := held.Release(ctx); err != nil {
			t.Error(err)
		}
	})
}

// TestCancelledInABucket has a bucket that is out of order. Whatever waits for it ends when its
// work is cancelled, not when the client gives the bucket up, which takes minutes.
func TestCancelledInABucket(t *testing.T) {
	for name, do := range map[string]func(context.Context, string) error{
		"read": func(ctx context.Context, out string) error {
			_, err := ReadFile(ctx, Join(out,
				"a.json"))
			return err
		},
		"records": func(ctx context.Context, out string) error {
			for _, err := range Read[schemas.Name](ctx, Join(out, "a.jsonl.zst")) {
				return err
			}
			return nil
		},
		"manifest": func(ctx context.Context, out string) error { _, err := ReadManifest(ctx, out); return err },
		"there":    func(ctx context.Context, out string) error { _, err := Has(ctx, Join(out, "a.json")); return err },
		"list":     func(ctx context.Context, out string) error { _, err := List(ctx, out, "*"); return err },
		"walk":     func(ctx context.Context, out string) error { _, err := Walk(ctx, out); return err },
		"done":     func(ctx context.Context, out string) error { _, err := DoneRecords(ctx, out); return err },
		"write": func(ctx context.Context, out string) error {
			_, err := WriteFile(ctx, Join(out, "b.json"), nil)
			return err
		},
		"remove": func(ctx context.Context, out string) error { return Remove(ctx, Join(out, "a.json")) },
		"lock":   func(ctx context.Context, out string) error { _, err := Lock(ctx, out); return err },
	} {
		t.Run(name, func(t *testing.T) {
			b := buckettest.New(t)
			ctx, cancel := context.WithCancel(t.Context())
			b.Always(func(*http.Request) buckettest.Fault {
				cancel() // it is under way
				return buckettest.Status(http.StatusServiceUnavailable)
			})
			ended := make(chan error, 1)
			go func() { ended <- do(ctx, b.Address("out")) }()
			select {
			case err := <-ended:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("error %v", err)
				}
			case <-time.After(time.Minute):
				t.Error("it goes on")
			}
		})
	}
}

// What has to be written outlives the cancel of its work.
func TestLastingInABucket(t *testing.T) {
	b := buckettest.New(t)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	ctx, end := Lasting(cancelled)
	defer end()
	if _, err := WriteFile(ctx, b.Address("out/note.json"), []byte("{}")); err != nil {
		t.Error(err)
	}
	if _, ok := ctx.Deadline(); !ok {
		t.Error("it has no end")
	}
}
