package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"decoy/schemas"
	"decoy/transforms/panel/internal/dirstore"
)

func ptr[T any](v T) *T { return &v }

func rec(key, text string) Record {
	return Record{
		Key: key, Member: "a", Model: "m", RequestSHA256: "00", Status: 200, Attempts: 1,
		InputTokens: ptr(int64(10)), OutputTokens: ptr(int64(2)), CostUSD: ptr(0.25),
		Time: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC), Raw: []byte(text),
	}
}

func dead(key string, reason schemas.Reason) Record {
	r := rec(key, "")
	r.Reject, r.Status, r.Raw, r.CostUSD, r.AssumedUSD = reason, 500, nil, nil, 0.5
	return r
}

func open(t *testing.T, store Store, shard int) *Shard {
	t.Helper()
	s, err := Open(t.Context(), store, shard)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func commit(t *testing.T, s *Shard, records ...Record) {
	t.Helper()
	if err := s.Commit(t.Context(), records); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, store Store) []string {
	t.Helper()
	got, err := store.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	return got
}

func TestRecordsComeBackByteForByte(t *testing.T) {
	store := dirstore.Dir(t.TempDir())
	want := []Record{
		rec("text", "{\"a\": \"<&>\u2028\\u0000\"}\n"),
		rec("not UTF-8", "\xff\xfe\x00cut"),
		rec("empty", ""),
		dead("dead", "timeout"),
	}
	commit(t, open(t, store, 7), want...)
	got := slices.Collect(open(t, store, 7).All())
	for i := range want {
		if !bytes.Equal(got[i].Raw, want[i].Raw) {
			t.Errorf("%s: raw %q, want %q", want[i].Key, got[i].Raw, want[i].Raw)
		}
		got[i].Raw, want[i].Raw = nil, nil
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("got %+v\nwant %+v", got[i], want[i])
		}
	}
	if _, ok := open(t, store, 8).Get("text"); ok {
		t.Error("another shard has the record")
	}
}

func TestAttemptsAndSequences(t *testing.T) {
	store := dirstore.Dir(t.TempDir())
	s := open(t, store, 7)
	commit(t, s)
	commit(t, s, rec("a", "1"))
	commit(t, s, rec("b", "1"))
	open(t, store, 7) // an opening that writes nothing is no attempt
	commit(t, open(t, store, 7), rec("c", "1"))
	want := []string{"00007/000001-000000.zst", "00007/000001-000001.zst", "00007/000002-000000.zst"}
	if got := names(t, store); !slices.Equal(got, want) {
		t.Fatalf("segments %v, want %v", got, want)
	}
}

func TestWhichRecordStands(t *testing.T) {
	store := dirstore.Dir(t.TempDir())
	s := open(t, store, 0)
	commit(t, s, dead("k", "timeout"), rec("x", "first"), dead("d", "timeout"))
	commit(t, s, rec("k", "mended"), rec("x", "second"))
	commit(t, open(t, store, 0), rec("k", "late"), dead("x", "http_error"), dead("d", "http_error"))
	for _, s := range []*Shard{s, open(t, store, 0)} {
		for key, want := range map[string]string{"k": "mended", "x": "first"} {
			if r, ok := s.Get(key); !ok || string(r.Raw) != want {
				t.Errorf("%s = %q, want %q", key, r.Raw, want)
			}
		}
		if r, _ := s.Get("d"); r.Reject != "timeout" {
			t.Errorf("dead letter %q, want the first", r.Reject)
		}
	}
	if n := len(slices.Collect(open(t, store, 0).All())); n != 8 {
		t.Errorf("All has %d records, want all 8", n)
	}
}

func TestTwoWritersOfOneShardLoseNothing(t *testing.T) {
	store := dirstore.Dir(t.TempDir())
	a, b := open(t, store, 3), open(t, store, 3)
	for i := range 5 {
		commit(t, a, rec(fmt.Sprint("a", i), "a"))
		commit(t, b, rec(fmt.Sprint("b", i), "b"))
	}
	got := open(t, store, 3)
	for i := range 5 {
		for _, w := range []string{"a", "b"} {
			if r, ok := got.Get(fmt.Sprint(w, i)); !ok || string(r.Raw) != w {
				t.Errorf("%s%d is lost", w, i)
			}
		}
	}
}

