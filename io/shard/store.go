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
)

// Dir is a folder of immutable files, each created once and whole, and at most
// deleted: the store below the ledger. Names are relative and slash-separated.
type Dir struct{ path string }

// NewDir is the store in a folder, which need not exist yet.
func NewDir(path string) Dir { return Dir{path} }

// Put creates a file. The error is os.ErrExist if the name is taken, by whatever
// process: link(2) creates the name or fails, where rename(2) would replace it.
func (d Dir) Put(ctx context.Context, name string, data []byte) error {
	target, err := d.locate(ctx, name)
	if err != nil {
		return fmt.Errorf("put: %w", err)
	}
	r, err := CreateRaw(ctx, target)
	if err != nil {
		return err
	}
	defer r.Abort()
	if _, err := r.Write(data); err != nil {
		return err
	}
	if err := r.finish(); err != nil {
		return err
	}
	defer os.Remove(r.file.Name())
	if err := os.Link(r.file.Name(), target); err != nil {
		return fmt.Errorf("put %q: %w", target, withRemedy(err))
	}
	return syncDir(filepath.Dir(target))
}

// Get returns a file; os.ErrNotExist if there is none.
func (d Dir) Get(ctx context.Context, name string) ([]byte, error) {
	target, err := d.locate(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("get: %w", err)
	}
	return ReadFile(ctx, target)
}

// List returns the names that begin with prefix, sorted. Files that are still
// being written are not among them.
func (d Dir) List(ctx context.Context, prefix string) ([]string, error) {
	if prefix != "" && !filepath.IsLocal(prefix) {
		return nil, fmt.Errorf("list %q: prefix %q leaves the folder", d.path, prefix)
	}
	// Only the folder part of the prefix is walked: a ledger has one a shard.
	folder, _ := path.Split(prefix)
	var names []string
	err := filepath.WalkDir(filepath.Join(d.path, filepath.FromSlash(folder)),
		func(p string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if e.IsDir() || temporary.MatchString(e.Name()) {
				return nil
			}
			rel, err := filepath.Rel(d.path, p)
			if err != nil {
				return err
			}
			if name := filepath.ToSlash(rel); strings.HasPrefix(name, prefix) {
				names = append(names, name)
			}
			return nil
		})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list %q: %w", d.path, err)
	}
	slices.Sort(names)
	return names, nil
}

// Delete removes a file. One that is not there is no error.
func (d Dir) Delete(ctx context.Context, name string) error {
	target, err := d.locate(ctx, name)
	if err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete %q: %w", target, withRemedy(err))
	}
	return nil
}

func (d Dir) locate(ctx context.Context, name string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if !filepath.IsLocal(name) {
		return "", fmt.Errorf("name %q in %q is not a relative path inside it", name, d.path)
	}
	return filepath.Join(d.path, filepath.FromSlash(name)), nil
}
