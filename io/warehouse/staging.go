package warehouse

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"
)

// staging is a folder in a bucket for Parquet on its way to BigQuery.
type staging struct {
	bucket *storage.BucketHandle
	name   string // of the bucket
	prefix string // "" or ends in /
}

// openStaging is the folder at gs://BUCKET/PREFIX.
func openStaging(client *storage.Client, address string) (staging, error) {
	rest, ok := strings.CutPrefix(address, "gs://")
	bucket, prefix, _ := strings.Cut(rest, "/")
	if !ok || bucket == "" || strings.Contains(prefix, "*") {
		return staging{}, fmt.Errorf("staging %q is not gs://BUCKET/PREFIX", address)
	}
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return staging{client.Bucket(bucket).Retryer(storage.WithPolicy(storage.RetryAlways)), bucket, prefix}, nil
}

func (s staging) address(name string) string { return "gs://" + s.name + "/" + s.prefix + name }

// put makes the object of a local file. One that is there already with the same bytes
// is left; another one is replaced if nobody else does so meanwhile. A cut upload
// starts again, and one whose answer was lost finds its own object.
func (s staging) put(ctx context.Context, name, path string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	sum, size, err := checksum(path)
	if err != nil {
		return err
	}
	o := s.bucket.Object(s.prefix + name)
	for wait := 200 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		condition := storage.Conditions{DoesNotExist: true}
		var there *storage.ObjectAttrs
		if there, err = o.Attrs(ctx); err == nil {
			if there.CRC32C == sum && there.Size == size {
				return nil
			}
			condition = storage.Conditions{GenerationMatch: there.Generation}
		}
		if err == nil || errors.Is(err, storage.ErrObjectNotExist) {
			err = upload(ctx, o.If(condition), path, sum)
		}
		if err == nil {
			return nil
		}
		again := status(err) == http.StatusPreconditionFailed || storage.ShouldRetry(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if !again || ctx.Err() != nil {
			return explain("write "+s.address(name), "storage.objects.create", err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

func upload(ctx context.Context, o *storage.ObjectHandle, path string, sum uint32) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // of an upload that is not closed, so that it makes no object
	w := o.NewWriter(ctx)
	w.ContentType, w.CRC32C, w.SendCRC32C = "application/vnd.apache.parquet", sum, true
	if _, err := io.Copy(w, f); err != nil {
		return err
	}
	return w.Close()
}

func checksum(path string) (sum uint32, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	h := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	if size, err = io.Copy(h, f); err != nil {
		return 0, 0, fmt.Errorf("read %q: %w", filepath.Base(path), err)
	}
	return h.Sum32(), size, nil
}

// remove deletes the objects whose names begin with a prefix.
func (s staging) remove(ctx context.Context, prefix string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	q := &storage.Query{Prefix: s.prefix + prefix}
	if err := q.SetAttrSelection([]string{"Name"}); err != nil {
		return err
	}
	for it := s.bucket.Objects(ctx, q); ; {
		a, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return nil
		}
		if err != nil {
			return explain("list "+s.address(prefix), "storage.objects.list", err)
		}
		if err := s.bucket.Object(a.Name).Delete(ctx); err != nil && !errors.Is(err, storage.ErrObjectNotExist) {
			return explain("delete gs://"+s.name+"/"+a.Name, "storage.objects.delete", err)
		}
	}
}
