// Package bucket is the side of a build that lies in Google Cloud Storage: its ledger
// and, through package shard, every other file below an OUT of gs://BUCKET/FOLDER.
//
// A [Store] is a folder of objects. [Store.Put], Get, List and Delete are the methods of
// package shard's Dir, for the ledger; [Store.Upload], Open, Size and Files are what
// package shard makes files of; a [Lease] is the lock on OUT.
//
// # Whole objects only
//
// An object appears when its upload ends, with all its bytes and a CRC32C that the
// server has compared, or not at all. So there are no temporary names and no renames,
// which in a bucket are a copy and a deletion. Google Cloud Storage is strongly
// consistent: what was written can be read and listed by everyone.
//
// # Every write has a condition
//
// Put writes where there is no generation yet (ifGenerationMatch=0), so of two writers
// one gets fs.ErrExist and nothing is replaced. Upload names the generation that it
// replaces. Both can therefore be tried again, which makes a difficulty: if the object
// was made and the answer got lost, the second try meets the object of the first. Put
// writes a token of its own into the metadata and one that is refused looks whether the
// token there is its own. Upload writes the SHA-256 of the bytes: if the object that is
// there has the same, this writer or another attempt at the same shard has done the
// work, and if not, it is the one to replace.
//
// # Retries
//
// 429, 5xx and cut connections are tried again with exponential backoff, by the client
// library or, where it gives up an upload, here, until Patience is over. A read goes on
// where its connection broke, in the same generation.
//
// # The lease
//
// A [Lease] is an object that its holder writes again and again, each time replacing the
// generation that it wrote before. One that was not written for [Terms.Stale] is taken
// over by a write that names its generation, so that of several only one succeeds. Its
// age is the difference of two times of the server, that of the lease and that of an
// object written to ask for it: no local clock is compared with another. A holder whose
// generation is gone, or who could not write for [Terms.GiveUp], which is shorter than
// Stale, has lost it.
//
// # Limits
//
// An upload holds one chunk of at most 16 MiB in memory. A lease is advice: a process
// that was stopped for longer than Stale may finish an upload that it had begun before
// it learns of its loss. Credentials are those of the environment (Application Default
// Credentials).
package bucket

import (
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
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/api/googleapi"
)

// Scheme begins the address of a folder in a bucket.
const Scheme = "gs://"

// In tells whether a path is an address in a bucket.
func In(path string) bool { return strings.HasPrefix(path, Scheme) }

// Join is path.Join for an address.
func Join(address string, names ...string) string {
	return Scheme + path.Join(append([]string{strings.TrimPrefix(address, Scheme)}, names...)...)
}

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

// At is the store of an address's bucket with the rest of the address, the name of an
// object or a folder in it.
func At(address string) (s *Store, name string) {
	rest, _ := strings.CutPrefix(address, Scheme)
	bucket, name, _ := strings.Cut(rest, "/")
	return New(Scheme + bucket), strings.Trim(name, "/")
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
		return nil, fmt.Errorf("%s: %w; log in with gcloud auth application-default login, or name a key file in "+
			"GOOGLE_APPLICATION_CREDENTIALS", s.address(""), err)
	}
	return c.Bucket(s.bucket).Retryer(storage.WithPolicy(storage.RetryAlways), storage.WithBackoff(backoff)), nil
}

func (s *Store) address(name string) string { return Scheme + s.bucket + "/" + s.prefix + name }

const (
	tokenKey = "decoy-put"
	chunk    = 256 << 10
)

// Variables so that a test can make them small.
var (
	mostAt  int64 = 16 << 20 // of a chunk
	backoff       = gax.Backoff{Initial: 200 * time.Millisecond, Max: 10 * time.Second, Multiplier: 2}
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
	_, there, err := write(ctx, o, 0, map[string]string{tokenKey: token}, content(data))
	switch {
	case err != nil:
		return fmt.Errorf("put %s: %w", s.address(name), s.known(ctx, err))
	case there != nil && there.Metadata[tokenKey] != token:
		return fmt.Errorf("put %s: %w", s.address(name), fs.ErrExist)
	}
	return nil
}

// Get returns an object; fs.ErrNotExist if there is none.
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	r, err := s.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", s.address(name), s.known(ctx, err))
	}
	return data, nil
}

// List returns the names that begin with prefix, sorted.
func (s *Store) List(ctx context.Context, prefix string) (names []string, err error) {
	q := &storage.Query{Prefix: s.prefix + prefix}
	if err := q.SetAttrSelection([]string{"Name"}); err != nil {
		return nil, err
	}
	err = s.each(ctx, q, func(a *storage.ObjectAttrs) bool {
		names = append(names, strings.TrimPrefix(a.Name, s.prefix))
		return true
	})
	slices.Sort(names)
	return names, err
}

// Delete removes an object. One that is not there is no error.
func (s *Store) Delete(ctx context.Context, name string) error {
	o, err := s.object(name)
	if err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	if err := s.known(ctx, o.Delete(ctx)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete %s: %w", s.address(name), err)
	}
	return nil
}

// known gives an error of the library the meaning that callers know, or a remedy. Of a call that
// was cancelled between two tries the library gives now the cancel, now the last answer.
func (s *Store) known(ctx context.Context, err error) error {
	var answer *googleapi.Error
	switch {
	case errors.Is(err, storage.ErrObjectNotExist):
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	case err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()):
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	case errors.Is(err, storage.ErrBucketNotExist), errors.As(err, &answer) && answer.Code == http.StatusNotFound:
		return fmt.Errorf("%w: is there a bucket %s? gcloud storage buckets create makes it", err, s.bucket)
	case answer != nil && answer.Code == http.StatusForbidden:
		return fmt.Errorf("%w: these credentials need the role storage.objectUser on bucket %s", err, s.bucket)
	}
	return err
}
