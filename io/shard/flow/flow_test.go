package flow_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/io/shard/flow/flowtest"
	"decoy/schemas"
	"decoy/schemas/batch"
)

// onEach runs a pipeline on each runner; want is a part of its error, "" for none.
func onEach(t *testing.T, want string, build func(s beam.Scope)) {
	t.Helper()
	for _, runner := range runners {
		p, s := beam.NewPipelineWithRoot()
		build(s)
		_, err := beam.Run(context.Background(), runner, p)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", runner, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: error %v, want one with %q", runner, err, want)
		}
	}
}

func refs(of int, shards ...int) (out []flow.Ref) {
	for _, i := range shards {
		out = append(out, flow.Ref{
			Stage: "extract", Dir: "nowhere", Fingerprint: "f", CodeVersion: schemas.CodeVersion,
			Record: i, Shard: i, Of: of,
		})
	}
	return out
}

func list(cols ...beam.PCollection) []beam.PCollection { return cols }

func shardOf(r flow.Ref) int { return r.Shard }

func sumOf(j flow.Joined) int {
	sum := 100 * j.Shard
	for _, r := range j.Refs {
		sum += r.Shard
	}
	return sum
}

func init() {
	beam.RegisterFunction(shardOf)
	beam.RegisterFunction(sumOf)
	flow.Register[noteWork]()
	flow.RegisterWriter[countWriter]()
}

func TestAllLetsAllShardsThroughOrNone(t *testing.T) {
	for _, c := range []struct {
		name string
		refs []flow.Ref
		want []any
	}{
		{"all", refs(3, 2, 0, 1), []any{0, 1, 2}},
		{"delivered twice", refs(3, 2, 0, 1, 0), []any{0, 1, 2}},
		{"one is missing", refs(3, 0, 2), nil},
		{"none", refs(3), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEach(t, "", func(s beam.Scope) {
				got := beam.ParDo(s, shardOf, flow.All(s, beam.CreateList(s, c.refs), 3))
				passert.Equals(s, got, c.want...)
			})
		})
	}
}

func TestAllRefusesAnotherNumberOfShards(t *testing.T) {
	onEach(t, "a gate of 3 shards: extract has 2", func(s beam.Scope) {
		flow.End(s, flow.All(s, beam.CreateList(s, refs(2, 0, 1)), 3))
	})
}

func TestJoinBringsShardsOfAllStepsTogetherOrNone(t *testing.T) {
	onEach(t, "", func(s beam.Scope) {
		a, b := beam.CreateList(s, refs(2, 1, 0)), beam.CreateList(s, refs(2, 0, 1))
		passert.Equals(s, beam.ParDo(s, sumOf, flow.Join(s, 2, a, b)), 0, 102)
		missing := beam.CreateList(s, refs(2, 1))
		passert.Empty(s, flow.Join(s, 2, a, missing))
	})
}

// noteWork writes a file of its name.
type noteWork struct{ What string }

// Do does it.
func (w noteWork) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	f, err := shard.WriteFile(ctx, t.Path(w.What, "json"), []byte("{}\n"))
	return schemas.Done{Files: []schemas.File{f}}, err
}

func stage(dir string, of int) flow.Stage {
	return flow.Stage{Name: "extract", Dir: dir, Fingerprint: "f", Of: of, Names: `noteOF\.json`}
}

func TestRunRefusesCodeOfAnotherVersion(t *testing.T) {
	dir := t.TempDir()
	other := refs(2, 0, 1)
	other[1].CodeVersion++
	onEach(t, "build launcher and workers from one checkout", func(s beam.Scope) {
		in := flow.Inputs{Each: list(beam.CreateList(s, other))}
		flow.End(s, flow.Run(s, stage(dir, 2), noteWork{"note"}, in))
	})
	st := stage(dir, 2)
	st.CodeVersion = schemas.CodeVersion + 1
	onEach(t, "build both from one checkout", func(s beam.Scope) {
		flow.End(s, flow.Run(s, st, noteWork{"note"}, flow.Inputs{Each: list(flow.Numbers(s, st))}))
	})
	if _, done, err := shard.ReadDone(t.Context(), dir, 1, "f"); err != nil || done {
		t.Errorf("shard 1 was done by a worker of another version (%v)", err)
	}
}

func TestRunRefusesRefsOfAnotherNumberOfShards(t *testing.T) {
	dir := t.TempDir()
	onEach(t, "a ref of extract is of 3 shards and is read by a step of 2", func(s beam.Scope) {
		in := flow.Inputs{Each: list(beam.CreateList(s, refs(3, 0)))}
		flow.End(s, flow.Run(s, stage(dir, 2), noteWork{"note"}, in))
	})
}

