package report

import (
	"strings"
	"testing"

	"decoy/transforms/judge"
)

// TestTheNgramJudgeAloneGivesItsName: every figure of a build that nobody else judged says so,
// and in a mixed panel none does.
func TestTheNgramJudgeAloneGivesItsName(t *testing.T) {
	d := fixture()
	mixed, err := Render(d)
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.ToLower(string(mixed)); strings.Contains(text, "n-gram fool rate") || !strings.Contains(text, "fool rate") {
		t.Error("a mixed panel's rate has the n-gram judge's name, or none")
	}
	d.Judging.Judges = []JudgeWorth{{Judge: "ngram", Protocol: judge.ProtocolNGram, Valid: 10}, {Judge: "silent"}}
	alone, err := Render(d)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ToLower(string(alone))
	named := strings.Count(text, "n-gram fool rate")
	if named < 5 || named != strings.Count(text, "fool rate")-strings.Count(text, "its fool rates say nothing") {
		t.Errorf("%d of %d figures have the n-gram judge's name", named, strings.Count(text, "fool rate"))
	}
}
