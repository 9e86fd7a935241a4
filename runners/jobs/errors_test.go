package jobs

import "testing"

func TestOwnError(t *testing.T) {
	const wrapped = "bundle inst002 stage-002 failed:process bundle failed for instruction inst002 using plan stage-002 : while executing Process for Plan[stage-002]:\n6: ParDo[pipelines.shardFn] Out:[5]\n\tcaused by:\nsource failed processing data\n\tcaused by:\n"
	for name, c := range map[string]struct {
		text, own string
		ok        bool
	}{
		"ours":                {wrapped + "DoFn[UID:6, PID:e4, Name: decoy/pipelines.shardFn] failed:\nshard 0: write \"x\": full", "shard 0: write \"x\": full", true},
		"two lines":           {wrapped + "DoFn[UID:6, PID:e4, Name: decoy/pipelines.shardFn] failed:\nshard 0: a\nb\n", "shard 0: a\nb", true},
		"a panic":             {wrapped + "DoFn[UID:6, PID:e4, Name: decoy/pipelines.shardFn] failed:\npanic: nil map goroutine 7:\nmain.go:3", "panic: nil map goroutine 7:\nmain.go:3", false},
		"Beam's own":          {"job failed:\n\tno such endpoint\n", "no such endpoint", false},
		"a panic of a worker": {"worker failed:\npanic: no such DoFn\n\ngoroutine 1 [running]:\nmain.main()\n\tmain.go:3", "panic: no such DoFn", false},
		"one line":            {"connection refused", "connection refused", false},
	} {
		if own, ok := ownError(c.text); own != c.own || ok != c.ok {
			t.Errorf("%s: %q, %v", name, own, ok)
		}
	}
}
