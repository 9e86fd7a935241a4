package pipelines

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"decoy/pipelines/ask"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/ledger"
)

// TestAStoppedMemberStopsNoOtherShard: two generators, one of them refuses everything
// until somebody mends it. The other one does all shards, and a second run does the
// rest and nothing twice.
func TestAStoppedMemberStopsNoOtherShard(t *testing.T) {
	var mended atomic.Bool
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		switch {
		case a.Judging():
			return faultserver.OK(verdict)
		case a.Model == "bad" && !mended.Load():
			return faultserver.Status(401, "who are you?")
		}
		return faultserver.OK(completion(renamed))
	})
	c := ordinary(t, 1)
	r := asked(t, s)
	bad := r.Generate.Panel[1]
	bad.Name, bad.Model, bad.APIKeyEnv = "bad", "bad", keyEnv+"_BAD"
	t.Setenv(bad.APIKeyEnv, apiKey)
	r.Generate.Panel = append(r.Generate.Panel, bad)

	out := t.TempDir()
	err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...)
	if !errors.Is(err, panel.ErrStopped) || !strings.Contains(err.Error(), "member bad") || !strings.Contains(err.Error(), "run again") || errors.Is(err, panel.ErrBudget) {
		t.Fatalf("error = %v, want the member and what to do", err)
	}
	byMember := func() map[string]int {
		n := map[string]int{}
		for i := range r.Shards {
			l, err := ledger.Open(t.Context(), ask.Store(out, schemas.StageGenerate), i)
			if err != nil {
				t.Fatal(err)
			}
			for x := range l.All() {
				n[x.Member]++
			}
		}
		return n
	}
	requests := 0
	for _, x := range records[schemas.Context](t, out, schemas.StageExtract, "contexts") {
		requests += len(x.Types)
	}
	if n := byMember(); n["gen"] != requests || n["bad"] != 0 {
		t.Errorf("in the ledger: %v, want all %d of gen and none of bad", n, requests)
	}
	mended.Store(true)
	before := s.Count(200)
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.StageGenerate); err != nil {
		t.Fatal(err)
	}
	if n := byMember(); n["gen"] != requests || n["bad"] != requests || s.Count(200)-before != requests {
		t.Errorf("in the ledger: %v, paid %d more", n, s.Count(200)-before)
	}
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}
	sameBytes(t, "a build and one whose member was stopped", c.build(t, "direct", r), out)
}
