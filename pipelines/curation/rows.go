package curation

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"decoy/io/shard"
	"decoy/io/shard/flow"
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

// SmallRows reads a shard and writes its small rows below curate/parts. They could be
// grouped by the runner, on one key; but prism and Flink hold a key's values in memory,
// beside those of [Select].
//
//	Refs of extract, generate, verify and judge's rounds → Ref: parts/rows
type SmallRows struct{ Options }

func init() { flow.Register[SmallRows]() }

// Do reads one shard.
func (o SmallRows) Do(ctx context.Context, ft flow.Task) (d schemas.Done, err error) {
	decontaminate, err := o.decontaminator()
	if err != nil {
		return d, err
	}
	weights, err := join.Weights(o.Out, o.MinGoldenAcceptance)
	if err != nil {
		return d, err
	}
	t := work.For(o.Out, ft)
	w, err := shard.Create[smallRow](t.Path(t.Stage, smallRowsName))
	if err != nil {
		return d, err
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
			func() (*curate.General, error) { return smallOf(c, decontaminate), nil })
		if err != nil || !ok {
			return cmp.Or(err, failed)
		}
		if schemas.IsGeneral(c.Kind) {
			return w.Write(smallRow{General: of})
		}
		for i := range negatives {
			n := &negatives[i]
			r, ok, err := bug.Contain(b, siteSmallRow, bug.OfNegative(c, &n.Negative),
				func() []join.Row { return []join.Row{join.NewRow(c, n, nil, weights)} },
				func() (*curate.Candidate, error) { return candidate(c, n, weights), nil })
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
		return d, err
	}
	if err := repoFiles(t, langs, w); err != nil {
		return d, err
	}
	f, err := w.Commit()
	f.Name = work.PartsFolder + f.Name
	d.Files = append(d.Files, f)
	return d, err
}

const smallRowsName = work.PartsFolder + "rows"

// decontaminators are those of this process, by build: shards share one.
var decontaminators = struct {
	sync.Mutex
	m map[string]*curate.Decontaminator
}{m: map[string]*curate.Decontaminator{}}

// decontaminator reads the benchmarks.
func (o Options) decontaminator() (*curate.Decontaminator, error) {
	key := o.Out + " " + o.Fingerprint
	decontaminators.Lock()
	defer decontaminators.Unlock()
	if d := decontaminators.m[key]; d != nil {
		return d, nil
	}
	items := map[string][]curate.Item{}
	for i, err := range shard.Read[BenchmarkItem](BenchmarksPath(o.Out)) {
		if err != nil {
			return nil, err
		}
		items[i.Benchmark] = append(items[i.Benchmark], i.Item)
	}
	d := curate.NewDecontaminator()
	for _, name := range o.Benchmarks {
		d.Add(name, items[name])
	}
	clear(decontaminators.m)
	decontaminators.m[key] = d
	return d, nil
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
		Fooled: sum.Fooled, Judges: sum.Judges, FoolRate: sum.Rate, Weighted: sum.Weighted, Low: sum.Low,
		Margin:   sum.Margin,
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
