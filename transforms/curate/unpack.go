package curate

import (
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
	"decoy/schemas/batch"
)

func init() {
	beam.RegisterDoFn(&packFn{})
	beam.RegisterDoFn(&rejectsFn{})
	beam.RegisterDoFn(&selectedFn{})
}

// Pack packs candidates. For a pipeline that has them as elements; one that reads shards fills
// batches itself with [Words.Append].
//
//	PCollection<Candidate> → PCollection<batch.Batch> of Record, PCollection<schemas.Reject>
//
// A candidate that does not fit a record is a reject that names the field.
func Pack(s beam.Scope, w Words, candidates beam.PCollection) (records, rejected beam.PCollection) {
	if err := w.Validate(); err != nil {
		panic(err)
	}
	return beam.ParDo2(s.Scope("curate.Pack"), &packFn{Words: w}, candidates)
}

type packFn struct {
	Words Words
	out   *rowWriter
}

// ProcessElement adds a candidate.
func (f *packFn) ProcessElement(c Candidate, emit func(batch.Batch), reject func(schemas.Reject)) {
	if f.out == nil {
		f.out = newRowWriter(nil)
	}
	f.out.emit = emit
	rows, err := f.Words.Append(f.out.rows, &c)
	if err != nil {
		reject(c.reject(ReasonNoRecord, err.Error()))
		return
	}
	f.out.rows = rows
	f.out.full()
}

// FinishBundle emits what is left.
func (f *packFn) FinishBundle(emit func(batch.Batch), _ func(schemas.Reject)) {
	if f.out != nil {
		f.out.emit = emit
		f.out.flush()
	}
}

// Rejects makes lines of reject rows, an element each: for a sink of records. Of millions of
// rejects write files instead, with [Words.Reject]. Words are those that the records were
// packed with.
//
//	PCollection<batch.Batch> of RejectRow, PCollection<Group> → PCollection<schemas.Reject>
//
// No grouping: the names of all repositories are a side input of each worker.
func Rejects(s beam.Scope, w Words, rows, groups beam.PCollection) beam.PCollection {
	if err := w.Validate(); err != nil {
		panic(err)
	}
	return beam.ParDo(s.Scope("curate.Rejects"), &rejectsFn{Words: w}, rows, beam.SideInput{Input: groups})
}

type rejectsFn struct {
	Words Words
	names Names
}

// ProcessElement makes lines of a batch.
func (f *rejectsFn) ProcessElement(b batch.Batch, groups func(*Group) bool, emit func(schemas.Reject)) (err error) {
	if f.names == nil {
		if f.names, err = NamesOf(allGroups(groups)); err != nil {
			return err
		}
	}
	for r := range b.Each(RejectBytes) {
		emit(f.Words.Reject(r, f.names))
	}
	return nil
}

// Selections makes lines of selected records, an element each. Words are those that the
// records were packed with.
//
//	PCollection<batch.Batch> of Record, PCollection<Group> → PCollection<schemas.Selected>
//
// No grouping: the names of all repositories are a side input of each worker. A record without a
// split is an error.
func Selections(s beam.Scope, w Words, records, groups beam.PCollection) beam.PCollection {
	if err := w.Validate(); err != nil {
		panic(err)
	}
	return beam.ParDo(s.Scope("curate.Selections"), &selectedFn{Words: w}, records, beam.SideInput{Input: groups})
}

type selectedFn struct {
	Words  Words
	names  Names
	splits *Splits
}

// ProcessElement makes lines of a batch.
func (f *selectedFn) ProcessElement(b batch.Batch, groups func(*Group) bool, emit func(schemas.Selected)) (err error) {
	if f.names == nil {
		gs := allGroups(groups)
		if f.names, err = NamesOf(gs); err != nil {
			return err
		}
		if f.splits, err = NewSplits(gs, Ratios{Train: 1}); err != nil { // for the groups' ids only
			return err
		}
	}
	for row := range b.Each(RecordBytes) {
		r := Record(row)
		if r.Split() == "" {
			return fmt.Errorf("negative %s has no split: give curate.Selections what curate.SelectRows selected",
				r.NegativeID())
		}
		emit(f.Words.Selected(r, f.names, f.splits.Group))
	}
	return nil
}
