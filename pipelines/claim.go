package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/pipelines/join"
	"decoy/schemas"
	"decoy/transforms/panel/ledger"
)

// decoy writes only into a new or empty folder, or one that holds a build of its own: a
// marker file says so, which is written first. What is there otherwise is somebody's.

// runInfoName and reportName are the files that decoy writes into OUT itself, beside the
// marker, the lock, the build's description and the record of a remote job.
const (
	runInfoName = "run.json"
	reportName  = "report.html"
)

// owner is OUT as a folder of decoy's.
func owner(out string) shard.Owner {
	return shard.Owner{
		Dir: out, Kind: shard.KindBuild,
		Earlier: func(ctx context.Context) (bool, error) { return madeEarlier(ctx, out) },
		Adopt:   func(ctx context.Context) error { return adopt(ctx, out) },
	}
}

// CheckOut is an error where decoy may not write to OUT: a *shard.Refusal that names
// what is there. It writes nothing.
func CheckOut(ctx context.Context, out string) error {
	if err := owner(out).Inspect(ctx); err != nil {
		return err
	}
	return checkRunInfo(ctx, out)
}

// claim makes OUT decoy's before anything else is written there.
func claim(ctx context.Context, out string) error {
	if err := CheckOut(ctx, out); err != nil {
		return err
	}
	return owner(out).Claim(ctx)
}

// checkBuild is an error where OUT is not a build: for commands that make none.
func checkBuild(ctx context.Context, out string) error {
	if err := ask.IsThere(ctx, out); err != nil {
		return err
	}
	held, err := owner(out).Held(ctx)
	if err == nil && !held {
		return shard.Refuse("%q holds no build of decoy, and nothing was written: name the folder of a build", out)
	}
	return err
}

// checkRunInfo is an error where a run.json is not decoy's.
func checkRunInfo(ctx context.Context, out string) error {
	_, ok, err := readRunInfo(ctx, out)
	if err == nil && !ok {
		return shard.InTheWay(shard.Join(out, runInfoName))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// readRunInfo reads the run.json of an earlier run; ok is false where the file is not
// one of decoy's.
func readRunInfo(ctx context.Context, out string) (r RunInfo, ok bool, err error) {
	raw, err := shard.ReadFile(ctx, shard.Join(out, runInfoName))
	if err != nil {
		return r, false, absent(err)
	}
	var keys map[string]json.RawMessage
	if json.Unmarshal(raw, &r) != nil || json.Unmarshal(raw, &keys) != nil {
		return RunInfo{}, false, nil
	}
	for _, k := range []string{"runner", "gomaxprocs", "started", "stages"} {
		if _, ok := keys[k]; !ok {
			return RunInfo{}, false, nil
		}
	}
	for _, s := range r.Stages {
		if !slices.Contains(schemas.Stages, s.Stage) {
			return RunInfo{}, false, nil
		}
	}
	return r, true, nil
}

var (
	hash     = regexp.MustCompile(`^[0-9a-f]{64}$`)
	recorded = regexp.MustCompile(`^[0-9]{5,}\.json$`)
)

// mostRecords is how many done records of a stage are looked at.
const mostRecords = 3

// madeEarlier tells whether a build lies in a folder without a marker: earlier versions
// wrote none. A file of decoy's must be there that nobody else writes: a manifest or done
// record of a stage, run.json, a ledger, or the lock of a process that was killed.
func madeEarlier(ctx context.Context, out string) (bool, error) {
	if r, ok, err := readRunInfo(ctx, out); err == nil && ok && r.Started != "" && len(r.Stages) > 0 {
		return true, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	for _, stage := range schemas.Stages {
		dir := shard.Join(out, stage)
		var m schemas.Manifest
		raw, err := shard.ReadFile(ctx, shard.Join(dir, "manifest.json"))
		if err := absent(err); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		if err == nil && json.Unmarshal(raw, &m) == nil && m.Stage == stage && hash.MatchString(m.Fingerprint) {
			return true, nil
		}
		records, err := shard.DoneRecords(ctx, dir)
		if err != nil {
			return false, err
		}
		for _, record := range records[:min(len(records), mostRecords)] {
			if isRecord(ctx, stage, record) {
				return true, nil
			}
		}
	}
	if locked, err := shard.Locked(ctx, out); err != nil || locked {
		return locked, err
	}
	return keepsLedger(ctx, out)
}

// absent is an error with the meaning that there is nothing, where a part of the path is
// not the folder that it would be in a build.
func absent(err error) error {
	if shard.NoFolder(err) {
		return fs.ErrNotExist
	}
	return err
}

// isRecord tells whether a file is a done record of a stage.
func isRecord(ctx context.Context, stage, file string) bool {
	raw, err := shard.ReadFile(ctx, file)
	if err != nil || !recorded.MatchString(path.Base(file)) {
		return false
	}
	n, err := strconv.Atoi(strings.TrimSuffix(path.Base(file), ".json"))
	var d schemas.Done
	return err == nil && json.Unmarshal(raw, &d) == nil && d.Stage == stage && d.Shard == n &&
		hash.MatchString(d.Fingerprint)
}

// keepsLedger tells whether a folder holds paid answers: all else of a build may have
// been removed to make it anew.
func keepsLedger(ctx context.Context, out string) (bool, error) {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	for _, stage := range ask.PaidStages {
		store := ask.Store(out, stage)
		shards, err := ledger.Shards(ctx, store)
		if err != nil || len(shards) == 0 {
			continue // what cannot be listed as a ledger is none
		}
		if l, err := ledger.Open(ctx, store, shards[0]); err == nil {
			for range l.All() {
				return true, nil
			}
		}
	}
	return false, nil
}

// adopt notes which files of an earlier version's build are decoy's: nobody noted them
// before they were written, and a shard that was killed has left no record. A name that
// somebody else might give is decoy's only beside files that bear a number of shards.
func adopt(ctx context.Context, out string) error {
	for _, stage := range schemas.Stages {
		dir := shard.Join(out, stage)
		names, err := namesIn(ctx, dir)
		if err != nil {
			return err
		}
		match, numbered := writtenBy(stage), false
		var ours []string
		for _, name := range names {
			if match(name) || stage == schemas.StageJudge && isRound(ctx, dir, name) {
				ours = append(ours, name)
				numbered = numbered || strings.Contains(name, "-of-")
			}
		}
		if !numbered {
			continue
		}
		l, err := shard.ReadLeftover(ctx, dir)
		if err != nil {
			return err
		}
		if err := l.Add(ctx, dir, ours); err != nil {
			return err
		}
	}
	return nil
}

// isRound tells whether a file of judge is what a round adds up to.
func isRound(ctx context.Context, dir, name string) bool {
	var r join.Round
	return strings.HasPrefix(name, join.RoundsFolder) && shard.ReadJSON(ctx, shard.Join(dir, name), &r) == nil &&
		r.Round > 0 && join.RoundName(r.Round-1) == name
}
