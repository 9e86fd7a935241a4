package archives

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"golang.org/x/mod/module"
)

// inspect reads an archive once for its hash and once for its root folder and
// what it says of its identity. An archive that breaks or reaches a limit after
// its first file is a source all the same: Walk gives what is before, and says so.
func inspect(ctx context.Context, path string, lim Limits) (src Source, said Identity, err error) {
	a, err := openArchive(path)
	if err != nil {
		return src, said, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.detect(); err != nil {
		return src, said, err
	}
	src = Source{Path: path, Format: a.format, Bytes: a.size}
	if src.SHA256, err = a.hash(ctx); err != nil {
		return src, said, err
	}
	var root rootFinder
	err = a.items(ctx, lim, func(it item) error {
		if clean, bad, _ := cleanPath(it.name, lim.MaxPath); it.kind == kindFile && bad == "" {
			root.add(clean)
		}
		return nil
	})
	c := (*contentError)(nil)
	switch {
	case err != nil && !errors.As(err, &c):
		return src, said, err
	case root.files == 0 && c != nil:
		return src, said, c
	case root.files == 0:
		return src, said, contentErrorf(ArchiveEmpty, "no regular file with a sound path")
	}
	src.Root = root.root()
	said.Commit = a.commit
	if repo, version, ok := root.module(); ok {
		said = said.fill(Identity{Repo: repo, Commit: version})
	}
	said = said.fill(Identity{Repo: src.Root})
	return src, said.fill(Identity{Repo: "sha256-" + src.SHA256[:16]}), nil
}

func (a *archive) hash(ctx context.Context) (string, error) {
	h := sha256.New()
	if _, err := io.CopyBuffer(h, &meter{ctx: ctx, r: a, left: math.MaxInt64}, make([]byte, 1<<20)); err != nil {
		return "", fmt.Errorf("read archive %q: %w", a.path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// rootFinder finds the folder that all files of an archive share: for a module
// zip PATH@VERSION, else the first folder.
type rootFinder struct {
	files  int
	folder string // "" once two files differ or one lies outside any folder
	prefix string // PATH@VERSION of a module zip, "" once it is none
}

func (r *rootFinder) add(path string) {
	folder, _, nested := strings.Cut(path, "/")
	if !nested {
		folder = ""
	}
	if r.files++; r.files == 1 {
		r.folder, r.prefix = folder, modulePrefix(path)
		return
	}
	if folder != r.folder {
		r.folder = ""
	}
	if !strings.HasPrefix(path, r.prefix+"/") {
		r.prefix = ""
	}
}

func (r *rootFinder) root() string {
	if r.prefix != "" {
		return r.prefix
	}
	return r.folder
}

func (r *rootFinder) module() (path, version string, ok bool) {
	return strings.Cut(r.prefix, "@")
}

// modulePrefix is the PATH@VERSION that a path begins with, or "". A module path
// holds no '@' (golang.org/x/mod/module).
func modulePrefix(path string) string {
	name, rest, _ := strings.Cut(path, "@")
	version, _, nested := strings.Cut(rest, "/")
	if !nested || module.Check(name, version) != nil {
		return ""
	}
	return name + "@" + version
}
