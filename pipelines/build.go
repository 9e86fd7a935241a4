package pipelines

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/archives"
	"decoy/io/rows"
	"decoy/io/shard"
	"decoy/io/sources"
	"decoy/pipelines/bug"
	"decoy/pipelines/extraction"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/report"
)

// Build is one build: a recipe, its resolved archives and where it writes.
type Build struct {
	Out     string
	Recipe  recipe.Recipe
	Sources []archives.Source
	// Rows are the files of rows, by number in the recipe.
	Rows []extraction.RowsInput
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
	Run func(ctx context.Context, p *beam.Pipeline, j Job) (work.Metrics, error)
	// EndPrevious ends the remote job that a process which is gone left working on OUT, null
	// where no runner is remote: two jobs must not ask for the same.
	EndPrevious func(ctx context.Context, out string) error
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

	unshown   []bug.InternalErrors // pairs that the report cannot show
	warnings  []report.Warning
	launch    string            // see launched
	now       identity          // of OUT
	announced map[string]bool   // stages that are said to be done again
	opened    map[string]*stage // of this run
}

// Job says whose work a pipeline does.
type Job struct {
	Out         string
	Stage       string   // its name: a stage, or the first and the last one, "extract-export"
	Stages      []string // that it does
	Fingerprint string   // of the last one
	Paid        bool     // it asks paid members
	// Shards is told the counter flow.ShardsMetric of a stage while the job runs, where
	// the runner tells it.
	Shards func(stage string, n int)
}

// Resolve makes the explicit lists of what the recipe names, before anything is
// submitted: every worker sees the same inputs.
func (b *Build) Resolve(ctx context.Context) error {
	var err error
	if len(b.Recipe.Archives)+len(b.Recipe.Rows) == 0 {
		return errors.New("archives and rows: both are empty; name archives, repositories or files of rows")
	}
	if len(b.Recipe.Archives) > 0 {
		if b.Sources, b.Rejected, err = sources.Resolve(ctx, b.Recipe.Archives,
			archives.ResolveConfig{Identities: b.Recipe.Identities}); err != nil {
			return err
		}
	}
	for i, in := range b.Recipe.Rows {
		found, err := rows.Resolve(ctx, []string{in.Path})
		if err != nil {
			return fmt.Errorf("rows[%d]: %w", i, err)
		}
		for _, src := range found {
			b.Rows = append(b.Rows, extraction.RowsInput{Source: src, Entry: i})
		}
	}
	if len(b.Sources)+len(b.Rows) == 0 {
		return fmt.Errorf("none of the archives can be read; the first: %s: %s: %s", b.Rejected[0].ID,
			b.Rejected[0].Reason, b.Rejected[0].Detail)
	}
	for _, r := range b.Rejected {
		b.Log("left out %s: %s: %s", r.ID, r.Reason, r.Detail)
	}
	return nil
}

// RunStages runs the named stages in order, holding OUT, and writes run.json. A
// stage that is done is skipped; what a killed process left behind is removed. An OUT
// that holds anything but a build, or another build, is a *shard.Refusal (see Replace).
func (b *Build) RunStages(ctx context.Context, names ...string) (err error) {
	b.opened = map[string]*stage{}
	if b.DryRun {
		if err := errors.Join(CheckOut(ctx, b.Out), b.identify(ctx, names)); err != nil {
			return err
		}
		return b.runAll(ctx, names)
	}
	ctx, release, err := hold(ctx, b.Out, b.EndPrevious,
		func(ctx context.Context) error { return b.identify(ctx, names) })
	if err != nil {
		return err
	}
	defer release(&err)
	if err := errors.Join(b.note(ctx, b.now), cleanTemp(b.Out), b.RunInfo.goOn(ctx, b.Out)); err != nil {
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
	if _, err := b.vocabularies(ctx); err != nil { // before anything that takes time
		return err
	}
	if err := b.runAll(ctx, names); err != nil {
		return err
	}
	return b.reportInternal(ctx)
}

// ErrOwnWork is the end of a dry run at a stage whose jobs are done.
var ErrOwnWork = errors.New("no job is left of it; its report is still to be written, by this command without " +
	"--dry-run")

func (b *Build) dir(stage string) string { return shard.Join(b.Out, stage) }
