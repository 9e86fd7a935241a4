package curate

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
	"decoy/schemas/batch"
)

// minTimesQuota is how many times its quota a cell keeps at least, so that caps and balance
// still have a choice.
const minTimesQuota = 20

func init() {
	beam.RegisterDoFn(&hardnessFn{})
	beam.RegisterDoFn(&trimFn{})
	beam.RegisterType(reflect.TypeFor[addCounts]())
}

// Trim cuts what is above MaxCandidates: each cell's cutoff comes of counts of rows by
// hardness, a sum of integers a cell, and every record goes to one side of it. Rows that are not
// eligible do not count, and go with their own reason where anything is cut. SelectRows begins
// with it.
//
//	PCollection<batch.Batch> of Record → PCollection<batch.Batch> of Record,
//	                                     PCollection<batch.Batch> of RejectRow
//
// Combines by cell: the counts of all cells, 16 bytes for each hardness, must fit in memory.
func Trim(s beam.Scope, c SelectConfig, records beam.PCollection) (kept, below beam.PCollection) {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	s = s.Scope("curate.Trim")
	counts := beam.CombinePerKey(s, &addCounts{}, beam.ParDo(s, &hardnessFn{Config: c}, records))
	return beam.ParDo2(s, &trimFn{Config: c}, records, beam.SideInput{Input: counts})
}

// hardnessOf is a number that falls with hardness as [harder] orders rows, but for margins
// that agree in their first 7 bits of mantissa and bounds that agree as float32.
func hardnessOf(r Record) uint64 {
	low, margin := uint64(0), uint64(0)
	if v := r.float(0); v != nil {
		low = 1 + uint64(math.Float32bits(float32(max(0, *v))))
	}
	if v := r.float(1); v != nil {
		bits := math.Float32bits(float32(*v))
		if bits>>31 == 1 {
			bits = ^bits
		} else {
			bits |= 1 << 31
		}
		margin = 1 + uint64(bits>>16)
	}
	return low<<17 | margin
}

// A count is hardness (8 bytes) and how many rows have it (8), sorted by hardness.
const countBytes = 16

type hardnessFn struct {
	Config SelectConfig
	asks   *asks
	counts map[int]map[uint64]uint64
}

// asks says which records are eligible.
type asks struct {
	SelectConfig
	of       *selection
	excluded map[uint64]bool // repositories by number, since a record has no name
}

func newAsks(c SelectConfig) *asks {
	a := &asks{c, newSelection(c.Config, nil), map[uint64]bool{}}
	for _, r := range c.Excluded {
		a.excluded[schemas.Key64(r)] = true
	}
	return a
}

// ineligible is [selection.ineligible] of a record.
func (a *asks) ineligible(r Record) schemas.Reason {
	if a.excluded[r.Repo()] {
		return ReasonExcludedRepo
	}
	row := a.outline(r)
	reason, _ := a.of.ineligible(&row)
	return reason
}

// StartBundle begins to count.
func (f *hardnessFn) StartBundle(func(int, batch.Batch)) {
	f.counts = map[int]map[uint64]uint64{}
	f.asks = newAsks(f.Config)
}

// ProcessElement counts the eligible rows of a batch, by cell and hardness.
func (f *hardnessFn) ProcessElement(b batch.Batch, _ func(int, batch.Batch)) {
	for r := range b.Each(RecordBytes) {
		if f.asks.ineligible(r) != "" {
			continue
		}
		cell := Record(r).cell()
		if f.counts[cell] == nil {
			f.counts[cell] = map[uint64]uint64{}
		}
		f.counts[cell][hardnessOf(r)]++
	}
}

// FinishBundle emits the counts, a cell at a time.
func (f *hardnessFn) FinishBundle(emit func(int, batch.Batch)) {
	for cell, counts := range f.counts {
		var rows []byte
		for h, n := range counts {
			rows = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(rows, h), n)
		}
		emit(cell, addUp(batch.Batch{Rows: rows}))
	}
}

// addCounts adds counts by hardness.
type addCounts struct{}

