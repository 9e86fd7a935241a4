package bucket

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"decoy/io/bucket/buckettest"
)

// fake is a store at an address in a bucket of its own, in place of gs://b.
func fake(t *testing.T, address string) (*Store, *buckettest.Bucket) {
	t.Helper()
	b := buckettest.New(t)
	return New(strings.Replace(address, "gs://b", "gs://"+b.Name, 1)), b
}

func TestStore(t *testing.T) {
	for _, address := range []string{"gs://b", "gs://b/out/generate/ledger", "gs://b/out//generate/ledger/"} {
		t.Run(address, func(t *testing.T) {
			s, _ := fake(t, address)
			ctx := t.Context()
			large := bytes.Repeat([]byte("0123456789abcdef"), 40_000)
			want := []string{"00007/000001-000000.zst", "00007/000001-000001.zst", "00017/000001-000000.zst"}
			for i, name := range want {
				if err := s.Put(ctx, name, large[:i*300_000]); err != nil { // none, one chunk, several
					t.Fatal(err)
				}
			}
			for i, name := range want {
				if err := s.Put(ctx, name, []byte("other")); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), name) {
					t.Errorf("second Put: error %v, want ErrExist and the name", err)
				}
				if got, err := s.Get(ctx, name); err != nil || !bytes.Equal(got, large[:i*300_000]) {
					t.Errorf("%s: %d bytes, %v", name, len(got), err)
				}
			}
			for prefix, n := range map[string]int{"": 3, "00007/": 2, "00007/000001-000001": 1, "x": 0} {
				if got, err := s.List(ctx, prefix); err != nil || len(got) != n || !slices.IsSorted(got) || n == 3 && !slices.Equal(got, want) {
					t.Errorf("List(%q) = %v, %v", prefix, got, err)
				}
			}
			for range 2 {
				if err := s.Delete(ctx, want[0]); err != nil {
					t.Error(err)
				}
			}
			if _, err := s.Get(ctx, want[0]); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("error %v, want ErrNotExist", err)
			}
			if err := s.Put(ctx, want[0], nil); err != nil {
				t.Errorf("a deleted name: %v", err)
			}
			for _, name := range []string{"", "..", "/a", "a//b", "a/../b"} {
				if err := s.Put(ctx, name, nil); err == nil {
					t.Errorf("name %q was taken", name)
				}
			}
		})
	}
}

func TestPages(t *testing.T) {
	s, _ := fake(t, "gs://b/l")
	for i := range 1203 { // a page has 1,000
		if err := s.Put(t.Context(), fmt.Sprintf("%05d/000001-%06d.zst", i%2, i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if names, err := s.List(t.Context(), "00001/"); err != nil || len(names) != 601 {
		t.Errorf("%d names, %v", len(names), err)
	}
	if names, err := s.List(t.Context(), ""); err != nil || len(names) != 1203 {
		t.Errorf("%d names, %v", len(names), err)
	}
}

var faults = map[string]buckettest.Fault{
	"503": buckettest.Status(503), "429": buckettest.Status(429), "cut": buckettest.Cut, "lost": buckettest.Lost, "halfway": buckettest.Halfway,
	"slow": buckettest.Slow(50 * time.Millisecond),
}

func TestFaults(t *testing.T) {
	data := bytes.Repeat([]byte("x"), 1000)
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			s, p := fake(t, "gs://b/l")
			ctx := t.Context()
			p.Next(f)
			// A Put whose answer is lost meets its own object and knows it.
			if err := s.Put(ctx, "a", data); err != nil {
				t.Errorf("put: %v", err)
			}
			if name != "slow" && len(p.Seen()) < 2 {
				t.Error("nothing was tried again")
			}
			p.Next(f)
			if err := s.Put(ctx, "a", []byte("other")); !errors.Is(err, fs.ErrExist) {
				t.Errorf("put again: error %v, want ErrExist", err)
			}
			p.Next(f)
			if got, err := s.Get(ctx, "a"); err != nil || !bytes.Equal(got, data) {
				t.Errorf("get: %d bytes, %v", len(got), err)
			}
			p.Next(f)
			if got, err := s.List(ctx, ""); err != nil || !slices.Equal(got, []string{"a"}) {
				t.Errorf("list: %v, %v", got, err)
			}
			p.Next(f)
			if err := s.Delete(ctx, "a"); err != nil {
				t.Errorf("delete: %v", err)
			}
			if p.Left() > 0 {
				t.Error("a fault was not met")
			}
			if got, err := s.List(ctx, ""); err != nil || len(got) > 0 {
				t.Errorf("after the deletion: %v, %v", got, err)
			}
		})
	}
}

func TestWhatIsNotMendedByTrying(t *testing.T) {
	s, p := fake(t, "gs://b/l")
	p.Next(buckettest.Status(403))
	if err := s.Put(t.Context(), "a", nil); err == nil || errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "/l/a") {
		t.Errorf("403: %v", err)
	}
	if len(p.Seen()) != 1 {
		t.Errorf("403 was tried %d times", len(p.Seen()))
	}
	for _, address := range []string{"", "b/l", "gs://", "gs:///l", "s3://b/l"} {
		if _, err := New(address).List(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "gs://BUCKET/FOLDER") {
			t.Errorf("%q: error %v", address, err)
		}
	}
}
