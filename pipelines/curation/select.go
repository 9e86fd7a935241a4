package curation

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/bug"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/curate"
)

// Options is what curate's functions need to know.
type Options struct {
	Out          string        `json:"out"`
	Fingerprint  string        `json:"fingerprint"`
	Recipe       recipe.Curate `json:"recipe"`
	GeneralShare float64       `json:"general_share"`
	Exclude      []string      `json:"exclude"`
	Benchmarks   []string      `json:"benchmarks"` // their names
	// MinGoldenAcceptance decides what the judges weigh.
	MinGoldenAcceptance float64 `json:"min_golden_acceptance"`
}

// smallRow is what is selected among: one field is set.
type smallRow struct {
	Candidate *curate.Candidate `json:"candidate,omitempty"`
	General   *curate.General   `json:"general,omitempty"`
	Repo      *curate.RepoFiles `json:"repo,omitempty"`
	Failed    *failedRow        `json:"failed,omitempty"`
}

// Select selects among the rows of all shards and writes the stage's files.
//
//	Refs of all shards' small rows → Ref: shift.json; selection, rejects by shard
//
// The selection's order does not depend on that of the rows. The files of a shard have a
// done record each, like a step's; shift.json, which is written last, has the one of Select.
type Select struct{ Options }

func init() { flow.Register[Select]() }

// Do selects among the rows of all shards.
func (f Select) Do(ctx context.Context, t flow.Task) (d schemas.Done, err error) {
	o := f.Options
	var pool []curate.Candidate
	var general []curate.General
	var repos []curate.RepoFiles
	var failed []failedRow
	shards := t.All[0]
	for _, ref := range shards {
		for r, err := range flow.Read[smallRow](ref, smallRowsName) {
			switch {
			case err != nil:
				return d, err
			case r.Candidate != nil:
				pool = append(pool, *r.Candidate)
			case r.General != nil:
				general = append(general, *r.General)
			case r.Repo != nil:
				repos = append(repos, *r.Repo)
			case r.Failed != nil:
				failed = append(failed, *r.Failed)
			}
		}
	}
	b := &bug.Reporter{Out: f.Out, Stage: schemas.StageCurate, Reject: func(r schemas.Reject) {
		failed = append(failed, failedRow{schemas.Shard(r.ID, len(shards)), r})
	}}
	pool, general, repos, err = groupable(b, pool, general, repos)
	if err != nil {
		return d, err
	}
	var sel curated
	err = contain.Do(func() (err error) {
		sel, err = selectRows(o, pool, general, repos)
		return err
	})
	if err != nil {
		return d, err
	}
	sel.Failed = failed
	if ctx.Err() != nil {
		return d, ctx.Err()
	}
	return f.write(ctx, t, sel, len(shards))
}

// curated is the result of curate.
type curated struct {
	Selected []schemas.Selected
	Rejects  []schemas.Reject
	shard    map[string]string // context → repository, of rejects
	Failed   []failedRow
	Report   Report
}

// Report is the content of shift.json.
type Report struct {
	curate.Shift
	Probe          curate.ProbeResult `json:"probe"`
	Groups         []curate.Group     `json:"groups"`
	Decontaminated []string           `json:"decontaminated"`
}

// groupable leaves out the repositories that alone make the grouping fail, and all that
// is of them. A failure over several together is an error of the stage.
func groupable(b *bug.Reporter, pool []curate.Candidate, general []curate.General,
	repos []curate.RepoFiles) ([]curate.Candidate, []curate.General, []curate.RepoFiles, error) {
	out := map[string]bool{}
	for _, r := range repos {
		_, ok, err := bug.Contain(b, siteGroups, bug.Record{ID: r.Repo},
			func() []curate.RepoFiles { return []curate.RepoFiles{r} },
			func() ([]curate.Group, error) { return curate.Groups([]curate.RepoFiles{r}), nil })
		if err != nil {
			return nil, nil, nil, err
		}
		out[r.Repo] = out[r.Repo] || !ok
	}
	return slices.DeleteFunc(pool, func(c curate.Candidate) bool { return out[c.Repo] }),
		slices.DeleteFunc(general, func(g curate.General) bool { return out[g.Repo] }),
		slices.DeleteFunc(repos, func(r curate.RepoFiles) bool { return out[r.Repo] }), nil
}

