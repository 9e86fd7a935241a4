package curation

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/schemas/batch"
	"decoy/transforms/curate"
)

func init() {
	curate.RegisterLookup[shingles]()
	beam.RegisterDoFn(&fileNamesFn{})
}

// nearDuplicates finds the source files that are nearly those of others, and their names.
//
//	PCollection<batch.Batch> of curate.Sketch, PCollection<flow.Joined> → PCollection<batch.Batch> of
//	curate.Member, PCollection<batch.Batch> of names of files
func nearDuplicates(s beam.Scope, o Options, of int, sketches, shards beam.PCollection) (members,
	names beam.PCollection) {
	members = curate.NearDuplicates(s, o.near(), shingles{Out: o.Out, Of: of}, sketches)
	return members, beam.ParDo(s.Scope("Names"), &fileNamesFn{}, shards, beam.SideInput{Input: members})
}

// shingles finds the shingles of documents in the files of extract's shards. It is asked behind
// the gate that all of them have passed.
type shingles struct {
	Out string `json:"out"`
	Of  int    `json:"of"`
}

// Shingles reads the shards that have some of the documents, each up to the last of them.
func (l shingles) Shingles(ctx context.Context, documents []curate.Document) ([][]uint64, error) {
	out := make([][]uint64, 0, len(documents))
	for len(documents) > 0 {
		of := documents[0].Shard
		n := 0
		for n < len(documents) && documents[n].Shard == of {
			n++
		}
		found, err := l.shard(ctx, int(of), documents[:n])
		if err != nil {
			return nil, err
		}
		out, documents = append(out, found...), documents[n:]
	}
	return out, nil
}

func (l shingles) shard(ctx context.Context, number int, documents []curate.Document) (out [][]uint64, err error) {
	path := shard.Path(l.Out, schemas.StageExtract, work.ShinglesName, number, l.Of)
	for f, err := range shard.Read[curate.FileShingles](ctx, path) {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return nil, err
		}
		if len(out) == len(documents) {
			break
		}
		if f.File() != documents[len(out)].File {
			continue
		}
		set, err := f.Shingles()
		if err != nil {
			return nil, err
		}
		out = append(out, set)
	}
	if len(out) < len(documents) {
		return nil, fmt.Errorf("%s lacks %d of %d files, the first %016x", path, len(documents)-len(out),
			len(documents), documents[len(out)].File)
	}
	return out, nil
}

// fileNamesFn names the files that the rejects and the report tell of: survivors, and the members
// of the largest clusters.
//
//	flow.Joined, side input curate.Member → names of files (number, 8 bytes; length, 4; name)
//
// A worker holds the members, and the numbers of those that are named.
type fileNamesFn struct{ wanted map[uint64]bool }

// ProcessElement reads the names of a shard's files.
func (f *fileNamesFn) ProcessElement(ctx context.Context, j flow.Joined, members func(*batch.Batch) bool,
	emit func(batch.Batch)) error {
	if f.wanted == nil {
		f.wanted = map[uint64]bool{}
		for i, c := range clusters(batch.All(members)) {
			f.wanted[c.survivor] = true
			for _, m := range c.shown(i) {
				f.wanted[m.File] = true
			}
		}
	}
	if len(f.wanted) == 0 {
		return nil
	}
	t := work.Task{Stage: schemas.StageCurate, Shard: j.Shard, Of: j.Refs[0].Of, From: j.Refs}
	out := batch.NewBatcher(func(_ int, b batch.Batch) { emit(b) })
	for x, err := range shard.Read[curate.FileShingles](ctx, t.Path(schemas.StageExtract, work.ShinglesName)) {
		if err != nil {
			return err
		}
		if n := x.File(); f.wanted[n] {
			name := x.Path + " of " + x.Repo
			row := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, n), uint32(len(name)))
			out.Add(0, append(row, name...))
		}
	}
	out.Flush()
	return nil
}

// fileNames are the names that fileNamesFn gave.
func fileNames(batches func(*batch.Batch) bool) map[uint64]string {
	names := map[uint64]string{}
	for b := range batch.All(batches) {
		for rest := b.Rows; len(rest) > 0; {
			n := 12 + binary.BigEndian.Uint32(rest[8:])
			names[binary.BigEndian.Uint64(rest)] = string(rest[12:n])
			rest = rest[n:]
		}
	}
	return names
}
