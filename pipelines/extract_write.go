package pipelines

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/fim"
)

// candidates are the contexts of one repository before max_per_repo.
type candidates struct {
	path   string
	sorted *shard.Sorter[schemas.Context]
	cells  map[cell]int64
}

// cell is what max_per_repo is spread over.
type cell struct{ language, kind string }

func cellOf(c schemas.Context) cell { return cell{c.Language, c.Kind} }

func newCandidates(path string) *candidates {
	c := &candidates{path: path}
	c.reset()
	return c
}

func (c *candidates) reset() {
	c.cells = map[cell]int64{}
	c.sorted = shard.NewSorter(c.path, heldContexts, contextSize, func(a, b schemas.Context) int {
		return cmp.Or(cmp.Compare(a.Language, b.Language), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
}

func (c *candidates) add(x schemas.Context) error {
	c.cells[cellOf(x)]++
	return c.sorted.Add(x)
}

// take keeps at most limit contexts, filling languages and kinds evenly, the lowest
// ids first, and begins anew. It returns how many it did not keep.
func (c *candidates) take(limit int, keep func(schemas.Context) error) (over int64, err error) {
	quota := evenly(c.cells, int64(limit))
	for x, err := range c.sorted.All() {
		if err != nil {
			return over, err
		}
		if quota[cellOf(x)] == 0 {
			over++
			continue
		}
		quota[cellOf(x)]--
		if err := keep(x); err != nil {
			return over, err
		}
	}
	err = c.sorted.Close()
	c.reset()
	return over, err
}

// evenly shares limit out over cells of the given sizes. The smallest go first: what
// they leave goes to the others.
func evenly(sizes map[cell]int64, limit int64) map[cell]int64 {
	order := make([]cell, 0, len(sizes))
	for c := range sizes {
		order = append(order, c)
	}
	slices.SortFunc(order, func(a, b cell) int {
		return cmp.Or(cmp.Compare(sizes[a], sizes[b]), cmp.Compare(a.language, b.language), cmp.Compare(a.kind, b.kind))
	})
	quota := map[cell]int64{}
	for i, c := range order {
		quota[c] = min(sizes[c], limit/int64(len(order)-i))
		limit -= quota[c]
	}
	return quota
}

// nameCounts are the names of a language with their counts; Count is 0 in the key.
type nameCounts map[schemas.Name]int64

// add counts a name. A shard of very many repositories keeps no more names than the
// language will: those with the lowest hashes, whose counts are then whole.
func (n nameCounts) add(name schemas.Name) {
	count := name.Count
	name.Count = 0
	n[name] += count
	if len(n) > 2*maxNames {
		kept := lowestNames(n.sorted())
		clear(n)
		for _, k := range kept {
			count := k.Count
			k.Count = 0
			n[k] = count
		}
	}
}

func (n nameCounts) sorted() []schemas.Name {
	out := make([]schemas.Name, 0, len(n))
	for name, count := range n {
		name.Count = count
		out = append(out, name)
	}
	fim.SortNames(out)
	return out
}

// writeSeq writes a sorted sequence as one file and shows each record to see.
func writeSeq[T any](path string, records iter.Seq2[T, error], see func(*T)) (schemas.File, error) {
	w, err := shard.Create[T](path)
	if err != nil {
		return schemas.File{}, err
	}
	defer w.Abort()
	for r, err := range records {
		if err != nil {
			return schemas.File{}, err
		}
		see(&r)
		if err := w.Write(r); err != nil {
			return schemas.File{}, err
		}
	}
	return w.Commit()
}

// write writes the shard's files.
func (x *extraction) write(t shardTask) (schemas.Done, error) {
	d := schemas.Done{Counts: x.counts, Rejects: map[string]int64{}}
	d.Counts["contexts"] += x.contexts.Len()
	d.Counts["symbols"] += x.symbols.Len()
	for _, w := range []func() (schemas.File, error){
		func() (schemas.File, error) {
			return writeSeq(t.path(t.Stage, "contexts"), x.contexts.All(), func(c *schemas.Context) {
				d.Counts["contexts_"+c.Language]++
				d.Counts["contexts_"+c.Kind]++
			})
		},
		func() (schemas.File, error) {
			return writeSeq(t.path(t.Stage, "symbols"), x.symbols.All(), func(*schemas.Symbol) {})
		},
		func() (schemas.File, error) {
			return writeSeq(t.path(t.Stage, "rejects"), x.rejects.All(), func(r *schemas.Reject) {
				d.Rejects[r.Reason]++
				countInternal(d.Counts, *r)
			})
		},
	} {
		f, err := w()
		if err != nil {
			return d, err
		}
		d.Files = append(d.Files, f)
	}
	for _, lang := range x.o.Languages {
		parts, err := x.writeParts(t, lang)
		if err != nil {
			return d, err
		}
		d.Files = append(d.Files, parts...)
	}
	return d, nil
}

// writeParts writes the shard's part of a language's names and n-gram counts.
func (x *extraction) writeParts(t shardTask, lang string) ([]schemas.File, error) {
	var out []schemas.File
	if len(x.names[lang]) > 0 {
		f, err := writeAll(t.path(t.Stage, partsFolder+"names-"+lang), x.names[lang].sorted())
		if err != nil {
			return nil, err
		}
		f.Name = partsFolder + f.Name
		out = append(out, f)
	}
	for fold, c := range x.samples[lang].Counters() {
		if c == nil {
			continue
		}
		raw, err := shard.CreateRaw(shard.Join(t.Out, t.Stage, partsFolder+schemas.ShardName(ngramsName(lang, fold), t.Shard, t.Of, "bin")))
		if err != nil {
			return nil, err
		}
		if _, err := c.WriteTo(raw); err != nil {
			raw.Abort()
			return nil, err
		}
		f, err := raw.Commit(c.Tokens())
		if err != nil {
			return nil, err
		}
		f.Name = partsFolder + f.Name
		out = append(out, f)
	}
	return out, nil
}

// partsFolder holds the shards' parts of what is merged over all shards.
const partsFolder = "parts/"

func ngramsName(lang string, fold int) string { return fmt.Sprintf("ngrams-%s-%02d", lang, fold) }
