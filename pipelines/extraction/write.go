package extraction

import (
	"cmp"
	"context"
	"slices"

	"decoy/io/shard"
	"decoy/pipelines/bug"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/fim"
)

// candidates are the contexts of one repository before max_per_repo.
type candidates struct {
	path   string
	Sorted *shard.Sorter[schemas.Context]
	Cells  map[cell]int64
}

// cell is what max_per_repo is spread over.
type cell struct {
	language schemas.Language
	kind     schemas.Kind
}

func cellOf(c schemas.Context) cell { return cell{c.Language, c.Kind} }

// NewCandidates are those of one repository, of which what memory does not hold lies in path.
func NewCandidates(path string) *candidates {
	c := &candidates{path: path}
	c.reset()
	return c
}

func (c *candidates) reset() {
	c.Cells = map[cell]int64{}
	c.Sorted = shard.NewSorter(c.path, heldContexts, work.ContextSize, func(a, b schemas.Context) int {
		return cmp.Or(cmp.Compare(a.Language, b.Language), cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(capKey(a), capKey(b)), cmp.Compare(a.ID, b.ID))
	})
}

// capKey is a context's place under max_per_repo: a repository's first file does not fill it.
func capKey(c schemas.Context) uint64 { return schemas.Key64("max_per_repo", c.ID) }

// Add takes a context of the repository.
func (c *candidates) Add(ctx context.Context, x schemas.Context) error {
	c.Cells[cellOf(x)]++
	return c.Sorted.Add(ctx, x)
}

// Take keeps at most limit contexts, filling languages and kinds evenly, in the order
// of a hash of their ids, and begins anew. It returns how many it did not keep.
func (c *candidates) Take(ctx context.Context, limit int, keep func(schemas.Context) error) (over int64, err error) {
	quota := evenly(c.Cells, int64(limit))
	for x, err := range c.Sorted.All(ctx) {
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
	err = c.Sorted.Close(ctx)
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

// write writes the shard's files.
func (x *extraction) write(ctx context.Context, t work.Task) (schemas.Done, error) {
	d := schemas.Done{Counts: x.counts, Rejects: map[schemas.Reason]int64{}}
	d.Counts["contexts"] += x.contexts.Len()
	d.Counts["symbols"] += x.symbols.Len()
	for _, w := range []func() (schemas.File, error){
		func() (schemas.File, error) {
			return shard.WriteSeq(ctx, t.Path(t.Stage, "contexts"), x.contexts.All(ctx), func(c *schemas.Context) {
				d.Counts["contexts_"+string(c.Language)]++
				d.Counts["contexts_"+string(c.Kind)]++
			})
		},
		func() (schemas.File, error) {
			return shard.WriteSeq(ctx, t.Path(t.Stage, "symbols"), x.symbols.All(ctx), func(*schemas.Symbol) {})
		},
		func() (schemas.File, error) {
			return shard.WriteSeq(ctx, t.Path(t.Stage, "rejects"), x.rejects.All(ctx), func(r *schemas.Reject) {
				d.Rejects[r.Reason]++
				bug.CountInternal(d.Counts, *r)
			})
		},
	} {
		f, err := w()
		if err != nil {
			return d, err
		}
		d.Files = append(d.Files, f)
	}
	if err := x.writeShingles(ctx, t.Path(t.Stage, work.ShinglesName), "", &d); err != nil {
		return d, err
	}
	for _, lang := range x.o.Languages {
		parts, err := x.writeParts(ctx, t, lang)
		if err != nil {
			return d, err
		}
		d.Files = append(d.Files, parts...)
	}
	return d, nil
}

// writeParts writes the shard's part of a language's names and n-gram counts.
func (x *extraction) writeParts(ctx context.Context, t work.Task, lang schemas.Language) ([]schemas.File, error) {
	var out []schemas.File
	if len(x.names[lang]) > 0 {
		f, err := shard.WriteAll(ctx, t.Path(t.Stage, work.PartsFolder+"names-"+string(lang)), x.names[lang].sorted())
		if err != nil {
			return nil, err
		}
		f.Name = work.PartsFolder + f.Name
		out = append(out, f)
	}
	for fold, c := range x.samples[lang].Counters() {
		if c == nil {
			continue
		}
		raw, err := shard.CreateRaw(ctx, shard.Join(t.Out, t.Stage,
			work.PartsFolder+schemas.ShardName(work.NgramsName(lang, fold), t.Shard, t.Of, "bin")))
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
		f.Name = work.PartsFolder + f.Name
		out = append(out, f)
	}
	return out, nil
}