func selectRows(o Options, pool []curate.Candidate, general []curate.General,
	repos []curate.RepoFiles) (curated, error) {
	out := curated{shard: map[string]string{}}
	groups := curate.Groups(repos)
	splits, err := curate.NewSplits(groups, curate.Ratios{Train: o.Recipe.Split[schemas.SplitTrain],
		Validation: o.Recipe.Split[schemas.SplitValidation], Test: o.Recipe.Split[schemas.SplitTest]})
	if err != nil {
		return out, err
	}
	for i := range pool {
		pool[i].Group = splits.Group(pool[i].Repo)
		out.shard[pool[i].NegativeID] = pool[i].Repo
	}
	for i := range general {
		general[i].Group = splits.Group(general[i].Repo)
		out.shard[general[i].ContextID] = general[i].Repo
	}
	distinct, duplicates := curate.DedupAll(pool)
	var off []curate.Cell
	for _, c := range o.Recipe.Off {
		l, t, _ := strings.Cut(c, "/")
		off = append(off, curate.Cell{Language: l, Type: t})
	}
	pairs, rejects, err := curate.Select(distinct, curate.Config{
		Rows: o.Recipe.Rows, Accept: o.Recipe.Accept, MaxPerRepo: o.Recipe.MaxPerRepo,
		MaxPerGolden: o.Recipe.MaxPerGolden,
		Off:          off, Splits: splits, Excluded: o.Exclude,
	})
	if err != nil {
		return out, err
	}
	byID := map[string]*curate.Candidate{}
	for i := range distinct {
		byID[distinct[i].NegativeID] = &distinct[i]
	}
	tokens := 0
	var probe []curate.Pair
	seen := map[string]bool{}
	for _, p := range pairs {
		c := byID[*p.NegativeID]
		probe = append(probe, curate.Pair{ID: c.NegativeID, Group: c.Group, Chosen: c.Golden, Rejected: c.Text})
		if !seen[p.ContextID] {
			seen[p.ContextID] = true
			tokens += curate.TargetTokens(c.Golden.Chars)
		}
	}
	wanted, err := curate.GeneralTokens(tokens, o.GeneralShare)
	if err != nil {
		return out, err
	}
	rows, generalRejects := curate.SelectGeneral(general, curate.GeneralConfig{
		Tokens: wanted, MaxPerRepo: o.Recipe.MaxPerRepo, MaxPerGolden: o.Recipe.MaxPerGolden, Excluded: o.Exclude,
		Splits: splits,
	})
	out.Selected = append(pairs, rows...)
	out.Rejects = slices.Concat(duplicates, rejects, generalRejects)
	notes := slices.Clone(splits.Notes)
	for _, c := range off {
		notes = append(notes, fmt.Sprintf("%s × %s is switched off in the recipe", c.Language, c.Type))
	}
	out.Report = Report{Shift: curate.NewShift(distinct, pairs, notes), Probe: curate.Probe(probe), Groups: groups,
		Decontaminated: o.Benchmarks}
	if out.Report.Decontaminated == nil {
		out.Report.Decontaminated = []string{}
	}
	return out, nil
}

// write writes the selection by shard, then shift.json.
func (f Select) write(ctx context.Context, t flow.Task, c curated, of int) (d schemas.Done, err error) {
	selected := make([][]schemas.Selected, of)
	for _, s := range c.Selected {
		i := schemas.Shard(s.Repo, of)
		selected[i] = append(selected[i], s)
	}
	rejects := make([][]schemas.Reject, of)
	for _, r := range c.Failed {
		rejects[r.Shard] = append(rejects[r.Shard], r.Reject)
	}
	for _, r := range c.Rejects {
		i := schemas.Shard(c.shard[r.ID], of)
		rejects[i] = append(rejects[i], r)
	}
	done, _, err := shard.Records(t.Dir, t.Fingerprint)
	if err != nil {
		return d, err
	}
	var writers errgroup.Group
	writers.SetLimit(8)     // in a bucket most of the time is waiting
	var counting sync.Mutex // Beam's metrics are for one goroutine
	for i := range of {
		if _, ok := done[i]; ok {
			continue // written before the last run was killed
		}
		writers.Go(func() error {
			d, err := f.writeShard(t, i, of, selected[i], rejects[i])
			if err != nil {
				return err
			}
			if err := shard.WriteDone(t.Dir, d); err != nil {
				return err
			}
			counting.Lock()
			defer counting.Unlock()
			flow.Count(ctx, d)
			return nil
		})
	}
	if err := writers.Wait(); err != nil {
		return d, err
	}
	raw, err := json.MarshalIndent(c.Report, "", "  ")
	if err != nil {
		return d, err
	}
	file, err := shard.WriteFile(shard.Join(t.Dir, "shift.json"), append(raw, '\n'))
	d.Files = append(d.Files, file)
	return d, err
}

// writeShard writes the selection and the rejects of one shard.
func (f Select) writeShard(t flow.Task, i, of int, selected []schemas.Selected,
	rejects []schemas.Reject) (schemas.Done, error) {
	d := schemas.Done{Stage: schemas.StageCurate, Shard: i, Fingerprint: t.Fingerprint, Counts: map[string]int64{},
		Rejects: map[string]int64{}}
	slices.SortFunc(selected, func(a, b schemas.Selected) int {
		return cmp.Or(cmp.Compare(a.ContextID, b.ContextID), cmp.Compare(schemas.OrEmpty(a.NegativeID),
			schemas.OrEmpty(b.NegativeID)))
	})
	for _, s := range selected {
		d.Counts[work.CountRows(s.Split)]++
		d.Counts[work.CountRowsOf(s.Split, s.Language)]++
		if s.NegativeID == nil {
			d.Counts["general"]++
		} else {
			d.Counts["pairs"]++
			d.Counts[work.CountPairs(schemas.OrEmpty(s.Type))]++
		}
	}
	schemas.SortRejects(rejects)
	work.Tally{Counts: d.Counts, Rejects: d.Rejects}.Count(rejects)
	file, err := shard.WriteAll(shard.Path(f.Out, schemas.StageCurate, "selection", i, of), selected)
	if err != nil {
		return d, err
	}
	d.Files = append(d.Files, file)
	if file, err = shard.WriteAll(shard.Path(f.Out, schemas.StageCurate, "rejects", i, of), rejects); err != nil {
		return d, err
	}
	d.Files = append(d.Files, file)
	return d, nil
}
