package flow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/schemas"
)

// Stage is where a step writes. Several steps may share a stage's folder and fingerprint:
// their done records then have numbers of their own, from First on.
type Stage struct {
	Name        string
	Dir         string // its folder, or gs://BUCKET/FOLDER
	Fingerprint string // of what decides its bytes (schemas.Fingerprint)
	CodeVersion int    // of the launcher; 0 stands for schemas.CodeVersion
	Of          int    // shards of the step
	// Step names the step in a graph, where a stage has several; empty is Name.
	Step  string
	First int // number of the step's first done record
	// Temporary says that Seal removes what the step writes: where the stage is sealed
	// the step is skipped, though its records are gone.
	Temporary bool
	// Names matches the names of all files of the stage below its folder, as a regular
	// expression in which OF stands for "-SHARD-of-TOTAL" and TOTAL for the number of
	// shards: what a killed process wrote is known by it, and removed by Seal.
	Names string
	// Notes are the names of files that have no number of shards in them and that only
	// some builds write.
	Notes []string
}

// Validate names the field that is wrong.
func (st Stage) Validate() error {
	for _, f := range []struct{ name, value string }{
		{"Name", st.Name}, {"Dir", st.Dir}, {"Fingerprint", st.Fingerprint},
	} {
		if f.value == "" {
			return fmt.Errorf("flow.Stage %q: %s is empty", st.Name, f.name)
		}
	}
	if st.Of < 1 || st.First < 0 {
		return fmt.Errorf("flow.Stage %q: Of is %d and First %d: must be at least 1 and 0", st.Name, st.Of, st.First)
	}
	if _, err := st.Written(st.Of); err != nil {
		return fmt.Errorf("flow.Stage %q: Names: %w", st.Name, err)
	}
	return nil
}

// scope is the step's place in a graph.
func (st Stage) scope(s beam.Scope) beam.Scope { return s.Scope(cmp.Or(st.Step, st.Name)) }

// ready is the stage as it travels, with the launcher's code version. It panics where a
// field is wrong: a graph is being built.
func (st Stage) ready() Stage {
	if st.CodeVersion == 0 {
		st.CodeVersion = schemas.CodeVersion
	}
	if err := st.Validate(); err != nil {
		panic(err)
	}
	return st
}

// check refuses the orders of a launcher of other code.
func (st Stage) check() error {
	if st.CodeVersion != schemas.CodeVersion {
		return fmt.Errorf("%s: the launcher's code is of version %d, this worker's of %d: build both from one checkout",
			st.Name, st.CodeVersion, schemas.CodeVersion)
	}
	return nil
}

// ref is what a done record says.
func (st Stage) ref(number int, d schemas.Done) Ref {
	return Ref{
		Stage: st.Name, Dir: st.Dir, Fingerprint: st.Fingerprint, CodeVersion: st.CodeVersion,
		Record: st.First + number, Shard: number, Of: st.Of, Files: d.Files,
	}
}

// skipped is the ref of a shard of which there was nothing to do.
func (st Stage) skipped(number int) Ref {
	r := st.ref(number, schemas.Done{})
	r.Record, r.Skipped = -1, true
	return r
}

// Undone are the shards of the step without a valid done record: what a job left for later,
// did not come to, or skipped, and of a temporary step all once the stage is sealed.
func (st Stage) Undone(ctx context.Context) ([]int, error) {
	valid, _, err := shard.Records(ctx, st.Dir, st.Fingerprint)
	if err != nil {
		return nil, err
	}
	var out []int
	for i := range st.Of {
		if _, ok := valid[st.First+i]; !ok {
			out = append(out, i)
		}
	}
	return out, nil
}

// Sealed tells whether the stage's manifest is there, of this fingerprint and with all of
// its files.
func (st Stage) Sealed(ctx context.Context) (bool, error) {
	m, ok, err := st.manifest(ctx)
	if err != nil || !ok {
		return false, err
	}
	files, err := st.files(ctx)
	if err != nil {
		return false, err
	}
	sizes := map[string]int64{}
	for _, f := range files {
		sizes[f.Name] = f.Size
	}
	return shard.Complete(sizes, m.Shards), nil
}

// manifest is the stage's, if there is one and it is of this fingerprint.
func (st Stage) manifest(ctx context.Context) (m schemas.Manifest, ok bool, err error) {
	m, err = shard.ReadManifest(ctx, st.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	}
	return m, err == nil && m.Fingerprint == st.Fingerprint, err
}

