package curation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/bug"
	"decoy/pipelines/join"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/schemas/batch"
	"decoy/transforms/curate"
	"decoy/transforms/judge"
)

// rowsFn makes the small rows of a shard.
//
//	flow.Joined, side input Refs of closed rounds → batches of curate.Record, of curate.GeneralRow,
//	curate.RepoFiles, batches of curate.Sketch, lines by shard (internal errors, evidence)
type rowsFn struct {
	Options Options
}

// shardRows is the state of one shard.
type shardRows struct {
	Options
	task    work.Task
	weights map[string]float64
	screen  *curate.Screen
	bugs    *bug.Reporter

	records, general, sketches *batch.Batcher
	lines                      *lineWriter

	files map[string][]curate.FileKey          // of each repository
	langs map[string]map[schemas.Language]bool // languages of a repository's rows, null for one that is left out
	seen  map[uint64]bool                      // files that have rows, where near duplicates are looked for
}

// ProcessElement reads a shard.
func (f *rowsFn) ProcessElement(ctx context.Context, j flow.Joined, closed func(*flow.Ref) bool,
	records, general func(batch.Batch), repos func(curate.RepoFiles), sketches func(batch.Batch),
	lines func(int, batch.Batch)) error {
	unkeyed := func(emit func(batch.Batch)) *batch.Batcher {
		return batch.NewBatcher(func(_ int, b batch.Batch) { emit(b) })
	}
	x := &shardRows{
		Options: f.Options,
		task: work.Task{
			Stage: schemas.StageCurate, Out: f.Options.Out, Shard: j.Shard, Of: j.Refs[0].Of, From: j.Refs,
		},
		records: unkeyed(records), general: unkeyed(general), sketches: unkeyed(sketches),
		lines: newLineWriter(lines), langs: map[string]map[schemas.Language]bool{}, seen: map[uint64]bool{},
	}
	var err error
	if x.weights, err = x.lastWeights(ctx, closed); err != nil {
		return err
	}
	if x.screen, err = f.Options.screen(ctx); err != nil {
		return err
	}
	x.bugs = x.task.Bugs(func(r schemas.Reject) { x.lines.reject(j.Shard, r) })
	if x.files, err = repoFiles(ctx, x.task); err != nil {
		return err
	}
	err = join.Shard(ctx, x.task, func(c *schemas.Context, negatives []join.Judged) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return x.context(ctx, c, negatives)
	})
	if err != nil {
		return fmt.Errorf("%s: rows of shard %d: %w", schemas.StageCurate, j.Shard, err)
	}
	for _, repo := range slices.Sorted(maps.Keys(x.langs)) {
		if langs := x.langs[repo]; langs != nil {
			repos(curate.RepoFiles{Repo: repo, Languages: slices.Sorted(maps.Keys(langs)), Files: x.files[repo]})
		}
	}
	if f.Options.Recipe.NearDuplicates > 0 {
		if err := x.sketch(ctx); err != nil {
			return err
		}
	}
	x.records.Flush()
	x.general.Flush()
	x.sketches.Flush()
	x.lines.flush()
	return ctx.Err()
}

// lastWeights are the weights of judges, by the record of the last round that was closed.
func (o Options) lastWeights(ctx context.Context, closed func(*flow.Ref) bool) (map[string]float64, error) {
	var last join.Round
	for r := (flow.Ref{}); closed(&r); r = (flow.Ref{}) {
		for _, f := range r.Files {
			if !strings.HasPrefix(f.Name, join.RoundsFolder) {
				continue
			}
			var round join.Round
			if err := shard.ReadJSON(ctx, shard.Join(r.Dir, f.Name), &round); err != nil {
				return nil, err
			}
			if round.Round > last.Round {
				last = round
			}
		}
	}
	if last.Round == 0 {
		return nil, fmt.Errorf("%s: no record of a closed round of judge came: give Graph the refs of those records",
			schemas.StageCurate)
	}
	return judge.Weights(last.Tally.Controls(), o.MinGoldenAcceptance), nil
}

// context makes the rows of a context and its negatives. What fails over one costs that one.
func (x *shardRows) context(ctx context.Context, c *schemas.Context, negatives []join.Judged) error {
	if ok, err := x.groupable(ctx, c.Repo); err != nil || !ok {
		return err
	}
	x.langs[c.Repo][c.Language] = true
	of, ok, err := bug.Contain(ctx, x.bugs, siteSmallRow, bug.OfContext(c),
		func() []join.Row { return []join.Row{join.NewRow(c, nil, nil, nil)} },
		func() (*curate.General, error) { return smallOf(c, x.screen), nil })
	if err != nil || !ok {
		return err
	}
	if x.Recipe.NearDuplicates > 0 {
		x.seen[curate.FileKeyOf(c.Repo, c.Commit, c.Path)] = true
	}
	if schemas.IsGeneral(c.Kind) {
		row, err := curate.AppendGeneral(nil, of)
		if err != nil {
			x.unfit(schemas.Reject{ID: c.ID, Detail: err.Error(), Language: c.Language})
			return nil
		}
		x.general.Add(0, row)
		x.evidence(c.ID, of.Contaminated)
		return nil
	}
	for i := range negatives {
		n := &negatives[i]
		chosen := c.Golden
		if n.Free() && !x.PairsWithGoldens {
			if chosen = n.Repair; chosen == "" {
				x.lines.reject(x.task.Shard, schemas.Reject{Stage: schemas.StageCurate, ID: n.ID,
					Reason: curate.ReasonNoRepair, Language: c.Language, Type: n.Type, Generator: n.Generator})
				continue
			}
		}
		r, ok, err := bug.Contain(ctx, x.bugs, siteSmallRow, bug.OfNegative(c, &n.Negative),
			func() []join.Row { return []join.Row{join.NewRow(c, n, nil, x.weights)} },
			func() (*curate.Candidate, error) { return candidate(c, n, x.weights, x.Recipe.MaxPerCallee > 0), nil })
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if n.Free() {
			r.Golden = curate.Outline(chosen)
		}
		r.GoldenHash, r.WindowHash, r.Contaminated = of.GoldenHash, of.WindowHash, of.Contaminated
		row, err := x.words().Append(nil, r)
		if err != nil {
			x.unfit(schemas.Reject{ID: n.ID, Detail: err.Error(), Language: c.Language, Type: n.Type,
				Generator: n.Generator})
			continue
		}
		x.records.Add(0, row)
		x.evidence(n.ID, r.Contaminated)
	}
	return nil
}

