package pipelines

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
	"decoy/io/shard"
	"decoy/schemas"
)

// defaultPartBytes is the size above which an archive is read by several tasks.
const defaultPartBytes = 1 << 30

// stageBefore is the work that comes before the shards. Its done records stand in
// extract's folder, behind those of the shards and of the merge.
const stageBefore = "before extract"

func init() { shardWorks[stageBefore] = beforeExtract }

// beforeExtract does one task.
func beforeExtract(ctx context.Context, t shardTask) (schemas.Done, error) {
	var o extractOptions
	if err := t.options(&o); err != nil {
		return schemas.Done{}, err
	}
	if o.Before.Rows != nil {
		return partitionRows(ctx, t, o)
	}
	return extractPart(ctx, t, o)
}

func (b *Build) partBytes() int64 {
	if b.PartBytes > 0 {
		return b.PartBytes
	}
	return defaultPartBytes
}

// preparation is what is done before the shards, and by which tasks. Tasks are
// numbered behind the shards and the merge.
type preparation struct {
	first   int
	sources []partedSource
	tasks   []beforeTask // the i-th has number first + i
}

// beforeTask reads a part of an archive or a file of rows.
type beforeTask struct {
	Part *archives.Source `json:"part,omitempty"`
	Rows *RowsInput       `json:"rows,omitempty"`
}

// prepare cuts the sources above a size and adds the files of rows. An archive whose
// repository and commit another one has too stays whole: which of their files come
// twice only one reader can tell.
func prepare(sources []archives.Source, rows []RowsInput, bytes int64, first int) preparation {
	same := map[string]int{}
	for _, s := range sources {
		same[s.ID()]++
	}
	p := preparation{first: first}
	add := func(t beforeTask) int {
		p.tasks = append(p.tasks, t)
		return first + len(p.tasks) - 1
	}
	for _, s := range sources {
		source := partedSource{Source: s}
		if parts := archives.Split(s, bytes); len(parts) > 1 && same[s.ID()] == 1 {
			for _, part := range parts {
				source.Tasks = append(source.Tasks, add(beforeTask{Part: &part}))
			}
		}
		p.sources = append(p.sources, source)
	}
	for _, r := range rows {
		add(beforeTask{Rows: &r})
	}
	return p
}

// rowTasks are the tasks that partition rows.
func (p preparation) rowTasks() []int {
	var out []int
	for i, t := range p.tasks {
		if t.Rows != nil {
			out = append(out, p.first+i)
		}
	}
	return out
}

// needed are the tasks, in order, of the shards that are to be done: rows may belong
// to any.
func (p preparation) needed(todo []int, shards int) []int {
	var out []int
	for i, t := range p.tasks {
		if len(todo) > 0 && t.Rows != nil || t.Part != nil && slices.Contains(todo, schemas.Shard(t.Part.Repo, shards)) {
			out = append(out, p.first+i)
		}
	}
	return out
}

// runExtraction runs what comes before the shards, then these, then the merge by
// language, in one graph. A GroupByKey on one key is the barrier between them; it
// carries numbers.
func (s *stage) runExtraction(ctx context.Context, todo []int, p preparation, base extractOptions, options func(int) any) error {
	n := s.b.Recipe.Shards
	graph, scope := beam.NewPipelineWithRoot()
	tasks, err := s.tasks(todo, options)
	if err != nil {
		return err
	}
	done, _, err := shard.Records(s.b.dir(s.name), s.fingerprint)
	if err != nil {
		return err
	}
	var before []int
	for _, task := range p.needed(todo, n) {
		if _, ok := done[task]; !ok {
			before = append(before, task)
		}
	}
	ready := beam.Create(scope, -1)
	if len(before) > 0 {
		orders, err := s.tasks(before, func(number int) any {
			o := base
			o.Before = p.tasks[number-p.first]
			if r := o.Before.Rows; r != nil {
				o.Columns, _ = s.b.Recipe.Rows[r.Entry].columns() // Validate has seen its error
			}
			return o
		})
		if err != nil {
			return err
		}
		ready = beam.Flatten(scope, ready, s.work(scope.Scope("before"), stageBefore, orders))
	}
	if len(todo) > 0 {
		ready = beam.Flatten(scope, ready, beam.ParDo(scope, s.shardFn(s.name), after(scope.Scope(s.name), ready, tasks)))
	}
	scope = scope.Scope("merge")
	langs := after(scope, ready, s.b.Recipe.Extract.Languages)
	end(scope, beam.ParDo(scope, &mergeFn{Dir: s.b.dir(s.name), Fingerprint: s.fingerprint, First: n, Languages: s.b.Recipe.Extract.Languages}, langs))
	return s.submit(ctx, graph, n+len(s.b.Recipe.Extract.Languages)+len(p.needed(todo, n)))
}

// after lists items, spread over the workers, once all that ready waits for is there.
//
//	PCollection<int> → PCollection<string>
func after(scope beam.Scope, ready beam.PCollection, items []string) beam.PCollection {
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
func taskFile(what string, t shardTask, ext string) string {
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
func extractPart(ctx context.Context, t shardTask, o extractOptions) (schemas.Done, error) {
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
	name := func(what, ext string) string { return shard.Join(x.dir, partsFolder, taskFile(what, t, ext)) }
	var d schemas.Done
	for _, write := range []func() (schemas.File, error){
		func() (schemas.File, error) {
			return writeSeq(name("candidates", "jsonl.zst"), x.got.sorted.All(), func(*schemas.Context) {})
		},
		func() (schemas.File, error) {
			return writeSeq(name("symbols", "jsonl.zst"), x.symbols.All(), func(*schemas.Symbol) {})
		},
		func() (schemas.File, error) {
			return writeSeq(name("rejects", "jsonl.zst"), x.rejects.All(), func(*schemas.Reject) {})
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
		f.Name = partsFolder + f.Name
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
			x.keep(x.got.add(c))
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
