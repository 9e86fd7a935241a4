package warehouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"

	"decoy/io/bucket"
	"decoy/io/shard"
	"decoy/schemas"
)

// loadVersion is part of what names a load: with another one, every table is loaded
// again.
//
//	1: first.
const loadVersion = 1

// Load says which tables of a build go where.
type Load struct {
	Out      string   // folder of the build, local or gs://
	To       string   // bigquery://PROJECT/DATASET, duckdb:FILE or parquet:FOLDER
	Tables   []string // all where empty
	Staging  string   // gs://BUCKET/PREFIX for Parquet on its way to BigQuery
	Location string   // of a dataset that is not there yet; "" is US
	Keep     bool     // leave the Parquet in staging
	// Report is told of every table that is done.
	Report func(Loaded)
}

// Loaded is what was done with one table.
type Loaded struct {
	Table string `json:"table"`
	State string `json:"state"` // "loaded", or "unchanged" where it was so already
	Rows  int64  `json:"rows"`
	Job   string `json:"job,omitempty"` // of BigQuery
}

// States of a table.
const (
	stateLoaded    = "loaded"
	stateUnchanged = "unchanged"
)

// Planned is one table before it is loaded. Rows is null where no manifest says it,
// Key the hash of everything that decides the table's content.
type Planned struct {
	Table      string          `json:"table"`
	Files      int             `json:"files"`
	Rows       *int64          `json:"rows"`
	Bytes      int64           `json:"bytes"`
	Key        string          `json:"key"`
	Schema     json.RawMessage `json:"schema"`
	Clustering []string        `json:"clustering"`
}

// planned is a table with its files.
type planned struct {
	table
	from []source
	key  string
}

// Check says what is wrong with the load as it was asked for.
func (l Load) Check(ctx context.Context) error {
	t, err := parseTarget(l.To)
	if err != nil {
		return err
	}
	if t.scheme == "" {
		return fmt.Errorf("%q is not a place for tables: name bigquery://PROJECT/DATASET, "+
			"duckdb:FILE or parquet:FOLDER", l.To)
	}
	if t.scheme == toBigQuery {
		if _, err := l.stagingFolder(); err != nil {
			return err
		}
	}
	if _, err := choose(l.Tables); err != nil {
		return err
	}
	return t.checkPlace(ctx)
}

// Plan lists what Run will load, without asking the target.
func (l Load) Plan(ctx context.Context) ([]Planned, error) {
	plan, err := l.plan(ctx)
	if err != nil {
		return nil, err
	}
	var out []Planned
	for _, p := range plan {
		schema, err := bigQuerySchema(p.columns).ToJSONFields()
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", p.name, err)
		}
		o := Planned{Table: p.name, Files: len(p.from), Rows: p.rows(), Key: p.key,
			Schema: schema, Clustering: p.cluster}
		for _, s := range p.from {
			o.Bytes += s.file.Bytes
		}
		out = append(out, o)
	}
	return out, nil
}

// Run loads what is not there yet.
func (l Load) Run(ctx context.Context) error {
	if err := l.Check(ctx); err != nil {
		return err
	}
	t, err := parseTarget(l.To)
	if err != nil {
		return err
	}
	plan, err := l.plan(ctx)
	if err != nil {
		return err
	}
	if l.Report == nil {
		l.Report = func(Loaded) {}
	}
	switch t.scheme {
	case toBigQuery:
		return l.toBigQuery(ctx, t, plan)
	case toDuckDB:
		return l.toDuckDB(ctx, t.path, plan)
	}
	return l.toParquet(ctx, t.path, plan)
}

// plan finds the files of the tables and hashes those that no manifest names.
func (l Load) plan(ctx context.Context) ([]planned, error) {
	chosen, err := choose(l.Tables)
	if err != nil {
		return nil, err
	}
	if !bucket.In(l.Out) {
		err = isFolder(l.Out, "the output folder of a build")
	} else if there, e := shard.Exists(ctx, l.Out); e != nil {
		err = e
	} else if !there {
		err = fmt.Errorf("load %q: nothing is there: name the output folder of a build", l.Out)
	}
	if err == nil {
		err = isBuild(ctx, l.Out)
	}
	if err != nil {
		return nil, err
	}
	var out []planned
	for _, t := range chosen {
		p := planned{table: t}
		if p.from, err = t.sources(ctx, l.Out); err != nil {
			return nil, fmt.Errorf("load %q: %w", l.Out, err)
		}
		for i := range p.from {
			if f := &p.from[i].file; f.SHA256 == "" {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				if f.SHA256, f.Bytes, err = hashFile(ctx, p.from[i].path); err != nil {
					return nil, err
				}
			}
		}
		if p.key, err = p.hash(); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func hashFile(ctx context.Context, path string) (sum string, size int64, err error) {
	src, err := shard.Open(ctx, path)
	if err != nil {
		return "", 0, err
	}
	defer src.Close()
	h := sha256.New()
	if size, err = io.Copy(h, src); err != nil {
		return "", 0, fmt.Errorf("hash %q: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// hash names the table's content: its columns and the bytes of its files.
func (p planned) hash() (string, error) {
	type content struct{ Name, SHA256 string }
	var files []content
	for _, s := range p.from {
		files = append(files, content{s.file.Name, s.file.SHA256})
	}
	raw, err := json.Marshal([]any{loadVersion, p.name, p.columns, p.cluster, files})
	if err != nil {
		return "", fmt.Errorf("key of %s: %w", p.name, err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16]), nil
}

// rows is their number by the manifests, nil where one is missing.
func (p planned) rows() *int64 {
	var n int64
	for _, s := range p.from {
		if s.file.Records < 0 {
			return nil
		}
		n += s.file.Records
	}
	return &n
}

// stage writes the table as Parquet into a folder, a file a source. A table without
// files gets one without rows, so that it exists.
func (p planned) stage(ctx context.Context, dir string) ([]schemas.File, error) {
	from := p.from
	if len(from) == 0 {
		from = []source{{}}
	}
	files := make([]schemas.File, len(from))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, s := range from {
		g.Go(func() (err error) {
			files[i], err = p.write(ctx, s, shard.Join(dir, p.staged(i)))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("load %s: %w", p.name, err)
	}
	return files, nil
}

// staged is the name of the Parquet file of a source.
func (p planned) staged(i int) string {
	return schemas.ShardName(p.name, i, max(1, len(p.from)), "parquet")
}

func (p planned) write(ctx context.Context, s source, to string) (schemas.File, error) {
	w, err := shard.CreateRaw(ctx, to)
	if err != nil {
		return schemas.File{}, err
	}
	defer w.Abort()
	n, err := p.convert(ctx, s.path, w)
	if err != nil {
		return schemas.File{}, err
	}
	if s.path != "" && s.file.Records >= 0 && n != s.file.Records {
		return schemas.File{}, fmt.Errorf("%q has %d records, its manifest says %d: run build again", s.path, n,
			s.file.Records)
	}
	return w.Commit(n)
}
