package extraction

import (
	"context"

	"decoy/io/shard"
	"decoy/pipelines/bug"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/curate"
)

// Near duplicates of source files are found and checked by the shingles that extract leaves of
// each file that gives contexts: the text itself is in no later file. They are written only
// where the recipe looks for near duplicates, since they take about as much space as the text.
// Versions of a file that edits took contexts from have none: they are all like each other.

// heldShingles is what a shard holds of them in memory.
const heldShingles = 32 << 20

var siteShingles = bug.NewSite("shingles of a file", func(in File, _ string) error {
	curate.FileShinglesOf("", "", in.Path, string(in.Content))
	return nil
})

func (x *extraction) newShingles(t work.Task) *shard.Sorter[curate.FileShingles] {
	return shard.NewSorter(t.Path(t.Stage, work.ShinglesName), heldShingles,
		func(s curate.FileShingles) int { return 200 + len(s.Repo) + len(s.Path) + len(s.Set) },
		curate.CompareFileShingles)
}

// shingle keeps the shingles of a file.
func (x *extraction) shingle(ctx context.Context, f file, lang schemas.Language) error {
	if !x.o.Shingles {
		return nil
	}
	s, ok, err := bug.Contain(ctx, x.bugs, siteShingles, f.record(lang), f.input, func() (curate.FileShingles, error) {
		return curate.FileShinglesOf(f.src.Repo, f.src.Commit, f.path, string(f.data)), nil
	})
	if err != nil || !ok {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.keep(x.shingles.Add(ctx, s))
	return nil
}

// writeShingles writes them, for a shard or a part of one; d is unchanged where there are none
// to write.
func (x *extraction) writeShingles(ctx context.Context, path, folder string, d *schemas.Done) error {
	if !x.o.Shingles {
		return nil
	}
	f, err := shard.WriteSeq(ctx, path, x.shingles.All(ctx), func(*curate.FileShingles) {})
	f.Name = folder + f.Name
	d.Files = append(d.Files, f)
	return err
}

// addShingles takes in those of a part.
func (x *extraction) addShingles(ctx context.Context, files map[string]string) error {
	if !x.o.Shingles {
		return nil
	}
	for s, err := range shard.Read[curate.FileShingles](ctx, files[work.ShinglesName]) {
		if err != nil {
			return err
		}
		x.keep(x.shingles.Add(ctx, s))
	}
	return nil
}
