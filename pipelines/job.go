package pipelines

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
)

// job is consecutive stages that one graph does. A stage that pays for answers has a job of
// its own: its estimate stands before it, and its share of the budget is known.
type job struct {
	b      *Build
	stages []*stage
}

// steps are what the graph of a stage gives.
type steps struct {
	// out are for the stages that read it, one PCollection<Ref> by shard; of judge one a round.
	out []beam.PCollection
	// rounds gives, of judge alone, a PCollection<Ref> a round with what is known after it.
	// They are made when they are asked for: a collection that nobody reads costs a processor
	// on prism (flow.End).
	rounds func() []beam.PCollection
	// all are those of all steps whose files the manifest names; readers do not see them.
	all []beam.PCollection
}

// reads are the steps of the stages that a stage reads, by the stages' names.
type reads map[string]steps

// each lists what some stages gave, for flow.Inputs.Each.
func (in reads) each(stages ...string) (refs []beam.PCollection) {
	for _, stage := range stages {
		refs = append(refs, in[stage].out...)
	}
	return refs
}

// one makes the steps of a stage that has one.
func one(refs beam.PCollection) steps {
	return steps{out: []beam.PCollection{refs}, all: []beam.PCollection{refs}}
}

// graph is the job from top to bottom. A stage reads the refs of those before it, behind
// their manifests, and nothing begins that reads a stage which gave nothing.
//
//	→ PCollection<Ref> (the manifests)
func (j *job) graph(root beam.Scope) beam.PCollection {
	made := map[string]func() steps{} // each when it is first read, see steps.rounds
	var manifests []beam.PCollection
	for _, s := range j.unsealed() {
		in := reads{}
		for _, r := range s.reads {
			if made[r.name] == nil {
				made[r.name] = sync.OnceValue(func() steps { return r.recorded(root.Scope("read")) })
			}
			in[r.name] = made[r.name]()
		}
		scope := root.Scope(s.name)
		done := s.graph(scope, in)
		sealed := flow.Seal(scope, s.shards(), s.sealing, done.all...)
		manifests = append(manifests, sealed)
		made[s.name] = sync.OnceValue(func() steps { return done.behind(scope, s.gate(scope, sealed)) })
	}
	return beam.Flatten(root.Scope("manifests"), manifests...)
}

// gate lets what reads the stage through, unless it gave nothing.
func (s *stage) gate(scope beam.Scope, sealed beam.PCollection) beam.PCollection {
	if y, ok := yields[s.name]; ok {
		return flow.Filled(scope, sealed, y.counts...)
	}
	return sealed
}

// behind are the steps as others read them.
func (x steps) behind(scope beam.Scope, gate beam.PCollection) (out steps) {
	for _, refs := range x.out {
		out.out = append(out.out, flow.After(scope, refs, gate))
	}
	out.rounds = func() (rounds []beam.PCollection) {
		for _, refs := range x.rounds() {
			rounds = append(rounds, flow.After(scope, refs, gate))
		}
		return rounds
	}
	return out
}

// unsealed are the stages that are to be done.
func (j *job) unsealed() []*stage {
	return slices.DeleteFunc(slices.Clone(j.stages), func(s *stage) bool { return s.sealed })
}

// name is the stage's, or FIRST-LAST. It does not change when the job is launched again,
// whatever is done of it by then.
func (j *job) name() string {
	first, last := j.stages[0].name, j.stages[len(j.stages)-1].name
	if first == last {
		return first
	}
	return first + "-" + last
}

// jobs cuts the names of stages into jobs: each stage that pays alone, each run of others
// between them together.
func jobs(r recipe.Recipe, names []string) [][]string {
	var out [][]string
	full := true // the last job takes no other stage
	for _, name := range names {
		pays := r.Pays(name)
		if full || pays {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], name)
		full = pays
	}
	return out
}

