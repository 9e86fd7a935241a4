package gitrepo

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

const (
	// maxObjectBytes bounds every object that is read into memory. Blobs have the
	// lower bound of Limits; trees, commits and bases of deltas have this one.
	maxObjectBytes = 128 << 20
	// maxAlternates is how deep alternates may name further ones: git's own bound.
	maxAlternates = 5
	// maxPacks bounds the packs of a repository: their indexes lie in memory.
	maxPacks = 4096
)

// header is what is known of an object without its content.
type header struct {
	kind plumbing.ObjectType
	size int64
}

// database finds objects by id in the packs and loose files of one or, with
// alternates, several object folders. It is for one goroutine.
type database struct {
	folders []string // that hold loose objects
	packs   []*pack
	cache   *objectCache
	inflate inflater
	last    *pack // where the last object was: neighbours lie together
}

func newDatabase(cacheBytes int64) *database {
	return &database{cache: newObjectCache(cacheBytes)}
}

// openFolders opens an object folder and its alternates. A folder that occurs
// twice, as in a cycle, is opened once.
func (d *database) openFolders(ctx context.Context, folder string) error {
	return d.openFolder(ctx, folder, map[string]bool{}, 0)
}

func (d *database) openFolder(ctx context.Context, folder string, seen map[string]bool, depth int) error {
	real, err := filepath.EvalSymlinks(folder)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return corruptf("the object folder %q does not exist; if it is named in objects/info/alternates, restore "+
				"it or run git repack -a -d", folder)
		}
		return fmt.Errorf("open git objects: %w", err)
	}
	if seen[real] {
		return nil
	}
	seen[real] = true
	if depth > maxAlternates {
		return corruptf("objects/info/alternates go deeper than %d at %q", maxAlternates, folder)
	}
	d.folders = append(d.folders, folder)
	if err := d.openPacks(ctx, filepath.Join(folder, "pack")); err != nil {
		return err
	}
	list, err := readSmall(filepath.Join(folder, "info", "alternates"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(list)) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		if !filepath.IsAbs(line) {
			line = filepath.Join(folder, line)
		}
		if err := d.openFolder(ctx, line, seen, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (d *database) openPacks(ctx context.Context, folder string) error {
	files, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open git packs: %w", err)
	}
	for _, f := range files {
		base, ok := strings.CutSuffix(f.Name(), ".pack")
		if !ok {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(d.packs) == maxPacks {
			return corruptf("more than %d packs; run git repack -a -d", maxPacks)
		}
		p, err := openPack(filepath.Join(folder, base))
		if err != nil {
			return err
		}
		p.number = len(d.packs)
		d.packs = append(d.packs, p)
	}
	return nil
}

func (d *database) Close() error {
	var errs []error
	for _, p := range d.packs {
		errs = append(errs, p.Close())
	}
	d.packs = nil
	return errors.Join(errs...)
}

// find is the pack that holds an object and the place in it.
func (d *database) find(id plumbing.Hash) (*pack, int64, error) {
	if d.last != nil {
		if off, ok, err := d.last.offset(id); ok || err != nil {
			return d.last, off, err
		}
	}
	for _, p := range d.packs {
		if off, ok, err := p.offset(id); ok || err != nil {
			d.last = p
			return p, off, err
		}
	}
	return nil, 0, nil
}

// header reads an object's type and size, and its content not.
func (d *database) header(id plumbing.Hash) (h header, err error) {
	defer guard("object "+id.String(), &err)
	p, off, err := d.find(id)
	if err != nil {
		return h, err
	}
	if p != nil {
		return p.header(&d.inflate, off)
	}
	f, h, _, err := d.loose(id)
	if err == nil {
		err = f.Close()
	}
	return h, err
}

// read returns an object of the wanted type whose content has its id. The bytes
// are shared: the caller must not change them.
func (d *database) read(id plumbing.Hash, kind plumbing.ObjectType, most int64) (data []byte, err error) {
	defer guard("object "+id.String(), &err)
	p, off, err := d.find(id)
	if err != nil {
		return nil, err
	}
	var got plumbing.ObjectType
	verified := false
	if p != nil {
		data, got, verified, err = p.read(&d.inflate, d.cache, off)
	} else {
		data, got, err = d.readLoose(id)
	}
	switch {
	case err != nil:
		return nil, err
	case got != kind:
		return nil, corruptf("object %s is a %s, a %s was expected", id, got, kind)
	case int64(len(data)) > most:
		return nil, corruptf("object %s has %d bytes, at most %d are read", id, len(data), most)
	case !verified && objectID(got, data) != id:
		return nil, corruptf("the content of object %s does not have its id; run git fsck", id)
	}
	if p != nil {
		d.cache.verify(cacheKey{p.number, off})
	}
	return data, nil
}

// objectID is the id that git gives to a content.
func objectID(kind plumbing.ObjectType, data []byte) plumbing.Hash {
	h := sha1.New()
	fmt.Fprintf(h, "%s %d\x00", kind, len(data))
	h.Write(data)
	return plumbing.Hash(h.Sum(nil))
}
