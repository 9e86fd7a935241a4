package archives

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/module"

	"decoy/io/archives/inputs"
)

// inspect reads an archive for its hash, its root folder and what it says of its
// identity: a tar in one pass, a local zip at its table of contents and then from
// its first byte to its last. An archive that breaks or reaches a limit after its
// first file is a source all the same: Walk gives what is before, and says so.
func inspect(ctx context.Context, files *inputs.Files, path string, lim Limits) (src Source, said Identity, err error) {
	a, err := openArchive(ctx, files, path)
	if err != nil {
		return src, said, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	sum := sha256.New()
	a.Tee(sum)
	if err := a.detect(); err != nil {
		return src, said, err
	}
	src = Source{Path: path, Format: a.format, Bytes: a.Size()}
	var root rootFinder
	var found manifests
	err = a.items(ctx, lim, func(it item) error {
		clean, bad, _ := CleanPath(it.name, lim.MaxPath)
		if it.kind != kindFile || bad != "" {
			return nil
		}
		root.add(clean)
		return found.add(clean, it)
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
	// What ends the entries is not the end of the file.
	if err := a.Drain(ctx); err != nil {
		return src, said, fmt.Errorf("read archive %q: %w", path, err)
	}
	src.SHA256 = hex.EncodeToString(sum.Sum(nil))
	src.Root = root.root()
	said.Commit = a.commit
	if repo, version, ok := root.module(); ok {
		said = said.Fill(Identity{Repo: repo, Commit: version})
	} else if a.commit == "" {
		said = said.Fill(found.identity(src.Root))
	}
	said = said.Fill(Identity{Repo: src.Root})
	return src, said.Fill(Identity{Repo: "sha256-" + src.SHA256[:16]}), nil
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
