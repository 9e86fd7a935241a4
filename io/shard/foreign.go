package shard

import (
	"cmp"
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"decoy/io/bucket"
)

// walker finds the files below a folder that are not decoy's, up to mostFound of them.
type walker struct {
	dir   string
	found []string
}

func (w *walker) add(name string) error {
	if len(w.found) == mostFound {
		return errEnough
	}
	w.found = append(w.found, name)
	return nil
}

func (w *walker) bucket(ctx context.Context, s *bucket.Store, folder string) error {
	files, folders, err := s.Files(ctx, folder, "")
	if err != nil {
		return err
	}
	_, above := bucket.At(w.dir)
	for _, f := range files {
		name := strings.TrimPrefix(strings.TrimPrefix(f.Name, above), "/")
		if harmless[path.Base(name)] || ourTrace(name, f.Size) || strings.HasPrefix(name, lockName+"-clock-") {
			continue
		}
		if err := w.add(name); err != nil {
			return err
		}
	}
	for _, f := range folders {
		if harmless[path.Base(f)] {
			continue
		}
		if err := w.bucket(ctx, s, strings.TrimSuffix(f, "/")); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) disk(folder string) error {
	entries, err := os.ReadDir(filepath.Join(w.dir, folder))
	if err != nil {
		if folder != "" { // who cannot look into it does not know that it is empty
			return w.add(folder + "/")
		}
		return err
	}
	// Of a large folder such as .git more is counted than named.
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int {
		return cmp.Compare(hidden(a.Name()), hidden(b.Name()))
	})
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		if harmless[e.Name()] || strings.HasPrefix(e.Name(), "._") {
			continue
		}
		size := int64(-1)
		if st, err := e.Info(); err == nil {
			size = st.Size()
		}
		if !e.IsDir() && ourTrace(name, size) {
			continue
		}
		inside := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 { // a stage's folder may be on another disk
			if st, err := os.Stat(filepath.Join(w.dir, name)); err == nil && st.IsDir() {
				left, err := os.ReadDir(filepath.Join(w.dir, name))
				if err == nil && len(left) == 0 {
					continue
				}
			}
		}
		if !inside {
			err = w.add(name)
		} else {
			err = w.disk(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
