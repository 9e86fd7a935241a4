package schemas

import "testing"

func TestShardOf(t *testing.T) {
	for name, want := range map[string]struct {
		shard, of int
		ok        bool
	}{
		ShardName("verdicts-r2", 7, 128, "jsonl.zst"): {7, 128, true},
		"parts/ngrams-go-03-00000-of-00002.bin":       {0, 2, true},
		"rounds/1-00001-of-00002.json":                {1, 2, true},
		"names-go.jsonl.zst":                          {},
		"contexts-00008-of-00008.jsonl.zst":           {},
		"contexts-99999999999999999999-of-00008.x":    {},
	} {
		shard, of, ok := ShardOf(name)
		if ok != want.ok || ok && (shard != want.shard || of != want.of) {
			t.Errorf("ShardOf(%q) = %d, %d, %v, want %+v", name, shard, of, ok, want)
		}
	}
}
