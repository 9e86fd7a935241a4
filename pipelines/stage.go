package pipelines

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/pipelines/export"
	"decoy/pipelines/extraction"
	"decoy/pipelines/generation"
	"decoy/pipelines/judging"
	"decoy/pipelines/verification"
	"decoy/pipelines/work"
	"decoy/schemas"
)

// A shard stage is one graph: shard numbers → Reshuffle → the stage's work. The
// work itself is found by the stage's name in Funcs, because a function does
// not travel to a remote worker, and its options travel as JSON.

func init() {
	work.Funcs = map[string]work.Func{
		extraction.StageBefore: extraction.Before,
		schemas.StageExtract:   extraction.Shard,
		schemas.StageGenerate:  generation.Shard,
		schemas.StageVerify:    verification.Shard,
		schemas.StageJudge:     judging.Shard,
		schemas.StageExport:    export.Shard,
	}
}

// tasks are the work orders of a stage's shards, in JSON.
func (s *stage) tasks(todo []int, options func(shard int) any) ([]string, error) {
	var tasks []string
	for _, i := range todo {
		raw, err := json.Marshal(options(i))
		if err != nil {
			return nil, err
		}
		task, err := json.Marshal(work.Task{Code: schemas.CodeVersion, Stage: s.name, Out: s.b.Out, Shard: i, Of: s.b.Recipe.Shards, Fingerprint: s.fingerprint, Options: raw})
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, string(task))
	}
	return tasks, nil
}

func (s *stage) shardFn(name string) *work.ShardFn {
	return &work.ShardFn{Work: name, Fingerprint: s.fingerprint}
}

// work spreads tasks over the workers.
//
//	tasks → PCollection<int> (the shards done)
func (s *stage) work(scope beam.Scope, name string, tasks []string) beam.PCollection {
	in := beam.Reshuffle(scope, beam.CreateList(scope, tasks))
	return beam.ParDo(scope, s.shardFn(name), in)
}

// runShards runs a stage that is nothing but its shards.
func (s *stage) runShards(ctx context.Context, options func(shard int) any) error {
	done, err := s.finished()
	if err != nil || done {
		if done {
			s.b.Log("%s: done before", s.name)
		}
		return err
	}
	todo, err := s.todo()
	if err != nil {
		return err
	}
	s.b.Log("%s: %d of %d shards to do", s.name, len(todo), s.b.Recipe.Shards)
	if err := s.run(ctx, todo, options); err != nil {
		return err
	}
	return s.finish(0)
}

// run runs the shards that are to be done.
func (s *stage) run(ctx context.Context, todo []int, options func(shard int) any) error {
	if len(todo) == 0 {
		return nil
	}
	tasks, err := s.tasks(todo, options)
	if err != nil {
		return err
	}
	p, scope := beam.NewPipelineWithRoot()
	work.End(scope, s.work(scope.Scope(s.name), s.name, tasks))
	return s.submit(ctx, p, cmp.Or(s.units, s.b.Recipe.Shards))
}

// stage is what all stages have in common: which shards are to be done, running
// them, and the manifest.
type stage struct {
	b           *Build
	name        string
	options     any
	inputs      []schemas.Input
	fingerprint string
	units       int // of work that progress counts, 0 for one a shard
	// notes are names of files that have no number of shards in them and that only
	// some builds write: they are noted before.
	notes []string
}

// open computes a stage's fingerprint from its options and the manifests of the
// stages that it reads.
func (b *Build) open(name string, options any, inputs []schemas.Input, reads ...string) (*stage, error) {
	s := &stage{b: b, name: name, options: options, inputs: inputs}
	var prints []string
	present := map[string]string{}
	for _, r := range reads {
		m, err := shard.ReadManifest(b.dir(r))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s has not been run on %s; run decoy %s first, or decoy build", r, b.Out, r)
		}
		if err != nil {
			return nil, err
		}
		for _, in := range m.Inputs {
			if now, ok := present[in.Name]; ok && now != in.SHA256 {
				return nil, fmt.Errorf("%s of %s was made from another %s than is there now; run decoy %s again, or decoy build", r, b.Out, in.Name, r)
			}
		}
		present[r] = m.Fingerprint
		prints = append(prints, m.Fingerprint)
		s.inputs = append(s.inputs, schemas.Input{Name: r, SHA256: m.Fingerprint})
	}
	for _, in := range inputs {
		prints = append(prints, in.Name, in.SHA256)
	}
	var err error
	s.fingerprint, err = schemas.Fingerprint(name, []any{options, b.Recipe.Shards}, prints...)
	return s, err
}

// todo lists the shards without a valid done record.
func (s *stage) todo() ([]int, error) {
	done, err := s.done()
	if err != nil {
		return nil, err
	}
	var todo []int
	for i := range s.b.Recipe.Shards {
		if !done[i] {
			todo = append(todo, i)
		}
	}
	return todo, nil
}

// done tells the valid done records, by number. The manifest and the records of
// another build go first: its files are about to be overwritten, and if this process
// is killed while it does that, nobody may take them for whole. The names of their files
// are kept.
func (s *stage) done() (map[int]bool, error) {
	dir := s.b.dir(s.name)
	valid, others, err := shard.Records(dir, s.fingerprint)
	if err != nil {
		return nil, err
	}
	if !s.b.DryRun {
		if err := s.again(context.Background()); err != nil {
			return nil, err
		}
		if err := shard.Outdate(dir, s.name, others); err != nil {
			return nil, err
		}
		if err := s.begin(valid); err != nil {
			return nil, err
		}
	}
	done := map[int]bool{}
	for i := range valid {
		done[i] = true
	}
	return done, nil
}

// finished reports whether the stage's manifest is there with all files that it
// lists.
func (s *stage) finished() (bool, error) {
	dir := s.b.dir(s.name)
	m, err := shard.ReadManifest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || m.Fingerprint != s.fingerprint {
		return false, err
	}
	files, err := shard.Walk(dir, "_done", "ledger")
	if err != nil {
		return false, err
	}
	sizes := map[string]int64{}
	for _, f := range files {
		sizes[f.Name] = f.Size
	}
	return shard.Complete(sizes, m.Shards), nil
}

// finish removes the files of another fingerprint or shard count that records name, and
// writes the manifest. after is the number of done records that follow those of the shards.
func (s *stage) finish(after int) error {
	if s.b.DryRun {
		return ErrOwnWork
	}
	dir := s.b.dir(s.name)
	var done []schemas.Done
	keep := map[string]bool{}
	valid, spent, err := shard.Records(dir, s.fingerprint)
	if err != nil {
		return err
	}
	for i := range s.b.Recipe.Shards + after {
		d, ok := valid[i]
		if !ok {
			return fmt.Errorf("shard %d of %s did not finish; run the same command again", i, s.name)
		}
		done = append(done, d)
	}
	for _, d := range done {
		for _, f := range d.Files {
			keep[f.Name] = true
		}
	}
	for i := range valid { // of work that came before the shards
		if i >= s.b.Recipe.Shards+after {
			spent = append(spent, shard.DonePath(dir, i))
		}
	}
	if err := shard.Outdate(dir, s.name, spent); err != nil {
		return err
	}
	if err := s.sweep(keep); err != nil {
		return err
	}
	m, err := schemas.Assemble(s.name, s.fingerprint, s.options, s.inputs, done)
	if err != nil {
		return err
	}
	s.b.RunInfo.counts(s.name, m.Counts, m.Rejects)
	return shard.WriteManifest(dir, m)
}
