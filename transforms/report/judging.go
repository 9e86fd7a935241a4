package report

import (
	"decoy/schemas"
	"decoy/transforms/judge"
)

// Judging is how judging went: what each judge is worth, how far judges agree, and how
// much was asked.
type Judging struct {
	Judges   []JudgeWorth
	Weighted []WeightedRate // by generator and type
	Kappas   []judge.Kappa  // of pairs of judges
	Fleiss   *judge.Kappa   // over all, nil with fewer than two judges
	Rounds   []Round
}

// RateName is what the share of verdicts that were fooled is called: the n-gram judge is no
// model that anybody trains, and where all verdicts are its own, every such figure says so.
func (j Judging) RateName() string {
	name := "fool rate"
	if len(j.Judges) == 0 {
		return name
	}
	for _, w := range j.Judges {
		if w.Protocol != judge.ProtocolNGram && w.Valid+w.Invalid > 0 {
			return name
		}
	}
	return "n-gram " + name
}

// JudgeWorth is one judge: its verdicts on negatives, those of them that cannot be
// read, ties of pairs by the place that won, and its weight in rates that rank.
type JudgeWorth struct {
	Judge    string
	Protocol string
	Valid    int64
	Invalid  int64
	First    int64
	Second   int64
	Weight   float64
}

// WeightedRate is a fool rate with and without the judges' weights: Raw of all
// verdicts, Weighted the mean over negatives. N is the number of judged negatives.
type WeightedRate struct {
	Generator string
	Type      schemas.Type
	N         int64
	Raw       *float64
	Weighted  *float64
}

// Round is one round of judging and what was known after it. Cells are those of the
// pool, Stopped those that were asked about no more afterwards.
type Round struct {
	Round     int
	Share     float64
	Negatives int64
	Judged    int64
	Verdicts  int64
	Cells     int
	Stopped   int
}
