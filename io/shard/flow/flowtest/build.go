// Package flowtest is a build of stub work, in the shape that a build of decoy has as one
// job: what the rules of package flow are shown with on every runner, by the tests of that
// package and of runners/jobs and by runners/flink/refs.
//
//	extract    before (temporary) → shards → names (once)
//	generate   contexts, names → negatives
//	verify     negatives → certificates
//	judge      three rounds unrolled: negatives, what was known after the last round → verdicts;
//	           each is closed by a record of what is known, in which the second says Last
//	curate     contexts, certificates, verdicts → rows in batches → distinct → selection
//	export     negatives, selection → train
//	card       once, behind the manifests of all stages
//
// A row is 32 bytes of hexadecimal digits or some number of them, so bytes depend on
// nothing but the numbers in Build. [Trouble] stops a shard, or kills its process once.
package flowtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/schemas"
)

// Rounds is the number of unrolled rounds; judging ends after the one with this number
// that Build.Last names.
const Rounds = 3

// Build is the stub's recipe.
type Build struct {
	Out     string
	Shards  int
	Rows    int // contexts a shard
	Last    int // the round that says Last, from 1
	Trouble Trouble
}

// Stages are the folders of a build, in order.
var Stages = []string{"extract", "generate", "verify", "judge", "curate", "export", "card"}

// Steps are the words that Trouble knows, in order.
var Steps = []string{
	"before", "extract", "names", "generate", "verify", "judge-1", "close-1", "judge-2", "close-2",
	"curate", "export", "card",
}

// names are the files of each stage, as flow.Stage.Names.
var names = map[string]string{
	"extract":  `contextsOF\.jsonl\.zst|names\.json|parts/beforeOF\.jsonl\.zst`,
	"generate": `negativesOF\.jsonl\.zst`, "verify": `certificatesOF\.jsonl\.zst`,
	"judge":  `verdicts-r\d+OF\.jsonl\.zst`,
	"curate": `selectionOF\.jsonl\.zst`, "export": `trainOF\.jsonl\.zst`, "card": `card\.json`,
}

// Stage is one of the build's.
func (b Build) Stage(name string) flow.Stage {
	fingerprint, err := schemas.Fingerprint("stub "+name, []int{b.Shards, b.Rows, b.Last})
	if err != nil {
		panic(err) // numbers
	}
	st := flow.Stage{
		Name: name, Dir: shard.Join(b.Out, name), Fingerprint: fingerprint, Of: b.Shards, Names: names[name],
	}
	if name == "judge" {
		for round := range Rounds {
			st.Notes = append(st.Notes, roundName(round))
		}
	}
	return st
}

// at is a step of a stage whose records begin at a number.
func at(st flow.Stage, first, of int) flow.Stage {
	st.First, st.Of = first, of
	return st
}

// Step is where a step writes, by the words of Steps.
func (b Build) Step(word string) flow.Stage {
	n := b.Shards
	switch word {
	case "before":
		st := at(b.Stage("extract"), n+1, n)
		st.Temporary = true
		return st
	case "names":
		return at(b.Stage("extract"), n, 1)
	case "card":
		return at(b.Stage("card"), 0, 1)
	}
	var round int
	if _, err := fmt.Sscanf(word, "judge-%d", &round); err == nil {
		return at(b.Stage("judge"), (round-1)*(n+1), n)
	}
	if _, err := fmt.Sscanf(word, "close-%d", &round); err == nil {
		return at(b.Stage("judge"), (round-1)*(n+1)+n, 1)
	}
	return b.Stage(word)
}

// Recorded tells whether a shard, by its name in Works, need not be done again.
func (b Build) Recorded(ctx context.Context, work string) (bool, error) {
	step, digits := work[:len(work)-6], work[len(work)-5:]
	st := b.Step(step)
	number, err := strconv.Atoi(digits)
	if err != nil {
		return false, err
	}
	if st.Temporary {
		if sealed, err := st.Sealed(ctx); err != nil || sealed {
			return sealed, err
		}
	}
	_, done, err := shard.ReadDone(ctx, st.Dir, st.First+number, st.Fingerprint)
	return done, err
}

