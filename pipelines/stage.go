package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/work"
	"decoy/schemas"
)

// step is where a step of the stage writes: its records have the numbers from first on.
func (s *stage) step(first, of int) flow.Stage {
	return flow.Stage{
		Name: s.name, Dir: s.b.dir(s.name), Fingerprint: s.fingerprint, Of: of, First: first,
	}
}

// shards is the step of the stage's shards.
func (s *stage) shards() flow.Stage { return s.step(0, s.b.Recipe.Shards) }

// refs are the files of the stages that this one reads, by shard.
//
//	→ PCollection<Ref> of each stage
func (s *stage) refs(scope beam.Scope) []beam.PCollection {
	scope = scope.Scope("read")
	var out []beam.PCollection
	for _, refs := range s.reads {
		out = append(out, beam.Reshuffle(scope, beam.CreateList(scope, refs)))
	}
	return out
}

// refsOf are the refs of a stage's shards, from its manifest: the files that bear a shard's
// number, but for the parts that only the stage itself reads.
func (s *stage) refsOf(m schemas.Manifest) []flow.Ref {
	refs := make([]flow.Ref, s.b.Recipe.Shards)
	for i := range refs {
		refs[i] = flow.Ref{
			Stage: m.Stage, Dir: s.b.dir(m.Stage), Fingerprint: m.Fingerprint, CodeVersion: m.CodeVersion, Record: -1,
			Shard: i, Of: len(refs),
		}
	}
	for _, f := range m.Shards {
		i, of, ok := schemas.ShardOf(f.Name)
		if ok && of == len(refs) && !strings.HasPrefix(f.Name, work.PartsFolder) {
			refs[i].Files = append(refs[i].Files, schemas.File{Name: f.Name, Records: f.Records})
		}
	}
	return refs
}

// runShards runs a stage that is nothing but its shards.
func (s *stage) runShards(ctx context.Context, graph func(scope beam.Scope) beam.PCollection) error {
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
	if len(todo) > 0 {
		if err := s.run(ctx, s.b.Recipe.Shards, graph); err != nil {
			return err
		}
	}
	return s.finish(0)
}

// run runs a graph of the stage. total is how many units of work it has then done.
func (s *stage) run(ctx context.Context, total int, graph func(scope beam.Scope) beam.PCollection) error {
	p, scope := beam.NewPipelineWithRoot()
	flow.End(scope, graph(scope))
	return s.submit(ctx, p, total)
}

// stage is what all stages have in common: which shards are to be done, running
// them, and the manifest.
type stage struct {
	b           *Build
	name        string
	options     any
	inputs      []schemas.Input
	fingerprint string
	reads       [][]flow.Ref // of each stage that it reads, the files by shard
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
		if m.CodeVersion != schemas.CodeVersion {
			return nil, fmt.Errorf("%s of %s was made by code of version %d, this decoy's is %d; run decoy %s again, "+
				"or "+
				"decoy build", r, b.Out, m.CodeVersion, schemas.CodeVersion, r)
		}
		for _, in := range m.Inputs {
			if now, ok := present[in.Name]; ok && now != in.SHA256 {
				return nil, fmt.Errorf("%s of %s was made from another %s than is there now; run decoy %s again, or "+
					"decoy build", r, b.Out, in.Name, r)
			}
		}
		present[r] = m.Fingerprint
		s.reads = append(s.reads, s.refsOf(m))
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

// finished reports whether the stage's manifest is there with all files that it lists.
func (s *stage) finished() (bool, error) { return s.shards().Sealed() }

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
