package flow_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/schemas"
	"decoy/schemas/batch"
)

// inFolder gives an example a folder that is removed after it.
func inFolder(example func(out string) error) {
	out, err := os.MkdirTemp("", "flow-")
	if err == nil {
		defer os.RemoveAll(out)
		err = example(out)
	}
	if err != nil {
		fmt.Println(err)
	}
}

// onPrism runs one pipeline.
func onPrism(build func(s beam.Scope)) error {
	p, s := beam.NewPipelineWithRoot()
	build(s)
	_, err := beam.Run(context.Background(), "prism", p)
	return err
}

// show prints a file.
func show(path string) error {
	text, err := os.ReadFile(path)
	fmt.Print(string(text))
	return err
}

// squareStage is where the examples' squares are written, one file a shard.
func squareStage(out string) flow.Stage {
	return flow.Stage{
		Name: "squares", Dir: shard.Join(out, "squares"), Fingerprint: "1", Of: 3, Names: `squaresOF\.jsonl\.zst`,
	}
}

// squaresOf writes them.
func squaresOf(s beam.Scope, st flow.Stage) beam.PCollection {
	return flow.Run(s, st, squares{}, flow.Inputs{Each: []beam.PCollection{flow.Numbers(s, st)}})
}

// The shards of a step that have no done record are done, here all; a second job reads the
// records and does nothing.
func ExampleRun() {
	inFolder(func(out string) error {
		st := squareStage(out)
		for range 2 {
			left, err := st.Undone(context.Background())
			if err != nil {
				return err
			}
			fmt.Println("to do:", left)
			err = onPrism(func(s beam.Scope) {
				in := flow.Inputs{Each: []beam.PCollection{flow.Numbers(s, st)}}
				passert.Count(s, flow.Run(s, st, squares{Plus: 1}, in), "refs", 3)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	// Output:
	// to do: [0 1 2]
	// to do: []
}

// What a step without refs reads: the numbers of its shards.
func ExampleNumbers() {
	err := onPrism(func(s beam.Scope) {
		passert.Equals(s, flow.Numbers(s, squareStage("nowhere")), 0, 1, 2)
	})
	fmt.Println(err)
	// Output: <nil>
}

// greeting writes its shard's own value.
type greeting struct{ Word string }

// Do writes one file.
func (w greeting) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	name, err := flow.Value[string](t)
	if err != nil {
		return schemas.Done{}, err
	}
	f, err := shard.WriteFile(ctx, t.Path("greeting", "txt"), fmt.Appendln(nil, w.Word, name))
	return schemas.Done{Files: []schemas.File{f}}, err
}

// What all shards have in common is a field of the work, what each has of its own a value.
func ExampleValues() {
	inFolder(func(out string) error {
		st := flow.Stage{Name: "greet", Dir: out, Fingerprint: "1", Of: 2}
		err := onPrism(func(s beam.Scope) {
			in := flow.Inputs{Each: []beam.PCollection{flow.Values(s, st, []string{"Ada", "Grace"})}}
			flow.End(s, flow.Run(s, st, greeting{Word: "Hello"}, in))
		})
		if err != nil {
			return err
		}
		return show(shard.Join(out, "greeting-00001-of-00002.txt"))
	})
	// Output: Hello Grace
}

// A gate lets all refs of a step through, or none where a shard was left for later.
func ExampleAll() {
	err := onPrism(func(s beam.Scope) {
		whole, lacking := beam.CreateList(s, refs(3, 2, 0, 1)), beam.CreateList(s, refs(3, 2, 0))
		passert.Count(s, flow.All(s, whole, 3), "refs of all shards", 3)
		passert.Empty(s, flow.All(s, lacking, 3))
	})
	fmt.Println(err)
	// Output: <nil>
}

// filesOf names a shard's files of each step.
func filesOf(j flow.Joined) string {
	return fmt.Sprint(j.Shard, ": ", j.Refs[0].Files[0].Name, " ", j.Refs[1].Files[0].Name)
}

// The files of two steps meet by their shards.
func ExampleJoin() {
	inFolder(func(out string) error {
		st := squareStage(out)
		names := flow.Stage{Name: "greet", Dir: out, Fingerprint: "1", Of: 3}
		err := onPrism(func(s beam.Scope) {
			in := flow.Inputs{Each: []beam.PCollection{flow.Values(s, names, []string{"Ada", "Grace", "Mary"})}}
			joined := flow.Join(s, 3, squaresOf(s, st), flow.Run(s, names, greeting{Word: "Hello"}, in))
			passert.Equals(s, beam.ParDo(s, filesOf, joined),
				"0: squares-00000-of-00003.jsonl.zst greeting-00000-of-00003.txt",
				"1: squares-00001-of-00003.jsonl.zst greeting-00001-of-00003.txt",
				"2: squares-00002-of-00003.jsonl.zst greeting-00002-of-00003.txt")
		})
		fmt.Println(err)
		return nil
	})
	// Output: <nil>
}

// One step after all shards of another.
func ExampleOnce() {
	inFolder(func(out string) error {
		sum := flow.Stage{Name: "total", Dir: shard.Join(out, "total"), Fingerprint: "1"}
		err := onPrism(func(s beam.Scope) {
			flow.End(s, flow.Once(s, sum, total{}, squaresOf(s, squareStage(out))))
		})
		if err != nil {
			return err
		}
		return show(shard.Join(sum.Dir, "total"))
	})
	// Output: 5
}

// The last refs of a graph end somewhere.
func ExampleEnd() {
	inFolder(func(out string) error {
		st := squareStage(out)
		if err := onPrism(func(s beam.Scope) { flow.End(s, squaresOf(s, st)) }); err != nil {
			return err
		}
		left, err := st.Undone(context.Background())
		fmt.Println("left:", left)
		return err
	})
	// Output: left: []
}

// A stage ends with a manifest, and begins no more.
func ExampleSeal() {
	inFolder(func(out string) error {
		st := squareStage(out)
		if _, err := flow.Begin(context.Background(), st); err != nil {
			return err
		}
		err := onPrism(func(s beam.Scope) { flow.End(s, flow.Seal(s, st, flow.Sealing{}, squaresOf(s, st))) })
		if err != nil {
			return err
		}
		m, err := shard.ReadManifest(context.Background(), st.Dir)
		if err != nil {
			return err
		}
		fmt.Println(len(m.Shards), "files with", m.Counts["squares"], "squares")
		sealed, err := flow.Begin(context.Background(), st)
		fmt.Println("sealed:", sealed)
		return err
	})
	// Output:
	// 3 files with 3 squares
	// sealed: true
}

// What reads a stage begins behind its manifest.
func ExampleAfter() {
	inFolder(func(out string) error {
		st := squareStage(out)
		sum := flow.Stage{Name: "total", Dir: shard.Join(out, "total"), Fingerprint: "1"}
		err := onPrism(func(s beam.Scope) {
			refs := squaresOf(s, st)
			sealed := flow.Seal(s, st, flow.Sealing{}, refs)
			flow.End(s, flow.Once(s, sum, total{}, flow.After(s, refs, sealed)))
		})
		if err != nil {
			return err
		}
		return show(shard.Join(sum.Dir, "total"))
	})
	// Output: 5
}

// Behind a stage that counts nothing under a name nothing begins.
func ExampleFilled() {
	inFolder(func(out string) error {
		st := squareStage(out)
		return onPrism(func(s beam.Scope) {
			refs := squaresOf(s, st)
			sealed := flow.Seal(s, st, flow.Sealing{}, refs)
			passert.Count(s, flow.After(s, refs, flow.Filled(s, sealed, "squares")), "behind squares", 3)
			passert.Count(s, flow.After(s, refs, flow.Filled(s, sealed, "cubes")), "behind cubes", 0)
		})
	})
	// Output:
}

// A job reads what an earlier one has sealed, without its graph.
func ExampleRecorded() {
	inFolder(func(out string) error {
		st := squareStage(out)
		err := onPrism(func(s beam.Scope) { flow.End(s, flow.Seal(s, st, flow.Sealing{}, squaresOf(s, st))) })
		if err != nil {
			return err
		}
		sum := flow.Stage{Name: "total", Dir: shard.Join(out, "total"), Fingerprint: "1"}
		err = onPrism(func(s beam.Scope) { flow.End(s, flow.Once(s, sum, total{}, flow.Recorded(s, st))) })
		if err != nil {
			return err
		}
		return show(shard.Join(sum.Dir, "total"))
	})
	// Output: 5
}

// letters are rows of one byte for all shards, by the remainder of their number.
func letters(j flow.Joined, emit func(int, batch.Batch)) {
	rows := batch.NewBatcher(emit)
	for n := j.Shard; n < 9; n += 3 { // each shard has three of them
		rows.Add(n%2, []byte{'a' + byte(n)})
	}
	rows.Flush()
}

// line writes the rows of a shard in their order.
type line struct{}

// Write writes one file.
func (line) Write(ctx context.Context, t flow.Task, batches iter.Seq[batch.Batch]) (schemas.Done, error) {
	var rows []byte
	for b := range batches {
		rows = append(rows, b.Rows...)
	}
	slices.Sort(rows) // the batches come in no order
	f, err := shard.WriteFile(ctx, t.Path("line", "txt"), append(rows, '\n'))
	return schemas.Done{Files: []schemas.File{f}}, err
}

// Rows of all shards of one step meet in the shards that another writes.
func ExampleWrite() {
	inFolder(func(out string) error {
		st := flow.Stage{Name: "lines", Dir: shard.Join(out, "lines"), Fingerprint: "1", Of: 3}
		err := onPrism(func(s beam.Scope) {
			shards := flow.Join(s, 3, squaresOf(s, squareStage(out)))
			flow.End(s, flow.Write(s, st, line{}, shards, beam.ParDo(s, letters, shards)))
		})
		for i := range st.Of { // the last one has no rows
			if err == nil {
				err = show(shard.Join(st.Dir, schemas.ShardName("line", i, st.Of, "txt")))
			}
		}
		return err
	})
	// Output:
	// acegi
	// bdfh
	//
}

func init() {
	flow.Register[greeting]()
	flow.RegisterWriter[line]()
	beam.RegisterFunction(filesOf)
	beam.RegisterFunction(letters)
}
