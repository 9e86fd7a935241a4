package extraction

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"decoy/io/archives"
	"decoy/io/rows"
	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/work"
	"decoy/schemas"
)

// DefaultPartBytes is the size above which an archive is read by several tasks.
const DefaultPartBytes = 1 << 30

// Before reads a part of a large archive, or partitions a file of rows, before the shards.
// Its done records stand in extract's folder, behind those of the shards and of the merge,
// until the stage has its manifest.
//
//	BeforeTask → Ref: parts/candidates, symbols, rejects, state, or parts/rows by shard
type Before struct {
	Options
	Shards int `json:"shards"` // of the build
}

func init() { flow.Register[Before]() }

// Do does one task.
func (b Before) Do(ctx context.Context, ft flow.Task) (schemas.Done, error) {
	task, err := flow.Value[BeforeTask](ft)
	if err != nil {
		return schemas.Done{}, err
	}
	if !task.Needed {
		return schemas.Done{}, flow.ErrSkip
	}
	t := work.For(b.Out, ft)
	t.Shard, t.Of = t.Record, b.Shards // as the files are named
	if task.Rows != nil {
		return partitionRows(ctx, t, task)
	}
	return extractPart(ctx, t, b.Options, *task.Part)
}

// Preparation is what is done before the shards, and by which tasks. Tasks are
// numbered behind the shards and the merge.
type Preparation struct {
	First   int
	Sources []PartedSource
	Tasks   []BeforeTask // the i-th has number first + i
}

// BeforeTask reads a part of an archive or a file of rows.
type BeforeTask struct {
	Part    *archives.Source `json:"part,omitempty"`
	Rows    *RowsInput       `json:"rows,omitempty"`
	Columns rows.Columns     `json:"columns"` // of the rows
	Needed  bool             `json:"needed"`  // by a shard that is to be done
}

// Prepare cuts the sources above a size and adds the files of rows. An archive whose
// repository and commit another one has too stays whole: which of their files come
// twice only one reader can tell.
func Prepare(sources []archives.Source, rows []RowsInput, bytes int64, first int) Preparation {
	same := map[string]int{}
	for _, s := range sources {
		same[s.ID()]++
	}
	p := Preparation{First: first}
	add := func(t BeforeTask) int {
		p.Tasks = append(p.Tasks, t)
		return first + len(p.Tasks) - 1
	}
	for _, s := range sources {
		source := PartedSource{Source: s}
		if parts := archives.Split(s, bytes); len(parts) > 1 && same[s.ID()] == 1 {
			for _, part := range parts {
				source.Tasks = append(source.Tasks, add(BeforeTask{Part: &part}))
			}
		}
		p.Sources = append(p.Sources, source)
	}
	for _, r := range rows {
		add(BeforeTask{Rows: &r})
	}
	return p
}

// Need marks the tasks of the shards that are to be done and counts them: rows may belong
// to any.
func (p Preparation) Need(todo []int, shards int) int {
	n := 0
	for i := range p.Tasks {
		t := &p.Tasks[i]
		t.Needed = len(todo) > 0 && t.Rows != nil ||
			t.Part != nil && slices.Contains(todo, schemas.Shard(t.Part.Repo, shards))
		if t.Needed {
			n++
		}
	}
	return n
}

// taskFile is the name of a file of a task before the shards. It says of how many shards
// the build is, so that it is known for decoy's.
func taskFile(what string, t work.Task, ext string) string {
	return fmt.Sprintf("%s-task%05d-of-%05d.%s", what, t.Shard, t.Of, ext)
}

// partFiles are the paths of the files of a part's task, by what they hold.
func (x *extraction) partFiles(task int) (map[string]string, error) {
	files := map[string]string{}
	for _, r := range x.before {
		if r.Record != task {
			continue
		}
		for _, f := range r.Files {
			what, _, _ := strings.Cut(path.Base(f.Name), "-")
			files[what] = shard.Join(r.Dir, f.Name)
		}
		return files, nil
	}
	return nil, fmt.Errorf("part %d is not read; run the same command again", task)
}

