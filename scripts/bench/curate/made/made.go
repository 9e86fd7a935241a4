// Package made makes candidates for a measurement: those of a real build, many times over,
// under other names.
package made

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sort"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/schemas/batch"
	"decoy/transforms/curate"
	"decoy/transforms/judge"
)

// Real reads the candidates of a build's shards. What nobody judged there gets a verdict by a
// hash of its id, as the n-gram judge gives one: margins around −3, one in six fooled.
func Real(out string, shards int) ([]curate.Candidate, error) {
	var all []curate.Candidate
	at := func(stage, what string, i int) string { return shard.Path(out, stage, what, i, shards) }
	for i := range shards {
		contexts := map[string]schemas.Context{}
		for c, err := range shard.Read[schemas.Context](context.Background(), at(schemas.StageExtract, "contexts", i)) {
			if err != nil {
				return nil, err
			}
			contexts[c.ID] = c
		}
		status := map[string]schemas.Status{}
		for c, err := range shard.Read[schemas.Certificate](context.Background(), at(schemas.StageVerify,
			"certificates", i)) {
			if err != nil {
				return nil, err
			}
			status[c.NegativeID] = c.Status
		}
		for n, err := range shard.Read[schemas.Negative](context.Background(), at(schemas.StageGenerate,
			"negatives", i)) {
			if err != nil {
				return nil, err
			}
			all = append(all, candidate(contexts[n.ContextID], n, status[n.ID]))
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no negatives in %d shards: give a build's folder and its number of shards", out,
			shards)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].NegativeID < all[j].NegativeID })
	return all, nil
}

func candidate(c schemas.Context, n schemas.Negative, status schemas.Status) curate.Candidate {
	margin := float64(schemas.Key64("margin", n.ID)%4000)/400 - 8
	fooled := int64(0)
	if margin >= 0 {
		fooled = 1
	}
	low, _ := judge.Wilson(float64(fooled), 1)
	rate := float64(fooled)
	introduced := ""
	if len(n.Introduced) > 0 {
		introduced = n.Introduced[0]
	}
	return curate.Candidate{
		ContextID: c.ID, NegativeID: n.ID, Repo: c.Repo, Commit: c.Commit, Path: c.Path, Language: c.Language,
		Type: n.Type, Kind: c.Kind, Generator: n.Generator, Status: status, GoldenHash: curate.TextHash(c.Golden),
		WindowHash: curate.WindowHash(c.Prefix, c.Golden, c.Suffix), TextHash: curate.TextHash(n.Text),
		Golden: curate.Outline(c.Golden), Text: curate.Outline(n.Text), Fooled: fooled, Judges: 1, FoolRate: &rate,
		Weighted: &rate, Low: &low, Margin: &margin, Invented: n.Invented, Sampled: n.Sampled, Introduced: introduced,
	}
}

// Config says how many rows are made of which.
type Config struct {
	Base   string // a file of real candidates, JSON lines
	Rows   int
	Tasks  int
	Words  curate.Words
	Shared float64 // this share of rows are duplicates of the copy before
	Files  int     // at least so many files, whatever Rows needs
}

func init() {
	beam.RegisterDoFn(&rowsFn{})
	beam.RegisterDoFn(&reposFn{})
}

// Rows makes the records, a task at a time.
func Rows(s beam.Scope, c Config) beam.PCollection {
	return beam.ParDo(s.Scope("made.Rows"), &rowsFn{Config: c}, tasks(s, c))
}

// Repos makes the repositories, of 150 files each, of which some are shared.
func Repos(s beam.Scope, c Config) beam.PCollection {
	return beam.ParDo(s.Scope("made.Repos"), &reposFn{Config: c}, beam.Create(s, 0))
}

func tasks(s beam.Scope, c Config) beam.PCollection {
	numbers := make([]int, c.Tasks)
	for i := range numbers {
		numbers[i] = i
	}
	return beam.Reshuffle(s, beam.CreateList(s, numbers))
}

type rowsFn struct {
	Config Config
	base   []curate.Candidate
}

func read(path string) (out []curate.Candidate, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d := json.NewDecoder(f)
	for d.More() {
		var c curate.Candidate
		if err := d.Decode(&c); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		out = append(out, c)
	}
	return out, nil
}

// ProcessElement makes every Tasks-th row, beginning with the task's number.
func (f *rowsFn) ProcessElement(ctx context.Context, task int, emit func(batch.Batch)) (err error) {
	if f.base == nil {
		if f.base, err = read(f.Config.Base); err != nil {
			return err
		}
	}
	var rows []byte
	for i := task; i < f.Config.Rows; i += f.Config.Tasks {
		c := renamed(f.base[i%len(f.base)], i/len(f.base), f.Config.Shared)
		if rows, err = f.Config.Words.Append(rows, &c); err != nil {
			return err
		}
		if len(rows) >= batch.Size {
			emit(batch.Batch{Rows: rows})
			rows = nil
		}
	}
	if len(rows) > 0 {
		emit(batch.Batch{Rows: rows})
	}
	return ctx.Err()
}

func renamedRepo(repo string, copied int) string { return fmt.Sprintf("h%d.example/%s", copied, repo) }

// renamed is a row of another copy of the world.
func renamed(c curate.Candidate, copied int, shared float64) curate.Candidate {
	name := fmt.Sprint(copied)
	id := func(of string) string {
		return fmt.Sprintf("%016x%016x", schemas.Key64(name, of), schemas.Key64(of, name))
	}
	same := float64(schemas.Key64("shared", name, c.NegativeID)%10000) < shared*10000
	c.ContextID, c.NegativeID, c.Repo = id(c.ContextID), id(c.NegativeID), renamedRepo(c.Repo, copied)
	if !same {
		c.WindowHash += uint64(copied)
		c.GoldenHash += uint64(copied)
	}
	margin := *c.Margin + float64(schemas.Key64(c.NegativeID)%1000)/1000
	c.Margin = &margin
	return c
}

const filesPerRepo = 150

type reposFn struct{ Config Config }

// ProcessElement makes the repositories of all copies.
func (f *reposFn) ProcessElement(_ int, emit func(curate.RepoFiles)) error {
	base, err := read(f.Config.Base)
	if err != nil {
		return err
	}
	languages := map[string]map[schemas.Language]bool{}
	for _, c := range base {
		if languages[c.Repo] == nil {
			languages[c.Repo] = map[schemas.Language]bool{}
		}
		languages[c.Repo][c.Language] = true
	}
	files := len(languages) * filesPerRepo
	for copied := 0; copied*len(base) < f.Config.Rows || copied*files < f.Config.Files; copied++ {
		for repo, ls := range languages {
			r := curate.RepoFiles{Repo: renamedRepo(repo, copied)}
			for l := range ls {
				r.Languages = append(r.Languages, l)
			}
			slices.Sort(r.Languages)
			for k := range filesPerRepo {
				h := schemas.Key64("file", r.Repo, fmt.Sprint(k))
				if k == 0 {
					h = schemas.Key64("file", repo, fmt.Sprint(copied/3)) // with two others
				}
				r.Files = append(r.Files, curate.FileKey{Hash: h, Size: 1000})
			}
			emit(r)
		}
	}
	return nil
}
