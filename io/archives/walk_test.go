package archives

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"decoy/schemas"
)

// hostile holds one of every kind of entry; the comment is its fate.
var hostile = []member{
	{name: "r/", flag: tar.TypeDir},                                  // nothing
	{name: "r/a.go", body: "package a\n"},                            // read
	{name: "r/./b//c.go", body: "package c\n"},                       // read as b/c.go
	{name: "/etc/passwd", body: "x"},                                 // path_absolute
	{name: "C:/boot.ini", body: "x"},                                 // path_absolute
	{name: "r/../../up.go", body: "x"},                               // path_escapes
	{name: "r/link.go", flag: tar.TypeSymlink, link: "/etc/passwd"},  // not_regular
	{name: "r/a.go", body: "package twice\n"},                        // duplicate_path
	{name: "r/win\\dows.go", body: "x"},                              // path_invalid
	{name: "r/" + strings.Repeat("long/", 40) + "x.go", body: "x"},   // path_too_long
	{name: "r/big.go", body: strings.Repeat("0123456789abcdef", 64)}, // too_large
	{name: "r/empty.go"},                                             // read, empty
	{name: "r/last.go", body: "package last\n"},                      // read
}

var hostileLimits = Limits{MaxFileBytes: 1000, MaxPath: 100}

func TestWalkHostileEntries(t *testing.T) {
	dir := t.TempDir()
	want := walked{
		Entries: []Entry{
			{"a.go", []byte("package a\n"), 10},
			{"b/c.go", []byte("package c\n"), 10},
			{"empty.go", nil, 0},
			{"last.go", []byte("package last\n"), 13},
		},
		Rejects: []schemas.Reject{
			newReject("r@c//etc/passwd", PathAbsolute, `"/etc/passwd" is absolute`),
			newReject("r@c/C:/boot.ini", PathAbsolute, `"C:/boot.ini" is absolute`),
			newReject("r@c/r/../../up.go", PathEscapes, `"r/../../up.go" steps out of a folder`),
			newReject("r@c/link.go", NotRegular, "a symbolic link"),
			newReject("r@c/a.go", DuplicatePath, "an earlier entry of the archive has this path"),
			newReject(`r@c/r/win\dows.go`, PathInvalid, `"r/win\\dows.go" holds a control character or a backslash`),
			newReject("r@c/"+hostile[9].name, PathTooLong, "206 bytes, at most 100 are allowed"),
			newReject("r@c/big.go", TooLarge, "1024 bytes, at most 1000 are read"),
		},
	}
	for name, data := range map[string][]byte{
		"tar": tarBytes(t, hostile...), "tar.gz": tarGz(t, hostile...), "zip": zipBytes(t, "", hostile...),
	} {
		t.Run(name, func(t *testing.T) {
			want := walked{want.Entries, append([]schemas.Reject(nil), want.Rejects...)}
			if name == "zip" {
				want.Rejects[3].Detail = "a zip entry of mode L---------"
			}
			src := sourceOf(t, write(t, dir, name, data), "r")
			got := walk(t, src, hostileLimits, nil)
			if d := cmp.Diff(want, got, cmp.Transformer("nil", func(b []byte) string { return string(b) })); d != "" {
				t.Errorf("walk (-want +got):\n%s", d)
			}
			for _, r := range got.Rejects {
				if r.Stage != schemas.StageExtract {
					t.Errorf("reject of stage %q", r.Stage)
				}
			}
		})
	}
}

func TestWalkOtherTarTypes(t *testing.T) {
	data := tarBytes(t,
		member{name: "f", body: "x"}, member{name: "hard", flag: tar.TypeLink, link: "f"},
		member{name: "dev", flag: tar.TypeChar}, member{name: "block", flag: tar.TypeBlock}, member{name: "pipe", flag: tar.TypeFifo},
		member{name: "nul\x01", body: "x"})
	got := walk(t, sourceOf(t, write(t, t.TempDir(), "a.tar", data), ""), Limits{}, nil)
	want := []string{NotRegular, NotRegular, NotRegular, NotRegular, PathInvalid}
	if d := cmp.Diff(want, got.reasons()); d != "" {
		t.Error(d)
	}
}

func TestWalkParts(t *testing.T) {
	// k parts of one archive, split by path, hold together what one walk holds.
	dir := t.TempDir()
	for name, data := range map[string][]byte{"a.tar.gz": tarGz(t, hostile...), "a.zip": zipBytes(t, "", hostile...)} {
		src := sourceOf(t, write(t, dir, name, data), "r")
		whole := walk(t, src, hostileLimits, nil)
		parts := map[string]string{}
		large := 0
		for j := range uint32(3) {
			part := walk(t, src, hostileLimits, func(path string, size int64) bool {
				h := fnv.New32()
				h.Write([]byte(path))
				return h.Sum32()%3 == j
			})
			for _, e := range part.Entries {
				parts[e.Path] = string(e.Data)
			}
			for _, r := range part.reasons() {
				if r == TooLarge {
					large++
				}
			}
			if got, want := len(part.Rejects), len(whole.Rejects); got != want && got != want-1 {
				t.Errorf("%s part %d: %d rejects, whole has %d", name, j, got, want)
			}
		}
		want := map[string]string{}
		for _, e := range whole.Entries {
			want[e.Path] = string(e.Data)
		}
		if d := cmp.Diff(want, parts); d != "" || large != 1 {
			t.Errorf("%s: %d too_large, parts (-whole +parts):\n%s", name, large, d)
		}
	}
}