// Begin is called once for a stage's folder, by the launcher that holds OUT and before its
// job. Unless the stage is sealed, its manifest and the records of another fingerprint go,
// since their files are about to be written over, and that it was begun with so many shards
// is noted. A file that stands where one is to be written and that no record knows of is a
// *shard.Refusal.
func Begin(ctx context.Context, st Stage) (sealed bool, err error) {
	if err := st.Validate(); err != nil {
		return false, err
	}
	if sealed, err := st.Sealed(ctx); err != nil || sealed {
		return sealed, err
	}
	valid, others, err := shard.Records(ctx, st.Dir, st.Fingerprint)
	if err != nil {
		return false, err
	}
	// A job that is about to be taken up may have sealed it meanwhile.
	if sealed, err := st.Sealed(ctx); err != nil || sealed {
		return sealed, err
	}
	if err := shard.Outdate(ctx, st.Dir, st.Name, others); err != nil {
		return false, err
	}
	return false, st.note(ctx, valid)
}

// Check is a *shard.Refusal where a file stands that the stage is to write and that neither its
// manifest nor a record of any build knows of: Begin would refuse it too, when the stages before
// are begun. It writes nothing.
func Check(ctx context.Context, st Stage) error {
	valid, others, err := shard.Records(ctx, st.Dir, st.Fingerprint)
	if err != nil {
		return err
	}
	named := map[string]bool{}
	for _, path := range others {
		var d schemas.Done
		if err := shard.ReadJSON(ctx, path, &d); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, f := range d.Files {
			named[f.Name] = true
		}
	}
	m, err := shard.ReadManifest(ctx, st.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, f := range m.Shards {
		named[f.Name] = true
	}
	_, err = st.foreign(ctx, valid, named)
	return err
}

// note writes down what is to be written, or refuses to.
func (st Stage) note(ctx context.Context, valid map[int]schemas.Done) error {
	l, err := st.foreign(ctx, valid, nil)
	if err != nil {
		return err
	}
	return l.Add(ctx, st.Dir, st.Notes, st.Of)
}

// foreign is the record of leftovers, or a *shard.Refusal where a file stands in the way that
// is not in that, nor in a valid record, nor named.
func (st Stage) foreign(ctx context.Context, valid map[int]schemas.Done, named map[string]bool) (shard.Leftover,
	error) {
	l, names, begun, err := st.found(ctx)
	if err != nil {
		return l, err
	}
	known := map[string]bool{}
	for _, name := range slices.Concat(l.Files, begun) {
		known[name] = true
	}
	for _, d := range valid {
		for _, f := range d.Files {
			known[f.Name] = true
		}
	}
	mine, err := st.Written(st.Of)
	if err != nil {
		return l, err
	}
	var foreign []string
	for _, name := range names {
		if !known[name] && !named[name] && (mine(name) || slices.Contains(st.Notes, name)) {
			foreign = append(foreign, shard.Join(st.Dir, name))
		}
	}
	if len(foreign) > 0 {
		return l, shard.InTheWay(foreign...)
	}
	return l, nil
}

// files are the finished ones of the stage's folder but for its records and its ledger.
func (st Stage) files(ctx context.Context) ([]shard.File, error) {
	return shard.Walk(ctx, st.Dir, "_done", "ledger")
}

// found is what the stage's folder holds: what is noted there, the names of its files, and
// those of them that were written under a beginning that was noted.
func (st Stage) found(ctx context.Context) (l shard.Leftover, names, begun []string, err error) {
	if l, err = shard.ReadLeftover(ctx, st.Dir); err != nil {
		return l, nil, nil, err
	}
	files, err := st.files(ctx)
	if err != nil {
		return l, nil, nil, err
	}
	for _, f := range files {
		names = append(names, f.Name)
	}
	for _, n := range l.Begun {
		mine, err := st.Written(n)
		if err != nil {
			return l, nil, nil, err
		}
		for _, name := range names {
			if mine(name) {
				begun = append(begun, name)
			}
		}
	}
	return l, names, begun, nil
}

// Written tells the names of the stage's files where it has this number of shards. A
// shard's own number is below that.
func (st Stage) Written(shards int) (func(name string) bool, error) {
	if st.Names == "" {
		return func(string) bool { return false }, nil
	}
	total := fmt.Sprintf(`%05d`, shards)
	names, err := regexp.Compile(`^(?:` + strings.NewReplacer("OF", `-(\d{5,})-of-`+total, "TOTAL", total).Replace(
		st.Names) + `)$`)
	if err != nil {
		return nil, err
	}
	return func(name string) bool {
		m := names.FindStringSubmatch(name)
		for _, group := range m[min(1, len(m)):] { // the groups of other alternatives are empty
			if n, err := strconv.Atoi(group); group != "" && (err != nil || n >= shards) {
				return false
			}
		}
		return m != nil
	}, nil
}
