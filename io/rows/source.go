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
// name and content. It reads every file once, for its hash, after a look at the head of
// each: a file of a format that is not read is a *FormatError.
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
	if err := named(ctx, &files, sources); err != nil {
		return nil, err
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

// maxFormatErrors bounds the files that are named by one error.
const maxFormatErrors = 10

// named is the error of the files that are of no format that is read. Their heads are
// looked at before any file is read whole.
func named(ctx context.Context, files *inputs.Files, sources []Source) error {
	found := make([]error, len(sources))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, s := range sources {
		g.Go(func() error {
			f, err := files.Open(ctx, s.Path)
			if err != nil {
				return fmt.Errorf("rows %q: %w", s.Path, err)
			}
			head, err := f.Peek(sniffed)
			if e := sniff(s.Path, head, int64(len(head)) == f.Size()); e != nil {
				found[i] = e
			}
			if err := errors.Join(err, f.Close()); err != nil {
				return fmt.Errorf("rows %q: %w", s.Path, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(err error) bool { return err == nil })
	if more := len(found) - maxFormatErrors; more > 0 {
		found = append(found[:maxFormatErrors], fmt.Errorf("and %d more files", more))
	}
	return errors.Join(found...)
}

func (s *Source) hash(ctx context.Context, files *inputs.Files) error {
	f, err := files.Open(ctx, s.Path)
	if err != nil {
		return fmt.Errorf("rows %q: %w", s.Path, err)
	}
	sum := sha256.New()
	end := &ending{w: sum, keep: true}
	f.Tee(end)
	head, err := f.Peek(4)
	if end.keep = string(head) == "PAR1"; !end.keep {
		end.last = nil
	}
	if err := errors.Join(err, f.Drain(ctx), f.Close()); err != nil {
		return fmt.Errorf("rows %q: %w", s.Path, err)
	}
	s.SHA256, s.Bytes = hex.EncodeToString(sum.Sum(nil)), f.Size()
	if end.keep {
		if e := checkParquet(s.Path, s.Bytes, end.last); e != nil {
			return e
		}
	}
	return nil
}
