package panel

import (
	"maps"
	"math"
	"slices"
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

// newBudget counts what a ledger holds.
func newBudget(limit func(shard int) float64, shard int, led *ledger.Shard, clients map[string]*client) *budget {
	b := &budget{cap: math.Inf(1)}
	if limit == nil {
		return b
	}
	b.cap = limit(shard)
	b.spent = Counted(led.Sums(), func(member string) *Price {
		if c := clients[member]; c != nil {
			return c.member.USDPerMTok
		}
		return nil
	})
	return b
}

// Counted is what a shard's ledger counts against a budget: all records, lost duplicates
// and dead letters included, since they were paid, and what was advanced to writers that
// were killed, since it may have been. What was paid while a price was unknown counts at
// the price that the member has now, null for still unknown.
func Counted(sums map[string]ledger.Sum, price func(member string) *Price) (usd float64) {
	for _, member := range slices.Sorted(maps.Keys(sums)) {
		s := sums[member]
		usd += s.SpentUSD
		if p := price(member); p != nil {
			usd += p.of(s.UnpricedInput, s.UnpricedOutput)
		}
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

// room is what is not spent; of it, calls under way have reserved a part.
func (b *budget) room() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cap - b.spent
}

// settle turns a reservation into what was spent.
func (b *budget) settle(held, spent float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= held
	b.spent += spent
}