// partState is what a part counted, and the files of its n-gram sample.
type partState struct {
	Counts  map[string]int64                    `json:"counts"`
	Names   map[schemas.Language][]schemas.Name `json:"names"`
	Samples map[schemas.Language][]sampleText   `json:"samples"`
}

type sampleText struct {
	Fold int    `json:"fold"`
	Text string `json:"text"`
}

// extractPart extracts from one part of an archive. What it finds it leaves to the
// shard in the order of that shard's work: all candidates, before max_per_repo.
func extractPart(ctx context.Context, t work.Task, o Options, part archives.Source) (schemas.Done, error) {
	x, err := newExtraction(ctx, t, o)
	if err != nil {
		return schemas.Done{}, err
	}
	defer x.close(ctx)
	err = x.parse(ctx, func(files chan<- file) error {
		return x.walk(ctx, part, map[[2]string]bool{}, files)
	})
	if err != nil {
		return schemas.Done{}, err
	}
	state := partState{Counts: x.counts, Names: map[schemas.Language][]schemas.Name{},
		Samples: map[schemas.Language][]sampleText{}}
	for _, lang := range o.Languages {
		state.Names[lang] = x.names[lang].sorted()
		for fold, text := range x.samples[lang].Files() {
			state.Samples[lang] = append(state.Samples[lang], sampleText{fold, text})
		}
	}
	name := func(what, ext string) string {
		return shard.Join(t.Out, t.Stage, work.PartsFolder, taskFile(what, t, ext))
	}
	var d schemas.Done
	for _, write := range []func() (schemas.File, error){
		func() (schemas.File, error) {
			return shard.WriteSeq(ctx, name("candidates", "jsonl.zst"), x.got.Sorted.All(ctx),
				func(*schemas.Context) {})
		},
		func() (schemas.File, error) {
			return shard.WriteSeq(ctx, name("symbols", "jsonl.zst"), x.symbols.All(ctx), func(*schemas.Symbol) {})
		},
		func() (schemas.File, error) {
			return shard.WriteSeq(ctx, name("rejects", "jsonl.zst"), x.rejects.All(ctx), func(*schemas.Reject) {})
		},
		func() (schemas.File, error) {
			raw, err := json.Marshal(state)
			if err != nil {
				return schemas.File{}, err
			}
			return shard.WriteFile(ctx, name("state", "json"), raw)
		},
	} {
		f, err := write()
		if err != nil {
			return d, err
		}
		f.Name = work.PartsFolder + f.Name
		d.Files = append(d.Files, f)
	}
	return d, x.writeShingles(ctx, name(work.ShinglesName, "jsonl.zst"), work.PartsFolder, &d)
}

// addParts puts what the tasks found into this shard.
func (x *extraction) addParts(ctx context.Context, tasks []int) error {
	for _, task := range tasks {
		files, err := x.partFiles(task)
		if err != nil {
			return err
		}
		for c, err := range shard.Read[schemas.Context](ctx, files["candidates"]) {
			if err != nil {
				return err
			}
			x.keep(x.got.Add(ctx, c))
		}
		for s, err := range shard.Read[schemas.Symbol](ctx, files["symbols"]) {
			if err != nil {
				return err
			}
			x.symbol(ctx, s)
		}
		for r, err := range shard.Read[schemas.Reject](ctx, files["rejects"]) {
			if err != nil {
				return err
			}
			x.reject(ctx, r)
		}
		if err := x.addShingles(ctx, files); err != nil {
			return err
		}
		raw, err := shard.ReadFile(ctx, files["state"])
		if err != nil {
			return err
		}
		var state partState
		if err := json.Unmarshal(raw, &state); err != nil {
			return fmt.Errorf("state of part %d: %w", task, err)
		}
		for k, n := range state.Counts {
			x.counts[k] += n
		}
		for lang, names := range state.Names {
			for _, n := range names {
				x.names[lang].add(n)
			}
		}
		for lang, texts := range state.Samples {
			for _, s := range texts {
				x.samples[lang].Offer(s.Fold, s.Text)
			}
		}
	}
	return x.err
}

// RowsInput is a resolved file of rows with the number of its entry in Recipe.Rows.
type RowsInput struct {
	rows.Source
	Entry int
}
