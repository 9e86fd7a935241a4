package ledger

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"decoy/transforms/panel/internal/dirstore"
)

// counting counts the segments that are read.
type counting struct {
	dirstore.Dir
	segments *atomic.Int64
}

func (c counting) Get(ctx context.Context, name string) ([]byte, error) {
	if strings.HasSuffix(name, extension) {
		c.segments.Add(1)
	}
	return c.Dir.Get(ctx, name)
}

func sumsFiles(t *testing.T, dir dirstore.Dir) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(string(dir), "00007", sumsPrefix+"*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestSumsAreThoseOfTheRecords: whatever was written, compacted, deleted or damaged before,
// the sums are those of the records, and at most one file of them is left.
func TestSumsAreThoseOfTheRecords(t *testing.T) {
	var read atomic.Int64
	store := counting{dirstore.Dir(t.TempDir()), &read}
	same := func(what string) {
		t.Helper()
		got, err := ReadSums(t.Context(), store, 7, true)
		if err != nil {
			t.Fatal(err)
		}
		if want := open(t, store, 7).Sums(); !reflect.DeepEqual(round(got), round(want)) {
			t.Errorf("%s:\n%+v, want\n%+v", what, got, want)
		}
		if n := len(sumsFiles(t, store.Dir)); n > 1 {
			t.Errorf("%s: %d files of sums", what, n)
		}
	}
	same("nothing")
	history(t, store, 3)
	same("records")
	read.Store(0)
	if _, err := ReadSums(t.Context(), store, 7, true); err != nil || read.Load() > 0 {
		t.Errorf("%d segments were read although the sums are there, %v", read.Load(), err)
	}

	unpriced := rec("u", "x")
	unpriced.CostUSD = nil
	s := open(t, store, 7)
	commit(t, s, rec("b", "y"), unpriced)
	same("a segment that the sums do not list")
	before := s.Sums()["a"]
	advances := []Advance{{Member: "a", Calls: 3, USD: 1.5, InputTokens: 70}}
	if err := s.CommitAdvanced(t.Context(), nil, advances); err != nil {
		t.Fatal(err)
	}
	same("an advance")
	sums, err := ReadSums(t.Context(), store, 7, true)
	if a := sums["a"]; err != nil || a.MayCostUSD != before.MayCostUSD+1.5 || a.SpentUSD != before.SpentUSD+1.5 ||
		a.UnpricedInput != before.UnpricedInput+70 || before.UnpricedInput != 10 {
		t.Errorf("%+v, before %+v, %v", a, before, err)
	}
	if _, err := Compact(t.Context(), store, 7); err != nil {
		t.Fatal(err)
	}
	same("compacted")

	files := sumsFiles(t, store.Dir)
	if len(files) != 1 {
		t.Fatalf("files of sums: %v", files)
	}
	for _, content := range []string{
		"", "{", `{"decoy_ledger_sums":2}`, `{"decoy_ledger_sums":1,"files":["00007/x"]}`,
	} {
		if err := os.WriteFile(files[0], []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		same("damaged: " + content)
		if raw, err := os.ReadFile(files[0]); err != nil || string(raw) == content {
			t.Errorf("%q is left, %v", content, err)
		}
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSums(t.Context(), store, 7, false); err != nil || len(sumsFiles(t, store.Dir)) > 0 {
		t.Errorf("it was only to read, %v, and wrote %v", err, sumsFiles(t, store.Dir))
	}
	same("deleted")

	// All answers are moved away, to be paid for again, and a file of somebody's lies there.
	theirs := filepath.Join(string(store.Dir), "00007", "sums-2024.json")
	if err := os.WriteFile(theirs, []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, name := range names(t, store) {
		if strings.HasSuffix(name, extension) {
			if err := store.Delete(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
	}
	if sums, err := ReadSums(t.Context(), store, 7, false); err != nil || len(sums) > 0 {
		t.Errorf("nothing adds up to %v, %v", sums, err)
	}
	commit(t, open(t, store, 7), rec("new", "z"))
	if files := sumsFiles(t, store.Dir); len(files) != 1 || files[0] != theirs {
		t.Errorf("sums of files that were there are left, or theirs are gone: %v", files)
	}
}

// round leaves out what JSON does not keep of a time.
func round(sums map[string]Sum) map[string]Sum {
	for member, s := range sums {
		s.First, s.Last = s.First.UTC().Round(time.Nanosecond), s.Last.UTC().Round(time.Nanosecond)
		if len(s.Reasons) == 0 {
			s.Reasons = nil
		}
		sums[member] = s
	}
	return sums
}

// A writer that meets segments of another one writes no sums: it has not read them.
func TestSumsOfAnOvertakenWriter(t *testing.T) {
	store := dirstore.Dir(t.TempDir())
	first, second := open(t, store, 7), open(t, store, 7)
	commit(t, first, rec("a", "x"))
	commit(t, second, rec("b", "y"))
	second.SaveSums(t.Context())
	if files := sumsFiles(t, store); len(files) > 0 {
		t.Errorf("it wrote %v", files)
	}
	open(t, store, 7).SaveSums(t.Context())
	if files := sumsFiles(t, store); len(files) != 1 {
		t.Errorf("files of sums: %v", files)
	}
}
