// Package sources is one door to all that a build reads files from: archives of
// package archives and git repositories and bundles of package gitrepo.
//
// # What a spec names
//
// A path is a git source where gitrepo knows it (a repository with or without a work
// tree, a bundle) and an archive otherwise; so is what a glob on this machine
// matches, where folders that are no repository are passed over. Everything else
// (URLs, "module-cache") is an archive.
//
// # Identity of a git source
//
// Repository and commit come from the recipe's map, then from the file
// NAME.identity.json, as those of an archive; a commit there may be any reference
// and is resolved. The repository is otherwise the name of the path without .git and
// .bundle: a remote's URL is configuration of the machine, not content. Two of one
// name are an error, because they would be taken for one repository. The commit
// is otherwise HEAD's. Content is known by the commit's id, so the hash of a source
// is that of repository and commit, and a repository is never read as a whole.
package sources

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"decoy/io/archives"
	"decoy/io/archives/inputs"
	"decoy/io/gitrepo"
	"decoy/schemas"
	"decoy/schemas/contain"
)

// FormatGit is the format of a git repository or bundle.
const FormatGit = "git"

// Resolve turns specs into sources and rejects, sorted, as [archives.Resolve] does.
func Resolve(ctx context.Context, specs []string, cfg archives.ResolveConfig) ([]archives.Source, []schemas.Reject,
	error) {
	var files inputs.Files
	listed, err := files.Lists(ctx, specs, func(spec string) bool { return archives.IsModuleSpec(spec) })
	if err := errors.Join(err, files.Close()); err != nil {
		return nil, nil, err
	}
	var out []archives.Source
	var rejects []schemas.Reject
	var rest []string
	seen := map[string]bool{}
	for _, spec := range listed {
		repos, others := divide(spec.Text)
		rest = append(rest, others...)
		for _, path := range repos {
			given := path
			if path, err = filepath.Abs(path); err != nil {
				return nil, nil, spec.Errorf("repository %q: %w", path, err)
			}
			if seen[path] {
				continue
			}
			seen[path] = true
			var src archives.Source
			err := contain.Do(func() (err error) {
				src, err = resolve(ctx, given, path, cfg)
				return err
			})
			if p := (*contain.Panic)(nil); errors.As(err, &p) {
				rejects = append(rejects, schemas.Reject{Stage: schemas.StageExtract, ID: filepath.Base(path),
					Reason: schemas.ReasonInternal, Detail: p.Error()})
				continue
			}
			if c := (*gitrepo.ContentError)(nil); errors.As(err, &c) {
				rejects = append(rejects, c.Reject(filepath.Base(path)))
				continue
			}
			if err != nil {
				return nil, nil, spec.Errorf("repository %q: %w", path, err)
			}
			out = append(out, src)
		}
	}
	if len(out)+len(rejects) == 0 {
		return archives.Resolve(ctx, specs, cfg) // its errors name lists and lines
	}
	if len(rest) > 0 {
		src, bad, err := archives.Resolve(ctx, rest, cfg)
		if err != nil {
			return nil, nil, err
		}
		out, rejects = append(out, src...), append(rejects, bad...)
	}
	slices.SortFunc(out, archives.CompareSources)
	for i := 1; i < len(out); i++ {
		if a, b := out[i-1], out[i]; a.Format == FormatGit && b.Format == FormatGit && a.Repo == b.Repo &&
			a.Path != b.Path {
			return nil, nil, fmt.Errorf("repositories %q and %q are both called %q; name them in the recipe's "+
				"identities, or in files PATH%s", a.Path, b.Path, a.Repo, archives.IdentitySuffix)
		}
	}
	slices.SortFunc(rejects, func(a, b schemas.Reject) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Detail, b.Detail))
	})
	return out, rejects, nil
}

// divide parts what a spec names into repositories and specs of archives.
func divide(spec string) (repos, others []string) {
	if inputs.IsURL(spec) || archives.IsModuleSpec(spec) {
		return nil, []string{spec}
	}
	if _, err := os.Lstat(spec); err == nil {
		if gitrepo.IsRepository(spec) {
			return []string{spec}, nil
		}
		return nil, []string{spec}
	}
	matches, err := filepath.Glob(spec)
	if err != nil {
		return nil, []string{spec} // archives says what is wrong with it
	}
	for _, m := range matches {
		if gitrepo.IsRepository(m) {
			repos = append(repos, m)
		} else if info, err := os.Stat(m); err == nil && !info.IsDir() &&
			!strings.HasSuffix(m, archives.IdentitySuffix) {
			others = append(others, m)
		}
	}
	if len(repos) == 0 {
		return nil, []string{spec}
	}
	return repos, others
}

