package bucket

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"
)

// Reader reads an object in sequence. It goes on where a connection broke.
type Reader struct {
	store  *Store
	name   string
	from   *storage.Reader
	cancel context.CancelFunc
	late   *time.Timer // cancels what takes longer than Patience
}

// Open opens an object; fs.ErrNotExist if there is none.
func (s *Store) Open(ctx context.Context, name string) (*Reader, error) {
	o, err := s.object(name)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	late := time.AfterFunc(Patience, cancel)
	defer late.Stop()
	from, err := o.NewReader(ctx)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("open %s: %w", s.address(name), s.known(ctx, err))
	}
	return &Reader{s, name, from, cancel, late}, nil
}

// Size is the object's size in bytes.
func (r *Reader) Size() int64 { return r.from.Attrs.Size }

// Read reads on.
func (r *Reader) Read(p []byte) (int, error) {
	r.late.Reset(Patience)
	defer r.late.Stop()
	return r.from.Read(p)
}

// Close ends reading.
func (r *Reader) Close() error {
	defer r.cancel()
	return r.from.Close()
}

// Size is an object's size in bytes; fs.ErrNotExist if there is none.
func (s *Store) Size(ctx context.Context, name string) (int64, error) {
	o, err := s.object(name)
	if err != nil {
		return 0, fmt.Errorf("look at: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	a, err := o.Attrs(ctx)
	if err != nil {
		return 0, fmt.Errorf("look at %s: %w", s.address(name), s.known(ctx, err))
	}
	return a.Size, nil
}

// File is an object of a folder.
type File struct {
	Name string // as Open takes it
	Size int64
}

// Files lists the objects of a folder whose names there begin with prefix, sorted, and
// the folders in it, each with a slash at its end.
func (s *Store) Files(ctx context.Context, folder, prefix string) (files []File, folders []string, err error) {
	q := &storage.Query{Prefix: s.prefix + prefix, Delimiter: "/"}
	if folder != "" {
		q.Prefix = s.prefix + strings.TrimSuffix(folder, "/") + "/" + prefix
	}
	if err := q.SetAttrSelection([]string{"Name", "Size"}); err != nil {
		return nil, nil, err
	}
	err = s.each(ctx, q, func(a *storage.ObjectAttrs) bool {
		switch {
		case a.Prefix != "":
			folders = append(folders, strings.TrimPrefix(a.Prefix, s.prefix))
		case !strings.HasSuffix(a.Name, "/"): // what the console makes of an empty folder
			files = append(files, File{strings.TrimPrefix(a.Name, s.prefix), a.Size})
		}
		return true
	})
	return files, folders, err
}

// Holds tells whether there is an object below a folder.
func (s *Store) Holds(ctx context.Context, folder string) (found bool, err error) {
	q := &storage.Query{Prefix: s.prefix}
	if folder != "" {
		q.Prefix += folder + "/"
	}
	if err := q.SetAttrSelection([]string{"Name"}); err != nil {
		return false, err
	}
	err = s.each(ctx, q, func(*storage.ObjectAttrs) bool {
		found = true
		return false
	})
	return found, err
}

// each visits what a query finds, by name.
func (s *Store) each(ctx context.Context, q *storage.Query, visit func(*storage.ObjectAttrs) bool) error {
	b, err := s.handle()
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	for it := b.Objects(ctx, q); ; {
		a, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list %s%s/%s: %w", Scheme, s.bucket, q.Prefix, s.known(ctx, err))
		}
		if !visit(a) {
			return nil
		}
	}
}
