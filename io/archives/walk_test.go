package archives

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

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
		"tar": tarBytes(t, hostile...), "tar.gz": tarGz(t, hostile...), "tar.zst": zst(t, tarBytes(t, hostile...)), "zip": zipBytes(t, "", hostile...),
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
	want := []schemas.Reason{NotRegular, NotRegular, NotRegular, NotRegular, PathInvalid}
	if d := cmp.Diff(want, got.reasons()); d != "" {
		t.Error(d)
	}
}

func TestSplit(t *testing.T) {
	// Walked side by side, the parts of an archive give what one walk gives, each
	// file and each reject once.
	dir := t.TempDir()
	members := append([]member(nil), hostile...)
	for i := range 50 {
		members = append(members, member{name: fmt.Sprintf("r/%d.go", i), body: fmt.Sprint(i)})
	}
	data := tarGz(t, members...)
	for name, data := range map[string][]byte{"a.tar.gz": data, "cut.tar.gz": data[:len(data)-20], "a.zip": zipBytes(t, "", members...)} {
		src := sourceOf(t, write(t, dir, name, data), "r")
		whole := walk(t, src, hostileLimits, nil)
		for _, bytes := range []int64{0, src.Bytes, src.Bytes / 2, src.Bytes / 7} {
			var all walked
			parts := Split(src, bytes)
			for i, p := range parts {
				if p.Whole() != src {
					t.Errorf("part %d of %s is a part of %+v", i, name, p.Whole())
				}
				got := walk(t, p, hostileLimits, nil)
				if len(parts) > 1 && len(got.Entries) == len(whole.Entries) {
					t.Errorf("part %d of %d has all", i, len(parts))
				}
				all.Entries = append(all.Entries, got.Entries...)
				all.Rejects = append(all.Rejects, got.Rejects...)
			}
			if want := max(1, int((src.Bytes+max(bytes, 1)-1)/max(bytes, 1))); bytes > 0 && len(parts) != want {
				t.Errorf("%d bytes by %d: %d parts", src.Bytes, bytes, len(parts))
			}
			sorted := cmpopts.SortSlices(func(a, b Entry) bool { return a.Path < b.Path })
			sortedRejects := cmpopts.SortSlices(func(a, b schemas.Reject) bool { return a.ID+string(a.Reason) < b.ID+string(b.Reason) })
			if d := cmp.Diff(whole, all, sorted, sortedRejects); d != "" {
				t.Errorf("%s in %d parts (-whole +parts):\n%s", name, len(parts), d)
			}
		}
	}
	for _, bad := range []Source{{Part: 3, Parts: 3}, {Part: -1, Parts: 2}, {Part: 1}, {Parts: -1}} {
		err := Walk(context.Background(), bad, Limits{}, nil, nil, nil)
		if err == nil || !strings.Contains(err.Error(), "part") {
			t.Errorf("%+v: %v", bad, err)
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
		if d := cmp.Diff([]schemas.Reason{want}, got.reasons()); d != "" {
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
	if d := cmp.Diff([]schemas.Reason{ArchiveCorrupt}, got.reasons()); d != "" {
		t.Error(d)
	}
}

func TestWalkBadContent(t *testing.T) {
	flip := func(b []byte, at int) []byte { b = bytes.Clone(b); b[at] ^= 0xff; return b }
	small := tarGz(t, member{name: "r/a", body: "hello"})
	smallZst := zst(t, tarBytes(t, member{name: "r/a", body: "hello"}))
	one := zipBytes(t, "", member{name: "r/a", body: strings.Repeat("hello", 50)}, member{name: "r/b", body: "x"})
	aes := bytes.Clone(one)
	binary.LittleEndian.PutUint16(aes[bytes.Index(aes, []byte("PK\x01\x02"))+8:], 1)
	method := bytes.Clone(one)
	binary.LittleEndian.PutUint16(method[bytes.Index(method, []byte("PK\x01\x02"))+10:], 93)
	for name, c := range map[string]struct {
		data    []byte
		paths   []string
		reasons []schemas.Reason
	}{
		"empty file":        {nil, nil, []schemas.Reason{ArchiveEmpty}},
		"text":              {[]byte("just a text\n"), nil, []schemas.Reason{NotAnArchive}},
		"long text":         {bytes.Repeat([]byte("just a text\n"), 99), nil, []schemas.Reason{NotAnArchive}},
		"bzip2":             {[]byte("BZh91AY&SY....."), nil, []schemas.Reason{ArchiveCorrupt}},
		"bzip2 of a tar":    {bz2Tar(t), []string{"a", "b"}, nil},
		"bzip2 cut":         {bz2Tar(t)[:90], nil, []schemas.Reason{ArchiveCorrupt}},
		"bzip2 of text":     {unbase64(t, "QlpoOTFBWSZTWW5frgwAAAQRgEAAMgGWQCAAIaDRkEAMEkSZkK2Rz7xdyRThQkG5frgw"), nil, []schemas.Reason{NotAnArchive}},
		"gzip of text":      {gz(t, []byte("just a text\n")), nil, []schemas.Reason{NotAnArchive}},
		"gzip of long text": {gz(t, bytes.Repeat([]byte("just a text\n"), 99)), nil, []schemas.Reason{NotAnArchive}},
		"zstd of text":      {zst(t, []byte("just a text\n")), nil, []schemas.Reason{NotAnArchive}},
		"zstd sum":          {flip(smallZst, len(smallZst)-1), nil, []schemas.Reason{ArchiveCorrupt}},
		"zstd cut":          {smallZst[:len(smallZst)-9], nil, []schemas.Reason{ArchiveCorrupt}},
		"zstd skippable":    {append([]byte("\x51\x2a\x4d\x18\x03\x00\x00\x00abc"), smallZst...), []string{"a"}, nil},
		"zstd window":       {[]byte("\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00"), nil, []schemas.Reason{ArchiveTooLarge}},
		"gzip sum":          {flip(small, len(small)-6), []string{"a"}, []schemas.Reason{ArchiveCorrupt}},
		"trailing garbage":  {append(bytes.Clone(small), "garbage and more"...), []string{"a"}, []schemas.Reason{ArchiveCorrupt}},
		"empty tar":         {make([]byte, 1024), nil, nil},
		"two gzip members":  {append(gz(t, tarBytes(t, member{name: "r/a"})[:512]), gz(t, make([]byte, 1024))...), []string{"a"}, nil},
		"bad deflate":       {flip(one, 36), []string{"b"}, []schemas.Reason{EntryCorrupt}},
		"encrypted":         {aes, []string{"b"}, []schemas.Reason{EntryUnsupported}},
		"odd method":        {method, []string{"b"}, []schemas.Reason{EntryUnsupported}},
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
	packed := map[string][]byte{}
	few := []member{{name: "a", body: "first"}, {name: "b", body: "second"}, {name: "c", body: "third"}}
	for name, c := range map[string]struct {
		members []member
		lim     Limits
		paths   []string
		reasons []schemas.Reason
	}{
		"ratio":           {bomb, Limits{}, []string{"a", "b"}, []schemas.Reason{TooLarge, ArchiveRatio}},
		"ratio allowed":   {bomb, Limits{MaxRatio: 1e6}, []string{"a", "b", "c"}, []schemas.Reason{TooLarge, TooLarge}},
		"total":           {bomb, Limits{MaxRatio: 1e6, MaxTotalBytes: 50 << 20}, []string{"a", "b"}, []schemas.Reason{TooLarge, ArchiveTooLarge}},
		"total in a file": {few, Limits{MaxTotalBytes: 8}, []string{"a"}, []schemas.Reason{ArchiveTooLarge}},
		"entries":         {few, Limits{MaxEntries: 2}, []string{"a", "b"}, []schemas.Reason{ArchiveTooLarge}},
		"entries reached": {few, Limits{MaxEntries: 3}, []string{"a", "b", "c"}, nil},
	} {
		for _, format := range []string{FormatTarGz, FormatTarZst, FormatZip} {
			t.Run(name+" "+format, func(t *testing.T) {
				lim := c.lim
				key := fmt.Sprint(format, len(c.members)) // packing 80 MB takes the longest
				data := packed[key]
				if data == nil {
					data = pack(t, format, c.members)
					packed[key] = data
				}
				if name == "total in a file" && format != FormatZip {
					lim.MaxTotalBytes = 3*512 + 3 // a's two blocks, b's header and half of b
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
					if n := len(w.Rejects); n > 0 && strings.HasPrefix(string(w.Rejects[n-1].Reason), "archive_") {
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
	if d := cmp.Diff([]schemas.Reason{ArchiveCorrupt}, got.reasons()); d != "" || len(got.Entries) > 0 {
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
	must(t, os.Truncate(path, src.Bytes-1))
	if err := Walk(context.Background(), src, Limits{}, nil, keep, ignore); err == nil {
		t.Error("an archive that changed since it was resolved was read")
	}
	must(t, os.Remove(path))
	if err := Walk(context.Background(), src, Limits{}, nil, keep, ignore); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

// Links of tar are told, with what they name: a hard one a path from the root, and an
// absolute one nothing.
func TestWalkTellsOfLinks(t *testing.T) {
	data := tarBytes(t, member{name: "r/a.go", body: "package a\n"}, member{name: "r/LICENSE", flag: tar.TypeSymlink, link: "docs/legal.txt"},
		member{name: "r/d/COPYING", flag: tar.TypeLink, link: "r/a.go"}, member{name: "r/abs", flag: tar.TypeSymlink, link: "/etc/passwd"},
		member{name: "r/up", flag: tar.TypeLink, link: "../../x"}, member{name: "r/pipe", flag: tar.TypeFifo})
	got := map[string]string{}
	rejects := 0
	must(t, WalkLinks(context.Background(), sourceOf(t, write(t, t.TempDir(), "a.tar", data), "r"), Limits{}, nil, func(Entry) error { return nil },
		func(path, target string) { got[path] = target }, func(schemas.Reject) { rejects++ }))
	if d := cmp.Diff(map[string]string{"LICENSE": "docs/legal.txt", "d/COPYING": "/a.go", "abs": ""}, got); d != "" || rejects != 5 {
		t.Errorf("%d rejects, %s", rejects, d)
	}
}
