package shard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"decoy/io/bucket"
	"decoy/schemas"
)

// requests is how many requests about one folder in a bucket are under way at once.
const requests = 32

// Join is the path of a file below OUT; names are slash-separated.
func Join(out string, names ...string) string {
	if bucket.In(out) {
		return bucket.Join(out, names...)
	}
	return filepath.Join(out, filepath.FromSlash(path.Join(names...)))
}

// Exists tells whether there is a folder, or anything below it: a bucket has no empty
// folders.
func Exists(ctx context.Context, dir string) (bool, error) {
	if bucket.In(dir) {
		s, name := bucket.At(dir)
		return s.Holds(ctx, name)
	}
	_, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Has tells whether there is a file.
func Has(ctx context.Context, path string) (bool, error) {
	_, err := sizeOf(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Remove removes files. One that is not there is no error.
func Remove(ctx context.Context, paths ...string) error {
	return each(paths, func(path string) error { return removeFile(ctx, path) })
}

func removeFile(ctx context.Context, path string) error {
	if bucket.In(path) {
		s, name := bucket.At(path)
		return s.Delete(ctx, name)
	}
	return removeLocal(path)
}

func removeLocal(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %q: %w", path, withRemedy(err))
	}
	return nil
}

// RemoveAll removes a folder with all that is in it. One that is not there is no error.
func RemoveAll(ctx context.Context, dir string) error {
	if !bucket.In(dir) {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove %q: %w", dir, withRemedy(err))
		}
		return nil
	}
	files, err := Walk(ctx, dir)
	if err != nil {
		return err
	}
	return each(files, func(f File) error { return removeFile(ctx, Join(dir, f.Name)) })
}

// each does something with the elements of a list, several at once, and returns the
// first error.
func each[T any](list []T, do func(T) error) error {
	var wg sync.WaitGroup
	slots := make(chan struct{}, requests)
	errs := make([]error, len(list))
	for i, v := range list {
		slots <- struct{}{}
		wg.Go(func() {
			errs[i] = do(v)
			<-slots
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// lastingFor bounds what is still written after a cancel.
const lastingFor = time.Minute

// Lasting is the context of what must be written though its work was cancelled: the record of
// what is done, was paid or is still there. It ends by itself after a minute.
func Lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), lastingFor)
}

// temporary matches what CreateRaw adds to a name, now and in earlier versions.
var temporary = regexp.MustCompile(`\.(decoy-)?tmp-[0-9]+-[0-9a-f]{16}$`)

// abandoned matches the temporary names that may be removed. Those of earlier versions
// say nothing of decoy, so what stands before them must be the name of a file that
// decoy writes.
var abandoned = regexp.MustCompile(`\.decoy-tmp-[0-9]+-[0-9a-f]{16}$|` +
	`(^|[.])(jsonl\.zst|json|bin|tfrecord\.gz|parquet|[0-9]{6}-[0-9]{6}\.zst|compacted-[0-9a-f]{16}\.zst|html|run|README\.md|ATTRIBUTION\.jsonl)\.tmp-[0-9]+-[0-9a-f]{16}$`)

// File is a finished file below a folder.
type File struct {
	Name string // relative, slash-separated
	Size int64
}

// Walk lists the finished files below a folder, sorted by name, but for those in the
// folders to skip, which are named relative to it. An absent folder holds none. In a
// bucket it costs one request for each folder with up to 1,000 files.
func Walk(ctx context.Context, dir string, skip ...string) ([]File, error) {
	var files []File
	var err error
	if bucket.In(dir) {
		s, name := bucket.At(dir)
		files, err = walkBucket(ctx, s, name, name+"/", skip)
	} else {
		files, err = walkDisk(dir, skip)
	}
	if err != nil {
		return nil, fmt.Errorf("list %q: %w", dir, err)
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, nil
}

func walkBucket(ctx context.Context, s *bucket.Store, folder, above string, skip []string) (files []File, err error) {
	found, folders, err := s.Files(ctx, folder, "")
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		files = append(files, File{strings.TrimPrefix(f.Name, above), f.Size})
	}
	for _, f := range folders {
		if slices.Contains(skip, strings.Trim(strings.TrimPrefix(f, above), "/")) {
			continue
		}
		below, err := walkBucket(ctx, s, f, above, skip)
		if err != nil {
			return nil, err
		}
		files = append(files, below...)
	}
	return files, nil
}

func walkDisk(dir string, skip []string) (files []File, err error) {
	// With the separator the folder may be a symbolic link to another disk, and so may
	// its files.
	err = filepath.WalkDir(dir+string(filepath.Separator), func(p string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // it went while the folder was read
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case e.IsDir() && slices.Contains(skip, rel):
			return fs.SkipDir
		case e.IsDir() || temporary.MatchString(rel):
			return nil
		}
		st, err := os.Stat(p)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			files = append(files, File{rel, st.Size()})
		}
		return err
	})
	return files, err
}

// CleanTemp removes the temporary files below dir that a dead process left. Call
// it only while holding the lock and before anything is written, or when all that was to be
// written there is: a temporary file does not tell a dead owner from a living one, since
// process ids come back. A bucket has none.
func CleanTemp(dir string) error {
	if bucket.In(dir) {
		return nil
	}
	// With the separator the folder may be a symbolic link.
	err := filepath.WalkDir(dir+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrPermission) && d != nil && d.IsDir() {
			return fs.SkipDir // not written by us, as lost+found is not
		}
		if err != nil {
			return err
		}
		if d.Type().IsRegular() && abandoned.MatchString(d.Name()) {
			return os.Remove(path)
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove temporary files below %q: %w", dir, withRemedy(err))
	}
	return nil
}

// CleanTempIn is CleanTemp for the files of one folder alone.
func CleanTempIn(dir string) error {
	if bucket.In(dir) {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove temporary files in %q: %w", dir, withRemedy(err))
	}
	for _, e := range entries {
		if e.Type().IsRegular() && abandoned.MatchString(e.Name()) {
			if err := removeLocal(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// List returns the finished files of dir whose base name matches pattern (as in
// path/filepath.Match), sorted. An absent dir holds none. Unlike filepath.Glob it
// takes dir literally, whatever characters it has.
func List(ctx context.Context, dir, pattern string) ([]string, error) {
	names, err := namesIn(ctx, dir, pattern)
	if err != nil {
		return nil, fmt.Errorf("list %q: %w", dir, err)
	}
	var out []string
	for _, name := range names {
		ok, err := filepath.Match(pattern, name)
		if err != nil {
			return nil, fmt.Errorf("list %q: pattern %q: %w", dir, pattern, err)
		}
		if ok && !temporary.MatchString(name) {
			out = append(out, Join(dir, name))
		}
	}
	slices.Sort(out)
	return out, nil
}

// namesIn are the names of the files in a folder, of those in a bucket only the ones
// that begin as the pattern does.
func namesIn(ctx context.Context, dir, pattern string) (names []string, err error) {
	if bucket.In(dir) {
		s, name := bucket.At(dir)
		literal := pattern
		if i := strings.IndexAny(pattern, `*?[\`); i >= 0 {
			literal = pattern[:i]
		}
		files, _, err := s.Files(ctx, name, literal)
		for _, f := range files {
			names = append(names, path.Base(f.Name))
		}
		return names, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Path is the path of one shard file of a stage.
func Path(out, stage, what string, i, of int) string {
	return Join(out, stage, schemas.ShardName(what, i, of, "jsonl.zst"))
}
