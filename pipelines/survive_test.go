package pipelines

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
)

// TestTheOthersGoOnInAllShards: a member that cannot be asked does not keep the others
// from their work in later shards. A later run asks for what is missing alone.
func TestTheOthersGoOnInAllShards(t *testing.T) {
	var dead atomic.Bool
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		if a.Model == "bad" && dead.Load() {
			return faultserver.Status(401, "no such key")
		}
		return faultserver.OK(completion(renamed))
	})
	t.Setenv(keyEnv, apiKey)
	member := func(name string) string {
		return fmt.Sprintf("{name: %s, provider: openai, base_url: %s, model: %[1]s, api_key_env: "+
			"%[3]s, concurrency: 4, timeout: 2s}", name, s.URL(), keyEnv)
	}
	r := parsed(t, "extract: {kinds: {import: 1, call: 1, general: 0}, prefix_bytes: 1024, suffix_bytes: "+
		"1024}\ngenerate: {panel: ["+member("good")+", "+member("bad")+"]}\n")
	c := ordinary(t, 6)
	calm := t.TempDir()
	stages := []string{schemas.StageExtract, schemas.StageGenerate}
	if err := c.open(t, calm, "direct", r).RunStages(t.Context(), stages...); err != nil {
		t.Fatal(err)
	}
	count := func(model string) (n int) {
		for _, a := range s.Arrivals() {
			if a.Model == model && a.Status == 200 {
				n++
			}
		}
		return n
	}
	each := count("good")
	dead.Store(true)
	out := t.TempDir()
	err := c.open(t, out, "direct", r).RunStages(t.Context(), stages...)
	if err == nil || !strings.Contains(err.Error(), "member bad is stopped") ||
		!strings.Contains(err.Error(), "of 3 shards") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error = %v", err)
	}
	if n := count("good"); n != 2*each || each < 10 {
		t.Errorf("the other member answered %d of %d requests", n-each, each)
	}
	dead.Store(false)
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), stages...); err != nil {
		t.Fatal(err)
	}
	if n := count("good"); n != 2*each {
		t.Errorf("%d requests were paid twice", n-2*each)
	}
	sameBytes(t, "an undisturbed build and one that was stopped", calm, out)
}