func resolve(ctx context.Context, given, path string, cfg archives.ResolveConfig) (src archives.Source, err error) {
	var id archives.Identity
	for _, key := range []string{given, path, filepath.Base(path)} {
		id = id.Fill(cfg.Identities[key])
	}
	side, err := sidecar(path + archives.IdentitySuffix)
	if err != nil {
		return src, err
	}
	id.Repo, id.Commit = cmp.Or(id.Repo, side.Repo), cmp.Or(id.Commit, side.Commit)
	repo, err := gitrepo.Open(ctx, path)
	if err != nil {
		return src, err
	}
	defer func() { err = errors.Join(err, repo.Close()) }()
	commit, err := repo.Resolve(id.Commit)
	if err != nil {
		return src, err
	}
	name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".bundle"), ".git")
	if name == "" { // the .git folder of a work tree
		name = filepath.Base(filepath.Dir(path))
	}
	src = archives.Source{Path: path, Format: FormatGit, Repo: cmp.Or(id.Repo, name),
		Commit: commit, License: id.License}
	sum := sha256.Sum256([]byte(src.Repo + "\x00" + commit))
	src.SHA256 = hex.EncodeToString(sum[:])
	return src, nil
}

// sidecar reads a file of identity, if there is one.
func sidecar(name string) (id archives.Identity, err error) {
	raw, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return id, nil
	}
	if err != nil {
		return id, fmt.Errorf("read identity: %w", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&id); err != nil {
		return id, fmt.Errorf("read identity %q: %w; write {\"repo\": …, \"commit\": …}; a license stands in the "+
			"recipe's identities alone", name, err)
	}
	return id, nil
}

// Walk streams the regular files of a source, as [archives.Walk] does.
func Walk(ctx context.Context, src archives.Source, lim archives.Limits, want func(path string, size int64) bool,
	emit func(archives.Entry) error, reject func(schemas.Reject)) (err error) {
	return WalkLinks(ctx, src, lim, want, emit, nil, reject)
}

// WalkLinks is Walk that tells of links too, as [archives.WalkLinks] does.
func WalkLinks(ctx context.Context, src archives.Source, lim archives.Limits, want func(path string, size int64) bool,
	emit func(archives.Entry) error, link func(path, target string), reject func(schemas.Reject)) (err error) {
	if src.Format != FormatGit {
		return archives.WalkLinks(ctx, src, lim, want, emit, link, reject)
	}
	var reader contain.Reader // the caller's functions are outside of it
	err = reader.Do(func() (err error) {
		contain.At("read repository", src.ID())
		repo, err := gitrepo.OpenLimits(ctx, src.Path, gitrepo.Limits{MaxFileBytes: lim.MaxFileBytes,
			MaxEntries: lim.MaxEntries, MaxTotalBytes: lim.MaxTotalBytes, MaxPath: lim.MaxPath})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, repo.Close()) }()
		repo.Name = src.Repo
		asked, told := want, link
		if want != nil {
			asked = func(path string, size int64) (wanted bool) {
				reader.Outside(func() { wanted = want(path, size) })
				return wanted
			}
		}
		if link != nil {
			told = func(path, target string) { reader.Outside(func() { link(path, target) }) }
		}
		return repo.SnapshotLinks(ctx, src.Commit, asked, func(path string, data []byte) (err error) {
			reader.Outside(func() { err = emit(archives.Entry{Path: path, Data: data, Size: int64(len(data))}) })
			return err
		}, told, func(r schemas.Reject) { reader.Outside(func() { reject(r) }) })
	})
	if p := (*contain.Panic)(nil); errors.As(err, &p) { // a fault of the reader's own, or of a library's
		reject(schemas.Reject{Stage: schemas.StageExtract, ID: src.ID(), Reason: schemas.ReasonInternal,
			Detail: p.Error()})
		return nil
	}
	if c := (*gitrepo.ContentError)(nil); errors.As(err, &c) {
		reject(c.Reject(src.ID()))
		return nil
	}
	return err
}
