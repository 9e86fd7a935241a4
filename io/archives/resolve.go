package archives

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/sync/errgroup"

	"decoy/schemas"
)

// identitySuffix is what the name of an archive's sidecar file ends in.
const identitySuffix = ".identity.json"

// ResolveConfig is what a recipe says about its archives. The zero value is the
// default.
type ResolveConfig struct {
	// Identities by path as given, absolute path, or base name of the archive.
	Identities map[string]Identity
	// Limits as for Walk: they decide how far an archive is looked through for its
	// root folder.
	Limits Limits
	// Modules that "module-cache" stands for; nil takes this binary's dependencies.
	Modules []module.Version
	// ModuleCache is GOMODCACHE; empty takes the go command's default.
	ModuleCache string
}

// Resolve turns specs into sources, sorted by repository, commit and content. A
// spec is a path, a glob or "module-cache" (see [SpecModuleCache]); a file that two specs name is one
// source. A file that is no usable archive is a reject.
func Resolve(ctx context.Context, specs []string, cfg ResolveConfig) ([]Source, []schemas.Reject, error) {
	if err := cfg.Limits.Validate(); err != nil {
		return nil, nil, err
	}
	paths, rejects, err := expand(specs, cfg)
	if err != nil {
		return nil, nil, err
	}
	type result struct {
		src    Source
		broken *contentError
	}
	results := make([]result, len(paths))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range paths {
		g.Go(func() error {
			src, err := resolve(ctx, p, cfg)
			if errors.As(err, &results[i].broken) {
				return nil
			}
			results[i].src = src
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	var sources []Source
	for i, r := range results {
		if r.broken != nil {
			rejects = append(rejects, newReject(paths[i].name, r.broken.reason, r.broken.detail))
			continue
		}
		sources = append(sources, r.src)
	}
	slices.SortFunc(sources, func(a, b Source) int {
		return cmp.Or(cmp.Compare(a.Repo, b.Repo), cmp.Compare(a.Commit, b.Commit),
			cmp.Compare(a.SHA256, b.SHA256), cmp.Compare(a.Path, b.Path))
	})
	slices.SortFunc(rejects, func(a, b schemas.Reject) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Detail, b.Detail))
	})
	return sources, rejects, nil
}

// location is an archive's path as a spec gave it and in full, and what a reject
// calls it: its base name or, in the module cache, where those are bare versions,
// the module.
type location struct{ given, abs, name string }

func expand(specs []string, cfg ResolveConfig) ([]location, []schemas.Reject, error) {
	if len(specs) == 0 {
		return nil, nil, fmt.Errorf("no archives: name paths, globs or %q", SpecModuleCache)
	}
	var out []location
	var rejects []schemas.Reject
	seen := map[string]bool{}
	for _, spec := range specs {
		var found []location
		var err error
		if below, ok := moduleSpec(spec); ok {
			var missing []schemas.Reject
			found, missing, err = moduleZips(cfg, below)
			rejects = append(rejects, missing...)
		} else {
			found, err = files(spec)
		}
		if err != nil {
			return nil, nil, err
		}
		for _, l := range found {
			if l.abs, err = filepath.Abs(l.given); err != nil {
				return nil, nil, fmt.Errorf("archive %q: %w", l.given, err)
			}
			if !seen[l.abs] {
				seen[l.abs] = true
				out = append(out, l)
			}
		}
	}
	return out, rejects, nil
}

// files expands a path or a glob. A name that exists is a path, whatever
// characters it has.
func files(spec string) ([]location, error) {
	if _, err := os.Stat(spec); err == nil {
		return []location{{given: spec, name: filepath.Base(spec)}}, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("archive %q: %w", spec, err)
	}
	if !strings.ContainsAny(spec, `*?[`) {
		return nil, fmt.Errorf("archive %q: no such file; give an existing path, a glob, or %q", spec, SpecModuleCache)
	}
	matches, err := filepath.Glob(spec)
	if err != nil {
		return nil, fmt.Errorf("archives %q: %w; quote '[' and '*' with a backslash if they are meant", spec, err)
	}
	var out []location
	for _, p := range matches {
		if info, err := os.Stat(p); err == nil && info.IsDir() || strings.HasSuffix(p, identitySuffix) {
			continue
		}
		out = append(out, location{given: p, name: filepath.Base(p)})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("archives %q: the glob matches no file; check the folder and the quotes round it", spec)
	}
	return out, nil
}

func resolve(ctx context.Context, p location, cfg ResolveConfig) (Source, error) {
	id, err := identityOf(p, cfg.Identities)
	if err != nil {
		return Source{}, err
	}
	src, said, err := inspect(ctx, p.abs, cfg.Limits.withDefaults())
	if err != nil {
		return Source{}, err
	}
	id = id.fill(said)
	src.Repo, src.Commit = id.Repo, id.Commit
	return src, nil
}

// identityOf is what the recipe and the sidecar file say.
func identityOf(p location, known map[string]Identity) (Identity, error) {
	var id Identity
	for _, key := range []string{p.given, p.abs, filepath.Base(p.abs)} {
		id = id.fill(known[key])
	}
	name := p.abs + identitySuffix
	raw, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return id, nil
	}
	if err != nil {
		return id, fmt.Errorf("read identity: %w", err)
	}
	var side Identity
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&side); err != nil {
		return id, fmt.Errorf("read identity %q: %w; write {\"repo\": …, \"commit\": …}", name, err)
	}
	return id.fill(side), nil
}
