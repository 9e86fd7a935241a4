package join

import (
	"fmt"
	"iter"

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

// Verdicts are a shard's verdicts of all rounds, in the order of context ids. The
// folder may hold those of more rounds, of a build with other options.
func Verdicts(t work.Task) iter.Seq2[schemas.Verdict, error] {
	past, err := Rounds(t.Out)
	if err != nil {
		return func(yield func(schemas.Verdict, error) bool) { yield(schemas.Verdict{}, err) }
	}
	var rounds []iter.Seq2[schemas.Verdict, error]
	for round := range past {
		rounds = append(rounds, shard.Read[schemas.Verdict](t.Path(schemas.StageJudge, VerdictsName(round))))
	}
	return shard.MergeSorted(rounds, schemas.CompareVerdicts)
}

// Rounds are the rounds that judging went through, the first one first.
func Rounds(out string) ([]Round, error) {
	var rounds []Round
	for {
		var r Round
		err := shard.ReadJSON(shard.Join(out, schemas.StageJudge, RoundName(len(rounds))), &r)
		if err != nil {
			return nil, err
		}
		if rounds = append(rounds, r); r.Last {
			return rounds, nil
		}
	}
}

// Weights are those of the judges of a build, by their golden controls.
func Weights(out string, minGoldenAcceptance float64) (map[string]float64, error) {
	rounds, err := Rounds(out)
	if err != nil {
		return nil, err
	}
	return judge.Weights(rounds[len(rounds)-1].Tally.Controls(), minGoldenAcceptance), nil
}
