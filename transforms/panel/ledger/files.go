package ledger

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// segment is the name of one.
type segment struct{ shard, attempt, seq int }

const extension = ".zst"

func (g segment) String() string {
	return fmt.Sprintf("%05d/%06d-%06d%s", g.shard, g.attempt, g.seq, extension)
}

func (g segment) compare(o segment) int {
	return cmp.Or(cmp.Compare(g.shard, o.shard), cmp.Compare(g.attempt, o.attempt), cmp.Compare(g.seq, o.seq))
}

// compactedPrefix begins the base name of a file of many segments; 16 hex digits of
// the hash of its plain bytes follow.
const compactedPrefix = "compacted-"

// file is one file of a shard's folder: a segment, or many of them.
type file struct {
	segment   // of a single segment; zero but for its shard otherwise
	name      string
	compacted bool
}

func folder(shard int) string { return fmt.Sprintf("%05d/", shard) }

// list are a shard's files, single segments by (attempt, sequence) and compacted
// ones before them.
func list(ctx context.Context, store Store, shard int) ([]file, error) {
	names, err := store.List(ctx, folder(shard))
	if err != nil {
		return nil, fmt.Errorf("list ledger %s: %w", folder(shard), err)
	}
	var files []file
	for _, name := range names {
		if !strings.HasSuffix(name, extension) {
			continue // a store's own temporary files
		}
		f, err := parseName(name, shard)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Or(a.compare(b.segment), cmp.Compare(a.name, b.name)) })
	return files, nil
}

func parseName(name string, shard int) (file, error) {
	base, ok := strings.CutPrefix(strings.TrimSuffix(name, extension), folder(shard))
	if sum, is := strings.CutPrefix(base, compactedPrefix); ok && is && len(sum) == 16 {
		if raw, err := hex.DecodeString(sum); err == nil && hex.EncodeToString(raw) == sum {
			return file{segment: segment{shard: shard}, name: name, compacted: true}, nil
		}
	}
	a, q, dash := strings.Cut(base, "-")
	attempt, err1 := strconv.Atoi(a)
	seq, err2 := strconv.Atoi(q)
	seg := segment{shard: shard, attempt: attempt, seq: seq}
	if !ok || !dash || err1 != nil || err2 != nil || seg.String() != name {
		return file{}, fmt.Errorf("ledger: %q is not a segment's name (%sATTEMPT-SEQ%s): move it away",
			name, folder(shard), extension)
	}
	return file{segment: seg, name: name}, nil
}

// Shards are the numbers of the shards that a store holds a ledger of, in order.
func Shards(ctx context.Context, store Store) ([]int, error) {
	names, err := store.List(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("list ledger: %w", err)
	}
	seen := map[int]bool{}
	var shards []int
	for _, name := range names {
		dir := path.Dir(name)
		n, err := strconv.Atoi(dir)
		if !strings.HasSuffix(name, extension) || err != nil || folder(n) != dir+"/" || seen[n] {
			continue
		}
		seen[n] = true
		shards = append(shards, n)
	}
	slices.Sort(shards)
	return shards, nil
}

// readers is how many files are fetched at once: a bucket answers in tens of
// milliseconds, and a shard may have hundreds.
const readers = 8

// load reads the segments of a shard, each once, by (attempt, sequence), and names the files
// that they stood in.
func load(ctx context.Context, store Store, shard int) (pieces []piece, read map[string]bool, err error) {
	known := map[[sha256.Size]byte]bool{}
	read = map[string]bool{}
	gone := map[string]bool{}
	// A listing may be overtaken by Compact, so that it lacks a file and what it was
	// compacted into, or names files that are gone. The next one brings them.
	for {
		files, err := list(ctx, store, shard)
		if err != nil {
			return nil, nil, err
		}
		files = slices.DeleteFunc(files, func(f file) bool { return read[f.name] })
		if len(files) == 0 {
			break
		}
		found, err := fetch(ctx, store, files)
		if err != nil {
			return nil, nil, err
		}
		for i, f := range files {
			if found[i] == nil {
				if gone[f.name] {
					return nil, nil, fmt.Errorf("ledger segment %s is listed and not there: %s", f.name, remedy)
				}
				gone[f.name] = true
				continue
			}
			read[f.name] = true
			for _, p := range found[i] {
				if sum := sha256.Sum256(p.plain); !known[sum] {
					known[sum] = true
					pieces = append(pieces, p)
				}
			}
		}
	}
	sortPieces(pieces)
	return pieces, read, nil
}

