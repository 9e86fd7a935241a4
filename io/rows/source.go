package rows

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"decoy/io/archives/inputs"
	"decoy/schemas"
)

// Source is one resolved file of rows. Path is absolute or a URL; it says where the
// bytes are and, but for its last part, is no part of any output.
type Source struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// Name is the last part of the path.
func (s Source) Name() string { return inputs.Base(s.Path) }

// Input is the source as a manifest lists it.
func (s Source) Input() schemas.Input {
	return schemas.Input{Name: s.Name(), SHA256: s.SHA256, Bytes: s.Bytes}
}

// Resolve turns specs (paths, URLs, globs, "@FILE" lists) into sources, sorted by
// name and content. It reads every file once, for its hash.
func Resolve(ctx context.Context, specs []string) (sources []Source, err error) {
	var files inputs.Files
	defer func() { err = errors.Join(err, files.Close()) }()
	listed, err := files.Lists(ctx, specs, func(string) bool { return false })
	if err != nil {
		return nil, err
	}
	if len(listed) == 0 {
		return nil, errors.New("no rows: name paths, globs, URLs or lists of JSON Lines or Parquet files")
	}
	seen := map[string]bool{}
	for _, spec := range listed {
		found, err := files.Expand(ctx, spec.Text)
		if err != nil {
			return nil, spec.Errorf("rows %w", err)
		}
		for _, path := range found {
			if !inputs.IsURL(path) {
				if path, err = filepath.Abs(path); err != nil {
					return nil, spec.Errorf("rows %q: %w", path, err)
				}
			}
			if !seen[path] {
				seen[path] = true
				sources = append(sources, Source{Path: path})
			}
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range sources {
		g.Go(func() error { return sources[i].hash(gctx, &files) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(sources, func(a, b Source) int {
		return cmp.Or(cmp.Compare(a.Name(), b.Name()), cmp.Compare(a.SHA256, b.SHA256), cmp.Compare(a.Path, b.Path))
	})
	return sources, nil
}

func (s *Source) hash(ctx context.Context, files *inputs.Files) error {
	f, err := files.Open(ctx, s.Path)
	if err != nil {
		return fmt.Errorf("rows %q: %w", s.Path, err)
	}
	sum := sha256.New()
	f.Tee(sum)
	if err := errors.Join(f.Drain(ctx), f.Close()); err != nil {
		return fmt.Errorf("rows %q: %w", s.Path, err)
	}
	s.SHA256, s.Bytes = hex.EncodeToString(sum.Sum(nil)), f.Size()
	return nil
}
