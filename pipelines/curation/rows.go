package curation

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"decoy/io/shard"
	"decoy/pipelines/bug"
	"decoy/pipelines/join"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/curate"
	"decoy/transforms/judge"
)

// BenchmarkItem is one item of a benchmark. They can be many megabytes, so workers read
// them from a file.
type BenchmarkItem struct {
	Benchmark string      `json:"benchmark"`
	Item      curate.Item `json:"item"`
}

// BenchmarksPath is where the launcher leaves the items of the benchmarks for the workers.
func BenchmarksPath(out string) string {
	return shard.Join(out, schemas.StageCurate, work.PartsFolder, "benchmarks.jsonl.zst")
}

// SmallRowsFn reads a shard and writes its small rows below curate/parts. They could
// be grouped by the runner, on one key; but prism and Flink hold a key's values in
// memory, beside those of SelectFn.
//
//	PCollection<shard task> → PCollection<int> (the shards whose rows are there)
type SmallRowsFn struct {
	Options, Out string

	options       Options
	decontaminate *curate.Decontaminator
}

// Setup reads the benchmarks.
func (f *SmallRowsFn) Setup() error {
	if err := json.Unmarshal([]byte(f.Options), &f.options); err != nil {
		return fmt.Errorf("options of curate: %w", err)
	}
	items := map[string][]curate.Item{}
	for i, err := range shard.Read[BenchmarkItem](BenchmarksPath(f.Out)) {
		if err != nil {
			return err
		}
		items[i.Benchmark] = append(items[i.Benchmark], i.Item)
	}
	f.decontaminate = curate.NewDecontaminator()
	for _, name := range f.options.Benchmarks {
		f.decontaminate.Add(name, items[name])
	}
	return nil
}

// ProcessElement reads one shard.
func (f *SmallRowsFn) ProcessElement(ctx context.Context, task string, emit func(int)) error {
	t, err := work.ReadTask(task)
	if err != nil {
		return fmt.Errorf("task of curate: %w", err)
	}
	w, err := shard.Create[smallRow](smallRowsPath(t.Out, t.Shard, t.Of))
	if err != nil {
		return err
	}
	defer w.Abort()
	langs := map[string]map[string]bool{} // repository → languages of its rows
	var failed error
	b := t.Bugs(func(r schemas.Reject) { failed = cmp.Or(failed, w.Write(smallRow{Failed: &failedRow{t.Shard, r}})) })
	err = join.Shard(t, func(c *schemas.Context, negatives []join.Judged) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if langs[c.Repo] == nil {
			langs[c.Repo] = map[string]bool{}
		}
		langs[c.Repo][c.Language] = true
		of, ok, err := bug.Contain(b, siteSmallRow, bug.OfContext(c),
			func() []join.Row { return []join.Row{join.NewRow(c, nil, nil, nil)} },
			func() (*curate.General, error) { return smallOf(c, f.decontaminate), nil })
		if err != nil || !ok {
			return cmp.Or(err, failed)
		}
		if schemas.IsGeneral(c.Kind) {
			return w.Write(smallRow{General: of})
		}
		for i := range negatives {
			n := &negatives[i]
			r, ok, err := bug.Contain(b, siteSmallRow, bug.OfNegative(c, &n.Negative),
				func() []join.Row { return []join.Row{join.NewRow(c, n, nil, f.options.Weights)} },
				func() (*curate.Candidate, error) { return candidate(c, n, f.options.Weights), nil })
			if err = cmp.Or(err, failed); err != nil {
				return err
			}
			if !ok {
				continue
			}
			r.GoldenHash, r.WindowHash, r.Contaminated = of.GoldenHash, of.WindowHash, of.Contaminated
			if err := w.Write(smallRow{Candidate: r}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := repoFiles(t, langs, w); err != nil {
		return err
	}
	if _, err := w.Commit(); err != nil {
		return err
	}
	emit(t.Shard)
	return nil
}

func smallRowsPath(out string, i, of int) string {
	return shard.Path(out, schemas.StageCurate, work.PartsFolder+"rows", i, of)
}

// smallOf is what selection knows of a context, as a general row has it.
func smallOf(c *schemas.Context, d *curate.Decontaminator) *curate.General {
	g := &curate.General{
		ContextID: c.ID, Repo: c.Repo, Language: c.Language, Kind: c.Kind, GoldenChars: curate.Outline(c.Golden).Chars,
		GoldenHash: curate.TextHash(c.Golden), WindowHash: curate.WindowHash(c.Prefix, c.Golden, c.Suffix),
	}
	if d != nil {
		g.Contaminated = d.Find(c.Prefix, c.Golden, c.Suffix)
	}
	return g
}

// failedRow is a reject of an internal error with its shard.
type failedRow struct {
	Shard  int            `json:"shard"`
	Reject schemas.Reject `json:"reject"`
}

// candidate is a negative as selection sees it, but for what its context has.
func candidate(c *schemas.Context, n *join.Judged, weights map[string]float64) *curate.Candidate {
	sum := judge.Summarize(n.Verdicts, weights)
	return &curate.Candidate{
		ContextID: c.ID, NegativeID: n.ID, Repo: c.Repo, Commit: c.Commit, Path: c.Path, License: c.License,
		Language: c.Language, Type: n.Type, Kind: c.Kind, Generator: n.Generator, Status: n.Status,
		TextHash: curate.TextHash(n.Text),
		Golden:   curate.Outline(c.Golden), Text: curate.Outline(n.Text),
		Fooled: sum.Fooled, Judges: sum.Judges, FoolRate: sum.Rate, Weighted: sum.Weighted, Low: sum.Low, Margin: sum.Margin,
		Invented: n.Invented, Sampled: n.Sampled,
	}
}

// repoFiles writes the shard's repositories with their files by content.
func repoFiles(t work.Task, langs map[string]map[string]bool, w *shard.Writer[smallRow]) error {
	files := map[string]*curate.RepoFiles{}
	for s, err := range shard.Read[schemas.Symbol](t.Path(schemas.StageExtract, "symbols")) {
		if err != nil {
			return err
		}
		if s.Record != schemas.SymbolFile || s.Owner == "" || langs[s.Repo] == nil {
			continue
		}
		if files[s.Repo] == nil {
			files[s.Repo] = &curate.RepoFiles{Repo: s.Repo}
		}
		files[s.Repo].Files = append(files[s.Repo].Files, curate.FileKey{Hash: schemas.Key64(s.Owner), Size: s.Arity})
	}
	for _, repo := range slices.Sorted(maps.Keys(langs)) {
		r := files[repo]
		if r == nil {
			r = &curate.RepoFiles{Repo: repo}
		}
		r.Languages = slices.Sorted(maps.Keys(langs[repo]))
		if err := w.Write(smallRow{Repo: r}); err != nil {
			return err
		}
	}
	return nil
}
