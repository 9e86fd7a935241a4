package panel

import (
	"iter"
	"math"
	"sync"

	"decoy/transforms/panel/ledger"
)

// budget is what a shard may still cost. Reservations count as spent until they
// are settled.
type budget struct {
	mu    sync.Mutex
	cap   float64
	spent float64
	held  float64
}

// newBudget counts what a ledger holds, lost duplicates and dead letters
// included: they were paid.
func newBudget(limit func(shard int) float64, shard int, records iter.Seq[ledger.Record], clients map[string]*client) *budget {
	b := &budget{cap: math.Inf(1)}
	if limit == nil {
		return b
	}
	b.cap = limit(shard)
	for r := range records {
		b.spent += r.AssumedUSD
		switch c := clients[r.Member]; {
		case r.CostUSD != nil:
			b.spent += *r.CostUSD
		case c != nil && r.InputTokens != nil && r.OutputTokens != nil:
			// Paid while the price was unknown: counted at today's.
			b.spent += *c.cost(*r.InputTokens, *r.OutputTokens)
		}
	}
	return b
}

// reserve holds usd if it fits.
func (b *budget) reserve(usd float64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spent+b.held+usd > b.cap {
		return false
	}
	b.held += usd
	return true
}

// settle turns a reservation into what was spent.
func (b *budget) settle(held, spent float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= held
	b.spent += spent
}