func TestRunDoesAgainWhatLostAFile(t *testing.T) {
	dir := t.TempDir()
	notes := func(s beam.Scope) {
		passert.Count(s, flow.Run(s, stage(dir, 2), noteWork{"note"},
			flow.Inputs{Each: list(flow.Numbers(s, stage(dir, 2)))}), "refs", 2)
	}
	onEach(t, "", notes)
	lost := filepath.Join(dir, "note-00001-of-00002.json")
	if err := os.Remove(lost); err != nil {
		t.Fatal(err)
	}
	onEach(t, "", notes)
	if _, err := os.Stat(lost); err != nil {
		t.Error(err)
	}
}

// share is what valueWork is given.
type share struct{ USD float64 }

// valueWork writes a shard's own value and how many refs it has.
type valueWork struct{}

// Do does it.
func (valueWork) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	v, err := flow.Value[share](t)
	if err != nil {
		return schemas.Done{}, err
	}
	f, err := shard.WriteFile(ctx, t.Path("note", "json"), fmt.Appendf(nil, "%.2f %d", v.USD, len(t.From)))
	return schemas.Done{Files: []schemas.File{f}}, err
}

func init() { flow.Register[valueWork]() }

func TestEachShardHasItsOwnValue(t *testing.T) {
	for _, runner := range runners {
		for _, with := range []string{"alone", "with refs"} {
			dir := t.TempDir()
			p, s := beam.NewPipelineWithRoot()
			st := stage(dir, 2)
			in, refsOf := flow.Inputs{Each: list(flow.Values(s, st, []share{{0.25}, {0.5}}))}, 0
			if with == "with refs" {
				in.Each, refsOf = append(list(beam.CreateList(s, refs(2, 0, 1))), in.Each...), 1
			}
			flow.End(s, flow.Run(s, st, valueWork{}, in))
			if _, err := beam.Run(context.Background(), runner, p); err != nil {
				t.Fatal(err)
			}
			for i, want := range []string{"0.25", "0.50"} {
				got, err := os.ReadFile(filepath.Join(dir, schemas.ShardName("note", i, 2, "json")))
				if err != nil || string(got) != fmt.Sprint(want, " ", refsOf) {
					t.Errorf("%s, %s: shard %d has %q (%v), want %s and %d refs", runner, with, i, got, err, want,
						refsOf)
				}
			}
		}
	}
}

func TestStepWithoutValuesHasNone(t *testing.T) {
	st := stage(t.TempDir(), 2)
	onEach(t, "give its Inputs.Each one of flow.Values", func(s beam.Scope) {
		flow.End(s, flow.Run(s, st, valueWork{}, flow.Inputs{Each: list(flow.Numbers(s, st))}))
	})
}

func TestRunRefusesTwoValuesForEachShard(t *testing.T) {
	_, s := beam.NewPipelineWithRoot()
	st := stage(t.TempDir(), 1)
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "Each[1] is a second one of flow.Values") {
			t.Errorf("%s, want a refusal of the second", got)
		}
	}()
	in := list(flow.Values(s, st, []share{{0.25}}), flow.Values(s, st, []share{{0.5}}))
	flow.Run(s, st, valueWork{}, flow.Inputs{Each: in})
}

// countWriter writes the rows that it got.
type countWriter struct{}

// Write does it.
func (countWriter) Write(ctx context.Context, t flow.Task, batches iter.Seq[batch.Batch]) (schemas.Done, error) {
	var rows []byte
	for b := range batches {
		rows = append(rows, b.Rows...)
	}
	f, err := shard.WriteFile(ctx, t.Path("note", "json"), rows)
	return schemas.Done{Files: []schemas.File{f}}, err
}

// rowFn makes rows for some shards.
type rowFn struct{ To []int }

// ProcessElement is called once a shard.
func (f *rowFn) ProcessElement(_ flow.Joined, emit func(int, batch.Batch)) {
	b := batch.NewBatcher(emit)
	for _, to := range f.To {
		b.Add(to, []byte("row\n"))
	}
	b.Flush()
}

func init() { beam.RegisterDoFn(&rowFn{}) }

func TestWriteWritesShardsWithoutRowsToo(t *testing.T) {
	for _, runner := range runners {
		dir := t.TempDir()
		p, s := beam.NewPipelineWithRoot()
		shards := flow.Join(s, 3, beam.CreateList(s, refs(3, 0, 1, 2)))
		flow.End(s, flow.Write(s, stage(dir, 3), countWriter{}, shards, beam.ParDo(s, &rowFn{[]int{2, 0, 2}}, shards)))
		if _, err := beam.Run(context.Background(), runner, p); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"row\nrow\nrow\n", "", "row\nrow\nrow\nrow\nrow\nrow\n"} {
			got, err := os.ReadFile(filepath.Join(dir, schemas.ShardName("note", i, 3, "json")))
			if err != nil || string(got) != want {
				t.Errorf("%s: shard %d has %q (%v), want %q", runner, i, got, err, want)
			}
		}
	}
}

