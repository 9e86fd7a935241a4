package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Sum is what the records of a member add up to in a shard, with what was advanced to
// writers that have not taken it back. It is all that a budget needs to know of a ledger.
type Sum struct {
	Stats
	// SpentUSD is what counts against a budget (Record.Spent), with what was advanced.
	SpentUSD float64 `json:"spent_usd"`
	// Tokens of answers, attempts and advances whose price nobody knew.
	UnpricedInput  int64 `json:"unpriced_input_tokens"`
	UnpricedOutput int64 `json:"unpriced_output_tokens"`
}

// Sums adds up the shard by member.
func (s *Shard) Sums() map[string]Sum {
	out := map[string]Sum{}
	for member, stats := range s.Stats() {
		out[member] = Sum{Stats: stats}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.records {
		m := out[r.Member]
		usd, known := r.Spent()
		m.SpentUSD += usd
		if !known {
			m.UnpricedInput += r.AssumedInput
			m.UnpricedOutput += r.AssumedOutput
			if r.InputTokens != nil && r.OutputTokens != nil {
				m.UnpricedInput += *r.InputTokens
				m.UnpricedOutput += *r.OutputTokens
			}
		}
		out[r.Member] = m
	}
	for _, a := range s.open.all() {
		m := out[a.Member]
		m.SpentUSD += a.USD
		m.UnpricedInput += a.InputTokens
		m.UnpricedOutput += a.OutputTokens
		out[a.Member] = m
	}
	return out
}

// sumsFile is the content of a file of sums.
type sumsFile struct {
	Format  int            `json:"decoy_ledger_sums"`
	Files   []string       `json:"files"` // that it adds up, in order
	Members map[string]Sum `json:"members"`
}

const (
	sumsFormat    = 1
	sumsPrefix    = "sums-"
	sumsExtension = ".json"
)

// sumsName is that of the sums of these files: 16 hex digits of the hash of their names.
func sumsName(shard int, files []string) string {
	sum := sha256.Sum256([]byte(strings.Join(files, "\n")))
	return folder(shard) + sumsPrefix + hex.EncodeToString(sum[:8]) + sumsExtension
}

// ReadSums are the sums of a shard: those that somebody wrote down of just the files that
// are there, or else of the records in them. With save they are then written down; without it
// nothing is.
func ReadSums(ctx context.Context, store Store, shard int, save bool) (map[string]Sum, error) {
	files, err := list(ctx, store, shard)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range files {
		names = append(names, f.name)
	}
	if len(names) == 0 {
		return map[string]Sum{}, nil
	}
	slices.Sort(names)
	raw, err := store.Get(ctx, sumsName(shard, names))
	switch {
	case err == nil:
		var f sumsFile // what cannot be read is as good as absent
		if json.Unmarshal(raw, &f) == nil && f.Format == sumsFormat && slices.Equal(f.Files, names) {
			return f.Members, nil
		}
		if damaged, ok := store.(CompactStore); ok && save {
			_ = damaged.Delete(ctx, sumsName(shard, names))
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read the sums of ledger %s: %w", folder(shard), err)
	}
	s, err := Open(ctx, store, shard)
	if err != nil {
		return nil, err
	}
	if save {
		s.SaveSums(ctx)
	}
	return s.Sums(), nil
}

// SaveSums writes down the sums of the files that the shard has read and written, unless
// there are others by now. They are there to save time: that they cannot be written is no
// error, and who deletes them loses nothing.
func (s *Shard) SaveSums(ctx context.Context) {
	files, err := list(ctx, s.store, s.shard)
	if err != nil || len(files) == 0 || len(files) != len(s.files) {
		return
	}
	for _, f := range files {
		if !s.files[f.name] {
			return
		}
	}
	names := slices.Sorted(maps.Keys(s.files))
	raw, err := json.Marshal(sumsFile{sumsFormat, names, s.Sums()})
	if err != nil {
		return
	}
	now := sumsName(s.shard, names)
	if s.store.Put(ctx, now, append(raw, '\n')) != nil {
		return // or they are there
	}
	s.forgetSums(ctx, now)
}

// forgetSums deletes all sums but those of a name.
func (s *Shard) forgetSums(ctx context.Context, but string) {
	store, ok := s.store.(CompactStore)
	if !ok {
		return
	}
	all, err := store.List(ctx, folder(s.shard)+sumsPrefix)
	if err != nil {
		return
	}
	for _, name := range all {
		if name != but && sumsNamed.MatchString(name) && store.Delete(ctx, name) != nil {
			return
		}
	}
}

// sumsNamed is what sumsName gives.
var sumsNamed = regexp.MustCompile(`^[0-9]{5,}/` + sumsPrefix + `[0-9a-f]{16}` + regexp.QuoteMeta(sumsExtension) + `$`)
