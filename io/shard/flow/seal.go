package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/schemas"
)

// manifestName is the one file of the ref that Seal emits.
const manifestName = "manifest.json"

// Sealing is what a manifest says beside what its done records do.
type Sealing struct {
	Options json.RawMessage // those that change output
	Inputs  []schemas.Input
}

// Seal ends a stage: behind the gate of all shards of its steps it removes every file that
// none of their done records names and that decoy is known to have written, and writes the
// manifest, in the order of the records' numbers.
//
//	PCollection<Ref>… (of all steps of the stage but temporary ones) → PCollection<Ref> (the manifest)
//
// Groups on one key: the done records of the stage must fit in memory.
func Seal(s beam.Scope, st Stage, c Sealing, ins ...beam.PCollection) beam.PCollection {
	if st = st.ready(); st.Step == "" {
		st.Step = st.Name + " Seal"
	} else {
		st.Step = "seal"
	}
	s = st.scope(s)
	if len(c.Options) == 0 {
		c.Options = json.RawMessage("{}")
	}
	out := beam.ParDo(s, &sealFn{st, c, len(ins)}, onOneKey(s, ins))
	return beam.Reshuffle(s, out)
}

func init() { beam.RegisterDoFn(&sealFn{}) }

type sealFn struct {
	Stage   Stage
	Sealing Sealing
	Inputs  int
}

// ProcessElement takes the refs of all steps of the stage.
func (f *sealFn) ProcessElement(ctx context.Context, _ int, orders func(*order) bool, emit func(Ref)) error {
	if err := f.Stage.check(); err != nil {
		return err
	}
	all, ok, err := gather(f.Inputs, orders)
	if err != nil || !ok {
		return err
	}
	var needed []int
	for _, refs := range all {
		for _, r := range refs {
			if r.Dir != f.Stage.Dir || r.Fingerprint != f.Stage.Fingerprint {
				return fmt.Errorf("flow.Seal of %s in %q: a ref of %s in %q, or of another fingerprint: seal a stage "+
					"with the refs of its own steps", f.Stage.Name, f.Stage.Dir, r.Stage, r.Dir)
			}
			if !r.Skipped {
				needed = append(needed, r.Record)
			}
		}
	}
	if ctx.Err() != nil { // a cancelled bundle runs on, and OUT may be another's by now
		return ctx.Err()
	}
	slices.Sort(needed)
	if err := f.Stage.seal(ctx, slices.Compact(needed), f.Sealing); err != nil {
		return err
	}
	f.Stage.clock(ctx)
	emit(Ref{
		Stage: f.Stage.Name, Dir: f.Stage.Dir, Fingerprint: f.Stage.Fingerprint, CodeVersion: f.Stage.CodeVersion,
		Record: -1, Of: 1, Files: []schemas.File{{Name: manifestName}},
	})
	return ctx.Err()
}

// seal writes the manifest of the needed done records.
func (st Stage) seal(ctx context.Context, needed []int, c Sealing) error {
	valid, spent, err := shard.Records(ctx, st.Dir, st.Fingerprint)
	if err != nil {
		return err
	}
	var done []schemas.Done
	keep := map[string]bool{}
	for _, i := range needed {
		d, ok := valid[i]
		if !ok {
			return fmt.Errorf("the done record %q of %s is gone, or a file of it: run the same command again",
				shard.DonePath(st.Dir, i), st.Name)
		}
		done = append(done, d)
		delete(valid, i)
		for _, f := range d.Files {
			keep[f.Name] = true
		}
	}
	for i := range valid { // of temporary steps
		spent = append(spent, shard.DonePath(st.Dir, i))
	}
	m, err := schemas.Assemble(st.Name, st.Fingerprint, c.Options, c.Inputs, done)
	if err != nil {
		return err
	}
	was, ok, err := st.manifest(ctx)
	if err != nil {
		return err
	}
	if ok && len(spent) == 0 && slices.Equal(was.Shards, m.Shards) {
		return nil // an earlier job or attempt wrote it, last of all
	}
	if err := shard.Outdate(ctx, st.Dir, st.Name, spent); err != nil {
		return err
	}
	if err := st.sweep(ctx, keep); err != nil {
		return err
	}
	return shard.WriteManifest(ctx, st.Dir, m)
}

// sweep removes what earlier builds with other options left in the stage's folder: what
// their records have named, and what shards wrote that were killed; and files that workers of
// this job did not end, for every shard has its record.
func (st Stage) sweep(ctx context.Context, keep map[string]bool) error {
	if err := shard.CleanTemp(st.Dir); err != nil {
		return err
	}
	l, _, begun, err := st.found(ctx)
	if err != nil {
		return err
	}
	// What had to be noted stays so, should somebody remove the records.
	after := shard.Leftover{Files: []string{}, Begun: []int{st.Of}}
	for _, name := range st.Notes {
		if keep[name] {
			after.Files = append(after.Files, name)
		}
	}
	return shard.Sweep(ctx, st.Dir, slices.Concat(l.Files, begun), keep, after)
}
