package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/schemas"
	"decoy/transforms/panel"
)

// StopRecord is what a shard leaves below OUT that cannot be done now: an error crosses a
// runner as text and ends the stage, while the other shards may have room in their share of
// the budget and work for the members that are not stopped.
type StopRecord struct {
	Shard       int    `json:"shard"` // number of the done record that it has not got
	Fingerprint string `json:"fingerprint"`
	Reason      string `json:"reason"`
}

// Folders of these records, below the folder of a stage.
const (
	BudgetFolder  = "_budget"
	StoppedFolder = "_stopped"
)

// Share is what a shard may cost, what its ledger holds included; null is no limit. It is
// the shard's own of flow.Values.
type Share struct {
	BudgetUSD *float64 `json:"budget_usd"`
}

// later is flow.ErrLater, with the record of why, where a shard ends by its share of the
// budget or by a member that is stopped while others go on. Any other error stays.
func later(ctx context.Context, t Task, err error) error {
	folder := ""
	switch {
	case errors.Is(err, panel.ErrBudget): // other shards may have room
		folder = BudgetFolder
	case errors.Is(err, panel.ErrOthersGoOn): // and have work for the others
		folder = StoppedFolder
	default:
		return err
	}
	raw, failed := json.Marshal(StopRecord{t.Record, t.Fingerprint, err.Error()})
	if failed != nil {
		return failed
	}
	ctx, end := shard.Lasting(ctx) // a cancelled build says why its shards ended too
	defer end()
	path := shard.Join(t.Out, t.Stage, folder, StopName(t.Record))
	if _, failed = shard.WriteFile(ctx, path, append(raw, '\n')); failed != nil {
		return failed
	}
	return flow.ErrLater
}

// Paid does a shard that asks paid members, with its share of the budget.
func Paid(ctx context.Context, out string, ft flow.Task, do func(Task, Share) (schemas.Done, error)) (schemas.Done,
	error) {
	share, err := flow.Value[Share](ft)
	if err != nil {
		return schemas.Done{}, err
	}
	t := For(out, ft)
	d, err := do(t, share)
	return d, later(ctx, t, err)
}

// StopName is the file of the stop in place of a done record.
func StopName(record int) string { return fmt.Sprintf("%05d.json", record) }
