package bucket

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"path"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
)

// Content is what an object is to hold. It is read once a try.
type Content struct {
	io.ReaderAt
	Size   int64
	SHA256 string // in hexadecimal digits
	CRC32C uint32 // Castagnoli's polynomial, as NewCRC32C computes it
}

// CRC32C is the table of Content's sum.
var CRC32C = crc32.MakeTable(crc32.Castagnoli)

func content(data []byte) Content {
	sum := sha256.Sum256(data)
	return Content{bytes.NewReader(data), int64(len(data)), hex.EncodeToString(sum[:]), crc32.Checksum(data, CRC32C)}
}

const (
	sumKey = "decoy-sha256"
	// slowest is an upload's least number of bytes a second, beyond Patience.
	slowest = 1 << 20
	// replacements is how often Upload replaces what others write meanwhile.
	replacements = 8
)

// Upload writes an object, in place of what the name holds.
func (s *Store) Upload(ctx context.Context, name string, c Content) error {
	o, err := s.object(name)
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, Patience+time.Duration(c.Size/slowest)*time.Second)
	defer cancel()
	generation := int64(0) // most names are new
	for range replacements {
		_, there, err := write(ctx, o, generation, nil, c)
		switch {
		case err != nil:
			return fmt.Errorf("write %s: %w", s.address(name), s.known(ctx, err))
		case there == nil, there.Metadata[sumKey] == c.SHA256 && there.Size == c.Size:
			return nil
		}
		generation = there.Generation
	}
	return fmt.Errorf("write %s: others write it again and again; let only one build write there", s.address(name))
}

// types are the media types of what a person opens in a browser.
var types = map[string]string{".html": "text/html; charset=utf-8", ".json": "application/json",
	".md": "text/markdown; charset=utf-8"}

// write writes an object in place of a generation, 0 for none, and tries that until
// the server has answered for good. Either wrote is what it wrote, or there is what stands
// at the name instead, with generation 0 for nothing: it may be what an earlier try wrote.
func write(ctx context.Context, o *storage.ObjectHandle, generation int64, metadata map[string]string,
	c Content) (wrote, there *storage.ObjectAttrs, err error) {
	for wait := backoff; ; {
		wrote, err = upload(ctx, o, generation, metadata, c)
		if err == nil {
			return wrote, nil, nil
		}
		if !storage.ShouldRetry(err) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		select {
		case <-time.After(wait.Pause()):
			continue
		case <-ctx.Done():
		}
		break
	}
	var refused *googleapi.Error
	if !errors.As(err, &refused) || refused.Code != http.StatusPreconditionFailed {
		return nil, nil, err
	}
	there, err = o.Attrs(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
		return nil, &storage.ObjectAttrs{}, nil
	}
	return nil, there, err
}

// upload makes one upload. The library tries its requests again where they were
// answered, but not where the connection broke.
func upload(ctx context.Context, o *storage.ObjectHandle, generation int64, metadata map[string]string,
	c Content) (*storage.ObjectAttrs, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	when := storage.Conditions{GenerationMatch: generation, DoesNotExist: generation == 0}
	w := o.If(when).NewWriter(ctx)
	// The library keeps a chunk for every writer.
	w.ChunkSize = int(min(mostAt, c.Size+chunk-c.Size%chunk))
	w.CRC32C, w.SendCRC32C = c.CRC32C, true
	w.ContentType = types[path.Ext(o.ObjectName())]
	if w.ContentType == "" {
		w.ContentType = "application/octet-stream"
	}
	w.Metadata = map[string]string{sumKey: c.SHA256}
	for k, v := range metadata {
		w.Metadata[k] = v
	}
	if _, err := io.Copy(w, io.NewSectionReader(c, 0, c.Size)); err != nil {
		cancel() // what has been sent must not become the object
		w.Close()
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return w.Attrs(), nil
}
