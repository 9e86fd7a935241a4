package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"decoy/io/shard"
	"decoy/pipelines/bug"
	"decoy/schemas"
	"decoy/transforms/report"
)

// ErrInternal is the end of a build with Strict in which a record failed.
var ErrInternal = errors.New("decoy itself failed over records, and --strict makes that an error")

// reportInternal gathers the internal errors of all stages that have a manifest, and
// shows them.
func (b *Build) reportInternal(ctx context.Context) error {
	all, err := b.internalErrors(ctx)
	if err != nil {
		return err
	}
	b.RunInfo.InternalErrors = all
	if len(all) == 0 {
		return nil
	}
	total := int64(0)
	for _, e := range all {
		b.Warn(LevelError, "%s: internal error over %s at %s", e.Stage, bug.Plural(e.N, "record"), e.Place)
		total += e.N
	}
	b.Warn(LevelError, "%s left out because decoy failed over them; show one with: decoy bug %s/FILE",
		bug.Plural(total, "record"), shard.Join(b.Out, bug.Folder))
	if b.Strict {
		return fmt.Errorf("%w: %s, in %s", ErrInternal, bug.Plural(total, "record"), shard.Join(b.Out, bug.Folder))
	}
	return nil
}

func (b *Build) internalErrors(ctx context.Context) ([]bug.InternalErrors, error) {
	var all []bug.InternalErrors
	for _, stage := range schemas.Stages {
		m, err := shard.ReadManifest(ctx, b.dir(stage))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, bug.InternalErrorsOf(stage, m.Counts)...)
	}
	return append(all, b.unshown...), nil
}

// internalWarnings are the internal errors as the report's first lines show them.
func (b *Build) internalWarnings(ctx context.Context) ([]report.Warning, error) {
	all, err := b.internalErrors(ctx)
	var out []report.Warning
	for _, e := range all {
		text := fmt.Sprintf("%s left out: decoy itself failed over them in %s at %s. decoy bug FILE reproduces one; "+
			"FILE is below %s.", bug.Plural(e.N, "record"), e.Stage, e.Place, bug.Folder)
		out = append(out, report.Warning{Level: LevelError, Text: text})
	}
	return out, err
}
