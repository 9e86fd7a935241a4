package jobs

import (
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard/flow"
)

func TestOutlineIsTheScopesInOrder(t *testing.T) {
	p, root := beam.NewPipelineWithRoot()
	s := root.Scope("extract")
	st := flow.Stage{Name: "extract", Step: "shards", Dir: "nowhere", Fingerprint: "1", Of: 2}
	refs := flow.Recorded(s, st)
	flow.End(root, flow.Seal(s, st, flow.Sealing{}, flow.All(root.Scope("names"), refs, 2)))
	got, err := Outline(p)
	if err != nil {
		t.Fatal(err)
	}
	want := "extract\n  Numbers\n  shards\nnames\n  All\n  seal\nEnd\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if strings.Contains(got, "'") || strings.Contains(got, "Reshuffle") {
		t.Errorf("it shows the runner's craft: %q", got)
	}
}