// runAll runs stages in order, a job after another.
func (b *Build) runAll(ctx context.Context, names []string) error {
	for _, names := range jobs(b.Recipe, names) {
		for _, before := range upstream(names[0]) {
			if err := b.nonEmpty(ctx, before); err != nil {
				return err
			}
		}
		end := b.RunInfo.begin(names)
		err := b.runJob(ctx, names)
		end(func(name string) bool { return b.opened[name] != nil && b.opened[name].sealed })
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// runJob opens the stages of a job, runs what is not done of them, and says what is wrong with
// what they gave. Behind export it writes the report.
func (b *Build) runJob(ctx context.Context, names []string) error {
	j := &job{b: b}
	for _, name := range names { // all are looked at before anything is removed
		s, err := openers[name](ctx, b)
		if err == nil {
			err = s.look(ctx)
		}
		if err != nil {
			return withStage(name, err)
		}
		j.stages = append(j.stages, s)
		b.opened[name] = s
		if !s.sealed {
			continue
		}
		b.Log("%s: done before", name)
		if err := b.nonEmpty(ctx, name); err != nil {
			return err
		}
	}
	for _, s := range j.unsealed() {
		if err := s.prepare(ctx); err != nil {
			return withStage(s.name, err)
		}
	}
	if len(j.unsealed()) > 0 {
		if err := j.run(ctx); err != nil {
			return err
		}
	}
	for _, s := range j.stages {
		if err := errors.Join(b.nonEmpty(ctx, s.name), b.warnAbout(ctx, s.name)); err != nil {
			return err
		}
		if !s.sealed {
			return withStage(s.name, s.unfinished(ctx))
		}
	}
	if last := j.stages[len(j.stages)-1]; last.name == schemas.StageExport {
		if b.DryRun {
			return ErrOwnWork
		}
		return withStage(last.name, b.writeReport(ctx))
	}
	return nil
}

// run runs the job, a paid one as often as there is budget left over.
func (j *job) run(ctx context.Context) error {
	attempt := func() error {
		p, root := beam.NewPipelineWithRoot()
		flow.End(root, j.graph(root))
		return withStage(j.name(), j.submit(ctx, p))
	}
	var err error
	if s := j.stages[0]; s.paid() { // it is alone in its job
		err = withStage(s.name, s.pay(ctx, attempt))
	} else {
		err = attempt()
	}
	for _, s := range j.unsealed() { // a job that has failed may have sealed some
		sealed, failed := s.shards().Sealed(ctx)
		if s.sealed = sealed && failed == nil; !s.sealed {
			err = cmp.Or(err, withStage(s.name, failed))
			continue
		}
		m, failed := shard.ReadManifest(ctx, j.b.dir(s.name))
		err = cmp.Or(err, withStage(s.name, failed))
		j.b.RunInfo.counts(s.name, m.Counts, m.Rejects)
	}
	return err
}

// withStage names the stage of an error, unless the text begins with that of one.
func withStage(stage string, err error) error {
	if err == nil {
		return nil
	}
	for _, s := range append([]string{stage}, schemas.Stages...) {
		if strings.HasPrefix(err.Error(), s+": ") {
			return err
		}
	}
	return fmt.Errorf("%s: %w", stage, err)
}

// recorded makes the steps of a stage that is sealed, from its manifest.
func (s *stage) recorded(scope beam.Scope) steps {
	scope = scope.Scope(s.name)
	out := one(beam.Reshuffle(scope, beam.CreateList(scope, s.files)))
	if s.name == schemas.StageJudge {
		out.rounds = func() []beam.PCollection { return []beam.PCollection{beam.Create(scope, s.rounds)} }
	}
	return out
}

// look finds out whether the stage is sealed, and refuses a file in its way. With Replay the
// shards of a paid stage that have dead letters are undone first.
func (s *stage) look(ctx context.Context) (err error) {
	if s.b.Replay && s.paid() {
		if err := errors.Join(s.reopen(ctx), s.retry(ctx)); err != nil {
			return err
		}
	}
	if s.sealed, err = s.shards().Sealed(ctx); err != nil || s.sealed {
		return err
	}
	return flow.Check(ctx, s.shards())
}

// prepare makes ready for a stage that is not sealed. It says what is done again, and
// flow.Begin removes the manifest and records of another fingerprint: its files are about to
// be written over, and if this process is killed while it does that, nobody may take them for
// whole. A dry run removes nothing.
func (s *stage) prepare(ctx context.Context) error {
	if !s.b.DryRun {
		if err := s.again(ctx); err != nil {
			return err
		}
		if _, err := flow.Begin(ctx, s.shards()); err != nil {
			return err
		}
	}
	if s.begin != nil {
		return s.begin(ctx)
	}
	return nil
}

// unfinished is why a stage whose job has ended is not sealed.
func (s *stage) unfinished(ctx context.Context) error {
	undone, err := s.shards().Undone(ctx)
	if err == nil && len(undone) > 0 {
		return fmt.Errorf("%d of %d shards did not finish, the first is %d; run the same command again", len(undone),
			s.b.Recipe.Shards, undone[0])
	}
	if err == nil {
		err = errors.New("its job ended before its manifest was written; run the same command again")
	}
	return err
}

// earlier is a stage that others read: the one of this job, or one made from its manifest, if
// this code version has written that.
func (b *Build) earlier(ctx context.Context, name string) (*stage, error) {
	if s := b.opened[name]; s != nil && !s.sealed { // it is of this job
		return s, nil
	}
	m, err := shard.ReadManifest(ctx, b.dir(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has not been run on %s; run decoy %s first, or decoy build", name, b.Out, name)
	}
	if err != nil {
		return nil, err
	}
	if m.CodeVersion != schemas.CodeVersion {
		return nil, fmt.Errorf("%s of %s was made by code of version %d, this decoy's is %d; run decoy %s again, or "+
			"decoy build", name, b.Out, m.CodeVersion, schemas.CodeVersion, name)
	}
	s := &stage{b: b, name: name, fingerprint: m.Fingerprint, inputs: m.Inputs, sealed: true}
	s.files, s.rounds = s.refsOf(m)
	return s, nil
}

// open makes a stage and its fingerprint: of its options, the number of shards, its inputs and
// the fingerprints of the stages that it reads. These are named in the order of stages, since
// each is checked to be made from those named before it.
func (b *Build) open(ctx context.Context, name string, options any, inputs []schemas.Input,
	reads ...string) (*stage, error) {
	n := b.Recipe.Shards
	s := &stage{b: b, name: name, inputs: inputs, total: n, shares: make([]work.Share, n)}
	raw, err := json.Marshal(options)
	if err != nil {
		return nil, err
	}
	var prints []string
	present := map[string]string{}
	for _, name := range reads {
		r, err := b.earlier(ctx, name)
		if err != nil {
			return nil, err
		}
		for _, in := range r.inputs {
			if now, ok := present[in.Name]; ok && now != in.SHA256 {
				return nil, fmt.Errorf("%s of %s was made from another %s than is there now; run decoy %s again, or "+
					"decoy build", name, b.Out, in.Name, name)
			}
		}
		present[name] = r.fingerprint
		s.reads = append(s.reads, r)
		prints = append(prints, r.fingerprint)
		s.inputs = append(s.inputs, schemas.Input{Name: name, SHA256: r.fingerprint})
	}
	for _, in := range inputs {
		prints = append(prints, in.Name, in.SHA256)
	}
	s.sealing = flow.Sealing{Options: raw, Inputs: s.inputs}
	s.fingerprint, err = schemas.Fingerprint(name, []any{options, n}, prints...)
	return s, err
}
