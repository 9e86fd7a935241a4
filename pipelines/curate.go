package pipelines

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/curation"
	"decoy/pipelines/recipe"
	"decoy/schemas"
	"decoy/transforms/curate"
)

// runCurate selects pairs and general rows.
//
//	small rows of all shards → selection, rejects (by shard), shift.json
//
// All candidates must fit in one worker's memory (package curate says how much that is).
func runCurate(ctx context.Context, b *Build) error {
	o := curation.Options{Recipe: b.Recipe.Curate, GeneralShare: b.Recipe.Export.GeneralShare,
		Exclude: b.Recipe.Extract.ExcludeRepos}
	var benchmarks []curation.BenchmarkItem
	var inputs []schemas.Input
	for i, bm := range o.Recipe.Decontaminate {
		raw, err := shard.ReadFile(bm.Path)
		if err != nil {
			return fmt.Errorf("curate.decontaminate[%d]: %w", i, err)
		}
		name := cmp.Or(bm.Name, filepath.Base(bm.Path))
		items, err := curate.ReadBenchmark(name, bytes.NewReader(raw), bm.Columns)
		if err != nil {
			return err
		}
		o.Benchmarks = append(o.Benchmarks, name)
		for _, item := range items {
			benchmarks = append(benchmarks, curation.BenchmarkItem{Benchmark: name, Item: item})
		}
		sum := sha256.Sum256(raw)
		inputs = append(inputs, schemas.Input{Name: name, SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(raw))})
	}
	s, err := b.open(schemas.StageCurate, struct {
		Recipe       recipe.Curate `json:"recipe"`
		GeneralShare float64       `json:"general_share"`
		Exclude      []string      `json:"exclude"`
		Acceptance   float64       `json:"min_golden_acceptance"`
	}{o.Recipe, o.GeneralShare, o.Exclude, b.Recipe.Judge.MinGoldenAcceptance}, inputs, schemas.StageExtract,
		schemas.StageGenerate, schemas.StageVerify, schemas.StageJudge)
	if err != nil {
		return err
	}
	if done, err := s.finished(); err != nil || done {
		if done {
			b.Log("curate: done before")
		}
		return err
	}
	if _, err := s.todo(); err != nil { // makes the folder
		return err
	}
	if o.Weights, err = b.judgeWeights(); err != nil {
		return err
	}
	slices.Sort(o.Benchmarks)
	o.Benchmarks = slices.Compact(o.Benchmarks)
	if !b.DryRun {
		if _, err := shard.WriteAll(curation.BenchmarksPath(b.Out), benchmarks); err != nil {
			return err
		}
	}
	b.Log("curate: selecting up to %d pairs", o.Recipe.Rows)
	o.Out, o.Fingerprint = b.Out, s.fingerprint
	n := b.Recipe.Shards
	err = s.run(ctx, 2*n+1, func(scope beam.Scope) beam.PCollection {
		rows := flow.Run(scope.Scope("rows"), s.step(n+1, n), curation.SmallRows{Options: o},
			flow.Inputs{Each: s.refs(scope)})
		return flow.Once(scope.Scope("select"), s.step(n, 1), curation.Select{Options: o}, rows)
	})
	if err != nil {
		return err
	}
	return s.finish(1) // it removes the parts too
}
