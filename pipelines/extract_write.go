package pipelines

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/fim"
)

// capRepo takes at most limit contexts of a repository, filling languages and
// kinds evenly, the lowest ids first.
func capRepo(contexts []schemas.Context, limit int) []schemas.Context {
	if len(contexts) <= limit {
		return contexts
	}
	type cell struct{ language, kind string }
	cells := map[cell][]int{}
	for i := range contexts {
		c := cell{contexts[i].Language, contexts[i].Kind}
		cells[c] = append(cells[c], i)
	}
	order := make([]cell, 0, len(cells))
	for c, members := range cells {
		order = append(order, c)
		slices.SortFunc(members, func(a, b int) int { return cmp.Compare(contexts[a].ID, contexts[b].ID) })
	}
	// The smallest cells first: what they leave goes to the others.
	slices.SortFunc(order, func(a, b cell) int {
		return cmp.Or(cmp.Compare(len(cells[a]), len(cells[b])), cmp.Compare(a.language, b.language), cmp.Compare(a.kind, b.kind))
	})
	var kept []schemas.Context
	for i, c := range order {
		n := min(len(cells[c]), (limit-len(kept))/(len(order)-i))
		for _, k := range cells[c][:n] {
			kept = append(kept, contexts[k])
		}
	}
	return kept
}

// write writes the shard's files.
func (x *extraction) write(t shardTask) (schemas.Done, error) {
	d := schemas.Done{Counts: x.counts, Rejects: map[string]int64{}}
	slices.SortFunc(x.contexts, func(a, b schemas.Context) int { return cmp.Compare(a.ID, b.ID) })
	fim.SortSymbols(x.symbols)
	sortRejects(x.rejects)
	tally{d.Counts, d.Rejects}.rejects(x.rejects)
	d.Counts["contexts"] += int64(len(x.contexts))
	for i := range x.contexts {
		c := &x.contexts[i]
		d.Counts["contexts_"+c.Language]++
		d.Counts["contexts_"+c.Kind]++
	}
	d.Counts["symbols"] += int64(len(x.symbols))
	for _, w := range []func() (schemas.File, error){
		func() (schemas.File, error) { return writeAll(t.path(t.Stage, "contexts"), x.contexts) },
		func() (schemas.File, error) { return writeAll(t.path(t.Stage, "symbols"), x.symbols) },
		func() (schemas.File, error) { return writeAll(t.path(t.Stage, "rejects"), x.rejects) },
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
		names := make([]schemas.Name, 0, len(x.names[lang]))
		for n, count := range x.names[lang] {
			n.Count = count
			names = append(names, n)
		}
		fim.SortNames(names)
		f, err := writeAll(t.path(t.Stage, partsFolder+"names-"+lang), names)
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
		raw, err := shard.CreateRaw(filepath.Join(t.Out, t.Stage, partsFolder+schemas.ShardName(ngramsName(lang, fold), t.Shard, t.Of, "bin")))
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