func TestWalkTruncated(t *testing.T) {
	// Cut anywhere, an archive gives a prefix of its files and says that it broke.
	dir := t.TempDir()
	var members []member
	for _, n := range []string{"r/a", "r/b", "r/c", "r/d"} {
		members = append(members, member{name: n, body: strings.Repeat(n, 300)})
	}
	data := tarGz(t, members...)
	all := walk(t, sourceOf(t, write(t, dir, "whole", data), "r"), Limits{}, nil)
	if len(all.Entries) != 4 || len(all.Rejects) != 0 {
		t.Fatalf("whole archive: %v %v", all.paths(), all.Rejects)
	}
	for cut := range len(data) {
		got := walk(t, sourceOf(t, write(t, dir, "cut", data[:cut]), "r"), Limits{}, nil)
		want := ArchiveCorrupt
		switch {
		case cut == 0:
			want = ArchiveEmpty
		case cut == 1:
			want = NotAnArchive
		}
		if d := cmp.Diff([]string{want}, got.reasons()); d != "" {
			t.Fatalf("cut at %d of %d: %v", cut, len(data), got.Rejects)
		}
		if n := len(got.Entries); n > 0 {
			if d := cmp.Diff(all.Entries[:n], got.Entries); d != "" {
				t.Fatalf("cut at %d: %s", cut, d)
			}
		}
	}
	zipped := zipBytes(t, "", members...)
	got := walk(t, sourceOf(t, write(t, dir, "cut", zipped[:len(zipped)-30]), "r"), Limits{}, nil)
	if d := cmp.Diff([]string{ArchiveCorrupt}, got.reasons()); d != "" {
		t.Error(d)
	}
}

func TestWalkBadContent(t *testing.T) {
	flip := func(b []byte, at int) []byte { b = bytes.Clone(b); b[at] ^= 0xff; return b }
	small := tarGz(t, member{name: "r/a", body: "hello"})
	one := zipBytes(t, "", member{name: "r/a", body: strings.Repeat("hello", 50)}, member{name: "r/b", body: "x"})
	aes := bytes.Clone(one)
	binary.LittleEndian.PutUint16(aes[bytes.Index(aes, []byte("PK\x01\x02"))+8:], 1)
	method := bytes.Clone(one)
	binary.LittleEndian.PutUint16(method[bytes.Index(method, []byte("PK\x01\x02"))+10:], 93)
	for name, c := range map[string]struct {
		data    []byte
		paths   []string
		reasons []string
	}{
		"empty file":        {nil, nil, []string{ArchiveEmpty}},
		"text":              {[]byte("just a text\n"), nil, []string{NotAnArchive}},
		"long text":         {bytes.Repeat([]byte("just a text\n"), 99), nil, []string{NotAnArchive}},
		"bzip2":             {[]byte("BZh91AY&SY....."), nil, []string{NotAnArchive}},
		"gzip of text":      {gz(t, []byte("just a text\n")), nil, []string{NotAnArchive}},
		"gzip of long text": {gz(t, bytes.Repeat([]byte("just a text\n"), 99)), nil, []string{NotAnArchive}},
		"gzip sum":          {flip(small, len(small)-6), []string{"a"}, []string{ArchiveCorrupt}},
		"trailing garbage":  {append(bytes.Clone(small), "garbage and more"...), []string{"a"}, []string{ArchiveCorrupt}},
		"empty tar":         {make([]byte, 1024), nil, nil},
		"two gzip members":  {append(gz(t, tarBytes(t, member{name: "r/a"})[:512]), gz(t, make([]byte, 1024))...), []string{"a"}, nil},
		"bad deflate":       {flip(one, 36), []string{"b"}, []string{EntryCorrupt}},
		"encrypted":         {aes, []string{"b"}, []string{EntryUnsupported}},
		"odd method":        {method, []string{"b"}, []string{EntryUnsupported}},
	} {
		t.Run(name, func(t *testing.T) {
			got := walk(t, sourceOf(t, write(t, t.TempDir(), "a", c.data), "r"), Limits{}, nil)
			if d := cmp.Diff(c.paths, got.paths()); d != "" {
				t.Errorf("paths: %s", d)
			}
			if d := cmp.Diff(c.reasons, got.reasons()); d != "" {
				t.Errorf("reasons: %s %v", d, got.Rejects)
			}
		})
	}
}

