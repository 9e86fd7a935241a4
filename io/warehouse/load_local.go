package warehouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"decoy/io/shard"
	"decoy/schemas"
)

// stageLoad is the stage that the manifest of a folder of tables names.
const stageLoad = "load"

// keys are the keys of the tables that a folder or file holds.
type keys map[string]string

// toParquet makes a folder of Parquet files, TABLE-00000-of-00003.parquet, with a
// manifest that is absent while files change.
func (l Load) toParquet(ctx context.Context, dir string, plan []planned) (err error) {
	if err := folderOwner(dir).Claim(ctx); err != nil {
		return err
	}
	lock, err := shard.Lock(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release(ctx)) }()
	held, files, err := readTables(ctx, dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if held == nil {
		held = keys{}
	}
	changed := false
	keep := map[string]bool{}
	for _, p := range plan {
		if held[p.name] == p.key {
			l.Report(Loaded{Table: p.name, State: stateUnchanged, Rows: records(files[p.name])})
			continue
		}
		if !changed {
			if err := l.begin(ctx, dir, plan); err != nil {
				return err
			}
			changed = true
		}
		now, err := p.stage(ctx, dir)
		if err != nil {
			return err
		}
		held[p.name], files[p.name] = p.key, now
		l.Report(Loaded{Table: p.name, State: stateLoaded, Rows: records(now)})
	}
	if !changed {
		return nil
	}
	options, err := json.Marshal(held)
	if err != nil {
		return fmt.Errorf("load into %q: %w", dir, err)
	}
	m := schemas.Manifest{Stage: stageLoad, SchemaVersion: schemas.SchemaVersion, CodeVersion: schemas.CodeVersion,
		Options: options}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		m.Shards = append(m.Shards, files[name]...)
	}
	for _, f := range m.Shards {
		keep[f.Name] = true
	}
	left, err := shard.ReadLeftover(ctx, dir)
	if err != nil {
		return err
	}
	if err := shard.Sweep(ctx, dir, left.Files, keep, shard.Leftover{}); err != nil {
		return fmt.Errorf("load into %q: %w", dir, err)
	}
	return shard.WriteManifest(ctx, dir, m)
}

// folderOwner is a folder of tables as one of decoy's. Earlier versions wrote no marker
// and a manifest only when all was there.
func folderOwner(dir string) shard.Owner {
	return shard.Owner{Dir: dir, Kind: shard.KindLoad, Earlier: func(ctx context.Context) (bool, error) {
		m, err := shard.ReadManifest(ctx, dir)
		if err == nil && slices.Contains(schemas.Stages, m.Stage) {
			return false, shard.Refuse("folder %q belongs to the stage %s: name another folder", dir, m.Stage)
		}
		return err == nil && m.Stage == stageLoad, nil // what is no manifest belongs to somebody else
	}}
}

// begin takes away the manifest and keeps the names of its files, with those that are
// to be written: whatever happens, they are known. A file that has such a name and that
// no load has written is in the way.
func (l Load) begin(ctx context.Context, dir string, plan []planned) error {
	if err := shard.Outdate(ctx, dir, stageLoad, nil); err != nil {
		return err
	}
	left, err := shard.ReadLeftover(ctx, dir)
	if err != nil {
		return err
	}
	var names []string
	for _, p := range plan {
		for i := range max(1, len(p.from)) {
			name := p.staged(i)
			if names = append(names, name); slices.Contains(left.Files, name) {
				continue
			}
			if there, err := shard.Has(ctx, filepath.Join(dir, name)); err != nil {
				return err
			} else if there {
				return shard.Refuse("decoy would write over %q, which no load has written: move it away, or name "+
					"another folder", filepath.Join(dir, name))
			}
		}
	}
	return left.Add(ctx, dir, names)
}

// filesOf is the pattern of a table's files.
func filesOf(table string) string { return table + "-?????-of-?????.parquet" }

// readTables is what the manifest of a folder of tables says.
func readTables(ctx context.Context, dir string) (keys, map[string][]schemas.File, error) {
	files := map[string][]schemas.File{}
	m, err := shard.ReadManifest(ctx, dir)
	if err != nil {
		return nil, files, err
	}
	var held keys
	if err := json.Unmarshal(m.Options, &held); m.Stage != stageLoad || err != nil {
		return nil, nil, fmt.Errorf("folder %q belongs to the stage %s: name another folder", dir, m.Stage)
	}
	for _, f := range m.Shards {
		for name := range held {
			if ok, _ := filepath.Match(filesOf(name), f.Name); ok {
				files[name] = append(files[name], f)
			}
		}
	}
	return held, files, nil
}

func records(files []schemas.File) (n int64) {
	for _, f := range files {
		n += f.Records
	}
	return n
}

// attachParquet makes the views over a folder of tables.
func (db *DB) attachParquet(ctx context.Context, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("attach %q: %w", dir, err)
	}
	_, files, err := readTables(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("attach %q: no finished load is there: run decoy load OUT --to parquet:%s", dir, dir)
	}
	if err != nil {
		return err
	}
	for _, t := range tables {
		var found []source
		for _, f := range files[t.name] {
			found = append(found, source{path: filepath.Join(dir, f.Name)})
		}
		if len(found) == 0 {
			continue // not loaded: a query that needs it says so
		}
		if err := db.view(ctx, t, t.selects(found, true)); err != nil {
			return fmt.Errorf("attach %q: %w", dir, err)
		}
	}
	return nil
}

