package ledger

import (
	"context"
	"slices"
)

// Advance is what a writer may spend on one member before it writes again: at most so
// many calls and so many dollars. Where the price is unknown, tokens stand for the
// dollars.
type Advance struct {
	Member       string  `json:"member"`
	Calls        int64   `json:"calls"`
	USD          float64 `json:"usd"`
	InputTokens  int64   `json:"input_tokens,omitempty"`
	OutputTokens int64   `json:"output_tokens,omitempty"`
}

// advanced is what the head of a segment says of its writer: from here on it may have
// spent so much beside the records that stand up to this segment. It replaces what the
// writer's segments before said.
type advanced struct {
	Writer   string    `json:"writer,omitempty"`
	Advances []Advance `json:"advanced,omitempty"`
}

// CommitAdvanced writes records, which may be none, and what this Shard may spend from
// then on beside them: nothing of it may be spent before CommitAdvanced has returned nil.
// What it said before stands until then, and counts for ever if nothing follows. Like
// Commit, it must not overlap with another.
func (s *Shard) CommitAdvanced(ctx context.Context, records []Record, advances []Advance) error {
	return s.put(ctx, records, advanced{s.writer, advances})
}

// Advances are what other writers may have spent beside their records: those that were
// killed, and those that are still at work.
func (s *Shard) Advances() []Advance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open.but(s.writer)
}

// openAdvances is the last that each writer said, in the order of their first words.
type openAdvances []advanced

// take takes the head of the next segment, in the order of segments.
func (o *openAdvances) take(a advanced) {
	if a.Writer == "" {
		return
	}
	at := slices.IndexFunc(*o, func(b advanced) bool { return b.Writer == a.Writer })
	if at < 0 {
		*o = append(*o, a)
		return
	}
	(*o)[at] = a
}

func (o openAdvances) all() []Advance { return o.but("") }

func (o openAdvances) but(writer string) []Advance {
	var out []Advance
	for _, a := range o {
		if a.Writer != writer {
			out = append(out, a.Advances...)
		}
	}
	return out
}
