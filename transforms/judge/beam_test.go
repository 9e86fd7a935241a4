package judge_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"decoy/schemas"
	"decoy/transforms/beamtest"
	"decoy/transforms/judge"
)

func TestMain(m *testing.M) { beamtest.Main(m) }

// corpus are files of other repositories in which a sum is always over counts.
func corpus() (files []schemas.Blob) {
	for i := range 20 {
		files = append(files, schemas.Blob{Repo: fmt.Sprint("repo", i), Language: schemas.Go,
			Content: fmt.Appendf(nil, "package p%d\n\nfunc total(counts []int) int { return sum(counts) }\n", i)})
	}
	return files
}

var place = schemas.Context{ID: "1", Repo: "mine", Language: schemas.Go,
	Prefix: "package q\n\nfunc total(counts []int) int { return ", Golden: "sum(counts)", Suffix: " }\n"}

var wrong = []schemas.Negative{
	{ID: "near", ContextID: "1", Text: "sum(total)"},
	{ID: "far", ContextID: "1", Text: "zyxwvu(qqq, 7)"},
	{ID: "astray", ContextID: "nowhere", Text: "x"},
}

func shortVerdict(v schemas.Verdict) string {
	return fmt.Sprintf("%s %s %s %s %v", *v.NegativeID, v.Judge, v.Protocol, v.Answer, *v.Margin < 0)
}

func shortReject(r schemas.Reject) string { return r.Stage + " " + r.ID + " " + string(r.Reason) }

func init() {
	beam.RegisterFunction(shortVerdict)
	beam.RegisterFunction(shortReject)
	beam.RegisterFunction(countsOf)
}

func TestScoreCatchesWhatNobodyWrites(t *testing.T) {
	beamtest.OnEach(t, func(s beam.Scope) {
		counts := judge.Count(s, judge.CountConfig{}, beam.CreateList(s, corpus()))
		verdicts, rejects := judge.Score(s, counts, beam.Create(s, place), beam.CreateList(s, wrong))
		passert.Equals(s, beam.ParDo(s, shortVerdict, verdicts),
			"near ngram ngram caught true", "far ngram ngram caught true")
		passert.Equals(s, beam.ParDo(s, shortReject, rejects), "judge astray no_context")
	})
}

// What is counted decides: where everybody writes the negative, the judge is fooled.
func TestScoreIsFooledByWhatEverybodyWrites(t *testing.T) {
	c := place
	c.Golden, c.Suffix = "zyxwvu(qqq, 7)", " }\n"
	beamtest.OnEach(t, func(s beam.Scope) {
		counts := judge.Count(s, judge.CountConfig{}, beam.CreateList(s, corpus()))
		verdicts, rejects := judge.Score(s, counts, beam.Create(s, c),
			beam.Create(s, schemas.Negative{ID: "usual", ContextID: "1", Text: "sum(counts)"}))
		passert.Equals(s, beam.ParDo(s, shortVerdict, verdicts), "usual ngram ngram fooled false")
		passert.Empty(s, rejects)
	})
}

func countsOf(c judge.FoldCounts) string { return fmt.Sprintf("%s, fold %d", c.Language, c.Fold) }

// The n-grams of one's own files, by the folds of their repositories.
func ExampleCount() {
	p, s := beam.NewPipelineWithRoot()
	counts := judge.Count(s, judge.CountConfig{Tokens: 100_000}, beam.CreateList(s, corpus()[:2]))
	passert.Equals(s, beam.ParDo(s, countsOf, counts), "go, fold 1", "go, fold 12")
	_, err := beam.Run(context.Background(), "direct", p)
	fmt.Println(err)
	// Output: <nil>
}

// The built-in judge, over a corpus of one's own.
func ExampleScore() {
	p, s := beam.NewPipelineWithRoot()
	counts := judge.Count(s, judge.CountConfig{Tokens: 100_000}, beam.CreateList(s, corpus()))
	verdicts, _ := judge.Score(s, counts, beam.Create(s, place), beam.CreateList(s, wrong[:1]))
	passert.Equals(s, beam.ParDo(s, shortVerdict, verdicts), "near ngram ngram caught true")
	_, err := beam.Run(context.Background(), "direct", p)
	fmt.Println(err)
	// Output: <nil>
}
