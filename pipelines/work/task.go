package work

import (
	"context"
	"encoding/json"
	"fmt"

	"decoy/io/shard"
	"decoy/pipelines/bug"
	"decoy/schemas"
)

// Bugs is the reporter of what fails in the task over one record.
func (t Task) Bugs(reject func(schemas.Reject)) *bug.Reporter {
	return &bug.Reporter{Out: t.Out, Stage: t.Stage, Reject: reject}
}

// Silent writes bundles and makes no rejects: the stage itself makes them.
func Silent(t Task) *bug.Reporter { return t.Bugs(func(schemas.Reject) {}) }

// Func does one shard of a stage and returns what to record about it.
type Func func(ctx context.Context, t Task) (schemas.Done, error)

// Funcs are what is done with shards, by name: a function does not travel to a remote
// worker. Package pipelines fills it when it is linked.
var Funcs map[string]Func

// Task is a shard's work order: all that a worker needs to know.
type Task struct {
	Code        int             `json:"code"` // version of the code that made it
	Stage       string          `json:"stage"`
	Out         string          `json:"out"`
	Shard       int             `json:"shard"`
	Of          int             `json:"of"`
	Fingerprint string          `json:"fingerprint"`
	Options     json.RawMessage `json:"options"`
}

// ReadTask reads a task, unless a launcher of another version made it: its worker
// would write files under that version's fingerprint.
func ReadTask(raw string) (t Task, err error) {
	if err := json.Unmarshal([]byte(raw), &t); err != nil {
		return t, err
	}
	if t.Code != schemas.CodeVersion {
		return t, fmt.Errorf("the launcher's code is of version %d, this worker's of %d: build both from one checkout", t.Code, schemas.CodeVersion)
	}
	return t, nil
}

// Path is the task's shard of a file of a stage.
func (t Task) Path(stage, what string) string {
	return shard.Path(t.Out, stage, what, t.Shard, t.Of)
}

// ReadOptions reads what the stage needs to know.
func (t Task) ReadOptions(into any) error {
	if err := json.Unmarshal(t.Options, into); err != nil {
		return fmt.Errorf("options of %s shard %d: %w", t.Stage, t.Shard, err)
	}
	return nil
}

// Tally counts records and rejects of a shard.
type Tally struct {
	Counts  map[string]int64
	Rejects map[string]int64
}

func newTally() Tally { return Tally{map[string]int64{}, map[string]int64{}} }

// Count counts rejects.
func (t Tally) Count(r []schemas.Reject) {
	for i := range r {
		t.Rejects[r[i].Reason]++
		bug.CountInternal(t.Counts, r[i])
	}
}
