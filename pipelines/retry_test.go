package pipelines

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"

	"decoy/io/shard"
	"decoy/pipelines/work"
	"decoy/schemas"
)

// A runner that starts a task again gives it all of its shards again.
func TestShardThatIsDoneIsNotDoneAgain(t *testing.T) {
	done := map[string]int{}
	const counted = "counted"
	work.Funcs[counted] = func(_ context.Context, t work.Task) (schemas.Done, error) {
		done[t.Fingerprint]++
		f, err := shard.WriteFile(filepath.Join(t.Out, t.Stage, "file"), []byte("x"))
		f.Name = "file"
		return schemas.Done{Files: []schemas.File{f}}, err
	}
	t.Cleanup(func() { delete(work.Funcs, counted) })
	out := t.TempDir()
	for _, fingerprint := range []string{"one", "one", "another", "another"} {
		task, err := json.Marshal(work.Task{Code: schemas.CodeVersion, Stage: "extract", Out: out, Shard: 3, Of: 4, Fingerprint: fingerprint})
		if err != nil {
			t.Fatal(err)
		}
		var emitted []int
		f := work.ShardFn{Work: counted}
		if err := f.ProcessElement(context.Background(), string(task), func(i int) { emitted = append(emitted, i) }); err != nil {
			t.Fatal(err)
		}
		if len(emitted) != 1 || emitted[0] != 3 {
			t.Errorf("emitted %v, want 3 once", emitted)
		}
	}
	if done["one"] != 1 || done["another"] != 1 {
		t.Errorf("works by fingerprint: %v, want one each", done)
	}
}
