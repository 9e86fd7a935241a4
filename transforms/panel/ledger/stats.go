package ledger

import (
	"iter"
	"maps"
	"slices"
	"time"

	"decoy/schemas"
)

// Spent is what a record counts against a budget. known is false where it is an
// answer, or has attempts, whose price nobody knows; they count as nothing.
func (r Record) Spent() (usd float64, known bool) {
	switch {
	case r.CostUSD != nil:
		return r.AssumedUSD + *r.CostUSD, true
	case r.AssumedInput+r.AssumedOutput > 0:
		return r.AssumedUSD, false
	}
	return r.AssumedUSD, r.Reject != "" || r.AssumedUSD > 0
}

// Stats counts records. CostUSD is what was billed and AssumedUSD what calls without
// a bill may have cost at most; both leave out the answers and attempts of unknown
// price, which Unpriced counts. MayCostUSD is what calls may have cost that were under
// way, or about to be, when their writer was killed: MayCostCalls at most. Attempts are
// records of attempts at requests that had no outcome yet. Duplicates are answers to
// requests that had one, paid twice; Replaced are dead letters whose request was
// answered later.
type Stats struct {
	Records      int64                    `json:"records"`
	Answers      int64                    `json:"answers"`
	DeadLetters  int64                    `json:"dead_letters"`
	Reasons      map[schemas.Reason]int64 `json:"dead_letter_reasons"`
	Replaced     int64                    `json:"replaced"`
	Attempts     int64                    `json:"attempts"`
	Duplicates   int64                    `json:"duplicates"`
	DuplicateUSD float64                  `json:"duplicate_usd"`
	Calls        int64                    `json:"calls"`
	InputTokens  int64                    `json:"input_tokens"`
	OutputTokens int64                    `json:"output_tokens"`
	CostUSD      float64                  `json:"cost_usd"`
	AssumedUSD   float64                  `json:"assumed_usd"`
	MayCostUSD   float64                  `json:"may_have_cost_usd"`
	MayCostCalls int64                    `json:"may_have_cost_calls"`
	Unpriced     int64                    `json:"unpriced"`
	First        time.Time                `json:"first"`
	Last         time.Time                `json:"last"`
}

// Add adds other counts.
func (s *Stats) Add(o Stats) {
	s.Records += o.Records
	s.Answers += o.Answers
	s.DeadLetters += o.DeadLetters
	if s.Reasons == nil {
		s.Reasons = map[schemas.Reason]int64{}
	}
	for _, reason := range slices.Sorted(maps.Keys(o.Reasons)) {
		s.Reasons[reason] += o.Reasons[reason]
	}
	s.Replaced += o.Replaced
	s.Attempts += o.Attempts
	s.Duplicates += o.Duplicates
	s.DuplicateUSD += o.DuplicateUSD
	s.Calls += o.Calls
	s.InputTokens += o.InputTokens
	s.OutputTokens += o.OutputTokens
	s.CostUSD += o.CostUSD
	s.AssumedUSD += o.AssumedUSD
	s.MayCostUSD += o.MayCostUSD
	s.MayCostCalls += o.MayCostCalls
	s.Unpriced += o.Unpriced
	if !o.First.IsZero() && (s.First.IsZero() || o.First.Before(s.First)) {
		s.First = o.First
	}
	if o.Last.After(s.Last) {
		s.Last = o.Last
	}
}

// Stats counts a shard's records by member.
func (s *Shard) Stats() map[string]Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]Stats{}
	for i, r := range s.records {
		o := Stats{Records: 1, Calls: int64(r.Attempts), AssumedUSD: r.AssumedUSD, First: r.Time, Last: r.Time}
		if r.CostUSD != nil {
			o.CostUSD = *r.CostUSD
		}
		if r.InputTokens != nil {
			o.InputTokens = *r.InputTokens
		}
		if r.OutputTokens != nil {
			o.OutputTokens = *r.OutputTokens
		}
		usd, known := r.Spent()
		if !known {
			o.Unpriced = 1
		}
		stands := s.byKey[r.Key] == i
		switch {
		case r.Reject == "":
			o.Answers = 1
			if !stands {
				o.Duplicates, o.DuplicateUSD = 1, usd
			}
		case !r.Final():
			o.Attempts = 1
		default:
			o.DeadLetters = 1
			o.Reasons = map[schemas.Reason]int64{r.Reject: 1}
			if !stands && s.records[s.byKey[r.Key]].Reject == "" {
				o.Replaced = 1
			}
		}
		m := out[r.Member]
		m.Add(o)
		out[r.Member] = m
	}
	for _, a := range s.open.all() {
		m := out[a.Member]
		o := Stats{MayCostUSD: a.USD, MayCostCalls: a.Calls}
		if a.InputTokens+a.OutputTokens > 0 {
			o.Unpriced = a.Calls
		}
		m.Add(o)
		out[a.Member] = m
	}
	return out
}

// Ranked yields every record in order, and whether it stands for its key.
func (s *Shard) Ranked() iter.Seq2[Record, bool] {
	s.mu.Lock()
	defer s.mu.Unlock()
	stands := make([]bool, len(s.records))
	for _, i := range s.byKey {
		stands[i] = true
	}
	records := s.records[:len(s.records):len(s.records)]
	return func(yield func(Record, bool) bool) {
		for i, r := range records {
			if !yield(r, stands[i]) {
				return
			}
		}
	}
}
