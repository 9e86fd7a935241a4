package shard

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"

	"decoy/io/bucket"
	"decoy/schemas"
)

// Raw writes one file of any format under a temporary name, hashing and counting
// as it goes. Nothing bears the final name before Commit.
type Raw struct {
	ctx   context.Context // of the upload; the file lives no longer than who writes it
	path  string
	file  *os.File // in a bucket: local scratch without a name, to be uploaded
	buf   *bufio.Writer
	hash  hash.Hash
	crc   uint32 // that a bucket compares
	bytes int64
	err   error // the first failure, sticky
	ended bool
}

// CreateRaw starts a file; its folder is created if absent.
func CreateRaw(ctx context.Context, path string) (*Raw, error) {
	if bucket.In(path) {
		f, err := scratch()
		if err != nil {
			return nil, fmt.Errorf("create %q: %w", path, err)
		}
		return newRaw(ctx, path, f), nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("create folder of %q: %w", path, withRemedy(err))
	}
	tmp := fmt.Sprintf("%s.decoy-tmp-%d-%016x", path, os.Getpid(), rand.Uint64())
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create %q: %w", path, withRemedy(err))
	}
	return newRaw(ctx, path, f), nil
}

func newRaw(ctx context.Context, path string, f *os.File) *Raw {
	return &Raw{ctx: ctx, path: path, file: f, buf: bufio.NewWriterSize(f, 64<<10), hash: sha256.New()}
}

// scratch is a local file that ends with its process, since it has no name.
func scratch() (*os.File, error) {
	f, err := os.CreateTemp("", "decoy-")
	if err == nil {
		err = os.Remove(f.Name())
	}
	if err != nil {
		return nil, fmt.Errorf("scratch file: %w; TMPDIR names the folder", withRemedy(err))
	}
	return f, nil
}

// Write adds bytes to the file.
func (r *Raw) Write(p []byte) (int, error) {
	if r.ended {
		return 0, fmt.Errorf("write %q: already committed or aborted", r.path)
	}
	if r.err != nil {
		return 0, r.err
	}
	r.hash.Write(p)
	r.crc = crc32.Update(r.crc, bucket.CRC32C, p)
	n, err := r.buf.Write(p)
	r.bytes += int64(n)
	if err != nil {
		r.fail("write", err)
		return n, r.err
	}
	return n, nil
}

// Commit makes the file durable and gives it its name. After an error nothing is
// left behind.
func (r *Raw) Commit(records int64) (schemas.File, error) {
	f := schemas.File{Name: filepath.Base(r.path), Records: records, Bytes: r.bytes,
		SHA256: hex.EncodeToString(r.hash.Sum(nil))}
	if bucket.In(r.path) {
		return f, r.upload(f)
	}
	if err := r.finish(); err != nil {
		return schemas.File{}, err
	}
	if err := os.Rename(r.file.Name(), r.path); err != nil {
		r.fail("rename", err)
		os.Remove(r.file.Name())
		return schemas.File{}, r.err
	}
	return f, syncDir(filepath.Dir(r.path))
}

// upload ends a file in a bucket.
func (r *Raw) upload(f schemas.File) error {
	if r.ended {
		return fmt.Errorf("commit %q: already committed or aborted", r.path)
	}
	defer r.Abort()
	if r.err != nil {
		return r.err
	}
	if err := r.buf.Flush(); err != nil {
		r.fail("write", err)
		return r.err
	}
	s, name := bucket.At(r.path)
	r.err = s.Upload(r.ctx, name, bucket.Content{ReaderAt: r.file, Size: f.Bytes,
		SHA256: f.SHA256, CRC32C: r.crc})
	return r.err
}

// finish flushes, syncs and closes the temporary file, or removes it.
func (r *Raw) finish() error {
	if r.ended {
		return fmt.Errorf("commit %q: already committed or aborted", r.path)
	}
	r.ended = true
	steps := []struct {
		what string
		do   func() error
	}{{"write", r.buf.Flush}, {"sync", r.file.Sync}, {"close", r.file.Close}}
	for _, s := range steps {
		if r.err != nil {
			break
		}
		if err := s.do(); err != nil {
			r.fail(s.what, err)
		}
	}
	if r.err != nil {
		r.file.Close()
		os.Remove(r.file.Name())
	}
	return r.err
}

func (r *Raw) fail(what string, err error) {
	r.err = fmt.Errorf("%s %q: %w", what, r.path, withRemedy(err))
}

// Abort drops the file. After Commit or another Abort it does nothing, so it can
// be deferred.
func (r *Raw) Abort() {
	if r.ended {
		return
	}
	r.ended = true
	r.file.Close()
	if !bucket.In(r.path) {
		os.Remove(r.file.Name())
	}
}

// WriteFile writes data as one file, whole or not at all.
func WriteFile(ctx context.Context, path string, data []byte) (schemas.File, error) {
	r, err := CreateRaw(ctx, path)
	if err != nil {
		return schemas.File{}, err
	}
	defer r.Abort()
	if _, err := r.Write(data); err != nil {
		return schemas.File{}, err
	}
	return r.Commit(0)
}

// syncDir makes a rename durable: without it a power failure may keep a done
// record and lose the file it names.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder %q: %w", dir, err)
	}
	defer d.Close()
	// Some file systems cannot sync a folder and say EINVAL; then there is
	// nothing to wait for.
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("sync folder %q: %w", dir, err)
	}
	return nil
}

// withRemedy adds what a person can do to an error of the disk.
func withRemedy(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: the disk or quota is full; free space or choose another output folder, then run "+
			"the same command again", err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: not writable; change its permissions or choose another output folder", err)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w: a part of this path is a file; choose another output folder", err)
	}
	return err
}
