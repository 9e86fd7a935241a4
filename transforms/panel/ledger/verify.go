package ledger

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
)

// Damage is a file of a ledger that cannot be used, and what to do about it.
type Damage struct {
	Name    string `json:"name"`
	Problem string `json:"problem"`
	Remedy  string `json:"remedy"`
}

// Audit is what Verify found in a shard. Spent is the sum that a budget counts, of
// the files that are whole; Unpriced answers count as nothing in it. MayCost is the part
// of it that was advanced to writers that were killed.
type Audit struct {
	Shard    int      `json:"shard"`
	Files    int      `json:"files"`
	Segments int      `json:"segments"`
	Records  int64    `json:"records"`
	Bytes    int64    `json:"bytes"`
	SpentUSD float64  `json:"spent_usd"`
	MayCost  float64  `json:"may_have_cost_usd"`
	Unpriced int64    `json:"unpriced"`
	Twice    int      `json:"segments_twice"` // that Compact has copied and not yet deleted
	Damaged  []Damage `json:"damaged"`
}

// Verify reads every file of a shard: that it unpacks, that its head and the number
// of records are right, and that no segment between two others is missing. What is
// wrong with a file is in Audit.Damaged; an error is the store's.
func Verify(ctx context.Context, store Store, shard int) (Audit, error) {
	a := Audit{Shard: shard, Damaged: []Damage{}}
	files, err := list(ctx, store, shard)
	if err != nil {
		return a, err
	}
	var pieces []piece
	seen, known, gone := map[string]bool{}, map[[sha256.Size]byte]bool{}, map[string]bool{}
	for _, f := range files {
		data, err := store.Get(ctx, f.name)
		if errors.Is(err, fs.ErrNotExist) {
			gone[f.name] = true // compacted in the meantime, or not
			continue
		}
		if err != nil {
			return a, fmt.Errorf("read ledger segment %s: %w", f.name, err)
		}
		a.Files++
		a.Bytes += int64(len(data))
		found, err := f.decode(data)
		if err != nil {
			a.Damaged = append(a.Damaged, Damage{f.name, err.Error(), remedy})
			seen[f.String()] = true // it is not missing
			continue
		}
		for _, p := range found {
			sum := sha256.Sum256(p.plain)
			if known[sum] {
				a.Twice++
				continue
			}
			known[sum], seen[p.String()] = true, true
			pieces = append(pieces, p)
		}
	}
	if len(gone) > 0 {
		if files, err = list(ctx, store, shard); err != nil {
			return a, err
		}
		for _, f := range files {
			if gone[f.name] {
				a.Damaged = append(a.Damaged, Damage{f.name, "it is listed and not there", remedy})
				seen[f.String()] = true
			}
		}
	}
	sortPieces(pieces)
	a.Segments = len(pieces)
	var open openAdvances
	for _, p := range pieces {
		open.take(p.advanced)
		for _, r := range p.records {
			usd, known := r.Spent()
			a.Records++
			a.SpentUSD += usd
			if !known {
				a.Unpriced++
			}
		}
	}
	for _, adv := range open.all() {
		a.MayCost += adv.USD
		if adv.InputTokens+adv.OutputTokens > 0 {
			a.Unpriced += adv.Calls
		}
	}
	a.SpentUSD += a.MayCost
	a.Damaged = append(a.Damaged, missing(shard, pieces, seen)...)
	return a, nil
}

// missing finds the gaps: within an attempt, sequences begin at 0 and have none.
func missing(shard int, pieces []piece, seen map[string]bool) []Damage {
	var out []Damage
	next := segment{shard: shard}
	for _, p := range pieces {
		if p.attempt != next.attempt {
			next = segment{shard: shard, attempt: p.attempt}
		}
		for ; next.seq < p.seq; next.seq++ {
			if !seen[next.String()] {
				out = append(out, Damage{next.String(), "it is missing, and later ones of its attempt are there",
					"restore it from a copy; without it the next run pays for its answers again"})
			}
		}
		next.seq = p.seq + 1
	}
	return out
}
