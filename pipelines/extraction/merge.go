package extraction

import (
	"context"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/judge"
)

// maxNames bounds a language's names: those with the lowest hashes stay.
const maxNames = 1_000_000

// Merge merges the parts that the shards wrote of one language's names and n-gram counts.
//
//	Refs of all shards → Ref: names-LANG, ngrams-LANG-FOLD (by language)
type Merge struct {
	Languages []schemas.Language `json:"languages"`
}

func init() { flow.Register[Merge]() }

// Do merges one language.
func (m Merge) Do(ctx context.Context, t flow.Task) (d schemas.Done, err error) {
	lang := m.Languages[t.Shard]
	var parts []string
	for _, r := range t.All[0] {
		for _, f := range r.Files {
			if strings.HasPrefix(f.Name, work.PartsFolder) {
				parts = append(parts, shard.Join(r.Dir, f.Name))
			}
		}
	}
	names, err := mergeNames(ctx, t.Dir, lang, parts)
	if err != nil {
		return d, err
	}
	d.Files = append(d.Files, names)
	d.Counts = map[string]int64{"names_" + string(lang): names.Records}
	for fold := range schemas.Folds {
		if ctx.Err() != nil {
			return d, ctx.Err()
		}
		file, ok, err := mergeNgrams(ctx, t.Dir, work.NgramsName(lang, fold), parts)
		if err != nil {
			return d, err
		}
		if ok {
			d.Files = append(d.Files, file)
			d.Counts["ngram_files_"+string(lang)]++
		}
	}
	return d, nil
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

// mergeNames sums the counts of equal names.
func mergeNames(ctx context.Context, dir string, lang schemas.Language, parts []string) (schemas.File, error) {
	var sequences []iter.Seq2[schemas.Name, error]
	for _, p := range partsNamed(parts, "names-"+string(lang)) {
		sequences = append(sequences, shard.Read[schemas.Name](ctx, p))
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
	return shard.WriteAll(ctx, shard.Join(dir, "names-"+string(lang)+".jsonl.zst"), lowestNames(names))
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
func mergeNgrams(ctx context.Context, dir, name string, parts []string) (f schemas.File, ok bool, err error) {
	parts = partsNamed(parts, name)
	if len(parts) == 0 {
		return f, false, nil
	}
	var readers []io.Reader
	for _, p := range parts {
		r, err := shard.Open(ctx, p)
		if err != nil {
			return f, false, err
		}
		defer r.Close()
		readers = append(readers, r)
	}
	w, err := shard.CreateRaw(ctx, shard.Join(dir, name+".bin"))
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
