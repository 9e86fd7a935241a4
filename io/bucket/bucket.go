// Package bucket is a folder of immutable objects in Google Cloud Storage: the store
// below the ledger of a build whose output is in a bucket. It has the methods of
// package shard's Dir.
//
// # Create once
//
// Put writes under the condition that the object has no generation yet
// (ifGenerationMatch=0), so of two writers one gets fs.ErrExist and nothing is
// replaced. Google Cloud Storage is strongly consistent: what Put returned for can be
// read and listed by everyone.
//
// # Retries
//
// 429, 5xx and cut connections are tried again with exponential backoff, by the client
// library or, where it gives up an upload, by Put, until Patience is over. That is safe for Put because of the
// condition, and it makes a difficulty: if the object was made and the answer got
// lost, the second try meets the object of the first. Each Put therefore writes a
// token of its own into the object's metadata, and one that is refused looks whether
// the token there is its own.
//
// # Limits
//
// An object is held in memory while it is written, in chunks of at most 16 MiB beyond
// which an upload is resumable. Credentials are those of the environment (Application
// Default Credentials).
package bucket

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"
)

// Scheme begins the address of a folder in a bucket.
const Scheme = "gs://"

// Patience is how long an operation is tried.
const Patience = 10 * time.Minute

// Store is a folder in a bucket. Its methods may be called from several goroutines.
type Store struct {
	bucket, prefix string
	bad            error
	client         func() (*storage.Client, error)
}

// process is the client of this process.
var process = sync.OnceValues(func() (*storage.Client, error) { return storage.NewClient(context.Background()) })

// New is the store at an address, gs://BUCKET/FOLDER. Nothing is asked before the
// first call; that is where a wrong address or missing credentials are reported.
func New(address string) *Store {
	s := &Store{client: process}
	rest, ok := strings.CutPrefix(address, Scheme)
	name, folder, _ := strings.Cut(rest, "/")
	if !ok || name == "" {
		s.bad = fmt.Errorf("%q is not the address of a folder in a bucket, gs://BUCKET/FOLDER", address)
	}
	s.bucket, s.prefix = name, path.Clean("/" + folder)[1:]
	if s.prefix != "" {
		s.prefix += "/"
	}
	return s
}

// object is the handle of a name.
func (s *Store) object(name string) (*storage.ObjectHandle, error) {
	if !fs.ValidPath(name) || name == "." {
		return nil, fmt.Errorf("name %q in %s is not a relative path inside it", name, s.address(""))
	}
	b, err := s.handle()
	if err != nil {
		return nil, err
	}
	return b.Object(s.prefix + name), nil
}

func (s *Store) handle() (*storage.BucketHandle, error) {
	if s.bad != nil {
		return nil, s.bad
	}
	c, err := s.client()
	if err != nil {
		return nil, fmt.Errorf("%s: %w; log in with gcloud auth application-default login, or name a key file in GOOGLE_APPLICATION_CREDENTIALS", s.address(""), err)
	}
	return c.Bucket(s.bucket).Retryer(storage.WithPolicy(storage.RetryAlways)), nil
}

func (s *Store) address(name string) string { return Scheme + s.bucket + "/" + s.prefix + name }

const (
	tokenKey = "decoy-put"
	mostAt   = 16 << 20 // of a chunk
	chunk    = 256 << 10

	firstWait, lastWait = 200 * time.Millisecond, 10 * time.Second
)

// Put creates an object. The error is fs.ErrExist if the name is taken.
func (s *Store) Put(ctx context.Context, name string, data []byte) error {
	o, err := s.object(name)
	if err != nil {
		return fmt.Errorf("put: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	token := rand.Text()
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		err = put(ctx, o, token, data)
		if !storage.ShouldRetry(err) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		select {
		case <-time.After(wait):
			continue
		case <-ctx.Done():
		}
		break
	}
	var refused *googleapi.Error
	if err == nil {
		return nil
	}
	if !errors.As(err, &refused) || refused.Code != http.StatusPreconditionFailed {
		return fmt.Errorf("put %s: %w", s.address(name), err)
	}
	a, err := o.Attrs(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("put %s, which is there: %w", s.address(name), err)
	case a.Metadata[tokenKey] != token:
		return fmt.Errorf("put %s: %w", s.address(name), fs.ErrExist)
	}
	return nil
}

// put makes one upload. The library tries its requests again where they were
// answered, but not where the connection broke.
func put(ctx context.Context, o *storage.ObjectHandle, token string, data []byte) error {
	w := o.If(storage.Conditions{DoesNotExist: true}).NewWriter(ctx)
	// The library keeps a chunk for every writer.
	w.ChunkSize = min(mostAt, len(data)+chunk-len(data)%chunk)
	w.ContentType, w.Metadata = "application/octet-stream", map[string]string{tokenKey: token}
	_, err := w.Write(data)
	return cmp.Or(err, w.Close())
}

// Get returns an object; fs.ErrNotExist if there is none.
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	o, err := s.object(name)
	if err != nil {
		return nil, fmt.Errorf("get: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	r, err := o.NewReader(ctx)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", s.address(name), known(err))
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", s.address(name), known(err))
	}
	return data, nil
}

// List returns the names that begin with prefix, sorted.
func (s *Store) List(ctx context.Context, prefix string) ([]string, error) {
	b, err := s.handle()
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	q := &storage.Query{Prefix: s.prefix + prefix}
	if err := q.SetAttrSelection([]string{"Name"}); err != nil {
		return nil, err
	}
	var names []string
	for it := b.Objects(ctx, q); ; {
		a, err := it.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", s.address(prefix), known(err))
		}
		names = append(names, strings.TrimPrefix(a.Name, s.prefix))
	}
	slices.Sort(names)
	return names, nil
}

// Delete removes an object. One that is not there is no error.
func (s *Store) Delete(ctx context.Context, name string) error {
	o, err := s.object(name)
	if err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	if err := known(o.Delete(ctx)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete %s: %w", s.address(name), err)
	}
	return nil
}

// known gives an error of the library the meaning that callers know.
func known(err error) error {
	if errors.Is(err, storage.ErrObjectNotExist) {
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return err
}
