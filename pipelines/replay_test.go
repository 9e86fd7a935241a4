package pipelines

import (
	"sync/atomic"
	"testing"

	"decoy/pipelines/money"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/panel/faultserver"
)

// TestReplay builds against a server that refuses a part of all requests, lists them,
// and builds again when it no longer does.
func TestReplay(t *testing.T) {
	var mended atomic.Bool
	var faulty atomic.Bool
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		if faulty.Load() && !mended.Load() && hashed(a.User)%5 == 0 {
			return faultserver.Status(400, "I do not like this text")
		}
		if a.Judging() {
			return faultserver.OK(verdict)
		}
		return faultserver.OK(completion(renamed))
	})
	c := ordinary(t, 2)
	r := asked(t, s)
	want := c.build(t, "direct", r)

	faulty.Store(true)
	b := c.open(t, t.TempDir(), "direct", r)
	run := func() {
		t.Helper()
		if err := b.RunStages(t.Context(), schemas.Stages...); err != nil {
			t.Fatal(err)
		}
	}
	run()
	letters, err := money.DeadLetters(t.Context(), b.Out)
	if err != nil {
		t.Fatal(err)
	}
	contexts := map[string]bool{}
	for _, x := range records[schemas.Context](t, b.Out, schemas.StageExtract, "contexts") {
		contexts[x.ID] = true
	}
	stages := map[string]int{}
	for _, l := range letters {
		stages[l.Stage]++
		if !contexts[l.ContextID] || l.Reason != panel.HTTPError || l.Status != 400 || l.Response == "" || (l.Type == "") != (l.Stage == schemas.StageJudge) {
			t.Errorf("%+v", l)
		}
	}
	if stages[schemas.StageGenerate] < 5 || stages[schemas.StageJudge] < 5 {
		t.Fatalf("dead letters %v: the test shows too little", stages)
	}
	rejects := 0
	for _, x := range records[schemas.Reject](t, b.Out, schemas.StageGenerate, "rejects") {
		if x.Reason == panel.HTTPError {
			rejects++
		}
	}
	if rejects != stages[schemas.StageGenerate] {
		t.Errorf("%d rejects, %d dead letters", rejects, stages[schemas.StageGenerate])
	}

	// Without Replay they stay what they are, and nothing is sent.
	sent := len(s.Arrivals())
	run()
	if n := len(s.Arrivals()) - sent; n != 0 {
		t.Errorf("%d requests without replay", n)
	}
	// Replayed while the server still refuses them: only they are sent.
	b.Replay = true
	if err := b.RunStages(t.Context(), schemas.StageGenerate); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Arrivals()) - sent; n < stages[schemas.StageGenerate] || n > 2*stages[schemas.StageGenerate] { // each perhaps with and without a schema
		t.Errorf("%d requests for %d dead letters", n, stages[schemas.StageGenerate])
	}

	mended.Store(true)
	sent = len(s.Arrivals())
	run()
	if letters, err = money.DeadLetters(t.Context(), b.Out); err != nil || len(letters) != 0 {
		t.Errorf("%d dead letters after the replay, %v", len(letters), err)
	}
	for _, a := range s.Arrivals()[sent:] {
		if hashed(a.User)%5 != 0 && !a.Judging() {
			t.Errorf("a request that was no dead letter was sent again: %.100s", a.User)
		}
	}
	sameBytes(t, "a build and one whose dead letters were replayed", want, b.Out)
	b.Replay = false
	sent = len(s.Arrivals())
	run()
	if n := len(s.Arrivals()) - sent; n != 0 {
		t.Errorf("%d requests after the replay", n)
	}
}
