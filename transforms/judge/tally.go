package judge

import (
	"cmp"
	"slices"

	"decoy/schemas"
)

// Tally is what verdicts add up to: all counts that a build's judging is described
// by, small however many verdicts there are. Its lists are sorted; the order in which
// verdicts are added does not matter. The zero value is empty.
type Tally struct {
	Cells  []CellRate   `json:"cells"`
	Judges []JudgeCount `json:"judges"` // by judge and type; golden controls have type ""
	Pairs  []PairCount  `json:"pairs"`  // by the two judges
	Votes  []VoteCount  `json:"votes"`  // by valid verdicts on a negative
}

// JudgeCount counts one judge's verdicts on negatives of a type, or with type "" on
// golden controls. First and Second are the ties of pairs, by the order in which the
// candidate won.
type JudgeCount struct {
	Judge    string       `json:"judge"`
	Protocol string       `json:"protocol"`
	Type     schemas.Type `json:"type"`
	Fooled   int64        `json:"fooled"` // of controls: accepted
	Caught   int64        `json:"caught"` // of controls: rejected
	Invalid  int64        `json:"invalid"`
	First    int64        `json:"first"`
	Second   int64        `json:"second"`
}

// Valid is the number of valid verdicts.
func (c JudgeCount) Valid() int64 { return c.Fooled + c.Caught }

// PairCount counts the negatives on which two judges have valid verdicts, by which of
// them is fooled. A sorts before B.
type PairCount struct {
	A       string `json:"a"`
	B       string `json:"b"`
	Both    int64  `json:"both"`
	OnlyA   int64  `json:"only_a"`
	OnlyB   int64  `json:"only_b"`
	Neither int64  `json:"neither"`
}

// VoteCount counts the negatives with so many valid verdicts, so many of them fooled.
type VoteCount struct {
	Judges    int64 `json:"judges"`
	Fooled    int64 `json:"fooled"`
	Negatives int64 `json:"negatives"`
}

// Pool counts a negative of a cell, whether it is asked about or not.
func (t *Tally) Pool(cell Cell) {
	entry(&t.Cells, CellRate{Cell: cell, High: 1}, compareCells).Negatives++
}

// Negative counts the verdicts on one negative, one a judge.
func (t *Tally) Negative(cell Cell, verdicts []schemas.Verdict) {
	vs := slices.Clone(verdicts)
	slices.SortFunc(vs, func(a, b schemas.Verdict) int { return cmp.Compare(a.Judge, b.Judge) })
	var votes VoteCount
	for i, v := range vs {
		t.judge(v, cell.Type)
		if !valid(v) {
			continue
		}
		votes.Judges++
		if v.Answer == schemas.AnswerFooled {
			votes.Fooled++
		}
		for _, w := range vs[i+1:] {
			if valid(w) {
				t.pair(v, w)
			}
		}
	}
	entry(&t.Cells, CellRate{Cell: cell, High: 1}, compareCells).verdicts(votes.Judges, votes.Fooled)
	if votes.Judges > 0 {
		entry(&t.Votes, votes, compareVotes).Negatives++
	}
}

// Control counts the verdict on a golden control.
func (t *Tally) Control(v schemas.Verdict) { t.judge(v, "") }

func (t *Tally) judge(v schemas.Verdict, typ schemas.Type) {
	c := entry(&t.Judges, JudgeCount{Judge: v.Judge, Protocol: v.Protocol, Type: typ}, compareJudges)
	switch v.Answer {
	case schemas.AnswerFooled, schemas.AnswerAccepted:
		c.Fooled++
	case schemas.AnswerCaught, schemas.AnswerRejected:
		c.Caught++
	default:
		c.Invalid++
	}
	switch v.Order {
	case OrderFirst:
		c.First++
	case OrderSecond:
		c.Second++
	}
}

func (t *Tally) pair(a, b schemas.Verdict) {
	p := entry(&t.Pairs, PairCount{A: a.Judge, B: b.Judge}, comparePairs)
	switch x, y := a.Answer == schemas.AnswerFooled, b.Answer == schemas.AnswerFooled; {
	case x && y:
		p.Both++
	case x:
		p.OnlyA++
	case y:
		p.OnlyB++
	default:
		p.Neither++
	}
}

// Merge adds another tally, of other verdicts.
func (t *Tally) Merge(o Tally) {
	for _, c := range o.Cells {
		e := entry(&t.Cells, CellRate{Cell: c.Cell}, compareCells)
		e.Negatives += c.Negatives
		e.Judged += c.Judged
		e.Verdicts += c.Verdicts
		e.Fooled += c.Fooled
		e.fill()
	}
	for _, c := range o.Judges {
		e := entry(&t.Judges, JudgeCount{Judge: c.Judge, Protocol: c.Protocol, Type: c.Type}, compareJudges)
		e.Fooled += c.Fooled
		e.Caught += c.Caught
		e.Invalid += c.Invalid
		e.First += c.First
		e.Second += c.Second
	}
	for _, c := range o.Pairs {
		e := entry(&t.Pairs, PairCount{A: c.A, B: c.B}, comparePairs)
		e.Both += c.Both
		e.OnlyA += c.OnlyA
		e.OnlyB += c.OnlyB
		e.Neither += c.Neither
	}
	for _, c := range o.Votes {
		entry(&t.Votes, VoteCount{Judges: c.Judges, Fooled: c.Fooled}, compareVotes).Negatives += c.Negatives
	}
}

// entry is the element of a sorted list that compares equal to key, which is put in
// if there is none.
func entry[T any](list *[]T, key T, compare func(a, b T) int) *T {
	i, found := slices.BinarySearchFunc(*list, key, compare)
	if !found {
		*list = slices.Insert(*list, i, key)
	}
	return &(*list)[i]
}

func compareCells(a, b CellRate) int {
	return cmp.Or(cmp.Compare(a.Generator, b.Generator), cmp.Compare(a.Type, b.Type),
		cmp.Compare(a.Language, b.Language))
}

func compareJudges(a, b JudgeCount) int {
	return cmp.Or(cmp.Compare(a.Judge, b.Judge), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Type, b.Type))
}

func comparePairs(a, b PairCount) int {
	return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
}

func compareVotes(a, b VoteCount) int {
	return cmp.Or(cmp.Compare(a.Judges, b.Judges), cmp.Compare(a.Fooled, b.Fooled))
}
