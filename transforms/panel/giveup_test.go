package panel

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"decoy/schemas"
)

// TestTrials: each outcome is a letter, v for a valid one.
func TestTrials(t *testing.T) {
	ptr := func(v float64) *float64 { return &v }
	for name, c := range map[string]struct {
		rule     *GiveUp
		outcomes string
		ends     int // after so many, 0 for never
	}{
		"nothing valid":            {nil, strings.Repeat("x", 100), 40},
		"one of forty":             {nil, strings.Repeat("x", 39) + "v" + strings.Repeat("x", 400), 0},
		"one of forty, then none":  {nil, "v" + strings.Repeat("x", 2000), 40 + 1000},
		"all valid, then none":     {nil, strings.Repeat("v", 1040) + strings.Repeat("x", 2000), 2040},
		"one of twenty for ever":   {nil, strings.Repeat(strings.Repeat("x", 19)+"v", 1000), 0},
		"one of fifty for ever":    {nil, "v" + strings.Repeat(strings.Repeat("x", 49)+"v", 1000), 40 + 1000},
		"too few to say":           {nil, strings.Repeat("x", 39), 0},
		"a sample of five":         {&GiveUp{After: 5}, strings.Repeat("x", 100), 5},
		"a larger share is wanted": {&GiveUp{ValidShare: ptr(0.5)}, strings.Repeat("xv", 50), 40},
		"never":                    {&GiveUp{After: -1}, strings.Repeat("x", 5000), 0},
	} {
		t.Run(name, func(t *testing.T) {
			var recorded []GivenUp
			trial, err := NewTrial(Member{Name: "m", GiveUp: c.rule}, TrialConfig{Record: func(g GivenUp) error { recorded = append(recorded, g); return nil }})
			if err != nil {
				t.Fatal(err)
			}
			ended := 0
			for i, o := range c.outcomes {
				reason := map[rune]schemas.Reason{'v': "", 'x': AnswerRefused}[o]
				if err := trial.count(fmt.Sprint(i), reason, "no"); err != nil {
					t.Fatal(err)
				}
				if trial.ended != nil && ended == 0 {
					ended = i + 1
				}
			}
			if ended != c.ends || (len(recorded) == 1) != (c.ends > 0) || len(recorded) > 1 {
				t.Errorf("ended after %d outcomes with the records %v, want %d", ended, recorded, c.ends)
			}
		})
	}
}

func TestATrialCountsARequestOnce(t *testing.T) {
	trial, err := NewTrial(Member{Name: "m"}, TrialConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		trial.count(fmt.Sprint(i%39), AnswerRefused, "no") // Record and Look are not there to fail
	}
	if trial.ended != nil {
		t.Error("39 requests that were asked for again and again are a sample of 40")
	}
}

func TestAGivenUpMemberSaysWhy(t *testing.T) {
	trial, err := NewTrial(Member{Name: "m"}, TrialConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		reason, detail := HTTPError, "status 400: User location is not supported"
		if i%4 == 0 {
			reason, detail = AnswerNotJSON, "no JSON object in: Sure!"
		}
		trial.count(fmt.Sprint(i), reason, detail) // Record and Look are not there to fail
	}
	want := "panel member m is stopped, since 0 of 40 answers were valid (give_up: {after: 40, valid_share: 0.02}): 30 http_error (status 400), 10 answer_not_json; for example: status 400: User location is not supported; "
	if trial.ended == nil || !strings.HasPrefix(trial.ended.Error(), want) || !strings.Contains(trial.ended.Error(), "give_up.after") {
		t.Errorf("%v\nwant %s", trial.ended, want)
	}
}

func TestATrialEndsElsewhere(t *testing.T) {
	other := GivenUp{Member: "m", Outcomes: 40}
	trial, err := NewTrial(Member{Name: "m"}, TrialConfig{Look: func() (*GivenUp, error) { return &other, nil }})
	if err != nil || trial.ended == nil {
		t.Errorf("%v, %v", trial.ended, err)
	}
	broken := errors.New("disk")
	if _, err := NewTrial(Member{Name: "m"}, TrialConfig{Look: func() (*GivenUp, error) { return nil, broken }}); !errors.Is(err, broken) {
		t.Error(err)
	}
	trial, err = NewTrial(Member{Name: "m", GiveUp: &GiveUp{After: 1}}, TrialConfig{Record: func(GivenUp) error { return broken }})
	if err != nil {
		t.Fatal(err)
	}
	if err := trial.count("k", AnswerRefused, ""); !errors.Is(err, broken) || trial.ended == nil {
		t.Errorf("%v: an end that cannot be written down ends all the same", err)
	}
}

func TestGiveUpNamesTheField(t *testing.T) {
	bad := 1.0
	for _, g := range []*GiveUp{{After: -2}, {After: 1, ValidShare: &bad}} {
		m := Member{Name: "m", Provider: ProviderOpenAI, BaseURL: "http://h/v1", Model: "m"}
		m.GiveUp = g
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), "give_up.") {
			t.Errorf("%+v: %v", g, err)
		}
	}
}
