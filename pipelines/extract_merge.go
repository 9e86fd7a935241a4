package pipelines

import (
	"container/heap"
	"context"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/judge"
)

// maxNames bounds a language's names: those with the lowest hashes stay.
const maxNames = 1_000_000

// mergeFn merges the parts that the shards wrote of one language's names and
// n-gram counts.
//
// Its done record stands after those of the shards, at First + the language's
// place in Languages.
type mergeFn struct {
	Dir, Fingerprint string
	First            int
	Languages        []string
}

// ProcessElement merges one language.
func (f *mergeFn) ProcessElement(ctx context.Context, lang string, emit func(int)) error {
	d := schemas.Done{Stage: schemas.StageExtract, Shard: f.First + slices.Index(f.Languages, lang), Fingerprint: f.Fingerprint}
	if _, ok, err := shard.ReadDone(f.Dir, d.Shard, d.Fingerprint); err != nil || ok {
		return err
	}
	parts, err := f.parts()
	if err != nil {
		return err
	}
	names, err := mergeNames(f.Dir, lang, parts)
	if err != nil {
		return err
	}
	d.Files = append(d.Files, names)
	d.Counts = map[string]int64{"names_" + lang: names.Records}
	for fold := range schemas.Folds {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		file, ok, err := mergeNgrams(f.Dir, ngramsName(lang, fold), parts)
		if err != nil {
			return err
		}
		if ok {
			d.Files = append(d.Files, file)
			d.Counts["ngram_files_"+lang]++
		}
	}
	emit(d.Shard)
	return shard.WriteDone(f.Dir, d)
}

// parts are the files that the present shards wrote. The folder may hold others, of
// a build with other options.
func (f *mergeFn) parts() ([]string, error) {
	var out []string
	for i := range f.First {
		d, ok, err := shard.ReadDone(f.Dir, i, f.Fingerprint)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("shard %d is not done", i)
		}
		for _, file := range d.Files {
			if strings.HasPrefix(file.Name, partsFolder) {
				out = append(out, filepath.Join(f.Dir, file.Name))
			}
		}
	}
	return out, nil
}

// partsNamed are the parts of one name, in shard order.
func partsNamed(parts []string, name string) []string {
	var out []string
	for _, p := range parts {
		if strings.HasPrefix(filepath.Base(p), name+"-") {
			out = append(out, p)
		}
	}
	return out
}

// afterFn lists items once all that it waits for is there.
type afterFn struct{ Items []string }

// ProcessElement emits the items.
func (f *afterFn) ProcessElement(_ int, _ func(*int) bool, emit func(string)) {
	for _, s := range f.Items {
		emit(s)
	}
}

func init() {
	beam.RegisterDoFn(&mergeFn{})
	beam.RegisterDoFn(&afterFn{})
}

// runWithMerge runs the shards and then, in the same graph, the merge by language.
// The GroupByKey on one key is the barrier; it carries shard numbers.
func (s *stage) runWithMerge(ctx context.Context, todo []int, options func(int) any) error {
	p, scope := beam.NewPipelineWithRoot()
	ready := beam.Create(scope, -1)
	if len(todo) > 0 {
		done, err := s.shards(scope, todo, options)
		if err != nil {
			return err
		}
		ready = beam.Flatten(scope, ready, done)
	}
	scope = scope.Scope("merge")
	all := beam.GroupByKey(scope, beam.AddFixedKey(scope, ready))
	langs := beam.Reshuffle(scope, beam.ParDo(scope, &afterFn{Items: s.b.Recipe.Extract.Languages}, all))
	end(scope, beam.ParDo(scope, &mergeFn{Dir: s.b.dir(s.name), Fingerprint: s.fingerprint, First: s.b.Recipe.Shards, Languages: s.b.Recipe.Extract.Languages}, langs))
	return s.submit(ctx, p, s.b.Recipe.Shards+len(s.b.Recipe.Extract.Languages))
}

// mergeNames sums the counts of equal names.
func mergeNames(dir, lang string, parts []string) (schemas.File, error) {
	h := &nameHeap{}
	defer h.stop()
	for _, p := range partsNamed(parts, "names-"+lang) {
		next, stop := iter.Pull2(shard.Read[schemas.Name](p))
		h.stops = append(h.stops, stop)
		if err := h.push(next); err != nil {
			return schemas.File{}, err
		}
	}
	var names []schemas.Name
	for h.Len() > 0 {
		top := h.sources[0]
		if k := len(names); k > 0 && fim.CompareNames(names[k-1], top.name) == 0 {
			names[k-1].Count += top.name.Count
		} else {
			names = append(names, top.name)
		}
		heap.Pop(h)
		if err := h.push(top.next); err != nil {
			return schemas.File{}, err
		}
	}
	return writeAll(filepath.Join(dir, "names-"+lang+".jsonl.zst"), lowestNames(names))
}

// lowestNames keeps the names with the lowest hashes, in order.
func lowestNames(names []schemas.Name) []schemas.Name {
	if len(names) <= maxNames {
		return names
	}
	key := func(n schemas.Name) uint64 { return schemas.Key64("name", n.Role, n.Owner, n.Name) }
	keys := make([]uint64, len(names))
	for i, n := range names {
		keys[i] = key(n)
	}
	slices.Sort(keys)
	limit := keys[maxNames]
	out := names[:0]
	for _, n := range names {
		if key(n) < limit {
			out = append(out, n)
		}
	}
	return out
}

type nameSource struct {
	name schemas.Name
	next func() (schemas.Name, error, bool)
}

// nameHeap merges sorted streams of names.
type nameHeap struct {
	sources []nameSource
	stops   []func()
}

func (h *nameHeap) Len() int { return len(h.sources) }
func (h *nameHeap) Less(i, j int) bool {
	return fim.CompareNames(h.sources[i].name, h.sources[j].name) < 0
}
func (h *nameHeap) Swap(i, j int) { h.sources[i], h.sources[j] = h.sources[j], h.sources[i] }
func (h *nameHeap) Push(x any)    { h.sources = append(h.sources, x.(nameSource)) }
func (h *nameHeap) Pop() any {
	x := h.sources[len(h.sources)-1]
	h.sources = h.sources[:len(h.sources)-1]
	return x
}

func (h *nameHeap) push(next func() (schemas.Name, error, bool)) error {
	n, err, ok := next()
	if err != nil || !ok {
		return err
	}
	heap.Push(h, nameSource{n, next})
	return nil
}

func (h *nameHeap) stop() {
	for _, f := range h.stops {
		f()
	}
}

// mergeNgrams adds up the counts of one language and fold: ok is false where no
// shard has any.
func mergeNgrams(dir, name string, parts []string) (f schemas.File, ok bool, err error) {
	parts = partsNamed(parts, name)
	if len(parts) == 0 {
		return f, false, nil
	}
	var readers []io.Reader
	for _, p := range parts {
		r, err := shard.Open(p)
		if err != nil {
			return f, false, err
		}
		defer r.Close()
		readers = append(readers, r)
	}
	w, err := shard.CreateRaw(filepath.Join(dir, name+".bin"))
	if err != nil {
		return f, false, err
	}
	defer w.Abort()
	if err := judge.Merge(w, readers...); err != nil {
		return f, false, fmt.Errorf("merge %s: %w", name, err)
	}
	f, err = w.Commit(int64(len(parts)))
	return f, err == nil, err
}