func TestWriteRefusesRowsOfNoShard(t *testing.T) {
	dir := t.TempDir()
	onEach(t, "extract has rows of shard 7, which is none of those that it is to write", func(s beam.Scope) {
		shards := flow.Join(s, 3, beam.CreateList(s, refs(3, 0, 1, 2)))
		flow.End(s, flow.Write(s, stage(dir, 3), countWriter{}, shards, beam.ParDo(s, &rowFn{[]int{7}}, shards)))
	})
}

func TestSealRemovesWhatAKilledShardLeftAndNothingElse(t *testing.T) {
	for _, runner := range runners {
		dir := t.TempDir()
		// An earlier build of five shards was killed before its record; a person left a file.
		if _, err := flow.Begin(t.Context(), stage(dir, 5)); err != nil {
			t.Fatal(err)
		}
		// A worker of this job, too, was killed in the middle of a file.
		const half = "note-00001-of-00002.json.decoy-tmp-25768-5145b88111039112"
		for _, name := range []string{"note-00004-of-00005.json", "mine.json", "note-00009-of-00005.json", half} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("{}\n"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		st := stage(dir, 2)
		if sealed, err := flow.Begin(t.Context(), st); err != nil || sealed {
			t.Fatalf("sealed %v (%v), want not", sealed, err)
		}
		p, s := beam.NewPipelineWithRoot()
		notes := flow.Run(s, st, noteWork{"note"}, flow.Inputs{Each: list(flow.Numbers(s, st))})
		flow.End(s, flow.Seal(s, st, flow.Sealing{Options: []byte(`{"a":1}`)}, notes))
		if _, err := beam.Run(context.Background(), runner, p); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]bool{
			"note-00004-of-00005.json": false, "mine.json": true, "note-00009-of-00005.json": true, // no shard has 9
			"note-00000-of-00002.json": true, "note-00001-of-00002.json": true, half: false,
		} {
			if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
				t.Errorf("%s: %s: %v, want it there: %v", runner, name, err, want)
			}
		}
		if sealed, err := flow.Begin(t.Context(), st); err != nil || !sealed {
			t.Errorf("%s: sealed %v (%v), want sealed", runner, sealed, err)
		}
	}
}

func TestBeginRefusesAFileOfSomebodyElse(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "note-00001-of-00002.json")
	if err := os.WriteFile(mine, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := flow.Begin(t.Context(), stage(dir, 2))
	for what, err := range map[string]error{"Begin": err, "Check": flow.Check(t.Context(), stage(dir, 2))} {
		var refused *shard.Refusal
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), mine) {
			t.Errorf("%s: error %v, want a Refusal that names %s", what, err, mine)
		}
	}
}

func TestRecordedIsAnErrorWhereARecordIsGone(t *testing.T) {
	b := flowtest.Default(t.TempDir())
	if err := run(t.Context(), "direct", b); err != nil {
		t.Fatal(err)
	}
	extract := b.Stage("extract")
	onEach(t, "", func(s beam.Scope) { passert.Count(s, flow.Recorded(s, extract), "refs", b.Shards) })
	if err := os.Remove(shard.DonePath(extract.Dir, 2)); err != nil {
		t.Fatal(err)
	}
	onEach(t, "run the same command again", func(s beam.Scope) { flow.End(s, flow.Recorded(s, extract)) })
}

func TestPathIsThatOfAFileThatTheRecordNames(t *testing.T) {
	r := refs(128, 7)[0]
	r.Files = []schemas.File{
		{Name: "contexts-00007-of-00128.jsonl.zst"}, {Name: "parts/names-go-00007-of-00128.jsonl.zst"},
		{Name: "rounds/1.json"},
	}
	for what, want := range map[string]string{
		"contexts": "nowhere/contexts-00007-of-00128.jsonl.zst", "rounds/1.json": "nowhere/rounds/1.json",
		"parts/names-go": "nowhere/parts/names-go-00007-of-00128.jsonl.zst",
		"names":          "", "contexts-0": "", "rounds/1": "",
	} {
		got, err := r.Path(what)
		if got != want || (want == "") != (err != nil) {
			t.Errorf("%s: %q, %v, want %q", what, got, err, want)
		}
	}
}
