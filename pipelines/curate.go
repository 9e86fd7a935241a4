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

// openCurate selects pairs and general rows.
//
//	small rows of all shards → selection, rejects (by shard), shift.json
//
// All candidates must fit in one worker's memory (package curate says how much that is).
func openCurate(_ context.Context, b *Build) (*stage, error) {
	o := curation.Options{Recipe: b.Recipe.Curate, GeneralShare: b.Recipe.Export.GeneralShare,
		Exclude: b.Recipe.Extract.ExcludeRepos}
	var benchmarks []curation.BenchmarkItem
	var inputs []schemas.Input
	for i, bm := range o.Recipe.Decontaminate {
		raw, err := shard.ReadFile(bm.Path)
		if err != nil {
			return nil, fmt.Errorf("curate.decontaminate[%d]: %w", i, err)
		}
		name := cmp.Or(bm.Name, filepath.Base(bm.Path))
		items, err := curate.ReadBenchmark(name, bytes.NewReader(raw), bm.Columns)
		if err != nil {
			return nil, err
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
		return nil, err
	}
	slices.Sort(o.Benchmarks)
	o.Benchmarks = slices.Compact(o.Benchmarks)
	o.Out, o.Fingerprint, o.MinGoldenAcceptance = b.Out, s.fingerprint, b.Recipe.Judge.MinGoldenAcceptance
	n := b.Recipe.Shards
	s.total = 2*n + 1
	s.begin = func() (err error) {
		if !b.DryRun {
			_, err = shard.WriteAll(curation.BenchmarksPath(b.Out), benchmarks)
		}
		b.Log("curate: selecting up to %d pairs", o.Recipe.Rows)
		return err
	}
	s.graph = func(scope beam.Scope, in reads) steps {
		rows := flow.Run(scope, s.temporary("rows", n+1, n), curation.SmallRows{Options: o}, flow.Inputs{Each: in.each(schemas.Stages...)})
		selected := flow.Once(scope, s.step("select", n, 1), curation.Select{Options: o}, rows)
		shards := flow.Recorded(scope, s.shards(), selected) // Select writes them
		return steps{out: []beam.PCollection{shards}, all: []beam.PCollection{shards, selected}}
	}
	return s, nil
}
