package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/schemas"
)

// Ref names the files that one shard of a step has written. They are whole, and a done
// record says so.
type Ref struct {
	Stage       string         `json:"stage"` // that of its done record
	Dir         string         `json:"dir"`   // the stage's folder, or gs://BUCKET/FOLDER
	Fingerprint string         `json:"fingerprint"`
	CodeVersion int            `json:"code_version"`
	Record      int            `json:"record"` // number of its done record in Dir, -1 where there is none
	Shard       int            `json:"shard"`
	Of          int            `json:"of"`
	Files       []schemas.File `json:"files"` // named relative to Dir
	// Skipped says that there was nothing to do: there are no files and no record.
	Skipped bool `json:"skipped,omitempty"`
}

// Path is the path of one of the files: "contexts" names contexts-00007-of-00128 with
// whatever extension, and "rounds/1.json" the file of that name.
func (r Ref) Path(what string) (string, error) {
	numbered := schemas.ShardName(what, r.Shard, r.Of, "")
	var names []string
	for _, f := range r.Files {
		if f.Name == what || strings.HasPrefix(f.Name, numbered) {
			return shard.Join(r.Dir, f.Name), nil
		}
		names = append(names, f.Name)
	}
	return "", fmt.Errorf("shard %d of %s has no file %s: its record names %q", r.Shard, r.Stage, what, names)
}

// Read streams the records of one of a ref's files (see Ref.Path) in order.
func Read[T any](ctx context.Context, r Ref, what string) iter.Seq2[T, error] {
	path, err := r.Path(what)
	if err != nil {
		return func(yield func(T, error) bool) {
			var zero T
			yield(zero, err)
		}
	}
	return shard.Read[T](ctx, path)
}

// check refuses what a launcher or worker of other code made, whose bytes may differ.
func (r Ref) check() error {
	if r.CodeVersion != schemas.CodeVersion {
		return fmt.Errorf("shard %d of %s was made by code of version %d, this worker's is of %d: build launcher and "+
			"workers from one checkout", r.Shard, r.Stage, r.CodeVersion, schemas.CodeVersion)
	}
	if r.Shard < 0 || r.Shard >= r.Of {
		return fmt.Errorf("a ref of %s has the shard %d of %d", r.Stage, r.Shard, r.Of)
	}
	return nil
}

// order is what one shard reads, on its way to it. Input is the number of the collection
// that it came from.
type order struct {
	Shard int             `json:"shard"`
	Input int             `json:"input"`
	Refs  []Ref           `json:"refs"`
	Value json.RawMessage `json:"value,omitempty"` // see Values
}

func init() {
	beam.RegisterCoder(reflect.TypeFor[Ref](), encodeRef, decodeRef)
	beam.RegisterCoder(reflect.TypeFor[order](), encodeOrder, decodeOrder)
	beam.RegisterCoder(reflect.TypeFor[Joined](), encodeJoined, decodeJoined)
}

func encodeRef(r Ref) ([]byte, error) { return json.Marshal(r) }

func decodeRef(data []byte) (r Ref, err error) {
	err = json.Unmarshal(data, &r)
	return r, err
}

func encodeOrder(o order) ([]byte, error) { return json.Marshal(o) }

func decodeOrder(data []byte) (o order, err error) {
	err = json.Unmarshal(data, &o)
	return o, err
}

func encodeJoined(j Joined) ([]byte, error) { return json.Marshal(j) }

func decodeJoined(data []byte) (j Joined, err error) {
	err = json.Unmarshal(data, &j)
	return j, err
}
