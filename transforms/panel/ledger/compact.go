package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// CompactStore is a Store that can also delete. Deleting what is not there is no
// error.
type CompactStore interface {
	Store
	Delete(ctx context.Context, name string) error
}

// compactedBytes is how large the plain bytes of a compacted file may grow before
// the next one begins: it is unpacked in memory.
const compactedBytes = 256 << 20

// Compacted says what Compact did to a shard.
type Compacted struct {
	Segments    int `json:"segments"`
	Records     int `json:"records"`
	FilesBefore int `json:"files_before"`
	FilesAfter  int `json:"files_after"`
}

// Compact puts a shard's segments into one file, or a few. No reader sees a
// difference, at no moment; see the package comment. A file that is damaged is an
// error, and then nothing is changed. Nobody may be appending to the shard: a
// writer that was opened before could use the name of a deleted segment again.
func Compact(ctx context.Context, store CompactStore, shard int) (Compacted, error) {
	return compact(ctx, store, shard, compactedBytes)
}

func compact(ctx context.Context, store CompactStore, shard, limit int) (c Compacted, err error) {
	files, err := list(ctx, store, shard)
	if err != nil {
		return c, err
	}
	c.FilesBefore, c.FilesAfter = len(files), len(files)
	pieces, _, err := load(ctx, store, shard)
	if err != nil {
		return c, err
	}
	c.Segments = len(pieces)
	for _, p := range pieces {
		c.Records += len(p.records)
	}
	if len(files) < 2 {
		return c, nil
	}
	wanted := map[string]bool{}
	for len(pieces) > 0 {
		n, size := 0, 0
		for n < len(pieces) && (n == 0 || size+len(pieces[n].plain) <= limit) {
			size += len(pieces[n].plain)
			n++
		}
		name, err := putCompacted(ctx, store, shard, pieces[:n])
		if err != nil {
			return c, err
		}
		wanted[name] = true
		pieces = pieces[n:]
	}
	// From here on every segment is there twice, and the first copy may go.
	for _, f := range files {
		if wanted[f.name] {
			continue
		}
		if err := store.Delete(ctx, f.name); err != nil {
			return c, fmt.Errorf("delete ledger segment %s, which is compacted: %w", f.name, err)
		}
	}
	c.FilesAfter = len(wanted)
	return c, nil
}

// putCompacted writes segments as one file and reads them back.
func putCompacted(ctx context.Context, store Store, shard int, pieces []piece) (string, error) {
	plain, err := joined(shard, pieces)
	if err != nil {
		return "", err
	}
	f := file{segment: segment{shard: shard}, compacted: true, name: compactedName(shard, sha256.Sum256(plain))}
	z, err := encoder()
	if err != nil {
		return "", err
	}
	// The name is that of the content: if it exists, an earlier Compact got so far.
	if err := store.Put(ctx, f.name, z.EncodeAll(plain, nil)); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("write compacted ledger %s: %w", f.name, err)
	}
	back, err := readFile(ctx, store, f)
	if err != nil {
		return "", err
	}
	if len(back) != len(pieces) {
		return "", fmt.Errorf("compacted ledger %s has %d segments instead of %d", f.name, len(back), len(pieces))
	}
	return f.name, nil
}

// joined are the plain bytes of a file of many segments.
func joined(shard int, pieces []piece) ([]byte, error) {
	first, err := json.Marshal(compactedHead{Ledger: formatVersion, Shard: shard, Segments: len(pieces)})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Write(append(first, '\n'))
	for _, p := range pieces {
		b.Write(p.plain)
	}
	return b.Bytes(), nil
}