func TestDamageIsNamed(t *testing.T) {
	good, err := encode(segment{7, 1, 0}, []Record{rec("a", strings.Repeat("x", 500)), rec("b", "y")}, advanced{})
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	other, _ := encode(segment{8, 1, 0}, []Record{rec("a", "x")}, advanced{})
	z, _ := encoder()
	lines := func(s string) []byte { return z.EncodeAll([]byte(s), nil) }
	const head = `{"decoy_ledger":1,"shard":7,"attempt":1,"seq":0,"records":1}` + "\n"
	for name, data := range map[string][]byte{
		"empty": {}, "cut": good[:len(good)-7], "flipped": flipped, "of another shard": other,
		"no head":       lines("x\n"),
		"later version": lines(`{"decoy_ledger":3}` + "\n"),
		"few records":   lines(head),
		"not JSON":      lines(head + "x\n"),
		"no key":        lines(head + `{"status":200}` + "\n"),
		"advance of 1":  lines(`{"decoy_ledger":1,"shard":7,"attempt":1,"seq":0,"records":0,"advanced":[{"member":"a"}]}` + "\n"),
		"no writer":     lines(`{"decoy_ledger":2,"shard":7,"attempt":1,"seq":0,"records":0}` + "\n"),
		"raw twice":     lines(head + `{"key":"k","raw":"x","raw_base64":"eA=="}` + "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			store := dirstore.Dir(t.TempDir())
			if err := store.Put(t.Context(), "00007/000001-000000.zst", data); err != nil {
				t.Fatal(err)
			}
			_, err := Open(t.Context(), store, 7)
			if err == nil || !strings.Contains(err.Error(), "00007/000001-000000.zst") || !strings.Contains(err.Error(), "pay for its answers again") {
				t.Fatalf("error = %v, want the segment's name and the remedy", err)
			}
		})
	}
}

func TestStrangeNames(t *testing.T) {
	dir := t.TempDir()
	store := dirstore.Dir(dir)
	commit(t, open(t, store, 7), rec("a", "1"))
	if err := os.WriteFile(filepath.Join(dir, "00007", ".000001-000001.zst.tmp"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	open(t, store, 7)
	if err := os.WriteFile(filepath.Join(dir, "00007", "1-2.zst"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), store, 7); err == nil || !strings.Contains(err.Error(), "1-2.zst") {
		t.Fatalf("error = %v, want the strange name", err)
	}
}

type fullDisk struct{ dirstore.Dir }

var errFull = errors.New("no space left on device")

func (fullDisk) Put(context.Context, string, []byte) error { return errFull }

func TestAFailedWriteIsReported(t *testing.T) {
	s := open(t, fullDisk{dirstore.Dir(t.TempDir())}, 7)
	err := s.Commit(t.Context(), []Record{rec("a", "1")})
	if !errors.Is(err, errFull) || !strings.Contains(err.Error(), "00007/000001-000000.zst") {
		t.Fatalf("error = %v", err)
	}
	if _, ok := s.Get("a"); ok {
		t.Fatal("a record that is not durable can be read")
	}
}

func FuzzDecode(f *testing.F) {
	seg := segment{7, 1, 0}
	for _, adv := range []advanced{{}, {"w", nil}, {"w", []Advance{{"a", 3, 0.5, 1, 2}}}} {
		good, err := encode(seg, []Record{rec("a", "x"), dead("b", "timeout")}, adv)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(good)
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		pieces, err := file{segment: seg}.decode(data)
		if err != nil {
			return
		}
		again, err := encode(seg, pieces[0].records, pieces[0].advanced)
		if err != nil {
			t.Skip() // a time that JSON cannot hold
		}
		back, err := file{segment: seg}.decode(again)
		if err != nil || len(back[0].records) != len(pieces[0].records) || len(back[0].Advances) != len(pieces[0].Advances) {
			t.Fatalf("%+v, then %+v, %v", pieces[0].advanced, back, err)
		}
	})
}

func BenchmarkCommit(b *testing.B) {
	store := dirstore.Dir(b.TempDir())
	s, err := Open(b.Context(), store, 0)
	if err != nil {
		b.Fatal(err)
	}
	batch := make([]Record, 256)
	for i := range batch {
		batch[i] = rec(fmt.Sprint(i), strings.Repeat(`{"choices":[{"message":"x"}]}`, 30))
	}
	for b.Loop() {
		if err := s.Commit(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/256, "ns/record")
}
