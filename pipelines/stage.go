package pipelines

import (
	"context"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/join"
	"decoy/pipelines/work"
	"decoy/schemas"
)

// stage is one stage of a run: where it writes, what it reads, and its part of a graph.
type stage struct {
	b           *Build
	name        string
	inputs      []schemas.Input
	fingerprint string
	sealing     flow.Sealing
	reads       []*stage
	sealed      bool       // its manifest is there, and all files that it names
	files       []flow.Ref // of one that is sealed, by shard
	rounds      flow.Ref   // and what is known after judge's rounds
	// notes are names of files that have no number of shards in them and that only
	// some builds write: they are noted before.
	notes []string
	total int // units of work that have a record
	shown int // of them, by Build.Progress
	// shares of the budget, by shard; null is no limit.
	shares []work.Share
	// begin, if set, is called before the stage's job, unless it is sealed.
	begin func(ctx context.Context) error
	graph func(scope beam.Scope, in reads) steps
}

// openers open the stages: they make fingerprints, and graphs when they are asked to.
var openers = map[string]func(ctx context.Context, b *Build) (*stage, error){
	schemas.StageExtract:  openExtract,
	schemas.StageGenerate: openGenerate,
	schemas.StageVerify:   openVerify,
	schemas.StageJudge:    openJudge,
	schemas.StageCurate:   openCurate,
	schemas.StageExport:   openExport,
}

// step is where a step of the stage writes: its records have the numbers from first on.
func (s *stage) step(name string, first, of int) flow.Stage {
	return flow.Stage{
		Name: s.name, Step: name, Dir: s.b.dir(s.name), Fingerprint: s.fingerprint, Of: of, First: first,
		Names: stageFiles(s.name), Notes: s.notes,
	}
}

// temporary is a step whose files and records go when the stage is sealed.
func (s *stage) temporary(name string, first, of int) flow.Stage {
	st := s.step(name, first, of)
	st.Temporary = true
	return st
}

// shards is the step of the stage's shards.
func (s *stage) shards() flow.Stage { return s.step("shards", 0, s.b.Recipe.Shards) }

// refsOf are the refs of a stage's shards, from its manifest: the files that bear a shard's
// number, but for the parts that only the stage itself reads; and of judge the records of
// rounds.
func (s *stage) refsOf(m schemas.Manifest) (refs []flow.Ref, rounds flow.Ref) {
	of := flow.Ref{
		Stage: m.Stage, Dir: s.b.dir(m.Stage), Fingerprint: m.Fingerprint, CodeVersion: m.CodeVersion, Record: -1,
	}
	refs = make([]flow.Ref, s.b.Recipe.Shards)
	for i := range refs {
		refs[i] = of
		refs[i].Shard, refs[i].Of = i, len(refs)
	}
	rounds = of
	rounds.Of = 1
	for _, f := range m.Shards {
		i, of, numbered := schemas.ShardOf(f.Name)
		f = schemas.File{Name: f.Name, Records: f.Records}
		switch {
		case numbered && of == len(refs) && !strings.HasPrefix(f.Name, work.PartsFolder):
			refs[i].Files = append(refs[i].Files, f)
		case !numbered && strings.HasPrefix(f.Name, join.RoundsFolder):
			rounds.Files = append(rounds.Files, f)
		}
	}
	return refs, rounds
}

// records are the done records of the stage's steps, by number.
func (s *stage) records(ctx context.Context) (map[int]schemas.Done, error) {
	valid, _, err := shard.Records(ctx, s.b.dir(s.name), s.fingerprint)
	return valid, err
}

// todo are the shards without a record, of judge those of the round that is next. done is
// the number of records that there are.
func (s *stage) todo(ctx context.Context) (todo []int, done int, err error) {
	valid, err := s.records(ctx)
	if err != nil {
		return nil, 0, err
	}
	n := s.b.Recipe.Shards
	first := join.FirstRecord(s.closed(valid), n)
	for i := range n {
		if _, ok := valid[first+i]; !ok {
			todo = append(todo, i)
		}
	}
	return todo, len(valid), nil
}

// closed is the number of judge's rounds that are closed, 0 for any other stage.
func (s *stage) closed(valid map[int]schemas.Done) (rounds int) {
	if s.name != schemas.StageJudge {
		return 0
	}
	for n := s.b.Recipe.Shards; ; rounds++ {
		if _, ok := valid[join.FirstRecord(rounds, n)+n]; !ok {
			return rounds
		}
	}
}

// toDo says how many shards are to be done.
func (s *stage) toDo(ctx context.Context) error {
	todo, _, err := s.todo(ctx)
	s.b.Log("%s: %d of %d shards to do", s.name, len(todo), s.b.Recipe.Shards)
	return err
}