// MergeAccumulators adds two lists of counts.
func (addCounts) MergeAccumulators(a, b batch.Batch) batch.Batch {
	return addUp(batch.Batch{Rows: slices.Concat(a.Rows, b.Rows)})
}

// addUp sorts counts and adds those of one hardness.
func addUp(b batch.Batch) batch.Batch {
	rows := slices.Collect(b.Each(countBytes))
	slices.SortFunc(rows, bytes.Compare)
	var out []byte
	for i := 0; i < len(rows); {
		n := uint64(0)
		j := i
		for ; j < len(rows) && bytes.Equal(rows[i][:8], rows[j][:8]); j++ {
			n += binary.BigEndian.Uint64(rows[j][8:])
		}
		out = binary.BigEndian.AppendUint64(append(out, rows[i][:8]...), n)
		i = j
	}
	return batch.Batch{Rows: out}
}

type trimFn struct {
	Config  SelectConfig
	asks    *asks
	cutoffs map[int]cutoff
}

// ProcessElement splits a batch at the cutoffs of its cells.
func (f *trimFn) ProcessElement(b batch.Batch, counts func(*int, *batch.Batch) bool,
	emit, reject func(batch.Batch)) {
	if f.cutoffs == nil {
		f.asks = newAsks(f.Config)
		f.cutoffs = cutoffs(f.asks.SelectConfig, counts)
	}
	if len(f.cutoffs) == 0 {
		emit(b)
		return
	}
	kept, out := newRowWriter(emit), newRowWriter(reject)
	for r := range b.Each(RecordBytes) {
		reason := f.asks.ineligible(r)
		if cut := f.cutoffs[Record(r).cell()]; reason == "" && hardnessOf(r) < cut.hardness &&
			(cut.lottery == 0 || controlHash(Record(r).NegativeID()) >= cut.lottery) {
			reason = ReasonTrimmed
		}
		if reason == "" {
			kept.add(r)
			continue
		}
		out.rows = appendReject(out.rows, r, reason, nil)
		out.full()
	}
	kept.flush()
	out.flush()
}

// cutoff is what a cell keeps: the rows of at least that hardness and, for a random arm, those
// whose hash is below lottery, 0 without one.
type cutoff struct{ hardness, lottery uint64 }

// cutoffs are those of cells; none where all fits.
func cutoffs(c SelectConfig, next func(*int, *batch.Batch) bool) map[int]cutoff {
	most := cmp.Or(c.MaxCandidates, maxCandidates)
	by := map[int]batch.Batch{}
	sizes := map[int]int{}
	total := 0
	var cell int
	for b := (batch.Batch{}); next(&cell, &b); b = (batch.Batch{}) {
		by[cell] = b
		for r := range b.Each(countBytes) {
			sizes[cell] += int(binary.BigEndian.Uint64(r[8:]))
		}
		total += sizes[cell]
	}
	out := map[int]cutoff{}
	if total <= most {
		return out
	}
	for cell, b := range by {
		// Each cell has its part of what fits, and never less than minTimesQuota quotas.
		keep := max(most/len(by), minTimesQuota*(c.Rows/len(by)+1))
		if c.Quota == Proportional {
			keep = max(most*sizes[cell]/total, minTimesQuota*(c.Rows*sizes[cell]/total+1))
		}
		if c.Quota == Table {
			keep = max(keep, minTimesQuota*c.Table[cellOf(cell)])
		}
		rows := slices.Collect(b.Each(countBytes))
		n := 0
		var x cutoff
		for _, r := range slices.Backward(rows) {
			if n >= keep {
				break
			}
			x.hardness = binary.BigEndian.Uint64(r)
			n += int(binary.BigEndian.Uint64(r[8:]))
		}
		if c.Control {
			x.lottery = math.MaxUint64
			if keep < sizes[cell] {
				x.lottery = math.MaxUint64 / uint64(sizes[cell]) * uint64(keep)
			}
		}
		out[cell] = x
	}
	return out
}
