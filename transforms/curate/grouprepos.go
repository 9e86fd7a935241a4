package curate

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas/batch"
)

func init() {
	beam.RegisterCoder(reflect.TypeFor[RepoFiles](), encodeRepoFiles, decodeRepoFiles)
	beam.RegisterCoder(reflect.TypeFor[Group](), encodeGroup, decodeGroup)
	beam.RegisterCoder(reflect.TypeFor[roster](), encodeRoster, decodeRoster)
	beam.RegisterDoFn(&headFn{})
	beam.RegisterDoFn(&rosterFn{})
	beam.RegisterDoFn(&fileRowsFn{})
	beam.RegisterDoFn(&sharedFn{})
	beam.RegisterDoFn(&weldFn{})
}

func encodeGroup(g Group) ([]byte, error) { return json.Marshal(g) }

func decodeGroup(data []byte) (g Group, err error) {
	err = json.Unmarshal(data, &g)
	return g, err
}

// encodeRepoFiles writes hash and size of each file, some 10 bytes, behind name and languages.
func encodeRepoFiles(r RepoFiles) ([]byte, error) {
	head, err := json.Marshal(RepoFiles{Repo: r.Repo, Languages: r.Languages})
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(head)+4+11*len(r.Files))
	out = append(binary.BigEndian.AppendUint32(out, uint32(len(head))), head...)
	for _, f := range r.Files {
		out = binary.AppendVarint(binary.BigEndian.AppendUint64(out, f.Hash), f.Size)
	}
	return out, nil
}

func decodeRepoFiles(data []byte) (r RepoFiles, err error) {
	if len(data) < 4 || len(data)-4 < int(binary.BigEndian.Uint32(data)) {
		return r, fmt.Errorf("the files of a repository end after %d bytes", len(data))
	}
	head, files := data[4:4+binary.BigEndian.Uint32(data)], data[4+binary.BigEndian.Uint32(data):]
	if err := json.Unmarshal(head, &r); err != nil {
		return r, err
	}
	if len(files) > 0 {
		r.Files = make([]FileKey, 0, len(files)/9)
	}
	for len(files) > 0 {
		n, size := 0, int64(0)
		if len(files) > 8 {
			size, n = binary.Varint(files[8:])
		}
		if n <= 0 {
			return r, fmt.Errorf("the files of repository %q end in the middle of one", r.Repo)
		}
		r.Files = append(r.Files, FileKey{binary.BigEndian.Uint64(files), size})
		files = files[8+n:]
	}
	return r, nil
}

// GroupRepos welds repositories that belong together, by the rule of [Groups], with the same
// result. A repository may come in several elements.
//
//	PCollection<RepoFiles> → PCollection<Group>
//
// Owners and modules weld first, over names alone (one key; it travels on as a side input: about
// 100 bytes a repository). Then a row a file, 11 bytes (hash without the byte that is
// its bucket, number of its repository), is grouped by that bucket: one bucket's rows, 1/256 of
// all, must fit in memory, twice.
// Pairs of repositories that share files outside of one component are counted inside a bucket
// and added up on one key, 12 bytes a pair; pairs inside a component are not emitted.
func GroupRepos(s beam.Scope, repos beam.PCollection) beam.PCollection {
	s = s.Scope("curate.GroupRepos")
	names := beam.ParDo(s, &rosterFn{}, beam.GroupByKey(s, beam.ParDo(s, &headFn{}, repos)))
	rows := beam.ParDo(s, &fileRowsFn{}, repos, beam.SideInput{Input: names})
	pairs := beam.ParDo(s, &sharedFn{}, beam.GroupByKey(s, rows), beam.SideInput{Input: names})
	// The roster comes along, so that repositories that share nothing get their groups too.
	all := beam.CoGroupByKey(s, beam.AddFixedKey(s, names), pairs)
	return beam.ParDo(s, &weldFn{}, all)
}

// roster is all repositories by number, in the order of their names, with what owner and
// module weld.
type roster struct {
	Repos []RepoFiles // without files
	union union
}

func encodeRoster(r roster) ([]byte, error) { return json.Marshal(r) }

func decodeRoster(data []byte) (r roster, err error) {
	if err := json.Unmarshal(data, &r); err != nil {
		return r, err
	}
	r.weld()
	return r, nil
}

func (r *roster) weld() {
	r.union = newUnion(len(r.Repos))
	weldNames(r.Repos, r.union)
}

// numbers finds repositories by name.
func (r roster) numbers() map[string]uint32 {
	out := make(map[string]uint32, len(r.Repos))
	for i, x := range r.Repos {
		out[x.Repo] = uint32(i)
	}
	return out
}

func firstRoster(next func(*roster) bool) (roster, error) {
	var r roster
	if !next(&r) {
		return r, fmt.Errorf("curate.GroupRepos: the names of the repositories did not come")
	}
	if len(r.union) != len(r.Repos) { // a runner that codes nothing
		r.weld()
	}
	return r, nil
}

type headFn struct{}

// ProcessElement leaves the files out.
func (headFn) ProcessElement(r RepoFiles) (int, RepoFiles) {
	return 0, RepoFiles{Repo: r.Repo, Languages: r.Languages}
}

