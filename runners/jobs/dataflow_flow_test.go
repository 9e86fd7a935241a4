package jobs

import (
	"strings"
	"testing"

	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"google.golang.org/protobuf/proto"

	"decoy/io/shard"
	"decoy/io/shard/flow/flowtest"
	"decoy/pipelines"
	"decoy/runners/dataflow/dataflowtest"
)

// TestABuildOfStubWorkIsOneJobOfDataflow submits all stages as one job, and has the staged
// pipeline done as its bytes say.
func TestABuildOfStubWorkIsOneJobOfDataflow(t *testing.T) {
	c := googleCloud(t)
	var steps []string // of the staged pipeline
	c.api.Script(func(j *dataflowtest.Job) {
		model, err := shard.ReadFile(t.Context(), optionsOf(t, &j.Job).Options.PipelineURL)
		if err != nil {
			t.Error(err)
			return
		}
		staged := &pipepb.Pipeline{}
		if err := proto.Unmarshal(model, staged); err != nil {
			t.Error(err)
			return
		}
		for _, step := range staged.GetComponents().GetTransforms() {
			steps = append(steps, step.GetUniqueName())
		}
		perform(t, j)
		j.States = []string{"JOB_STATE_RUNNING", "JOB_STATE_DONE"}
	})
	b := flowtest.Default(c.bucket.Address("out"))
	if err := b.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	j := pipelines.Job{Out: b.Out, Stage: "build", Fingerprint: b.Stage("card").Fingerprint}
	if _, err := quick.Run(t.Context(), b.Pipeline(), j); err != nil {
		t.Fatal(err)
	}
	if n := len(c.api.Jobs()); n != 1 {
		t.Errorf("%d jobs, want 1", n)
	}
	sum, files, err := flowtest.SumOf(t.Context(), b.Out)
	if err != nil || sum != flowtest.Sum {
		t.Errorf("the sum of %d files is %s (%v), want %s", files, sum, err, flowtest.Sum)
	}
	for _, scope := range []string{
		"before/extract", "extract", "names/extract", "extract Seal", "generate", "verify", "round 1/judge",
		"round 1/close/judge", "round 3/close/judge", "judge Seal", "curate/Join", "curate/curate", "export",
		"card Seal",
	} {
		found := false
		for _, step := range steps {
			found = found || step == scope || strings.HasPrefix(step, scope+"/") || strings.HasSuffix(step, "/"+scope)
		}
		if !found {
			t.Errorf("the job has no scope %q", scope)
		}
	}
	if t.Failed() {
		t.Logf("steps: %q", steps)
	}
}

// The name of a generic DoFn has brackets of its own, by which the cause is found.
func TestErrorOfAStepIsOneLineThatNamesItsStage(t *testing.T) {
	for _, runner := range []string{"prism", "direct"} {
		setFlags(t, map[string]string{"runner": runner})
		b := flowtest.Default(t.TempDir())
		b.Trouble = flowtest.Trouble{Ran: t.TempDir(), Fail: []string{"verify"}}
		if err := b.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := quick.Run(t.Context(), b.Pipeline(), pipelines.Job{Out: b.Out, Stage: "build", Fingerprint: "f"})
		if want := "verify: shard 1: failed once: verify-00001"; err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", runner, err, want)
		}
	}
}