func TestWalkLimits(t *testing.T) {
	zeros := strings.Repeat("\x00", 40<<20)
	bomb := []member{{name: "a", body: "first"}, {name: "z1", body: zeros}, {name: "b", body: "second"}, {name: "z2", body: zeros}, {name: "c", body: "third"}}
	few := []member{{name: "a", body: "first"}, {name: "b", body: "second"}, {name: "c", body: "third"}}
	for name, c := range map[string]struct {
		members []member
		lim     Limits
		paths   []string
		reasons []string
	}{
		"ratio":           {bomb, Limits{}, []string{"a", "b"}, []string{TooLarge, ArchiveRatio}},
		"ratio allowed":   {bomb, Limits{MaxRatio: 1e6}, []string{"a", "b", "c"}, []string{TooLarge, TooLarge}},
		"total":           {bomb, Limits{MaxRatio: 1e6, MaxTotalBytes: 50 << 20}, []string{"a", "b"}, []string{TooLarge, ArchiveTooLarge}},
		"total in a file": {few, Limits{MaxTotalBytes: 8}, []string{"a"}, []string{ArchiveTooLarge}},
		"entries":         {few, Limits{MaxEntries: 2}, []string{"a", "b"}, []string{ArchiveTooLarge}},
		"entries reached": {few, Limits{MaxEntries: 3}, []string{"a", "b", "c"}, nil},
	} {
		for _, format := range []string{FormatTarGz, FormatZip} {
			t.Run(name+" "+format, func(t *testing.T) {
				lim := c.lim
				data := zipBytes(t, "", c.members...)
				if format == FormatTarGz {
					data = tarGz(t, c.members...)
					if name == "total in a file" {
						lim.MaxTotalBytes = 3*512 + 3 // a's two blocks, b's header and half of b
					}
				}
				src := sourceOf(t, write(t, t.TempDir(), "a", data), "")
				got := walk(t, src, lim, nil)
				if d := cmp.Diff(c.paths, got.paths()); d != "" {
					t.Errorf("paths: %s", d)
				}
				if d := cmp.Diff(c.reasons, got.reasons()); d != "" {
					t.Errorf("reasons: %s", d)
				}
				// The end does not depend on what is wanted.
				none := walk(t, src, lim, func(string, int64) bool { return false })
				last := func(w walked) string {
					if n := len(w.Rejects); n > 0 && strings.HasPrefix(w.Rejects[n-1].Reason, "archive_") {
						return w.Rejects[n-1].Detail
					}
					return ""
				}
				if last(none) != last(got) {
					t.Errorf("unwanted walk ends %q, wanted %q", last(none), last(got))
				}
			})
		}
	}
	if err := (Limits{MaxPath: -1}).Validate(); err == nil || !strings.Contains(err.Error(), "max_path") {
		t.Errorf("negative limit: %v", err)
	}
}

func TestWalkLyingSizeAllocatesLittle(t *testing.T) {
	data := tarBytes(t, member{name: "a", body: "x"})
	copy(data[124:136], "77777777777\x00") // size: 8 GiB less one
	copy(data[148:156], "        ")
	sum := 0
	for _, c := range data[:512] {
		sum += int(c)
	}
	copy(data[148:156], []byte{byte('0' + sum>>15&7), byte('0' + sum>>12&7), byte('0' + sum>>9&7), byte('0' + sum>>6&7), byte('0' + sum>>3&7), byte('0' + sum&7), 0, ' '})
	src := sourceOf(t, write(t, t.TempDir(), "a.tar", data), "")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := walk(t, src, Limits{MaxFileBytes: 1 << 40}, nil)
	runtime.ReadMemStats(&after)
	if d := cmp.Diff([]string{ArchiveCorrupt}, got.reasons()); d != "" || len(got.Entries) > 0 {
		t.Errorf("%v %s", got, d)
	}
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 16<<20 {
		t.Errorf("allocated %d bytes", spent)
	}
}

func TestWalkEnvironment(t *testing.T) {
	path := write(t, t.TempDir(), "a.tar.gz", tarGz(t, hostile...))
	src := sourceOf(t, path, "r")
	ignore := func(schemas.Reject) {}
	keep := func(Entry) error { return nil }

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Walk(ctx, src, Limits{}, nil, keep, ignore); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	boom := errors.New("boom")
	if err := Walk(context.Background(), src, Limits{}, nil, func(Entry) error { return boom }, ignore); !errors.Is(err, boom) {
		t.Errorf("emit's error: %v", err)
	}
	a, err := openArchive(path)
	must(t, err)
	must(t, a.detect())
	must(t, a.Close()) // reads fail from here on, as on a broken disk
	c := (*contentError)(nil)
	if err := a.items(context.Background(), Limits{}.withDefaults(), func(item) error { return nil }); err == nil || errors.As(err, &c) {
		t.Errorf("broken disk: %v", err)
	}
	must(t, os.Truncate(path, src.Bytes-1))
	if err := Walk(context.Background(), src, Limits{}, nil, keep, ignore); err == nil {
		t.Error("an archive that changed since it was resolved was read")
	}
	must(t, os.Remove(path))
	if err := Walk(context.Background(), src, Limits{}, nil, keep, ignore); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}
