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
		var price *Price
		if c := clients[r.Member]; c != nil {
			price = c.member.USDPerMTok
		}
		b.spent += Spent(r, price)
	}
	return b
}

// Spent is what a record counts against a budget: what was billed, what calls
// without a bill may have cost, and, for an answer that was paid while the price was
// unknown, its tokens at the price that its member has now, null for still unknown.
func Spent(r ledger.Record, price *Price) float64 {
	usd, known := r.Spent()
	if !known && price != nil && r.InputTokens != nil && r.OutputTokens != nil {
		usd += price.of(*r.InputTokens, *r.OutputTokens)
	}
	return usd
}

// of is the cost of tokens.
func (p Price) of(in, out int64) float64 {
	return (float64(in)**p.In + float64(out)**p.Out) / 1e6
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
