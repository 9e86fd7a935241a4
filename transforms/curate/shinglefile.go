package curate

import (
	"cmp"
	"encoding/binary"
	"fmt"
)

// setShift cuts the hashes in a [FileShingles] to 40 bits, which take half the space: two
// files of 2,000 shingles have one pair of equal hashes by chance in one of 275,000 cases,
// and their similarity is then off by 1/4,000.
const setShift = 24

// FileShingles is the line of a source file in a shard's file of shingles, which is sorted by
// File: what its near duplicates are found and checked by.
type FileShingles struct {
	Repo   string `json:"repo"`
	Commit string `json:"commit"`
	Path   string `json:"path"`
	Set    []byte `json:"set"` // the differences of sorted 40-bit hashes, as unsigned varints
}

// FileShinglesOf are those of a source file.
func FileShinglesOf(repo, commit, path, source string) FileShingles {
	f := FileShingles{Repo: repo, Commit: commit, Path: path, Set: []byte{}}
	last := uint64(0)
	for i, h := range Shingles(source) {
		h >>= setShift
		if i > 0 && h == last {
			continue
		}
		f.Set = binary.AppendUvarint(f.Set, h-last)
		last = h
	}
	return f
}

// File is the file's number in a Record.
func (f FileShingles) File() uint64 { return FileKeyOf(f.Repo, f.Commit, f.Path) }

// CompareFileShingles orders a shard's file of shingles.
func CompareFileShingles(a, b FileShingles) int {
	return cmp.Or(cmp.Compare(a.File(), b.File()), cmp.Compare(a.Repo, b.Repo), cmp.Compare(a.Path, b.Path))
}

// Shingles are the hashes, sorted, each once.
func (f FileShingles) Shingles() ([]uint64, error) {
	out := make([]uint64, 0, len(f.Set)/4)
	h := uint64(0)
	for rest := f.Set; len(rest) > 0; {
		d, n := binary.Uvarint(rest)
		if n <= 0 {
			return nil, fmt.Errorf("the shingles of %s of %s end in the middle of a number", f.Path, f.Repo)
		}
		h += d
		out = append(out, h)
		rest = rest[n:]
	}
	return out, nil
}
