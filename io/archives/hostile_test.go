package archives

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"decoy/schemas"

	"github.com/google/go-cmp/cmp"
)

// tarHeader is a header as a hostile writer makes it, its sum right.
func tarHeader(name string, flag byte, set func(h []byte)) []byte {
	h := make([]byte, blockBytes)
	copy(h, name)
	copy(h[100:], "0000644\x00")
	copy(h[124:], "00000000000\x00")
	h[156] = flag
	copy(h[257:], "ustar  \x00")
	set(h)
	copy(h[148:], "        ")
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	return h
}

func octal(field []byte, n int) { copy(field, fmt.Sprintf("%011o\x00", n)) }

// sparseTar is an old GNU sparse file of size bytes with "data" at an offset, and a
// file behind it.
func sparseTar(t *testing.T, size, at int) []byte {
	h := tarHeader("r/sparse.go", tar.TypeGNUSparse, func(h []byte) {
		octal(h[124:], 4)
		octal(h[386:], at)
		octal(h[398:], 4)
		octal(h[483:], size)
	})
	block := make([]byte, blockBytes)
	copy(block, "data")
	return append(append(h, block...), tarBytes(t, member{name: "r/z.go", body: "z"})...)
}

func TestWalkHostileArchives(t *testing.T) {
	inner := tarGz(t, member{name: "deep/evil.go", body: "package evil"})
	lying := func(size int) []byte {
		body := strings.Repeat("b", 3*blockBytes)
		b := tarBytes(t, member{name: "r/a.go", body: "a"}, member{name: "r/b.go", body: body}, member{name: "r/c.go", body: "c"})
		copy(b[2*blockBytes:], tarHeader("r/b.go", tar.TypeReg, func(h []byte) { octal(h[124:], size) }))
		return b
	}
	zipLying := func(size uint32) []byte {
		b := zipBytes(t, "", member{name: "r/a.go", body: strings.Repeat("a", 100)}, member{name: "r/b.go", body: "b"})
		at := bytes.Index(b, []byte("PK\x01\x02"))
		binary.LittleEndian.PutUint32(b[at+24:], size)
		return b
	}
	long := "r/" + strings.Repeat("p/", 2045) + "x.go"
	for name, c := range map[string]struct {
		data    []byte
		lim     Limits
		paths   []string
		reasons []schemas.Reason
	}{
		// An archive within is an entry like any other, never opened.
		"nested archive":    {tarGz(t, member{name: "r/a.tar.gz", body: string(inner)}, member{name: "r/b.go"}), Limits{}, []string{"a.tar.gz", "b.go"}, nil},
		"nested zip in zip": {zipBytes(t, "", member{name: "r/a.zip", body: string(zipBytes(t, "", member{name: "x"}))}), Limits{}, []string{"a.zip"}, nil},
		// Names differ by case where the archive was made; nothing is unpacked here, so
		// both are files.
		"case collision":  {tarGz(t, member{name: "r/A.go"}, member{name: "r/a.go"}), Limits{}, []string{"A.go", "a.go"}, nil},
		"duplicate names": {zipBytes(t, "", member{name: "r/a.go", body: "1"}, member{name: "r/a.go", body: "2"}), Limits{}, []string{"a.go"}, []schemas.Reason{DuplicatePath}},
		"path of 4096":    {tarBytes(t, member{name: long}), Limits{}, []string{strings.TrimPrefix(long, "r/")}, nil},
		"path of 4097":    {tarBytes(t, member{name: long + "o"}, member{name: "r/a.go"}), Limits{}, []string{"a.go"}, []schemas.Reason{PathTooLong}},
		"devices": {tarBytes(t, member{name: "r/c", flag: tar.TypeChar}, member{name: "r/b", flag: tar.TypeBlock}, member{name: "r/p", flag: tar.TypeFifo}, member{name: "r/a.go"}),
			Limits{}, []string{"a.go"}, []schemas.Reason{NotRegular, NotRegular, NotRegular}},
		"sparse":            {sparseTar(t, 1000, 996), Limits{}, []string{"sparse.go", "z.go"}, nil},
		"sparse, too large": {sparseTar(t, 1<<32, 1<<20), Limits{MaxTotalBytes: 1 << 20}, []string{"z.go"}, []schemas.Reason{TooLarge}},
		// Holes that are read are paid for.
		"sparse bomb": {append(sparseTar(t, 1<<20, 0)[:2*blockBytes], sparseTar(t, 1<<20, 0)...), Limits{MaxTotalBytes: 1<<20 + 4096}, []string{"sparse.go"}, []schemas.Reason{ArchiveTooLarge}},
		// A header that claims more than there is: the file is not read half.
		"size beyond the end": {lying(1 << 19), Limits{}, []string{"a.go"}, []schemas.Reason{ArchiveCorrupt}},
		// One that claims less: what is left over is no header.
		"size below the data": {lying(2), Limits{}, []string{"a.go", "b.go"}, []schemas.Reason{ArchiveCorrupt}},
		"zip size below":      {zipLying(2), Limits{}, []string{"b.go"}, []schemas.Reason{EntryCorrupt}},
		"zip size beyond":     {zipLying(1 << 19), Limits{}, []string{"b.go"}, []schemas.Reason{EntryCorrupt}},
		"zip size absurd":     {zipLying(1<<32 - 2), Limits{}, nil, []schemas.Reason{ArchiveRatio}},
	} {
		t.Run(name, func(t *testing.T) {
			got := walk(t, sourceOf(t, write(t, t.TempDir(), "a", c.data), "r"), c.lim, nil)
			if d := cmp.Diff(c.paths, got.paths()); d != "" {
				t.Errorf("paths: %s", d)
			}
			if d := cmp.Diff(c.reasons, got.reasons()); d != "" {
				t.Errorf("reasons: %s %v", d, got.Rejects)
			}
		})
	}
}

func TestWalkSparseContent(t *testing.T) {
	got := walk(t, sourceOf(t, write(t, t.TempDir(), "a.tar", sparseTar(t, 1000, 900)), "r"), Limits{}, nil)
	want := append(make([]byte, 900), "data"...)
	if len(got.Entries) != 2 || !bytes.Equal(got.Entries[0].Data, append(want, make([]byte, 96)...)) {
		t.Errorf("%v %v", got.paths(), got.Rejects)
	}
}

func TestWalkManyTinyFiles(t *testing.T) {
	var members []member
	for i := range 20_000 {
		members = append(members, member{name: fmt.Sprintf("r/%d/%d.go", i%100, i), body: "x"})
	}
	src := sourceOf(t, write(t, t.TempDir(), "a.tar.zst", zst(t, tarBytes(t, members...))), "r")
	if got := walk(t, src, Limits{}, nil); len(got.Entries) != len(members) || len(got.Rejects) > 0 {
		t.Errorf("%d files, rejects %v", len(got.Entries), got.Rejects)
	}
	got := walk(t, src, Limits{MaxEntries: 5000}, nil)
	if d := cmp.Diff([]schemas.Reason{ArchiveTooLarge}, got.reasons()); d != "" || len(got.Entries) != 5000 {
		t.Errorf("%d files: %s", len(got.Entries), d)
	}
}
