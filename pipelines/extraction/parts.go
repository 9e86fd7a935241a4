package extraction

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/archives"
	"decoy/io/rows"
	"decoy/io/shard"
	"decoy/pipelines/work"
	"decoy/schemas"
)

// DefaultPartBytes is the size above which an archive is read by several tasks.
const DefaultPartBytes = 1 << 30

// StageBefore is the work that comes before the shards. Its done records stand in
// extract's folder, behind those of the shards and of the merge.
const StageBefore = "before extract"

// Before does one task.
func Before(ctx context.Context, t work.Task) (schemas.Done, error) {
	var o Options
	if err := t.ReadOptions(&o); err != nil {
		return schemas.Done{}, err
	}
	if o.Before.Rows != nil {
		return partitionRows(ctx, t, o)
	}
	return extractPart(ctx, t, o)
}

// Preparation is what is done before the shards, and by which tasks. Tasks are
// numbered behind the shards and the merge.
type Preparation struct {
	First   int
	Sources []PartedSource
	Tasks   []beforeTask // the i-th has number first + i
}

// beforeTask reads a part of an archive or a file of rows.
type beforeTask struct {
	Part *archives.Source `json:"part,omitempty"`
	Rows *RowsInput       `json:"rows,omitempty"`
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
	add := func(t beforeTask) int {
		p.Tasks = append(p.Tasks, t)
		return first + len(p.Tasks) - 1
	}
	for _, s := range sources {
		source := PartedSource{Source: s}
		if parts := archives.Split(s, bytes); len(parts) > 1 && same[s.ID()] == 1 {
			for _, part := range parts {
				source.Tasks = append(source.Tasks, add(beforeTask{Part: &part}))
			}
		}
		p.Sources = append(p.Sources, source)
	}
	for _, r := range rows {
		add(beforeTask{Rows: &r})
	}
	return p
}

// RowTasks are the tasks that partition rows.
func (p Preparation) RowTasks() []int {
	var out []int
	for i, t := range p.Tasks {
		if t.Rows != nil {
			out = append(out, p.First+i)
		}
	}
	return out
}

// Needed are the tasks, in order, of the shards that are to be done: rows may belong
// to any.
func (p Preparation) Needed(todo []int, shards int) []int {
	var out []int
	for i, t := range p.Tasks {
		if len(todo) > 0 && t.Rows != nil || t.Part != nil && slices.Contains(todo, schemas.Shard(t.Part.Repo, shards)) {
			out = append(out, p.First+i)
		}
	}
	return out
}

// After lists items, spread over the workers, once all that ready waits for is there.
//
//	PCollection<int> → PCollection<string>
func After(scope beam.Scope, ready beam.PCollection, items []string) beam.PCollection {
	all := beam.GroupByKey(scope, beam.AddFixedKey(scope, ready))
	return beam.Reshuffle(scope, beam.ParDo(scope, &afterFn{Items: items}, all))
}

// afterFn lists items once all that it waits for is there.
type afterFn struct{ Items []string }

// ProcessElement emits the items.
func (f *afterFn) ProcessElement(_ int, _ func(*int) bool, emit func(string)) {
	for _, s := range f.Items {
		emit(s)
	}
}

func init() { beam.RegisterDoFn(&afterFn{}) }

// taskFile is the name of a file of a task before the shards. It says of how many shards
// the build is, so that it is known for decoy's.
func taskFile(what string, t work.Task, ext string) string {
	return fmt.Sprintf("%s-task%05d-of-%05d.%s", what, t.Shard, t.Of, ext)
}

// partFiles are the paths of the files of a part's task, by what they hold.
func (x *extraction) partFiles(task int) (map[string]string, error) {
	d, ok, err := shard.ReadDone(x.dir, task, x.fingerprint)
	if err != nil || !ok {
		return nil, cmp.Or(err, fmt.Errorf("part %d is not read; run the same command again", task))
	}
	files := map[string]string{}
	for _, f := range d.Files {
		what, _, _ := strings.Cut(path.Base(f.Name), "-")
		files[what] = shard.Join(x.dir, f.Name)
	}
	return files, nil
}

// partState is what a part counted, and the files of its n-gram sample.
type partState struct {
	Counts  map[string]int64          `json:"counts"`
	Names   map[string][]schemas.Name `json:"names"`
	Samples map[string][]sampleText   `json:"samples"`
}

type sampleText struct {
	Fold int    `json:"fold"`
	Text string `json:"text"`
}

// extractPart extracts from one part of an archive. What it finds it leaves to the
// shard in the order of that shard's work: all candidates, before max_per_repo.
func extractPart(ctx context.Context, t work.Task, o Options) (schemas.Done, error) {
	x, err := newExtraction(t, o)
	if err != nil {
		return schemas.Done{}, err
	}
	defer x.close()
	err = x.parse(ctx, func(files chan<- file) error {
		return x.walk(ctx, *o.Before.Part, map[[2]string]bool{}, files)
	})
	if err != nil {
		return schemas.Done{}, err
	}
	state := partState{Counts: x.counts, Names: map[string][]schemas.Name{}, Samples: map[string][]sampleText{}}
	for _, lang := range o.Languages {
		state.Names[lang] = x.names[lang].sorted()
		for fold, text := range x.samples[lang].Files() {
			state.Samples[lang] = append(state.Samples[lang], sampleText{fold, text})
		}
	}
	name := func(what, ext string) string { return shard.Join(x.dir, work.PartsFolder, taskFile(what, t, ext)) }
	var d schemas.Done
	for _, write := range []func() (schemas.File, error){
		func() (schemas.File, error) {
			return shard.WriteSeq(name("candidates", "jsonl.zst"), x.got.Sorted.All(), func(*schemas.Context) {})
		},
		func() (schemas.File, error) {
			return shard.WriteSeq(name("symbols", "jsonl.zst"), x.symbols.All(), func(*schemas.Symbol) {})
		},
		func() (schemas.File, error) {
			return shard.WriteSeq(name("rejects", "jsonl.zst"), x.rejects.All(), func(*schemas.Reject) {})
		},
		func() (schemas.File, error) {
			raw, err := json.Marshal(state)
			if err != nil {
				return schemas.File{}, err
			}
			return shard.WriteFile(name("state", "json"), raw)
		},
	} {
		f, err := write()
		if err != nil {
			return d, err
		}
		f.Name = work.PartsFolder + f.Name
		d.Files = append(d.Files, f)
	}
	return d, nil
}

// addParts puts what the tasks found into this shard.
func (x *extraction) addParts(tasks []int) error {
	for _, task := range tasks {
		files, err := x.partFiles(task)
		if err != nil {
			return err
		}
		for c, err := range shard.Read[schemas.Context](files["candidates"]) {
			if err != nil {
				return err
			}
			x.keep(x.got.Add(c))
		}
		for s, err := range shard.Read[schemas.Symbol](files["symbols"]) {
			if err != nil {
				return err
			}
			x.symbol(s)
		}
		for r, err := range shard.Read[schemas.Reject](files["rejects"]) {
			if err != nil {
				return err
			}
			x.reject(r)
		}
		raw, err := shard.ReadFile(files["state"])
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
