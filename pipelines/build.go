package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/archives"
	"decoy/io/rows"
	"decoy/io/shard"
	"decoy/io/sources"
	"decoy/schemas"
	"decoy/transforms/report"
)

// Build is one build: a recipe, its resolved archives and where it writes.
type Build struct {
	Out     string
	Recipe  Recipe
	Sources []archives.Source
	// Rows are the files of rows, by number in the recipe.
	Rows []RowsInput
	// Rejected are the archives that could not be resolved.
	Rejected []schemas.Reject
	// Replay sends dead letters again.
	Replay bool
	// Workers divides the limits of the panel: how many processes run at once.
	Workers int
	// PartBytes is the size above which an archive is read by several tasks, 0 for
	// 1 GiB.
	PartBytes int64
	// Run runs a pipeline on the runner that the command line names and returns what it
	// counted. An error is one line about the cause.
	Run func(ctx context.Context, p *beam.Pipeline, j Job) (Metrics, error)
	// Replace lets this build take the place of one of another name or of other inputs.
	Replace bool
	// DryRun writes and removes nothing: stages go up to the first graph, and Run ends
	// them with an error.
	DryRun bool
	// Log gets one line for each thing that a person waits for.
	Log func(format string, a ...any)
	// Strict makes records over which decoy failed the end of a build that is done:
	// ErrInternal.
	Strict bool
	// Progress, if set, is told how many of a stage's units of work are done.
	Progress func(stage string, done, total int)
	// Warned shows a warning; without it Log does.
	Warned func(level, text string)
	// RunInfo collects times for run.json.
	RunInfo RunInfo

	unshown   []InternalErrors // pairs that the report cannot show
	warnings  []report.Warning
	launch    string          // see launched
	now       identity        // of OUT
	announced map[string]bool // stages that are said to be done again
}

// Job says whose work a pipeline does.
type Job struct {
	Out, Stage, Fingerprint string
	// Shards is told the counter ShardsMetric while the job runs, where the runner
	// tells it.
	Shards func(n int)
}

// RowsInput is a resolved file of rows with the number of its entry in Recipe.Rows.
type RowsInput struct {
	rows.Source
	Entry int
}

// Resolve makes the explicit lists of what the recipe names, before anything is
// submitted: every worker sees the same inputs.
func (b *Build) Resolve(ctx context.Context) error {
	var err error
	if len(b.Recipe.Archives)+len(b.Recipe.Rows) == 0 {
		return errors.New("archives and rows: both are empty; name archives, repositories or files of rows")
	}
	if len(b.Recipe.Archives) > 0 {
		if b.Sources, b.Rejected, err = sources.Resolve(ctx, b.Recipe.Archives, archives.ResolveConfig{Identities: b.Recipe.Identities}); err != nil {
			return err
		}
	}
	for i, in := range b.Recipe.Rows {
		found, err := rows.Resolve(ctx, []string{in.Path})
		if err != nil {
			return fmt.Errorf("rows[%d]: %w", i, err)
		}
		for _, src := range found {
			b.Rows = append(b.Rows, RowsInput{src, i})
		}
	}
	if len(b.Sources)+len(b.Rows) == 0 {
		return fmt.Errorf("none of the archives can be read; the first: %s: %s: %s", b.Rejected[0].ID, b.Rejected[0].Reason, b.Rejected[0].Detail)
	}
	for _, r := range b.Rejected {
		b.Log("left out %s: %s: %s", r.ID, r.Reason, r.Detail)
	}
	return nil
}

// stageFunc runs one stage.
type stageFunc func(ctx context.Context, b *Build) error

var stages = map[string]stageFunc{
	schemas.StageExtract:  runExtract,
	schemas.StageGenerate: runGenerate,
	schemas.StageVerify:   runVerify,
	schemas.StageJudge:    runJudge,
	schemas.StageCurate:   runCurate,
	schemas.StageExport:   runExport,
}

// RunStages runs the named stages in order, holding OUT, and writes run.json. A
// stage that is done is skipped; what a killed process left behind is removed. An OUT
// that holds anything but a build, or another build, is a *shard.Refusal (see Replace).
func (b *Build) RunStages(ctx context.Context, names ...string) (err error) {
	if b.DryRun {
		if err := errors.Join(CheckOut(b.Out), b.identify(ctx, names)); err != nil {
			return err
		}
		return b.each(ctx, names)
	}
	ctx, release, err := hold(ctx, b.Out, func(ctx context.Context) error { return b.identify(ctx, names) })
	if err != nil {
		return err
	}
	defer release(&err)
	if err := errors.Join(b.note(b.now), cleanTemp(b.Out), b.RunInfo.goOn(b.Out)); err != nil {
		return err
	}
	defer func() {
		if lost(ctx) {
			return // it is another's to write
		}
		werr := b.writeRunInfo(ctx, names)
		if err == nil { // the first failure says more
			err = werr
		}
	}()
	if err := b.each(ctx, names); err != nil {
		return err
	}
	return b.reportInternal()
}

// ErrOwnWork is the end of a dry run at a stage whose jobs are done.
var ErrOwnWork = errors.New("no job is left of it; its manifest, card or report is still to be written, by this command without --dry-run")

// each runs stages in order.
func (b *Build) each(ctx context.Context, names []string) error {
	for _, name := range names {
		for _, before := range upstream(name) {
			if err := b.nonEmpty(before); err != nil {
				return err
			}
		}
		end := b.RunInfo.begin(name)
		if err := stages[name](ctx, b); err != nil {
			end()
			return fmt.Errorf("%s: %w", name, err)
		}
		end()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := errors.Join(b.nonEmpty(name), b.warnAbout(name)); err != nil {
			return err
		}
	}
	return nil
}

func (b *Build) dir(stage string) string { return shard.Join(b.Out, stage) }

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

// shardPath is the path of one shard file of a stage.
func shardPath(out, stage, what string, i, of int) string {
	return shard.Join(out, stage, schemas.ShardName(what, i, of, "jsonl.zst"))
}