type rosterFn struct{}

// ProcessElement makes the roster of all repositories.
func (rosterFn) ProcessElement(_ int, heads func(*RepoFiles) bool) roster {
	var all []RepoFiles
	for h := (RepoFiles{}); heads(&h); h = (RepoFiles{}) {
		all = append(all, h)
	}
	out := roster{Repos: mergeRepos(all)}
	for i := range out.Repos { // so that the element is the same in any order
		l := out.Repos[i].Languages
		slices.Sort(l)
		out.Repos[i].Languages = slices.Compact(l)
	}
	out.weld()
	return out
}

// fileRow is the width of a row (7 bytes of a file's hash, repository number). The eighth byte
// of the hash is the bucket that the row is in.
const fileRow = 11

type fileRowsFn struct {
	numbers map[string]uint32
	out     batch.Bundle
}

// ProcessElement makes a row of each file that counts.
func (f *fileRowsFn) ProcessElement(r RepoFiles, names func(*roster) bool, emit func(int, batch.Batch)) error {
	if f.numbers == nil {
		all, err := firstRoster(names)
		if err != nil {
			return err
		}
		f.numbers = all.numbers()
	}
	n, ok := f.numbers[r.Repo]
	if !ok {
		return fmt.Errorf("curate.GroupRepos: repository %q is not in the roster", r.Repo)
	}
	var row [8 + 4]byte
	for _, k := range r.Files {
		if k.Size >= minFileBytes {
			binary.BigEndian.PutUint64(row[:], k.Hash)
			binary.BigEndian.PutUint32(row[7:], n)
			f.out.Add(emit, int(byte(k.Hash)), row[:fileRow])
		}
	}
	return nil
}

// FinishBundle emits what is left.
func (f *fileRowsFn) FinishBundle(_ func(*roster) bool, emit func(int, batch.Batch)) {
	f.out.Flush(emit)
}

// pairRow is the width of a row (repository, repository, files that they share). A row that has
// one repository twice tells how many files that has.
const pairRow = 12

type sharedFn struct{ union union }

// ProcessElement counts what repositories share in one bucket of hashes.
func (f *sharedFn) ProcessElement(ctx context.Context, _ int, batches func(*batch.Batch) bool, names func(*roster) bool,
	emit func(int, batch.Batch)) error {
	if f.union == nil {
		all, err := firstRoster(names)
		if err != nil {
			return err
		}
		f.union = all.union
	}
	var rows []byte
	for b := range batch.All(batches) {
		rows = append(rows, b.Rows...)
	}
	files := slices.Collect(batch.Batch{Rows: rows}.Each(fileRow))
	slices.SortFunc(files, bytes.Compare)
	files = slices.CompactFunc(files, bytes.Equal)
	counts := map[[2]uint32]uint32{}
	for i := 0; i < len(files); {
		j := i
		for ; j < len(files) && bytes.Equal(files[i][:7], files[j][:7]); j++ {
			n := binary.BigEndian.Uint32(files[j][7:])
			counts[[2]uint32{n, n}]++
		}
		if j-i > 1 && j-i <= maxFileRepos {
			f.count(files[i:j], counts)
		}
		i = j
	}
	out := batch.NewBatcher(emit)
	order := func(a, b [2]uint32) int { return slices.Compare(a[:], b[:]) }
	for _, p := range slices.SortedFunc(maps.Keys(counts), order) {
		var row [pairRow]byte
		binary.BigEndian.PutUint32(row[:], p[0])
		binary.BigEndian.PutUint32(row[4:], p[1])
		binary.BigEndian.PutUint32(row[8:], counts[p])
		out.Add(0, row[:])
	}
	out.Flush()
	return ctx.Err()
}

// count counts the pairs of repositories that hold one file and are not yet together.
func (f *sharedFn) count(holders [][]byte, counts map[[2]uint32]uint32) {
	for i, a := range holders {
		for _, b := range holders[i+1:] {
			p := [2]uint32{binary.BigEndian.Uint32(a[7:]), binary.BigEndian.Uint32(b[7:])}
			if f.union.root(int(p[0])) != f.union.root(int(p[1])) {
				counts[p]++
			}
		}
	}
}

type weldFn struct{}

// ProcessElement adds the pairs up and emits the groups.
func (weldFn) ProcessElement(ctx context.Context, _ int, names func(*roster) bool, pairs func(*batch.Batch) bool,
	emit func(Group)) error {
	all, err := firstRoster(names)
	if err != nil {
		return err
	}
	files := make([]int, len(all.Repos))
	shared := map[[2]int32]int{}
	for b := range batch.All(pairs) {
		for r := range b.Each(pairRow) {
			a, z, n := binary.BigEndian.Uint32(r), binary.BigEndian.Uint32(r[4:]), int(binary.BigEndian.Uint32(r[8:]))
			if a == z {
				files[a] += n
			} else {
				shared[[2]int32{int32(a), int32(z)}] += n
			}
		}
	}
	u := slices.Clone(all.union)
	weldPairs(shared, func(i int32) int { return files[i] }, u)
	for _, g := range groupsOf(all.Repos, u) {
		emit(g)
	}
	return ctx.Err()
}
