package flow_test

import (
	"context"
	"fmt"
	"os"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/schemas"
)

// squares writes the square of a shard's number.
type squares struct{ Plus int }

// Do writes one record.
func (w squares) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	out, err := flow.Create[int](ctx, t, "squares")
	if err != nil {
		return schemas.Done{}, err
	}
	defer out.Abort()
	if err := out.Write(t.Shard*t.Shard + w.Plus); err != nil {
		return schemas.Done{}, err
	}
	f, err := out.Commit()
	return schemas.Done{Files: []schemas.File{f}, Counts: map[string]int64{"squares": 1}}, err
}

// total adds up what all shards wrote.
type total struct{}

// Do reads the files that refs name.
func (total) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	sum := 0
	for _, ref := range t.All[0] {
		for n, err := range flow.Read[int](ctx, ref, "squares") {
			if err != nil {
				return schemas.Done{}, err
			}
			sum += n
		}
	}
	f, err := shard.WriteFile(ctx, shard.Join(t.Dir, "total"), fmt.Appendln(nil, sum))
	return schemas.Done{Files: []schemas.File{f}}, err
}

func init() {
	flow.Register[squares]()
	flow.Register[total]()
}

// Two steps: one writes a file a shard, one adds them up when all are there.
func Example() {
	out, err := os.MkdirTemp("", "flow-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(out)
	p, s := beam.NewPipelineWithRoot()
	st := flow.Stage{Name: "squares", Dir: shard.Join(out, "squares"), Fingerprint: "1", Of: 4}
	written := flow.Run(s, st, squares{Plus: 1}, flow.Inputs{Each: []beam.PCollection{flow.Numbers(s, st)}})
	sum := flow.Once(s, flow.Stage{Name: "total", Dir: shard.Join(out, "total"), Fingerprint: "1"}, total{}, written)
	flow.End(s, sum)
	if _, err := beam.Run(context.Background(), "direct", p); err != nil {
		fmt.Println(err)
		return
	}
	text, err := os.ReadFile(shard.Join(out, "total", "total"))
	fmt.Print(string(text), err)
	// Output:
	// 18
	// <nil>
}
