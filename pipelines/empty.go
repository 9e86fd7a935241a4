package pipelines

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"decoy/io/archives"
	"decoy/io/rows"
	"decoy/io/shard"
	"decoy/pipelines/extraction"
	"decoy/pipelines/generation"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/curate"
	"decoy/transforms/edits"
	"decoy/transforms/fim"
	"decoy/transforms/panel"
	"decoy/transforms/screen"
	"decoy/transforms/valid"
)

// A stage that gives nothing ends the build, there: nothing can come of it, and no
// later stage is begun, a paid one least of all. A stage of its own looks first at those
// that it reads. An OUT that was finished and is empty says so again.

// EmptyError says that a stage gave nothing, and why.
type EmptyError struct {
	Stage   string
	What    string // is missing
	Reasons []EmptyReason
}

// EmptyReason is one reason with the number of records and what to do about it.
type EmptyReason struct {
	Reason schemas.Reason
	N      int64
	Remedy string
}

// shownReasons is how many reasons an EmptyError has at most.
const shownReasons = 3

func (e *EmptyError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s gave no %s: nothing can come of this build", e.Stage, e.What)
	for _, r := range e.Reasons {
		fmt.Fprintf(&b, "\n  %s: %d; %s", r.Reason, r.N, r.Remedy)
	}
	return b.String()
}

// yields are what a stage must give, by counts of its manifest.
var yields = map[string]struct {
	what   string
	counts []string
}{
	schemas.StageExtract:  {"contexts", []string{"contexts"}},
	schemas.StageGenerate: {"negatives", []string{"negatives"}},
	schemas.StageCurate:   {"pairs", []string{"pairs"}},
	schemas.StageExport:   {"rows", rowCounts()},
}

// rowCounts are the counts of rows by split.
func rowCounts() (names []string) {
	for _, split := range schemas.Splits {
		names = append(names, work.CountRows(split))
	}
	return names
}

// remedies are of the reasons of each stage.
var remedies = map[string][]map[schemas.Reason]string{
	schemas.StageExtract: {archives.Remedies, rows.Remedies, screen.Remedies, fim.Remedies, edits.Remedies, {
		extraction.RejectDuplicateFile: "give repositories that are no copies of each other",
		extraction.RejectSecret:        "take the secrets out of the files",
		extraction.RejectExcludedRepo:  "take the repository out of extract.exclude_repos",
		extraction.RejectNoHistory:     "name git repositories or bundles, or set extract.edit_share to 0",
		extraction.RejectHistoryBroken: "git fsck, or clone the repository again",
	}},
	schemas.StageGenerate: {valid.Remedies, panel.Remedies, {
		generation.RejectDuplicateNegative: "nothing: another generator had the same idea",
		generation.RejectNoCandidate:       "give larger files, or add a model under generate.panel",
	}},
	schemas.StageCurate: {curate.Remedies},
}

// remedy is what to do about a reason of a stage.
func remedy(stage string, reason schemas.Reason) string {
	for _, m := range remedies[stage] {
		if r, ok := m[reason]; ok {
			return r
		}
	}
	return "see " + stage + "/rejects-* in OUT"
}

// nonEmpty is an *EmptyError if a stage that was run gave nothing.
func (b *Build) nonEmpty(ctx context.Context, stage string) error {
	y, ok := yields[stage]
	if !ok || b.DryRun {
		return nil
	}
	m, err := shard.ReadManifest(ctx, b.dir(stage))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if slices.ContainsFunc(y.counts, func(name string) bool { return m.Counts[name] > 0 }) {
		return nil
	}
	reasons, err := b.topReasons(ctx, stage, m)
	if err != nil {
		return err
	}
	return &EmptyError{stage, y.what, reasons}
}

// topReasons are the largest reasons of what a stage left out.
func (b *Build) topReasons(ctx context.Context, stage string, m schemas.Manifest) ([]EmptyReason, error) {
	// Without pairs, what was not ranked are general rows alone.
	out := slices.DeleteFunc(rankedReasons(stage, m),
		func(r EmptyReason) bool { return r.Reason == curate.ReasonNotRanked })
	if len(out) > 0 {
		return out[:min(len(out), shownReasons)], nil
	}
	// Nothing was rejected because nothing was there.
	switch {
	case stage == schemas.StageExtract && m.Counts["files"] == 0:
		out = append(out, EmptyReason{"no_source_file", int64(len(m.Inputs)), "of so many archives, repositories and " +
			"files of rows " +
			"none holds a source file in " + schemas.Join(b.Recipe.Extract.Languages, ", ") +
			"; look at archives, rows and extract.languages"})
	case stage == schemas.StageExtract:
		out = append(out, EmptyReason{"no_span", m.Counts["files"], "no source file has a place to complete; look at " +
			"extract.kinds, max_per_file and max_per_repo"})
	case stage == schemas.StageGenerate && m.Counts["unlabelled"] > 0:
		out = append(out, EmptyReason{"unlabelled", m.Counts["unlabelled"], "no sample is shown to be wrong; raise " +
			"samples of the member, or add another generator"})
	case stage == schemas.StageGenerate && m.Counts["requests"] == 0:
		n, err := b.looked(ctx, schemas.StageExtract, "contexts")
		if err != nil {
			return nil, err
		}
		out = append(out, EmptyReason{"no_request", n, "none of so many contexts can carry a negative; add import or " +
			"call to extract.kinds, or types to generate.types"})
	case stage == schemas.StageCurate:
		n, err := b.looked(ctx, schemas.StageGenerate, "negatives")
		if err != nil {
			return nil, err
		}
		out = append(out, EmptyReason{"no_candidate", n, "none of so many negatives can be selected; look at " +
			"generate and verify"})
	}
	return out, nil
}

// looked is a count of the stage that another one has read.
func (b *Build) looked(ctx context.Context, stage, count string) (int64, error) {
	m, err := shard.ReadManifest(ctx, b.dir(stage))
	return m.Counts[count], err
}

func rankedReasons(stage string, m schemas.Manifest) []EmptyReason {
	var out []EmptyReason
	for _, reason := range slices.Sorted(maps.Keys(m.Rejects)) {
		out = append(out, EmptyReason{reason, m.Rejects[reason], remedy(stage, reason)})
	}
	slices.SortStableFunc(out, func(a, b EmptyReason) int { return cmp.Compare(b.N, a.N) })
	return out
}

// upstream are the stages that must have given something before a stage is begun.
func upstream(stage string) []string {
	return schemas.Stages[:max(0, slices.Index(schemas.Stages, stage))]
}
