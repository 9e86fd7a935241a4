package pipelines

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph"

	"decoy/io/shard/flow"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
)

// endDoFn is the name of the DoFn that end (graph.go) puts behind the last collection of a
// graph: it drops what it gets.
var endDoFn = reflect.TypeFor[flow.EndFn]().Name()

// busyLeaves are the steps of a graph by which a runner may wait for a bundle that has no
// output: prism does so in a loop that never sleeps and takes a processor from the work.
// What may end a graph is the DoFn that drops what it gets; its input can only be that of a
// GroupByKey, so nothing that works is in the same bundle.
func busyLeaves(edges []*graph.MultiEdge, nodes []*graph.Node) []string {
	producer, consumed := map[int]*graph.MultiEdge{}, map[int]bool{}
	for _, e := range edges {
		for _, o := range e.Output {
			producer[o.To.ID()] = e
		}
		for _, i := range e.Input {
			consumed[i.From.ID()] = true
		}
	}
	var bad []string
	for _, n := range nodes {
		if !consumed[n.ID()] {
			bad = append(bad, fmt.Sprintf("nothing consumes what %v gives", producer[n.ID()]))
		}
	}
	for _, e := range edges {
		if len(e.Output) > 0 {
			continue
		}
		if e.Op != graph.ParDo || reflect.TypeOf(e.DoFn.Recv) != reflect.TypeFor[*flow.EndFn]() {
			bad = append(bad, fmt.Sprintf("%v ends it and is not %s", e, endDoFn))
		}
	}
	return bad
}

// TestEveryLeafEndsInEnd looks at each graph that a build submits: of archives, of archives
// in parts, of paid members, of rounds, and of one that goes on.
func TestEveryLeafEndsInEnd(t *testing.T) {
	s := faultserver.New(faultserver.Options{Plan: obliging})
	defer s.Close()
	c := pinned(t, 2)
	r := lean(threeRounds(t, s))
	graphs := map[string]int{}
	var mu sync.Mutex
	look := func(out string, partBytes int64) {
		b := c.open(t, out, "direct", r)
		b.PartBytes = partBytes
		run := b.Run
		b.Run = func(ctx context.Context, p *beam.Pipeline, j Job) (work.Metrics, error) {
			edges, nodes, err := p.Build()
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			graphs[j.Stage]++
			mu.Unlock()
			for _, bad := range busyLeaves(edges, nodes) {
				t.Errorf("a graph of %s: %s", j.Stage, bad)
			}
			return run(ctx, p, j)
		}
		if err := b.RunStages(t.Context(), schemas.Stages...); err != nil {
			t.Fatal(err)
		}
	}
	out := t.TempDir()
	look(out, 0)
	all := recordsOf(t, out)
	look(t.TempDir(), 2000) // archives in parts
	look(killedAfter(t, out, all, 1), 0)
	if len(graphs) == 0 {
		t.Error("no graph was submitted: the test shows nothing")
	}
}

// A graph whose last DoFn gives nothing, or gives what nobody takes, is found.
func TestBusyLeavesAreFound(t *testing.T) {
	for name, x := range map[string]struct {
		build func(s beam.Scope)
		bad   int
	}{
		"ended":        {func(s beam.Scope) { flow.End(s, beam.Create(s, flow.Ref{})) }, 0},
		"not consumed": {func(s beam.Scope) { beam.Create(s, 1) }, 1},
		"no output":    {func(s beam.Scope) { beam.ParDo0(s, dropped, beam.Create(s, 1)) }, 1},
	} {
		p, s := beam.NewPipelineWithRoot()
		x.build(s)
		edges, nodes, err := p.Build()
		if err != nil {
			t.Fatal(err)
		}
		if bad := busyLeaves(edges, nodes); len(bad) != x.bad {
			t.Errorf("%s: %v, want %d", name, bad, x.bad)
		}
	}
}

func dropped(int) {}
