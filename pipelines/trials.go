package pipelines

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/panel"
)

// A member that gives nothing useful is given up (package panel, giveup.go). That is
// written down below OUT, for the workers that ask it in other processes, and for the
// next run: it learns from the record what the sample had cost to learn. The record is
// of one entry of the recipe: any change of that entry begins another trial.

// gaveUpFolder holds a record for each member that was given up, below the folder of a
// stage.
const gaveUpFolder = "_gaveup"

// gaveUp is such a record.
type gaveUp struct {
	Entry string `json:"entry"` // hash of the member's entry in the recipe
	panel.GivenUp
}

func gaveUpPath(out, stage, member string) string {
	return shard.Join(out, stage, gaveUpFolder, member+".json")
}

func entryHash(m panel.Member) (string, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// readGaveUp is what was written about a member, nil if nothing was or its entry was
// another one.
func readGaveUp(out, stage string, m panel.Member) (*panel.GivenUp, error) {
	entry, err := entryHash(m)
	if err != nil {
		return nil, err
	}
	var g gaveUp
	switch err := readJSON(gaveUpPath(out, stage, m.Name), &g); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case g.Entry != entry:
		return nil, nil
	}
	return &g.GivenUp, nil
}

func writeGaveUp(out, stage string, m panel.Member, g panel.GivenUp) error {
	entry, err := entryHash(m)
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(gaveUp{entry, g}, "", "  ")
	if err != nil {
		return err
	}
	_, err = shard.WriteFile(gaveUpPath(out, stage, m.Name), append(raw, '\n'))
	return err
}

// launched tells this run of the launcher from others, in whose workers' processes trials
// may still be known.
func (b *Build) launched() string {
	if b.launch == "" {
		b.launch = rand.Text()
	}
	return b.launch
}

// trials are those of this process: shards that run at once, or one after another, add
// up. A key is one member in one stage of one run of the launcher.
var trials struct {
	sync.Mutex
	m map[[4]string]*panel.Trial
}

// openTrials are the trials of the paid members of a stage. run tells one launch from
// the next; with replay, what the ledger knows is not held against a member again.
func openTrials(t shardTask, members []panel.Member, run string, replay bool) (map[string]*panel.Trial, error) {
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
				Record: func(g panel.GivenUp) error { return writeGaveUp(t.Out, t.Stage, m, g) },
				Look:   func() (*panel.GivenUp, error) { return readGaveUp(t.Out, t.Stage, m) },
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

// retry lifts what was written about members, and nothing else that lies there: they are
// to be asked again.
func (s *stage) retry() error {
	if s.b.DryRun {
		return nil
	}
	folder := shard.Join(s.b.dir(s.name), gaveUpFolder)
	paths, err := shard.List(folder, "*.json")
	for _, path := range paths {
		var one gaveUp
		if readJSON(path, &one) == nil && one.Entry != "" {
			err = errors.Join(err, shard.Remove(path))
		}
	}
	if err != nil {
		return fmt.Errorf("remove what is known of members that were given up: %w", err)
	}
	shard.RemoveEmpty(folder)
	return nil
}

// Counts of a shard by member.
const (
	countAnswers     = "answers_"
	countDeadLetters = "dead_letters_"
)

// countOutcome counts what became of a request that was sent.
func countOutcome(counts map[string]int64, a panel.Answer) {
	switch a.Reject {
	case "":
		counts[countAnswers+a.Request.Member]++
	case panel.Secret, panel.Budget:
	default:
		counts[countDeadLetters+a.Request.Member]++
	}
}

// useless is panel.ErrStopped with the members that gave nothing although all shards are
// done: those that were given up by the last answers, and those of which every request
// failed, however few they were.
func (s *stage) useless(ctx context.Context) error {
	valid, _, err := shard.Records(s.b.dir(s.name), s.fingerprint)
	if err != nil {
		return err
	}
	counts := map[string]int64{}
	for _, d := range valid {
		for k, n := range d.Counts {
			counts[k] += n
		}
	}
	var reasons []string
	for _, m := range s.members() {
		if !m.Paid() {
			continue
		}
		g, err := readGaveUp(s.b.Out, s.name, m)
		if err != nil {
			return err
		}
		failed := counts[countDeadLetters+m.Name]
		switch {
		case g != nil:
			reasons = append(reasons, g.Error())
		case failed > 0 && counts[countAnswers+m.Name] == 0:
			letter, err := s.deadLetter(ctx, m.Name)
			if err != nil {
				return err
			}
			reasons = append(reasons, fmt.Sprintf("panel member %s: all %d requests failed, for example: %s; "+
				"mend or remove the member in the recipe and run again, with --replay to send these once more",
				m.Name, failed, letter))
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", panel.ErrStopped, strings.Join(reasons, "; "))
}

// members are those of a paid stage's panel.
func (s *stage) members() []panel.Member {
	if s.name == schemas.StageJudge {
		return s.b.Recipe.Judge.Panel
	}
	return s.b.Recipe.Generate.Panel
}

// deadLetter is why a request of a member failed.
func (s *stage) deadLetter(ctx context.Context, member string) (string, error) {
	letters, err := DeadLetters(ctx, s.b.Out)
	i := slices.IndexFunc(letters, func(l DeadLetter) bool { return l.Stage == s.name && l.Member == member })
	if err != nil || i < 0 {
		return "", err
	}
	return letters[i].Reason + ": " + letters[i].Detail, nil
}
