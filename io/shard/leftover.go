package shard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"decoy/io/bucket"
	"decoy/schemas"
)

// LeftoverName is the file in a stage's folder that keeps what its records said of
// files, where the records themselves are gone.
const LeftoverName = ".begun.json"

// Leftover is what decoy knows of files in a stage's folder that no record there names
// any more, or not yet.
//
// Records of another fingerprint go before their files do, since nobody may take those
// for whole; if the process is killed in between, the names still stand here. And a
// shard that is killed has written files and no record, or its record was deleted by
// hand: that the stage was begun with so many shards stands here before the first of
// them is written, and stays.
type Leftover struct {
	Files []string `json:"files"`
	Begun []int    `json:"begun"` // numbers of shards
}

// ReadLeftover reads the record of a stage's folder; an absent one is empty.
func ReadLeftover(ctx context.Context, dir string) (l Leftover, err error) {
	err = ReadJSON(ctx, Join(dir, LeftoverName), &l)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return l, err
}

// Add adds names and numbers of shards to the record of a stage's folder. It writes
// nothing if they stand there.
func (l *Leftover) Add(ctx context.Context, dir string, files []string, begun ...int) error {
	now := Leftover{union(l.Files, files), union(l.Begun, begun)}
	if len(now.Files) == len(l.Files) && len(now.Begun) == len(l.Begun) {
		return nil
	}
	if err := writeJSON(ctx, Join(dir, LeftoverName), now); err != nil {
		return err
	}
	*l = now
	return nil
}

func union[T string | int](a, b []T) []T {
	out := slices.Concat([]T{}, a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// Outdate removes a stage's manifest and done records, by their paths, and keeps the
// names of their files. A manifest or record that is not the stage's is a Refusal, and
// then none is removed.
func Outdate(ctx context.Context, dir, stage string, records []string) error {
	var files []schemas.File
	m, err := ReadManifest(ctx, dir)
	switch {
	case err == nil && m.Stage != stage:
		return Refuse("%q is no manifest of decoy's %s, and decoy would write one there: move it away",
			Join(dir, manifestName), stage)
	case err == nil:
		files = m.Shards
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	there := err == nil
	var mu sync.Mutex
	err = each(records, func(record string) error {
		var d schemas.Done
		if err := ReadJSON(ctx, record, &d); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if d.Stage != stage {
			return Refuse("%q is no done record of decoy's %s, and decoy would remove it: move it away and run the "+
				"same command again", record, stage)
		}
		mu.Lock()
		defer mu.Unlock()
		files = append(files, d.Files...)
		return nil
	})
	if err != nil {
		return err
	}
	l, err := ReadLeftover(ctx, dir)
	if err != nil {
		return err
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	if err := l.Add(ctx, dir, names); err != nil {
		return err
	}
	if there {
		if err := Remove(ctx, Join(dir, manifestName)); err != nil {
			return err
		}
	}
	return Remove(ctx, records...)
}

// DoneRecords are the paths of a stage's done records.
func DoneRecords(ctx context.Context, dir string) ([]string, error) {
	all, err := List(ctx, Join(dir, doneDir), "[0-9]*.json")
	return slices.DeleteFunc(all, func(p string) bool {
		return !recordName.MatchString(doneDir + "/" + path.Base(filepath.ToSlash(p)))
	}), err
}

// Sweep removes files by name, but those to keep, and then the record of leftovers,
// whose files must be among them, but for what is to stand there after. A name that leads
// out of the folder, or to what is kept for good, is an error.
func Sweep(ctx context.Context, dir string, names []string, keep map[string]bool, after Leftover) error {
	var paths []string
	for _, name := range names {
		if keep[name] {
			continue
		}
		first, _, _ := strings.Cut(name, "/")
		if !fs.ValidPath(name) || name == "." || first == doneDir || first == "ledger" ||
			path.Base(name) == manifestName {
			return fmt.Errorf("a record of %q names the file %q, which is not one of a shard: nothing was removed; "+
				"look into its %s and %s", dir, name, doneDir, LeftoverName)
		}
		paths = append(paths, Join(dir, name))
	}
	if err := Remove(ctx, paths...); err != nil {
		return err
	}
	if len(after.Begun) > 0 {
		return writeJSON(ctx, Join(dir, LeftoverName), after)
	}
	return Remove(ctx, Join(dir, LeftoverName))
}

// RemoveEmpty removes a folder in which there is nothing; any other stays.
func RemoveEmpty(dir string) {
	if !bucket.In(dir) {
		os.Remove(dir) // its error says that there is something
	}
}
