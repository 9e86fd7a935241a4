package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"

	"decoy/io/bucket"
	"decoy/io/columnar"
	"decoy/io/shard"
	"decoy/schemas"
)

// table is one kind of record and where its files are in a build.
type table struct {
	name    string
	columns []schemas.Field
	stages  []string
	files   []string // patterns of base names
	parquet bool
	cluster []string // BigQuery's clustering columns
	// convert writes the records of a file as Parquet and counts them.
	convert func(ctx context.Context, from string, to io.Writer) (int64, error)
}

var tables = []table{
	jsonl[schemas.Context]("contexts", schemas.StageExtract, "contexts", "prefix", "suffix").by("language", "repo",
		"id"),
	jsonl[schemas.Context]("context_texts", schemas.StageExtract, "contexts").by("id"),
	jsonl[schemas.Negative]("negatives", schemas.StageGenerate, "negatives").by("type", "generator", "context_id"),
	jsonl[schemas.Unlabelled]("unlabelled", schemas.StageGenerate, "unlabelled").by("generator", "context_id"),
	jsonl[schemas.Certificate]("certificates", schemas.StageVerify, "certificates").by("status", "rule", "negative_id"),
	jsonl[schemas.Verdict]("verdicts", schemas.StageJudge, "verdicts").by("judge", "answer", "negative_id"),
	jsonl[schemas.Selected]("selection", schemas.StageCurate, "selection").by("split", "language", "type"),
	jsonl[schemas.Reject]("rejects", "", "rejects").by("stage", "reason", "language"),
	exported().by("split", "language", "type", "id"),
}

// jsonl is a table of the JSON Lines files of a stage ("" for all stages), without
// some columns.
func jsonl[T any](name, stage, files string, without ...string) table {
	stages := []string{stage}
	if stage == "" {
		stages = schemas.Stages
	}
	return table{name: name, columns: columns[T](without...), stages: stages, files: []string{files + "-*.jsonl.zst"},
		convert: converter(shard.Read[T], without...)}
}

// exported is the table of the export's Parquet files.
func exported() table {
	t := table{name: "export_rows", columns: columns[schemas.Row](), stages: []string{schemas.StageExport},
		parquet: true, convert: converter(columnar.Read[schemas.Row])}
	for _, s := range schemas.Splits {
		t.files = append(t.files, string(s)+"-*.parquet")
	}
	return t
}

func (t table) by(columns ...string) table {
	t.cluster = columns
	return t
}

// columns are those of T without some.
func columns[T any](without ...string) []schemas.Field {
	return slices.DeleteFunc(schemas.Fields[T](),
		func(f schemas.Field) bool { return slices.Contains(without, f.Name) })
}

func converter[T any](read func(context.Context, string) iter.Seq2[T, error],
	without ...string) func(context.Context, string,
	io.Writer) (int64, error) {
	return func(ctx context.Context, from string, to io.Writer) (n int64, err error) {
		w, err := columnar.NewWriter[T](to, without...)
		if err != nil {
			return 0, err
		}
		if from == "" { // a table without files
			return 0, w.Close()
		}
		for v, err := range read(ctx, from) {
			if err == nil && n%1024 == 0 {
				err = ctx.Err()
			}
			if err == nil {
				err = w.Write(v)
			}
			if err != nil {
				return n, err
			}
			n++
		}
		return n, w.Close()
	}
}

// choose gives the named tables, all where none is named, in the order of [tables].
func choose(names []string) ([]table, error) {
	var out []table
	for _, t := range tables {
		if len(names) == 0 || slices.Contains(names, t.name) {
			out = append(out, t)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(tables, func(t table) bool { return t.name == name }) {
			var all []string
			for _, t := range tables {
				all = append(all, t.name)
			}
			return nil, fmt.Errorf("no table %q; there are %s", name, strings.Join(all, ", "))
		}
	}
	return out, nil
}

// source is a file of a table. SHA256 is empty and Records -1 where no manifest names
// it.
type source struct {
	path string
	file schemas.File
}

// sources are a table's files in a build.
func (t table) sources(ctx context.Context, out string) (found []source, err error) {
	for _, stage := range t.stages {
		s, err := stageSources(ctx, shard.Join(out, stage), t.files)
		if err != nil {
			return nil, err
		}
		found = append(found, s...)
	}
	return found, nil
}

// stageSources are the files of a stage that match a pattern: those that its
// manifest names, else those that are there.
func stageSources(ctx context.Context, dir string, patterns []string) (found []source, err error) {
	manifest, err := shard.ReadManifest(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		for _, p := range patterns {
			paths, err := shard.List(ctx, dir, p)
			if err != nil {
				return nil, err
			}
			for _, p := range paths {
				found = append(found, source{p, schemas.File{Name: path.Base(p), Records: -1}})
			}
		}
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	for _, f := range manifest.Shards {
		for _, p := range patterns {
			ok, err := path.Match(p, f.Name)
			if err != nil {
				return nil, fmt.Errorf("pattern %q: %w", p, err)
			}
			if !ok {
				continue
			}
			s := source{shard.Join(dir, f.Name), f}
			if !bucket.In(s.path) {
				if _, err := os.Stat(s.path); err != nil {
					return nil, fmt.Errorf("the manifest of %q names a file that is not there: %w: run build again",
						dir, err)
				}
			}
			found = append(found, s)
		}
	}
	return found, nil
}
