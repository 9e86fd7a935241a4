package shard

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"decoy/io/bucket"
	"decoy/schemas"
)

const (
	doneDir      = "_done"
	manifestName = "manifest.json"
)

// recordName is the name of a done record below a stage's folder. What else lies beside
// them is not decoy's.
var recordName = regexp.MustCompile(`^` + doneDir + `/[0-9]{5,}\.json$`)

// WriteDone records that a shard is complete. Call it after the last Commit of
// the shard's files.
func WriteDone(ctx context.Context, stageDir string, d schemas.Done) error {
	if d.Files == nil {
		d.Files = []schemas.File{}
	}
	d.Counts, d.Rejects = orEmpty(d.Counts), orEmpty(d.Rejects)
	return writeJSON(ctx, DonePath(stageDir, d.Shard), d)
}

// ReadDone returns the done record of a shard. ok says that the shard need not be
// done again: the record bears this fingerprint and all its files are there with
// their sizes. An absent or outdated record is no error.
func ReadDone(ctx context.Context, stageDir string, shard int, fingerprint string) (d schemas.Done, ok bool,
	err error) {
	path := DonePath(stageDir, shard)
	if err := ReadJSON(ctx, path, &d); errors.Is(err, fs.ErrNotExist) {
		return schemas.Done{}, false, nil
	} else if err != nil {
		return schemas.Done{}, false, err
	}
	if d.Fingerprint != fingerprint || d.Shard != shard {
		return d, false, nil
	}
	for _, f := range d.Files {
		size, err := sizeOf(ctx, Join(stageDir, f.Name))
		if errors.Is(err, fs.ErrNotExist) {
			return d, false, nil
		}
		if err != nil {
			return d, false, fmt.Errorf("check done record %q: %w", path, err)
		}
		if size != f.Bytes {
			return d, false, nil
		}
	}
	return d, true, nil
}

func sizeOf(ctx context.Context, path string) (int64, error) {
	if bucket.In(path) {
		s, name := bucket.At(path)
		return s.Size(ctx, name)
	}
	st, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}

// Records returns what ReadDone says of every shard of a stage, from one listing of
// its folder: the valid done records by number and the paths of the others.
func Records(ctx context.Context, stageDir, fingerprint string) (valid map[int]schemas.Done, others []string,
	err error) {
	files, err := Walk(ctx, stageDir, "ledger")
	if err != nil {
		return nil, nil, err
	}
	sizes := map[string]int64{}
	var names []string
	for _, f := range files {
		sizes[f.Name] = f.Size
		if recordName.MatchString(f.Name) {
			names = append(names, f.Name)
		}
	}
	valid = map[int]schemas.Done{}
	var mu sync.Mutex
	err = each(names, func(name string) error {
		number, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(name, doneDir+"/"), ".json"))
		if err != nil {
			return fmt.Errorf("%q is not a done record: %w: move it away", Join(stageDir, name), err)
		}
		var d schemas.Done
		if err := ReadJSON(ctx, Join(stageDir, name), &d); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if d.Fingerprint == fingerprint && d.Shard == number && Complete(sizes, d.Files) {
			valid[number] = d
		} else {
			others = append(others, Join(stageDir, name))
		}
		return nil
	})
	return valid, others, err
}

// Complete tells whether files are there with their sizes, among those of a folder.
func Complete(sizes map[string]int64, files []schemas.File) bool {
	for _, f := range files {
		if size, ok := sizes[f.Name]; !ok || size != f.Bytes {
			return false
		}
	}
	return true
}

// Verify reads the files of a done record and compares their hashes.
func Verify(ctx context.Context, stageDir string, d schemas.Done) error {
	for _, f := range d.Files {
		path := Join(stageDir, f.Name)
		sum, size, err := hashFile(ctx, path)
		if err != nil {
			return err
		}
		if size != f.Bytes || sum != f.SHA256 {
			return fmt.Errorf("verify %q: has %d bytes with sha256 %s, its done record says %d bytes with %s: "+
				"delete it and run %s again",
				path, size, sum, f.Bytes, f.SHA256, d.Stage)
		}
	}
	return nil
}

// WriteManifest writes the manifest of a finished stage.
func WriteManifest(ctx context.Context, stageDir string, m schemas.Manifest) error {
	if m.Inputs == nil {
		m.Inputs = []schemas.Input{}
	}
	if m.Shards == nil {
		m.Shards = []schemas.File{}
	}
	m.Counts, m.Rejects = orEmpty(m.Counts), orEmpty(m.Rejects)
	return writeJSON(ctx, Join(stageDir, manifestName), m)
}

// ReadManifest returns the manifest of a stage; errors.Is(err, fs.ErrNotExist) if
// the stage is not finished.
func ReadManifest(ctx context.Context, stageDir string) (schemas.Manifest, error) {
	var m schemas.Manifest
	err := ReadJSON(ctx, Join(stageDir, manifestName), &m)
	return m, err
}

// DonePath is the path of the done record of a shard.
func DonePath(stageDir string, shard int) string {
	return Join(stageDir, doneDir, fmt.Sprintf("%05d.json", shard))
}

// orEmpty writes {} for a map that was never filled, so that nil and empty give
// the same bytes.
func orEmpty[K ~string](m map[K]int64) map[K]int64 {
	if m == nil {
		return map[K]int64{}
	}
	return m
}

func writeJSON(ctx context.Context, path string, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	_, err := WriteFile(ctx, path, b.Bytes())
	return err
}

// ReadJSON reads a file of decoy's. What is there and is none is a *Refusal: decoy writes
// such files whole or not at all, so somebody else has.
func ReadJSON(ctx context.Context, path string, v any) error {
	data, err := ReadFile(ctx, path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return Refuse("%q is not what decoy writes under this name (%v): move it away and run the same command again",
			path, err)
	}
	return nil
}

func hashFile(ctx context.Context, path string) (sum string, size int64, err error) {
	src, err := Open(ctx, path)
	if err != nil {
		return "", 0, err
	}
	defer src.Close()
	h := sha256.New()
	n, err := io.Copy(h, src)
	if err != nil {
		return "", 0, fmt.Errorf("hash %q: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), n, nil
}
