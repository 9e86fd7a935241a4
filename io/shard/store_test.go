package shard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

func TestDir(t *testing.T) {
	ctx := context.Background()
	root := t.TempDir()
	d := NewDir(filepath.Join(root, "ledger"))
	if names, err := d.List(ctx, ""); err != nil || len(names) != 0 {
		t.Fatalf("absent folder: %v, %v", names, err)
	}
	for _, name := range []string{"00007/b-1.zst", "00007/a-2.zst", "00070/c.zst", "00007/a-10.zst"} {
		if err := d.Put(ctx, name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	os.WriteFile(filepath.Join(root, "ledger", "00007", "a-3.zst.tmp-12-0123456789abcdef"), nil, 0o644)
	for prefix, want := range map[string][]string{
		"":        {"00007/a-10.zst", "00007/a-2.zst", "00007/b-1.zst", "00070/c.zst"},
		"00007/":  {"00007/a-10.zst", "00007/a-2.zst", "00007/b-1.zst"},
		"00007/a": {"00007/a-10.zst", "00007/a-2.zst"},
		"0007":    {"00070/c.zst"}, // a prefix of the name, not of the folder
		"00070":   {"00070/c.zst"},
		"none/x":  nil,
	} {
		if got, err := d.List(ctx, prefix); err != nil || !slices.Equal(got, want) {
			t.Errorf("List(%q) = %v, %v; want %v", prefix, got, err, want)
		}
	}
	if got, err := d.Get(ctx, "00007/a-2.zst"); err != nil || string(got) != "00007/a-2.zst" {
		t.Errorf("Get: %q, %v", got, err)
	}
	if _, err := d.Get(ctx, "00007/none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Get of an absent name: %v", err)
	}
	if err := d.Put(ctx, "00007/a-2.zst", []byte("other")); !errors.Is(err, os.ErrExist) {
		t.Errorf("Put of a taken name: %v", err)
	}
	if got, _ := d.Get(ctx, "00007/a-2.zst"); string(got) != "00007/a-2.zst" {
		t.Errorf("a taken name changed to %q", got)
	}
	if n := len(entries(t, filepath.Join(root, "ledger", "00007"))); n != 4 {
		t.Errorf("%d files in the folder, want 3 and the planted temporary one", n)
	}
	for _, name := range []string{"../x", "/x", "a/../../x", ""} {
		if err := d.Put(ctx, name, nil); err == nil {
			t.Errorf("Put(%q) succeeded", name)
		}
		if _, err := d.Get(ctx, name); err == nil {
			t.Errorf("Get(%q) succeeded", name)
		}
	}
	if _, err := d.List(ctx, "../"); err == nil {
		t.Error("List left the folder")
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := d.Put(cancelled, "x", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Put with a cancelled context: %v", err)
	}
	if _, err := d.List(cancelled, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("List with a cancelled context: %v", err)
	}
}

// Of many writers of one name exactly one wins, and what it wrote stays.
func TestDirPutOnce(t *testing.T) {
	ctx := context.Background()
	root := t.TempDir()
	d := NewDir(root)
	var won atomic.Int32
	var winner atomic.Value
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			data := fmt.Sprintf("writer %d", i)
			switch err := d.Put(ctx, "s/0-0.zst", []byte(data)); {
			case err == nil:
				won.Add(1)
				winner.Store(data)
			case !errors.Is(err, os.ErrExist):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := d.Get(ctx, "s/0-0.zst")
	if err != nil {
		t.Fatal(err)
	}
	if won.Load() != 1 || string(got) != winner.Load() {
		t.Errorf("%d winners, content %q", won.Load(), got)
	}
	if names := entries(t, filepath.Join(root, "s")); len(names) != 1 {
		t.Errorf("left: %v", names)
	}
}

func TestCleanTemp(t *testing.T) {
	root := t.TempDir()
	if err := CleanTemp(filepath.Join(root, "absent")); err != nil {
		t.Fatal(err)
	}
	keep := []string{"a.jsonl.zst", "b.tmp-1", "c.tmp-1-xyz", "tmp-1-0123456789abcdef"}
	drop := []string{"a.jsonl.zst.tmp-1-0123456789abcdef", "_done/00001.json.tmp-99-ffffffffffffffff"}
	for _, name := range append(slices.Clone(keep), drop...) {
		os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755)
		os.WriteFile(filepath.Join(root, name), nil, 0o644)
	}
	// A real one, as a killed process leaves it.
	if _, err := Create[int](t.Context(), filepath.Join(root, "k.jsonl.zst")); err != nil {
		t.Fatal(err)
	}
	if err := CleanTemp(root); err != nil {
		t.Fatal(err)
	}
	want := []string{"_done", "a.jsonl.zst", "b.tmp-1", "c.tmp-1-xyz", "tmp-1-0123456789abcdef"}
	if got := entries(t, root); !slices.Equal(got, want) {
		t.Errorf("left %v, want %v", got, want)
	}
	if got := entries(t, filepath.Join(root, "_done")); len(got) != 0 {
		t.Errorf("left %v", got)
	}
}

func TestListTakesTheFolderLiterally(t *testing.T) {
	root := filepath.Join(t.TempDir(), "a[b]*")
	WriteFile(t.Context(), filepath.Join(root, "x-2.parquet"), nil)
	WriteFile(t.Context(), filepath.Join(root, "x-1.parquet"), nil)
	WriteFile(t.Context(), filepath.Join(root, "y-1.parquet"), nil)
	got, err := List(t.Context(), root, "x-*.parquet")
	if want := []string{filepath.Join(root, "x-1.parquet"), filepath.Join(root, "x-2.parquet")}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}
