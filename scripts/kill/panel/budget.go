package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"decoy/pipelines/money"

	"decoy/scripts/kill/outcome"
	"decoy/transforms/panel/faultserver"
)

// till is the provider's: it bills what it answers, and what it begins to answer and
// cuts off, which is every ninth call.
type till struct {
	mu  sync.Mutex
	usd float64
}

// The prices of the recipe, in dollars for a million tokens.
const inPrice, outPrice = 1, 2

func (b *till) plan(a faultserver.Arrival) faultserver.Step {
	text := outcome.Answer(a)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.usd += (float64(a.Reserved-a.MaxTokens)*inPrice + float64(len(text)/3+1)*outPrice) / 1e6
	if a.N%9 == 5 {
		return faultserver.Cut()
	}
	return faultserver.OK(func(faultserver.Arrival) string { return text })
}

func (b *till) billed() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.usd
}

// budgetResult is the last line of a run with -budget. Dollars that the server billed
// and the ledgers do not count are forgotten; both are compared after every kill.
type budgetResult struct {
	Kills        int     `json:"kills"`
	Stops        int     `json:"stops"` // runs that the budget ended before they were killed
	Budget       float64 `json:"budget_usd"`
	Billed       float64 `json:"billed_usd"`
	Counted      float64 `json:"counted_usd"` // by the ledgers
	MayHaveCost  float64 `json:"may_have_cost_usd"`
	MayCalls     int64   `json:"may_have_cost_calls"`
	Forgotten    float64 `json:"forgotten_usd"`        // at most
	Over         float64 `json:"billed_above_budget"`  // at most
	CountedOver  float64 `json:"counted_above_budget"` // at most
	MostInFlight int     `json:"most_in_flight"`       // slots; a call of each may be under way
	InFlightUSD  float64 `json:"in_flight_usd"`        // what so many calls cost at most
	Arrivals     int     `json:"arrivals"`
	AfterStop    int     `json:"sent_after_budget"` // calls of runs after the budget ended one
}

const cent = 1e-9

// withBudget kills generate so often, or until the budget ends it, and counts money.
func (k *killer) withBudget(ctx context.Context, kills int, share float64) error {
	r := budgetResult{Budget: share * k.bill.billed(), MostInFlight: k.slots}
	fmt.Printf("%.4f dollars without a kill; the budget is %.4f\n", k.bill.billed(), r.Budget)
	before, first := k.bill.billed(), k.server.Served()
	budget := fmt.Sprintf("--budget=%.9f", r.Budget)
	count := func() error {
		time.Sleep(50 * time.Millisecond) // calls of the dead process reach the server
		stats, err := money.LedgerStats(ctx, filepath.Join(k.work, "killed"))
		if err != nil {
			return err
		}
		r.Counted, r.MayHaveCost, r.MayCalls = 0, 0, 0
		for _, m := range stats {
			r.Counted += m.CostUSD + m.AssumedUSD + m.MayCostUSD
			r.MayHaveCost += m.MayCostUSD
			r.MayCalls += m.MayCostCalls
		}
		r.Billed, r.Arrivals = k.bill.billed()-before, k.server.Served()-first
		r.Forgotten = max(r.Forgotten, r.Billed-r.Counted)
		r.Over, r.CountedOver = max(r.Over, r.Billed-r.Budget), max(r.CountedOver, r.Counted-r.Budget)
		if r.MayCalls > 0 {
			r.InFlightUSD = max(r.InFlightUSD, float64(r.MostInFlight)*r.MayHaveCost/float64(r.MayCalls))
		}
		return nil
	}
	whole := false
	for !whole && (r.Kills < kills || r.Stops == 0) {
		served := k.server.Served()
		cmd := k.command(ctx, "generate", "killed", budget)
		cmd.Stderr = nil // that the budget is reached is no news
		if err := cmd.Start(); err != nil {
			return err
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		pause := time.Hour
		if r.Kills < kills {
			k.arrival(ended)
			pause = time.Duration(float64(k.span) / float64(kills) * rand.Float64())
		}
		var end error
		select {
		case end = <-ended:
		case <-time.After(pause):
			if err := cmd.Process.Kill(); err != nil {
				return err
			}
			end = <-ended
		}
		var exit *exec.ExitError
		switch {
		case end == nil: // the budget was enough
			whole = true
		case !errors.As(end, &exit):
			return end
		case exit.ExitCode() == -1: // killed
			r.Kills++
		case exit.ExitCode() == exitBudget:
			r.Stops++
			if r.Stops > 1 {
				r.AfterStop += k.server.Served() - served
			}
			if r.Stops == 3 { // nothing more comes of further starts
				kills = r.Kills
			}
		default:
			return fmt.Errorf("generate after %d kills: %w", r.Kills, end)
		}
		if err := count(); err != nil {
			return err
		}
		if r.Kills%10 == 0 {
			fmt.Printf("%d kills, billed %.4f, counted %.4f, of it %.4f may have cost\n", r.Kills, r.Billed, r.Counted,
				r.MayHaveCost)
		}
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	fmt.Println(string(raw))
	if r.Forgotten > cent || r.Over > cent || r.CountedOver > cent {
		return fmt.Errorf("money was forgotten, or the budget was passed")
	}
	return nil
}

// exitBudget is how decoy ends where the budget is used up.
const exitBudget = 3
