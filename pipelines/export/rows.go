package export

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"decoy/io/columnar"
	"decoy/io/shard"
	"decoy/io/tfrecord"
	"decoy/pipelines/bug"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/trainers"
)

// writeRows writes a shard's rows in every format, and the trainers' folders, below a folder of the
// export ("" or one with its slash). goldens are the rows with the golden of contexts whose pairs do not
// have it. A split without rows in this shard has no file.
func writeRows(ctx context.Context, t work.Task, o Work, folder string, rows []schemas.Row,
	goldens map[string]schemas.Row, b *bug.Reporter, d *schemas.Done) error {
	for _, split := range schemas.Splits {
		var part []schemas.Row
		for _, r := range rows {
			if r.Split == split {
				part = append(part, r)
			}
		}
		if len(part) == 0 {
			continue
		}
		for _, f := range o.Recipe.Formats {
			if err := formats[f](ctx, t, folder, split, part, d); err != nil {
				return fmt.Errorf("write %s of %s: %w", f, split, err)
			}
		}
		for _, name := range o.Recipe.Models {
			if err := writeTrainers(ctx, t, folder, name, split, part, goldens, b, d); err != nil {
				return err
			}
		}
	}
	return nil
}

var formats = map[string]func(ctx context.Context, t work.Task, folder string, split schemas.Split, rows []schemas.Row,
	d *schemas.Done) error{"jsonl": writeLines, "tfrecord": writeTFRecord, "parquet": writeParquet[schemas.Row]}

func writeLines(ctx context.Context, t work.Task, folder string, split schemas.Split, rows []schemas.Row,
	d *schemas.Done) error {
	f, err := shard.WriteAll(ctx, t.Path(t.Stage, folder+string(split)), rows)
	f.Name = folder + f.Name
	d.Files = append(d.Files, f)
	return err
}

func writeTFRecord(ctx context.Context, t work.Task, folder string, split schemas.Split, rows []schemas.Row,
	d *schemas.Done) error {
	return writeRaw(ctx, t, folder+schemas.ShardName(string(split), t.Shard, t.Of, "tfrecord.gz"), rows, d,
		func(w io.Writer) (rowWriter[schemas.Row], error) { return tfrecord.NewWriter[schemas.Row](w), nil })
}

// writeParquet writes one Parquet file below a folder of the export.
func writeParquet[T any](ctx context.Context, t work.Task, folder string, split schemas.Split, rows []T,
	d *schemas.Done) error {
	return writeRaw(ctx, t, folder+schemas.ShardName(string(split), t.Shard, t.Of, "parquet"), rows, d,
		func(w io.Writer) (rowWriter[T], error) { return columnar.NewWriter[T](w) })
}

type rowWriter[T any] interface {
	Write(T) error
	Close() error
}

// writeRaw writes rows to a file of the stage in the format of a writer.
func writeRaw[T any](ctx context.Context,
	t work.Task, name string, rows []T, d *schemas.Done, format func(io.Writer) (rowWriter[T], error),
) error {
	raw, err := shard.CreateRaw(ctx, shard.Join(t.Out, t.Stage, name))
	if err != nil {
		return err
	}
	defer raw.Abort()
	w, err := format(raw)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	f, err := raw.Commit(int64(len(rows)))
	f.Name = name
	d.Files = append(d.Files, f)
	return err
}

// writeTrainers writes the supervised and the preference rows of a split.
func writeTrainers(ctx context.Context, t work.Task, folder, model string, split schemas.Split, rows []schemas.Row,
	goldens map[string]schemas.Row, b *bug.Reporter, d *schemas.Done) error {
	var sft []trainers.SFTRow
	var pairs []trainers.PairRow
	for _, group := range trainers.Contexts(rows) {
		golden, ok := goldens[group[0].ContextID]
		if !ok {
			golden = group[0]
		}
		r, ok, err := bug.Contain(ctx, b, siteTrainerRows, bug.Record{ID: group[0].ContextID,
			Language:  group[0].Language,
			Generator: model},
			func() []trainerInput { return []trainerInput{{model, golden, group}} },
			func() (trainerRows, error) { return trainerRowsOf(model, golden, group) })
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		sft = append(sft, r.sft)
		if r.pair != nil {
			pairs = append(pairs, *r.pair)
		}
	}
	count := strings.ReplaceAll(folder, "/", "_")
	d.Counts[count+"sft_"+string(split)] += int64(len(sft))
	d.Counts[count+"pairs_"+string(split)] += int64(len(pairs))
	for _, trainer := range []string{trainers.TRL, trainers.LLaMAFactory} {
		if trainer == trainers.LLaMAFactory && split != schemas.SplitTrain {
			continue // it reads every file of a folder
		}
		sub := folder + trainers.Folder(trainer, trainers.SetSFT) + "/"
		if err := writeParquet(ctx, t, sub, split, sft, d); err != nil {
			return err
		}
		if len(pairs) == 0 {
			continue
		}
		sub = folder + trainers.Folder(trainer, trainers.SetPairs) + "/"
		if err := writeParquet(ctx, t, sub, split, pairs, d); err != nil {
			return err
		}
	}
	return nil
}

// trainerRows are a context's rows for one model: a supervised one, and its best pair.
type trainerRows struct {
	sft  trainers.SFTRow
	pair *trainers.PairRow
}

func trainerRowsOf(model string, golden schemas.Row, group []schemas.Row) (out trainerRows, err error) {
	m, err := trainers.ByName(model)
	if err != nil {
		return out, err
	}
	if out.sft, err = trainers.SFT(golden, m); err != nil {
		return out, err
	}
	if best, ok := trainers.Pick(group); ok {
		p, err := trainers.Pair(best, m)
		if err != nil {
			return out, err
		}
		out.pair = &p
	}
	return out, nil
}

func partsPath(t work.Task) string {
	return shard.Join(t.Out, t.Stage, work.PartsFolder+schemas.ShardName("card", t.Shard, t.Of, "json"))
}

func writeExportParts(ctx context.Context, t work.Task, parts exportParts, d *schemas.Done) error {
	raw, err := json.Marshal(parts)
	if err != nil {
		return err
	}
	f, err := shard.WriteFile(ctx, partsPath(t), raw)
	if err != nil {
		return err
	}
	f.Name = work.PartsFolder + f.Name
	d.Files = append(d.Files, f)
	return nil
}
