package work

import (
	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/bug"
	"decoy/schemas"
)

// Task is one shard of a stage, as its work sees it.
type Task struct {
	Stage       string
	Out         string // of the build
	Shard       int
	Of          int
	Record      int // number of its done record: rounds share a folder
	Fingerprint string
	From        []flow.Ref // the shard's files of the stages before
}

// For is the task of a step of a build.
func For(out string, t flow.Task) Task {
	return Task{
		Stage: t.Name, Out: out, Shard: t.Shard, Of: t.Of, Record: t.First + t.Shard, Fingerprint: t.Fingerprint,
		From: t.From,
	}
}

// Path is the task's shard of a file of a stage: the one that a ref names, and for what the
// stage itself writes, or where the task has no refs, the one that has the name.
func (t Task) Path(stage, what string) string {
	for _, r := range t.From {
		if r.Stage == stage {
			if path, err := r.Path(what); err == nil {
				return path
			}
		}
	}
	return shard.Path(t.Out, stage, what, t.Shard, t.Of)
}

// Bugs is the reporter of what fails in the task over one record.
func (t Task) Bugs(reject func(schemas.Reject)) *bug.Reporter {
	return &bug.Reporter{Out: t.Out, Stage: t.Stage, Reject: reject}
}

// Silent writes bundles and makes no rejects: the stage itself makes them.
func Silent(t Task) *bug.Reporter { return t.Bugs(func(schemas.Reject) {}) }

// Tally counts records and rejects of a shard.
type Tally struct {
	Counts  map[string]int64
	Rejects map[schemas.Reason]int64
}

// Count counts rejects.
func (t Tally) Count(r []schemas.Reject) {
	for i := range r {
		t.Rejects[r[i].Reason]++
		bug.CountInternal(t.Counts, r[i])
	}
}