// sortPieces puts segments into the order in which their records stand. Two segments
// of one name are the work of someone who moved files; they are kept in a fixed order.
func sortPieces(pieces []piece) {
	slices.SortFunc(pieces, func(a, b piece) int {
		return cmp.Or(a.compare(b.segment), bytes.Compare(a.plain, b.plain))
	})
}

// fetch reads files side by side. One that is gone has nil.
func fetch(ctx context.Context, store Store, files []file) ([][]piece, error) {
	pieces := make([][]piece, len(files))
	errs := make([]error, len(files))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(readers, len(files)) {
		wg.Go(func() {
			for i := range next {
				if pieces[i], errs[i] = readFile(ctx, store, files[i]); errors.Is(errs[i], fs.ErrNotExist) {
					errs[i] = nil
				}
			}
		})
	}
	for i := range files {
		next <- i
	}
	close(next)
	wg.Wait()
	return pieces, errors.Join(errs...)
}

// remedy is what to do about a file that cannot be read.
const remedy = "restore it from a copy, or move it away to pay for its answers again"

func readFile(ctx context.Context, store Store, f file) ([]piece, error) {
	data, err := store.Get(ctx, f.name)
	if err != nil {
		return nil, fmt.Errorf("read ledger segment %s: %w", f.name, err)
	}
	pieces, err := f.decode(data)
	if err != nil {
		return nil, fmt.Errorf("ledger segment %s is damaged (%w): %s", f.name, err, remedy)
	}
	return pieces, nil
}

// decode reads a file's segments.
func (f file) decode(data []byte) ([]piece, error) {
	plain, err := unpack(data)
	if err != nil {
		return nil, err
	}
	if !f.compacted {
		p, rest, err := decodePiece(plain)
		return []piece{p}, cmp.Or(err, p.check(f.segment, rest))
	}
	sum := sha256.Sum256(plain)
	if name := compactedName(f.shard, sum); name != f.name {
		return nil, fmt.Errorf("its content is that of %s", name)
	}
	return decodeCompacted(f.shard, plain)
}

// check says what is wrong with a piece that fills a file.
func (p piece) check(want segment, rest []byte) error {
	switch {
	case p.segment != want:
		return fmt.Errorf("its head says %s", p.segment)
	case len(rest) > 0:
		return fmt.Errorf("%d bytes follow its last record", len(rest))
	}
	return nil
}

// compactedHead is the first line of a file of many segments.
type compactedHead struct {
	Ledger   int `json:"decoy_ledger"`
	Shard    int `json:"shard"`
	Segments int `json:"segments"`
}

func compactedName(shard int, sum [sha256.Size]byte) string {
	return folder(shard) + compactedPrefix + hex.EncodeToString(sum[:8]) + extension
}

func decodeCompacted(shard int, plain []byte) ([]piece, error) {
	first, rest, _ := bytes.Cut(plain, []byte("\n"))
	var h compactedHead
	if err := json.Unmarshal(first, &h); err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	if h.Ledger != formatVersion || h.Shard != shard {
		return nil, fmt.Errorf("its head says format version %d, shard %d", h.Ledger, h.Shard)
	}
	var pieces []piece
	for len(rest) > 0 {
		p, after, err := decodePiece(rest)
		if err != nil {
			return nil, fmt.Errorf("segment %d of it: %w", len(pieces), err)
		}
		if p.shard != shard {
			return nil, fmt.Errorf("segment %d of it is %s", len(pieces), p.segment)
		}
		pieces, rest = append(pieces, p), after
	}
	if len(pieces) != h.Segments {
		return nil, fmt.Errorf("%d segments, its head says %d", len(pieces), h.Segments)
	}
	return pieces, nil
}