// Begin prepares the folders of all stages, as a launcher does.
func (b Build) Begin(ctx context.Context) error {
	for _, name := range Stages {
		if _, err := flow.Begin(ctx, b.Stage(name)); err != nil {
			return err
		}
	}
	return nil
}

// Graph is the build as one job.
//
//	→ PCollection<flow.Ref> (the last manifest)
func (b Build) Graph(s beam.Scope) beam.PCollection {
	list := func(cols ...beam.PCollection) []beam.PCollection { return cols }
	t := b.Trouble

	extract := b.Stage("extract")
	before := b.Step("before")
	parts := flow.Run(s.Scope("before"), before, beforeWork{b.Rows, t}, flow.Inputs{
		Each: list(flow.Numbers(s, before)),
	})
	contexts := flow.Run(s, extract, extractWork{t}, flow.Inputs{
		Each: list(flow.Numbers(s, extract), parts),
	})
	known := flow.Once(s.Scope("names"), b.Step("names"), namesWork{t}, contexts)
	sealed := list(flow.Seal(s, extract, flow.Sealing{}, contexts, known))

	generate := b.Stage("generate")
	negatives := flow.Run(s, generate, generateWork{t}, flow.Inputs{Each: list(contexts), All: list(known)})
	sealed = append(sealed, flow.Seal(s, generate, flow.Sealing{}, negatives))

	verify := b.Stage("verify")
	certificates := flow.Run(s, verify, verifyWork{t}, flow.Inputs{Each: list(negatives)})
	sealed = append(sealed, flow.Seal(s, verify, flow.Sealing{}, certificates))

	var verdicts, closed []beam.PCollection
	for round := range Rounds {
		in := flow.Inputs{Each: list(negatives)}
		if round > 0 {
			in.All = list(closed[round-1])
		}
		rs := s.Scope(fmt.Sprintf("round %d", round+1))
		asked := flow.Run(rs, b.Step(fmt.Sprintf("judge-%d", round+1)), judgeWork{round, t}, in)
		verdicts = append(verdicts, asked)
		from := list(asked)
		if round > 0 {
			from = append(from, closed[round-1])
		}
		closed = append(closed, flow.Once(rs.Scope("close"), b.Step(fmt.Sprintf("close-%d", round+1)),
			closeWork{round, b.Last, t}, from...))
	}
	rounds := slices.Concat(verdicts, closed)
	sealed = append(sealed, flow.Seal(s, b.Stage("judge"), flow.Sealing{}, rounds...))

	curate := b.Stage("curate")
	selection := b.curate(s, curate, contexts, certificates, verdicts)
	sealed = append(sealed, flow.Seal(s, curate, flow.Sealing{}, selection))

	export := b.Stage("export")
	train := flow.Run(s, export, exportWork{t}, flow.Inputs{Each: list(negatives, selection)})
	sealed = append(sealed, flow.Seal(s, export, flow.Sealing{}, train))

	card := flow.Once(s, b.Step("card"), cardWork{t}, sealed...)
	return flow.Seal(s, b.Step("card"), flow.Sealing{}, card)
}

// Pipeline is the build as a pipeline with an end.
func (b Build) Pipeline() *beam.Pipeline {
	p, s := beam.NewPipelineWithRoot()
	flow.End(s, b.Graph(s))
	return p
}

func roundName(round int) string { return fmt.Sprintf("rounds/%d.json", round+1) }

// writeJSON writes a small file of a stage, whose name has no shard.
func writeJSON(ctx context.Context, st flow.Stage, name string, v any) (schemas.Done, error) {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return schemas.Done{}, err
	}
	f, err := shard.WriteFile(ctx, shard.Join(st.Dir, name), append(raw, '\n'))
	f.Name = name
	return schemas.Done{Files: []schemas.File{f}}, err
}
