package join

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"decoy/io/shard"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/judge"
)

// RoundsFolder holds what rounds add up to.
const RoundsFolder = "rounds/"

// FirstRecord is the number of the done record of a round's first shard.
func FirstRecord(round, shards int) int { return round * (shards + 1) }

// VerdictsName begins the names of the files of a round's verdicts; round counts from 0.
func VerdictsName(round int) string {
	if round == 0 {
		return "verdicts"
	}
	return fmt.Sprintf("verdicts-r%d", round+1)
}

// RejectsName begins the names of the files of a round's rejects.
func RejectsName(round int) string {
	if round == 0 {
		return "rejects"
	}
	return fmt.Sprintf("rejects-r%d", round+1)
}

// RoundName has no number of shards, so a user's file may bear it: see stage.notes.
func RoundName(round int) string { return fmt.Sprintf("%s%d.json", RoundsFolder, round+1) }

// Round is the content of a round's file: everything that was known after it,
// and which cells are asked about no more.
type Round struct {
	Round   int          `json:"round"` // from 1
	Share   float64      `json:"share"`
	Last    bool         `json:"last"`
	Stopped []judge.Stop `json:"stopped"`
	Tally   judge.Tally  `json:"tally"` // of this round and those before
}

// Verdicts are a shard's verdicts of all rounds, in the order of context ids: of those that
// the task's refs of judge name.
func Verdicts(ctx context.Context, t work.Task) iter.Seq2[schemas.Verdict, error] {
	by := map[int]string{} // path by round
	known := false
	for _, r := range t.From {
		if r.Stage != schemas.StageJudge {
			continue
		}
		known = true
		for _, f := range r.Files {
			if round, ok := roundOf(f.Name); ok {
				by[round] = shard.Join(r.Dir, f.Name)
			}
		}
	}
	if !known {
		return func(yield func(schemas.Verdict, error) bool) {
			yield(schemas.Verdict{}, fmt.Errorf("shard %d of %s reads verdicts and has no ref of judge",
				t.Shard, t.Stage))
		}
	}
	var rounds []iter.Seq2[schemas.Verdict, error]
	for _, round := range slices.Sorted(maps.Keys(by)) {
		rounds = append(rounds, shard.Read[schemas.Verdict](ctx, by[round]))
	}
	return shard.MergeSorted(rounds, schemas.CompareVerdicts)
}

// roundOf is the round of a file of verdicts, see VerdictsName.
func roundOf(name string) (round int, ok bool) {
	rest, ok := strings.CutPrefix(name, "verdicts-")
	if !ok {
		return 0, false
	}
	if number, later := strings.CutPrefix(rest, "r"); later {
		number, _, _ = strings.Cut(number, "-")
		n, err := strconv.Atoi(number)
		return n - 1, err == nil
	}
	return 0, true
}

// Rounds are the rounds that judging went through, the first one first.
func Rounds(ctx context.Context, out string) ([]Round, error) {
	var rounds []Round
	for {
		var r Round
		err := shard.ReadJSON(ctx, shard.Join(out, schemas.StageJudge, RoundName(len(rounds))), &r)
		if err != nil {
			return nil, err
		}
		if rounds = append(rounds, r); r.Last {
			return rounds, nil
		}
	}
}

// Weights are those of the judges of a build, by their golden controls.
func Weights(ctx context.Context, out string, minGoldenAcceptance float64) (map[string]float64, error) {
	rounds, err := Rounds(ctx, out)
	if err != nil {
		return nil, err
	}
	return judge.Weights(rounds[len(rounds)-1].Tally.Controls(), minGoldenAcceptance), nil
}
