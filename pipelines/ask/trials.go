package ask

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"sync"

	"decoy/io/shard"
	"decoy/pipelines/work"
	"decoy/transforms/panel"
)

// A member that gives nothing useful is given up (package panel, giveup.go). That is
// written down below OUT, for the workers that ask it in other processes, and for the
// next run: it learns from the record what the sample had cost to learn. The record is
// of one entry of the recipe: any change of that entry begins another trial.

// GaveUpFolder holds a record for each member that was given up, below the folder of a
// stage.
const GaveUpFolder = "_gaveup"

// GaveUp is such a record.
type GaveUp struct {
	Entry string `json:"entry"` // hash of the member's entry in the recipe
	panel.GivenUp
}

func gaveUpPath(out, stage, member string) string {
	return shard.Join(out, stage, GaveUpFolder, member+".json")
}

func entryHash(m panel.Member) (string, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// ReadGaveUp is what was written about a member, nil if nothing was or its entry was
// another one.
func ReadGaveUp(ctx context.Context, out, stage string, m panel.Member) (*panel.GivenUp, error) {
	entry, err := entryHash(m)
	if err != nil {
		return nil, err
	}
	var g GaveUp
	switch err := shard.ReadJSON(ctx, gaveUpPath(out, stage, m.Name), &g); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case g.Entry != entry:
		return nil, nil
	}
	return &g.GivenUp, nil
}

// WriteGaveUp writes down that a member of a stage was given up.
func WriteGaveUp(ctx context.Context, out, stage string, m panel.Member, g panel.GivenUp) error {
	entry, err := entryHash(m)
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(GaveUp{entry, g}, "", "  ")
	if err != nil {
		return err
	}
	ctx, end := shard.Lasting(ctx) // what was found out with paid requests outlives a cancel
	defer end()
	_, err = shard.WriteFile(ctx, gaveUpPath(out, stage, m.Name), append(raw, '\n'))
	return err
}

// trials are those of this process: shards that run at once, or one after another, add
// up. A key is one member in one stage of one run of the launcher.
var trials struct {
	sync.Mutex
	m map[[4]string]*panel.Trial
}

// openTrials are the trials of the paid members of a stage. run tells one launch from
// the next; with replay, what the ledger knows is not held against a member again.
func openTrials(ctx context.Context, t work.Task, members []panel.Member, run string,
	replay bool) (map[string]*panel.Trial, error) {
	trials.Lock()
	defer trials.Unlock()
	all := map[string]*panel.Trial{}
	for _, m := range members {
		if !m.Paid() {
			continue
		}
		key := [4]string{run, t.Out, t.Stage, m.Name}
		one := trials.m[key]
		if one == nil {
			var err error
			one, err = panel.NewTrial(m, panel.TrialConfig{
				Record: func(g panel.GivenUp) error { return WriteGaveUp(ctx, t.Out, t.Stage, m, g) },
				Look:   func() (*panel.GivenUp, error) { return ReadGaveUp(ctx, t.Out, t.Stage, m) },
				Fresh:  replay,
			})
			if err != nil {
				return nil, err
			}
			if trials.m == nil {
				trials.m = map[[4]string]*panel.Trial{}
			}
			trials.m[key] = one
		}
		all[m.Name] = one
	}
	return all, nil
}

// Counts of a shard by member.
const (
	CountAnswers     = "answers_"
	CountDeadLetters = "dead_letters_"
)

// CountOutcome counts what became of a request that was sent.
func CountOutcome(counts map[string]int64, a panel.Answer) {
	switch a.Reject {
	case "":
		counts[CountAnswers+a.Request.Member]++
	case panel.Secret, panel.Budget:
	default:
		counts[CountDeadLetters+a.Request.Member]++
	}
}
