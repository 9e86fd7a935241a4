package archives

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/sync/errgroup"

	"decoy/io/archives/inputs"
	"decoy/schemas"
	"decoy/schemas/contain"
)

// IdentitySuffix is what the name of an archive's sidecar file ends in.
const IdentitySuffix = ".identity.json"

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
// spec is a path, a URL of a Beam file system, a glob of either, "@FILE" for a list
// of specs, or "module-cache" (see [SpecModuleCache]). A file that two specs name is
// one source. A file that is no usable archive is a reject.
func Resolve(ctx context.Context, specs []string, cfg ResolveConfig) ([]Source, []schemas.Reject, error) {
	if err := cfg.Limits.Validate(); err != nil {
		return nil, nil, err
	}
	r := &resolver{cfg: cfg}
	sources, rejects, err := r.resolve(ctx, specs)
	if err := errors.Join(err, r.files.Close()); err != nil {
		return nil, nil, err
	}
	return sources, rejects, nil
}

// resolver is one call of Resolve.
type resolver struct {
	cfg   ResolveConfig
	files inputs.Files
}

func (r *resolver) resolve(ctx context.Context, specs []string) ([]Source, []schemas.Reject, error) {
	paths, rejects, err := r.expand(ctx, specs)
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
			var src Source
			err := contain.Do(func() (err error) {
				contain.At("resolve archive", p.name)
				src, err = r.one(ctx, p)
				return err
			})
			if p := (*contain.Panic)(nil); errors.As(err, &p) {
				err = &contentError{schemas.ReasonInternal, p.Error()}
			}
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
	for i, got := range results {
		if got.broken != nil {
			rejects = append(rejects, newReject(paths[i].name, got.broken.reason, got.broken.detail))
			continue
		}
		sources = append(sources, got.src)
	}
	slices.SortFunc(sources, CompareSources)
	slices.SortFunc(rejects, func(a, b schemas.Reject) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Detail, b.Detail))
	})
	return sources, rejects, nil
}

// location is an archive's path as a spec gave it and in full, and what a reject
// calls it: its base name or, in the module cache, where those are bare versions,
// the module.
type location struct{ given, abs, name string }

// IsModuleSpec reports whether a spec names modules of the module cache.
func IsModuleSpec(spec string) bool {
	_, ok := moduleSpec(spec)
	return ok
}

func (r *resolver) expand(ctx context.Context, specs []string) ([]location, []schemas.Reject, error) {
	if len(specs) == 0 {
		return nil, nil, fmt.Errorf("no archives: name paths, globs, URLs, lists or %q", SpecModuleCache)
	}
	listed, err := r.files.Lists(ctx, specs, IsModuleSpec)
	if err != nil {
		return nil, nil, err
	}
	var out []location
	var rejects []schemas.Reject
	seen := map[string]bool{}
	for _, spec := range listed {
		var found []location
		if below, ok := moduleSpec(spec.Text); ok {
			var missing []schemas.Reject
			found, missing, err = moduleZips(r.cfg, below)
			rejects = append(rejects, missing...)
		} else {
			found, err = r.archives(ctx, spec.Text)
		}
		if err != nil {
			return nil, nil, spec.Errorf("%w", err)
		}
		for _, l := range found {
			if l.abs = l.given; !inputs.IsURL(l.abs) {
				if l.abs, err = filepath.Abs(l.given); err != nil {
					return nil, nil, spec.Errorf("archive %q: %w", l.given, err)
				}
			}
			if !seen[l.abs] {
				seen[l.abs] = true
				out = append(out, l)
			}
		}
	}
	return out, rejects, nil
}

// archives expands a path, URL or glob.
func (r *resolver) archives(ctx context.Context, spec string) ([]location, error) {
	found, err := r.files.Expand(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("archive %w", err)
	}
	var out []location
	for _, p := range found {
		if p == spec || !strings.HasSuffix(p, IdentitySuffix) {
			out = append(out, location{given: p, name: inputs.Base(p)})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("archives %q: the glob matches only files of identities (%s), no archive", spec,
			IdentitySuffix)
	}
	return out, nil
}

func (r *resolver) one(ctx context.Context, p location) (Source, error) {
	id, err := r.identityOf(ctx, p)
	if err != nil {
		return Source{}, err
	}
	src, said, err := inspect(ctx, &r.files, p.abs, r.cfg.Limits.withDefaults())
	if err != nil {
		return Source{}, err
	}
	id = id.Fill(said)
	src.Repo, src.Commit, src.License = id.Repo, id.Commit, id.License
	return src, nil
}

// identityOf is what the recipe and the sidecar file say.
func (r *resolver) identityOf(ctx context.Context, p location) (Identity, error) {
	var id Identity
	for _, key := range []string{p.given, p.abs, inputs.Base(p.abs)} {
		id = id.Fill(r.cfg.Identities[key])
	}
	name := p.abs + IdentitySuffix
	raw, err := r.files.ReadSmall(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return id, nil
	}
	if err != nil {
		return id, fmt.Errorf("read identity %q: %w", name, err)
	}
	var side Identity
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&side); err != nil {
		return id, fmt.Errorf("read identity %q: %w; write {\"repo\": …, \"commit\": …}; a license stands in the "+
			"recipe's identities alone", name, err)
	}
	return id.Fill(side), nil
}