// checkPlace is an error where a local target cannot be written to: outside of it no
// folder is made.
func (t target) checkPlace(ctx context.Context) error {
	switch t.scheme {
	case toDuckDB:
		return shard.Parent(t.path)
	case toParquet:
		return folderOwner(t.path).Inspect(ctx)
	}
	return nil
}

// toDuckDB makes a DuckDB file of the tables, or a copy of the present one with those
// tables replaced that have changed, and gives it its name when it is whole.
func (l Load) toDuckDB(ctx context.Context, path string, plan []planned) (err error) {
	held, err := readDuckDB(ctx, path)
	if err != nil {
		return err
	}
	same := true
	for _, p := range plan {
		same = same && held[p.name].Job == p.key
	}
	if same {
		for _, p := range plan {
			l.Report(Loaded{Table: p.name, State: stateUnchanged, Rows: held[p.name].Rows})
		}
		return nil
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), filepath.Base(path)+".tmp-")
	if err != nil {
		return fmt.Errorf("load into %q: %w", path, err)
	}
	defer os.RemoveAll(dir)
	fresh := filepath.Join(dir, "db")
	if held != nil {
		if err := copyFile(path, fresh); err != nil {
			return fmt.Errorf("load into %q: %w", path, err)
		}
	}
	done, err := fill(ctx, fresh, dir, plan, held)
	if err != nil {
		return fmt.Errorf("load into %q: %w", path, err)
	}
	f, err := os.Open(fresh)
	if err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return fmt.Errorf("load into %q: %w", path, err)
	}
	for _, t := range done {
		l.Report(t)
	}
	return nil
}

// fill makes the tables in the DuckDB file at fresh; dir is for their Parquet.
func fill(ctx context.Context, fresh, dir string, plan []planned, held map[string]Loaded) (done []Loaded, err error) {
	db, err := OpenDuckDB()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, s := range []string{
		"ATTACH " + quote(fresh) + " AS build",
		"CREATE TABLE IF NOT EXISTS build.decoy_load (name VARCHAR PRIMARY KEY, key VARCHAR, n BIGINT)",
	} {
		if _, err := db.sql.ExecContext(ctx, s); err != nil {
			return nil, err
		}
	}
	for _, p := range plan {
		if h := held[p.name]; h.Job == p.key {
			done = append(done, Loaded{Table: p.name, State: stateUnchanged, Rows: h.Rows})
			continue
		}
		files, err := p.stage(ctx, dir)
		if err != nil {
			return nil, err
		}
		var found []source
		for _, f := range files {
			found = append(found, source{path: filepath.Join(dir, f.Name)})
		}
		for _, s := range []string{
			"CREATE OR REPLACE TABLE build." + p.name + " AS " + p.selects(found, true),
			fmt.Sprintf("INSERT OR REPLACE INTO build.decoy_load VALUES (%s, %s, %d)", quote(p.name),
				quote(p.key), records(files)),
		} {
			if _, err := db.sql.ExecContext(ctx, s); err != nil {
				return nil, fmt.Errorf("table %s: %w", p.name, err)
			}
		}
		for _, f := range found {
			if err := os.Remove(f.path); err != nil {
				return nil, err
			}
		}
		done = append(done, Loaded{Table: p.name, State: stateLoaded, Rows: records(files)})
	}
	_, err = db.sql.ExecContext(ctx, "DETACH build") // writes what is in its log
	return done, err
}

// readDuckDB is what a DuckDB file holds: rows, and in Job the key. It is nil where
// there is no file.
func readDuckDB(ctx context.Context, path string) (map[string]Loaded, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	db, err := OpenDuckDB()
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return db.attachDuckDB(ctx, path)
}

// isDuckDB tells whether a path is a file with the mark of DuckDB's, which follows a
// checksum of eight bytes (duckdb.org/docs/stable/internals/storage).
func isDuckDB(path string) (bool, error) {
	if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() {
		return false, err
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var head [12]byte
	if _, err := io.ReadFull(f, head[:]); err != nil { // too short
		return false, nil
	}
	return string(head[8:]) == "DUCK", nil
}

func (db *DB) attachDuckDB(ctx context.Context, path string) (map[string]Loaded, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("attach %q: %w: make it with decoy load OUT --to duckdb:%s", path, err, path)
	}
	if own, err := isDuckDB(path); err != nil {
		return nil, fmt.Errorf("attach %q: %w", path, err)
	} else if !own {
		return nil, shard.Refuse("%q is not a DuckDB file, and is left alone: name another file", path)
	}
	if _, err := db.sql.ExecContext(ctx, "ATTACH "+quote(path)+" AS build (READ_ONLY)"); err != nil {
		return nil, fmt.Errorf("attach %q: %s: name a DuckDB file that no other process has open", path, firstLine(err))
	}
	r, err := db.Query(ctx, "SELECT name, key, n FROM build.decoy_load")
	if err != nil {
		return nil, shard.Refuse("%q was not written by decoy load, and is left alone: name another file", path)
	}
	held := map[string]Loaded{}
	for _, row := range r.Rows {
		held[row[0].(string)] = Loaded{Table: row[0].(string), Job: row[1].(string), Rows: row[2].(int64)}
	}
	return held, nil
}

// attachFile makes the views over a DuckDB file that Load wrote.
func (db *DB) attachFile(ctx context.Context, path string) error {
	held, err := db.attachDuckDB(ctx, path)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if _, ok := held[t.name]; !ok {
			continue // not loaded: a query that needs it says so
		}
		if err := db.view(ctx, t, "SELECT * FROM build."+t.name); err != nil {
			return fmt.Errorf("attach %q: %w", path, err)
		}
	}
	return nil
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// firstLine is an error on one line.
func firstLine(err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return line
}
