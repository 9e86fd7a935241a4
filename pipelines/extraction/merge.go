package extraction

import (
	"context"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/judge"
)

// maxNames bounds a language's names: those with the lowest hashes stay.
const maxNames = 1_000_000

// MergeFn merges the parts that the shards wrote of one language's names and
// n-gram counts.
//
// Its done record stands after those of the shards, at First + the language's
// place in Languages.
type MergeFn struct {
	Dir, Fingerprint string
	First            int
	Languages        []string
}

// ProcessElement merges one language.
func (f *MergeFn) ProcessElement(ctx context.Context, lang string, emit func(int)) error {
	began := time.Now()
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
		file, ok, err := mergeNgrams(f.Dir, work.NgramsName(lang, fold), parts)
		if err != nil {
			return err
		}
		if ok {
			d.Files = append(d.Files, file)
			d.Counts["ngram_files_"+lang]++
		}
	}
	if err := work.RecordDone(ctx, f.Dir, d, began); err != nil {
		return err
	}
	emit(d.Shard)
	return nil
}

// parts are the files that the present shards wrote. The folder may hold others, of
// a build with other options.
func (f *MergeFn) parts() ([]string, error) {
	done, _, err := shard.Records(f.Dir, f.Fingerprint)
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range f.First {
		d, ok := done[i]
		if !ok {
			return nil, fmt.Errorf("shard %d is not done", i)
		}
		for _, file := range d.Files {
			if strings.HasPrefix(file.Name, work.PartsFolder) {
				out = append(out, shard.Join(f.Dir, file.Name))
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

func init() {
	beam.RegisterDoFn(&MergeFn{})
}

// mergeNames sums the counts of equal names.
func mergeNames(dir, lang string, parts []string) (schemas.File, error) {
	var sequences []iter.Seq2[schemas.Name, error]
	for _, p := range partsNamed(parts, "names-"+lang) {
		sequences = append(sequences, shard.Read[schemas.Name](p))
	}
	var names []schemas.Name
	for n, err := range shard.MergeSorted(sequences, fim.CompareNames) {
		if err != nil {
			return schemas.File{}, err
		}
		if k := len(names); k > 0 && fim.CompareNames(names[k-1], n) == 0 {
			names[k-1].Count += n.Count
		} else {
			names = append(names, n)
		}
	}
	return shard.WriteAll(shard.Join(dir, "names-"+lang+".jsonl.zst"), lowestNames(names))
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
	w, err := shard.CreateRaw(shard.Join(dir, name+".bin"))
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
