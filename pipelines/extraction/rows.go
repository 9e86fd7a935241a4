package extraction

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"decoy/io/rows"
	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/bug"
	"decoy/pipelines/work"
	"decoy/schemas"
)

// heldRows is what partitioning holds of a file of rows in memory.
const heldRows = 128 << 20

// partitionRows sorts a file of rows by shard and repository: for each shard that has
// any, parts/rows-taskK-SHARD-of-N. Of equal rows the first of the file stays in front.
func partitionRows(ctx context.Context, t work.Task, in BeforeTask) (d schemas.Done, err error) {
	dir := t.Out + "/" + t.Stage
	name := func(what string) string { return shard.Join(dir, work.PartsFolder, what) }
	type row struct {
		Shard, Number int64
		schemas.Blob
	}
	sorted := shard.NewSorter(name(fmt.Sprintf("rows-%05d", t.Shard)), heldRows,
		func(r row) int { return 300 + len(r.Path) + len(r.Content) },
		func(a, b row) int {
			return cmp.Or(cmp.Compare(a.Shard, b.Shard), compareRows(a.Blob, b.Blob), cmp.Compare(a.Number, b.Number))
		})
	rejects := shard.NewSorter(name(fmt.Sprintf("rejects-%05d", t.Shard)), heldRejects,
		rejectSize, schemas.CompareRejects)
	defer func() { err = cmp.Or(err, sorted.Close(ctx), rejects.Close(ctx)) }()
	var failed error
	number := int64(0)
	for r, err := range rows.Read(ctx, in.Rows.Source, rows.Config{Columns: in.Columns}, func(r schemas.Reject) {
		if r.Reason == schemas.ReasonInternal {
			b := t.Bugs(func(schemas.Reject) {})
			read := archiveInput{Rows: &in.Rows.Source, Columns: in.Columns}
			failed = cmp.Or(failed, bug.Reported(ctx, b, siteArchive, r,
				func() []archiveInput { return []archiveInput{read} }))
		}
		failed = cmp.Or(failed, rejects.Add(ctx, r))
	}) {
		if err = cmp.Or(err, failed); err != nil {
			return d, err
		}
		b := schemas.Blob{Repo: r.Repo, Commit: r.Commit, Path: r.Path, License: r.License, Size: int64(len(r.Content)),
			Content: r.Content}
		if err := sorted.Add(ctx, row{int64(schemas.Shard(r.Repo, t.Of)), number, b}); err != nil {
			return d, err
		}
		number++
	}
	if failed != nil {
		return d, failed
	}
	next, stop := iter.Pull2(sorted.All(ctx))
	defer stop()
	r, err, more := next()
	for more && err == nil {
		at := r.Shard
		f, werr := shard.WriteSeq(ctx, name(schemas.ShardName(fmt.Sprintf("rows-task%05d", t.Shard), int(at), t.Of,
			"jsonl.zst")),
			func(yield func(schemas.Blob, error) bool) {
				for more && r.Shard == at {
					if !yield(r.Blob, err) {
						return
					}
					r, err, more = next()
				}
			}, func(*schemas.Blob) {})
		if werr != nil {
			return d, werr
		}
		f.Name = work.PartsFolder + f.Name
		d.Files = append(d.Files, f)
	}
	if err != nil {
		return d, err
	}
	f, err := shard.WriteSeq(ctx, name(taskFile("rejects", t, "jsonl.zst")), rejects.All(ctx), func(*schemas.Reject) {})
	f.Name = work.PartsFolder + f.Name
	d.Files = append(d.Files, f)
	return d, err
}

func compareRows(a, b schemas.Blob) int {
	return cmp.Or(strings.Compare(a.Repo, b.Repo), strings.Compare(a.Commit, b.Commit), strings.Compare(a.Path, b.Path))
}

// rowGroups are the rows of a shard in the order of their repositories.
type rowGroups struct {
	next func() (schemas.Blob, error, bool)
	stop func()
	head schemas.Blob
	more bool // whether there is a head
}

// rows opens this shard's rows, of all tasks in their order. Shard 0 takes the rows that
// were rejected.
func (x *extraction) rows(ctx context.Context, t work.Task) (*rowGroups, error) {
	var sequences []iter.Seq2[schemas.Blob, error]
	for _, r := range x.before {
		own := fmt.Sprintf("rows-task%05d-%05d-", r.Record, t.Shard)
		for _, f := range r.Files {
			name, isPart := strings.CutPrefix(f.Name, work.PartsFolder)
			path := shard.Join(r.Dir, f.Name)
			switch {
			case isPart && strings.HasPrefix(name, own):
				sequences = append(sequences, shard.Read[schemas.Blob](ctx, path))
			case t.Shard == 0 && isPart && strings.HasPrefix(name, "rejects-") && isRows(r):
				for r, err := range shard.Read[schemas.Reject](ctx, path) {
					if err != nil {
						return nil, err
					}
					x.reject(ctx, r)
				}
			}
		}
	}
	g := &rowGroups{}
	g.next, g.stop = iter.Pull2(shard.MergeSorted(sequences, compareRows))
	return g, g.advance()
}

// isRows tells the ref of a file of rows from that of a part of an archive, which has a
// state.
func isRows(r flow.Ref) bool {
	return !slices.ContainsFunc(r.Files, func(f schemas.File) bool {
		return strings.HasPrefix(f.Name, work.PartsFolder+"state-")
	})
}

func (g *rowGroups) advance() (err error) {
	g.head, err, g.more = g.next()
	return err
}

// each gives the rows of a repository, if it is the next one's.
func (g *rowGroups) each(repo string, row func(schemas.Blob) error) error {
	for g.more && g.head.Repo == repo {
		if err := row(g.head); err != nil {
			return err
		}
		if err := g.advance(); err != nil {
			return err
		}
	}
	return nil
}
