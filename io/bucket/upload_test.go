package bucket

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/googleapis/gax-go/v2"

	"decoy/io/bucket/buckettest"
)

func init() {
	mostAt = chunk
	backoff = gax.Backoff{Initial: time.Millisecond, Max: 100 * time.Millisecond, Multiplier: 2}
}

// long has several chunks, so that its upload is resumable.
var long = bytes.Repeat([]byte("0123456789abcdef"), 40_000)

func TestUpload(t *testing.T) {
	s, b := fake(t, "gs://b/out")
	ctx := t.Context()
	for name, data := range map[string][]byte{"none": nil, "small": []byte("small"), "long": long} {
		for _, data := range [][]byte{data, append(bytes.Clone(data), '!'), {}} { // made, replaced, emptied
			if err := s.Upload(ctx, "x/"+name, content(data)); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Get(ctx, "x/"+name); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s: %d bytes, %v, want %d", name, len(got), err, len(data))
			}
			if n, err := s.Size(ctx, "x/"+name); err != nil || n != int64(len(data)) {
				t.Errorf("%s: size %d, %v", name, n, err)
			}
		}
	}
	if err := s.Upload(ctx, "same", content(long)); err != nil {
		t.Fatal(err)
	}
	b.Next()
	if err := s.Upload(ctx, "same", content(long)); err != nil || len(b.Seen()) != 2 {
		t.Errorf("the same bytes again: %v, requests %q", err, b.Seen())
	}
	files, folders, err := s.Files(ctx, "", "")
	if err != nil || !slices.Equal(files, []File{{"same", int64(len(long))}}) || !slices.Equal(folders, []string{"x/"}) {
		t.Errorf("%v, %v, %v", files, folders, err)
	}
	if files, _, err = s.Files(ctx, "x", "s"); err != nil || !slices.Equal(files, []File{{"x/small", 0}}) {
		t.Errorf("%v, %v", files, err)
	}
	for folder, want := range map[string]bool{"x": true, "": true, "sam": false} {
		if got, err := s.Holds(ctx, folder); err != nil || got != want {
			t.Errorf("holds %q: %v, %v", folder, got, err)
		}
	}
	if _, err := s.Size(ctx, "absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if _, err := s.Open(ctx, "absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// TestUploadFaults breaks each request of an upload in turn, in each way.
func TestUploadFaults(t *testing.T) {
	old := []byte("what was there before")
	for name, f := range faults {
		for what, data := range map[string][]byte{"small": []byte("small"), "long": long} {
			for at := range 5 {
				s, b := fake(t, "gs://b/out")
				if at%2 == 0 {
					if err := s.Upload(t.Context(), "a", content(old)); err != nil {
						t.Fatal(err)
					}
				}
				b.Next(append(slices.Repeat([]buckettest.Fault{buckettest.Pass}, at), f)...)
				if err := s.Upload(t.Context(), "a", content(data)); err != nil {
					t.Errorf("%s, %s, request %d: %v", name, what, at, err)
				}
				b.Next()
				if got, err := s.Get(t.Context(), "a"); err != nil || !bytes.Equal(got, data) {
					t.Errorf("%s, %s, request %d: %d bytes, %v", name, what, at, len(got), err)
				}
			}
		}
	}
}

// TestOthersWrite has another writer at the name between the tries of an upload.
func TestOthersWrite(t *testing.T) {
	s, b := fake(t, "gs://b/out")
	mine, theirs := []byte("mine"), []byte("theirs")
	meanwhile := func(what []byte) buckettest.Fault {
		return func(http.ResponseWriter, *http.Request, http.Handler) bool {
			b.Create("out/a", what, time.Time{})
			return false
		}
	}
	b.Next(meanwhile(theirs), buckettest.Pass, meanwhile(theirs))
	if err := s.Upload(t.Context(), "a", content(mine)); err != nil {
		t.Error(err)
	}
	if got, err := s.Get(t.Context(), "a"); err != nil || !bytes.Equal(got, mine) {
		t.Errorf("%q, %v", got, err)
	}
	b.Always(func(r *http.Request) buckettest.Fault {
		if r.Method == http.MethodPost {
			return meanwhile(theirs)
		}
		return nil
	})
	if err := s.Upload(t.Context(), "a", content(mine)); err == nil || !strings.Contains(err.Error(), "others write it again and again") {
		t.Errorf("error %v", err)
	}
}

// TestDamagedUpload sends other bytes than were summed.
func TestDamagedUpload(t *testing.T) {
	s, _ := fake(t, "gs://b/out")
	c := content([]byte("right"))
	c.ReaderAt = bytes.NewReader([]byte("wrong"))
	if err := s.Upload(t.Context(), "a", c); err == nil {
		t.Error("no error")
	}
	c.ReaderAt, c.Size = failing{}, 1<<20
	if err := s.Upload(t.Context(), "a", c); !errors.Is(err, errDisk) {
		t.Errorf("error %v", err)
	}
	if _, err := s.Get(t.Context(), "a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want that there is no object", err)
	}
}

var errDisk = errors.New("disk")

type failing struct{}

func (failing) ReadAt(p []byte, off int64) (int, error) {
	if off > 1<<18 {
		return 0, errDisk
	}
	return len(p), nil
}

// TestReadGoesOn cuts a read again and again.
func TestReadGoesOn(t *testing.T) {
	s, b := fake(t, "gs://b/out")
	if err := s.Upload(t.Context(), "a", content(long)); err != nil {
		t.Fatal(err)
	}
	b.Next(buckettest.Halfway, buckettest.Status(503), buckettest.Halfway, buckettest.Cut, buckettest.Halfway)
	if got, err := s.Get(t.Context(), "a"); err != nil || !bytes.Equal(got, long) || b.Left() > 0 {
		t.Errorf("%d bytes, %v, %d faults left", len(got), err, b.Left())
	}
}
