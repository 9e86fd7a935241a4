package pipelines

import (
	"maps"
	"slices"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/curate"
	"decoy/transforms/judge"
)

// candidate is a negative as selection sees it, but for what its context has.
func candidate(c *schemas.Context, n *judgedNegative, weights map[string]float64) *curate.Candidate {
	sum := judge.Summarize(n.verdicts, weights)
	return &curate.Candidate{
		ContextID: c.ID, NegativeID: n.ID, Repo: c.Repo, Commit: c.Commit, Path: c.Path, License: c.License,
		Language: c.Language, Type: n.Type, Kind: c.Kind, Generator: n.Generator, Status: n.status,
		TextHash: curate.TextHash(n.Text),
		Golden:   curate.Outline(c.Golden), Text: curate.Outline(n.Text),
		Fooled: sum.Fooled, Judges: sum.Judges, FoolRate: sum.Rate, Weighted: sum.Weighted, Low: sum.Low, Margin: sum.Margin,
		Invented: n.Invented, Sampled: n.Sampled,
	}
}

// repoFiles writes the shard's repositories with their files by content.
func repoFiles(t shardTask, langs map[string]map[string]bool, w *shard.Writer[smallRow]) error {
	files := map[string]*curate.RepoFiles{}
	for s, err := range shard.Read[schemas.Symbol](t.path(schemas.StageExtract, "symbols")) {
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