// unfit rejects what does not fit a row.
func (x *shardRows) unfit(r schemas.Reject) {
	r.Stage, r.Reason = schemas.StageCurate, curate.ReasonNoRecord
	x.lines.reject(x.task.Shard, r)
}

func (x *shardRows) evidence(id, text string) {
	if text != "" {
		x.lines.add(x.task.Shard, evidenceLine, []byte(id), []byte(text))
	}
}

// groupable is false for a repository that alone makes the grouping fail: it is a reject,
// once, and all that is of it is left out. A failure over several together ends the job.
func (x *shardRows) groupable(ctx context.Context, repo string) (bool, error) {
	if langs, known := x.langs[repo]; known {
		return langs != nil, nil
	}
	r := curate.RepoFiles{Repo: repo, Files: x.files[repo]}
	_, ok, err := bug.Contain(ctx, x.bugs, siteGroups, bug.Record{ID: repo},
		func() []curate.RepoFiles { return []curate.RepoFiles{r} },
		func() ([]curate.Group, error) { return curate.Groups([]curate.RepoFiles{r}), nil })
	x.langs[repo] = nil
	if ok {
		x.langs[repo] = map[schemas.Language]bool{}
	}
	return ok, err
}

// sketch emits the sketches of the files that have rows: a file without any takes none away.
func (x *shardRows) sketch(ctx context.Context) error {
	for f, err := range shard.Read[curate.FileShingles](ctx, x.task.Path(schemas.StageExtract, work.ShinglesName)) {
		if err != nil {
			return fmt.Errorf("near duplicates: %w; extract writes them with curate.near_duplicates: run decoy build "+
				"again", err)
		}
		if !x.seen[f.File()] {
			continue
		}
		set, err := f.Shingles()
		if err != nil {
			return err
		}
		x.sketches.Add(0, curate.SketchOf(f.File(), x.task.Shard, set).Append(nil))
	}
	return nil
}

// smallOf is what selection knows of a context, as a general row has it.
func smallOf(c *schemas.Context, screen *curate.Screen) *curate.General {
	g := &curate.General{
		ContextID: c.ID, Repo: c.Repo, Commit: c.Commit, Path: c.Path, Language: c.Language, Kind: c.Kind,
		GoldenChars: curate.Outline(c.Golden).Chars,
		GoldenHash:  curate.TextHash(c.Golden), WindowHash: curate.WindowHash(c.Prefix, c.Golden, c.Suffix),
	}
	if screen != nil {
		if e, ok := screen.Find(c.Repo, c.Prefix, c.Golden, c.Suffix); ok {
			g.Contaminated = e.String()
		}
	}
	return g
}

// candidate is a negative as selection sees it, but for what its context has.
func candidate(c *schemas.Context, n *join.Judged, weights map[string]float64, callee bool) *curate.Candidate {
	sum := judge.Summarize(n.Verdicts, weights)
	r := &curate.Candidate{
		ContextID: c.ID, NegativeID: n.ID, Repo: c.Repo, Commit: c.Commit, Path: c.Path, License: c.License,
		Language: c.Language, Type: n.Type, Kind: c.Kind, Generator: n.Generator, Status: n.Status,
		TextHash: curate.TextHash(n.Text),
		Golden:   curate.Outline(c.Golden), Text: curate.Outline(n.Text),
		Fooled: sum.Fooled, Judges: sum.Judges, FoolRate: sum.Rate, Weighted: sum.Weighted, Low: sum.Low,
		Margin: sum.Margin, GoldenScore: sum.GoldenScore,
		Invented: n.Invented, Sampled: n.Sampled, Free: n.Free(),
	}
	if len(n.Introduced) > 0 {
		r.Introduced = n.Introduced[0]
	}
	if callee {
		r.Callee = curate.Callee(c.Prefix, c.Golden)
	}
	return r
}

// repoFiles are the shard's repositories with their files by content.
func repoFiles(ctx context.Context, t work.Task) (map[string][]curate.FileKey, error) {
	files := map[string][]curate.FileKey{}
	for s, err := range shard.Read[schemas.Symbol](ctx, t.Path(schemas.StageExtract, "symbols")) {
		if err != nil {
			return nil, err
		}
		if s.Record != schemas.SymbolFile {
			continue
		}
		if f := s.SourceFile(); f.SHA256 != "" {
			files[f.Repo] = append(files[f.Repo], curate.FileKey{Hash: schemas.Key64(f.SHA256), Size: f.Size})
		}
	}
	return files, nil
}
