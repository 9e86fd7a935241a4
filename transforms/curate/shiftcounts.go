package curate

import (
	"encoding/binary"
	"iter"
	"math"
	"strconv"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
	"decoy/schemas/batch"
)

func init() { beam.RegisterDoFn(&shiftFn{}) }

// A row of ShiftCounts is what is counted (1 byte: a dimension, a number behind the
// dimensions, or all rows), its value (8), rows of the pool (4), rows of the selection (4).
const shiftRow = 17

// shiftHeld is how many different values a worker holds before it emits them.
const shiftHeld = 1 << 16

// ShiftCounts counts what [ShiftOf] compares: how many rows of the pool and of the selection
// have each value.
//
//	PCollection<batch.Batch> of Record (the pool), PCollection<batch.Batch> of Record (the selection)
//	→ PCollection<batch.Batch> of counts
//
// No grouping: a bundle adds up what it reads, at most 65,536 values at a time, so a value may
// have several rows. Margins differ from row to row and make up most of them: 17 bytes a
// candidate.
func ShiftCounts(s beam.Scope, pool, selected beam.PCollection) beam.PCollection {
	s = s.Scope("curate.ShiftCounts")
	return beam.Flatten(s, beam.ParDo(s, &shiftFn{}, pool), beam.ParDo(s, &shiftFn{Selected: true}, selected))
}

type shiftFn struct {
	Selected bool
	counts   map[[9]byte]uint32
}

// ProcessElement counts the records of a batch.
func (f *shiftFn) ProcessElement(b batch.Batch, emit func(batch.Batch)) {
	if f.counts == nil {
		f.counts = map[[9]byte]uint32{}
	}
	for row := range b.Each(RecordBytes) {
		f.count(Record(row))
		if len(f.counts) >= shiftHeld {
			f.FinishBundle(emit)
		}
	}
}

func (f *shiftFn) count(r Record) {
	add := func(what int, value uint64) {
		var k [9]byte
		k[0] = byte(what)
		binary.BigEndian.PutUint64(k[1:], value)
		f.counts[k]++
	}
	invented := uint64(0)
	if r[121]&flagInvented != 0 {
		invented = 1
	}
	// in the order of shiftDimensions
	for d, v := range []uint64{
		uint64(r[116]), uint64(r[117]), uint64(r[116])<<8 | uint64(r[117]), uint64(r[119]), uint64(r[118]),
		uint64(r[120]), invented, r.Repo(),
	} {
		add(d, v)
	}
	golden, text := r.sides()
	// in the order of shiftNumbers
	for d, v := range []*float64{
		asFloat(golden.Chars), asFloat(text.Chars - golden.Chars), r.rate(), r.float(2), r.float(1),
	} {
		if v != nil {
			add(len(shiftDimensions)+d, math.Float64bits(*v))
		}
	}
	add(len(shiftDimensions)+len(shiftNumbers), 0)
}

// FinishBundle emits what was counted.
func (f *shiftFn) FinishBundle(emit func(batch.Batch)) {
	out := newRowWriter(emit)
	for k, n := range f.counts {
		var row [shiftRow]byte
		copy(row[:], k[:])
		at := 9
		if f.Selected {
			at = 13
		}
		binary.BigEndian.PutUint32(row[at:], n)
		out.add(row[:])
	}
	out.flush()
	clear(f.counts)
}

// ShiftOf is [NewShift] of what [ShiftCounts] counted.
func (w Words) ShiftOf(counts iter.Seq[batch.Batch], names Names, notes []string) Shift {
	y := newShiftTally()
	for b := range counts {
		for r := range b.Each(shiftRow) {
			v := binary.BigEndian.Uint64(r[1:])
			n := pooled{int64(binary.BigEndian.Uint32(r[9:])), int64(binary.BigEndian.Uint32(r[13:]))}
			switch d := int(r[0]); {
			case d < len(shiftDimensions):
				y.value(d, w.shiftValue(d, v, names), n)
			case d < len(shiftDimensions)+len(shiftNumbers):
				y.number(d-len(shiftDimensions), math.Float64frombits(v), n)
			default:
				y.all.add(n)
			}
		}
	}
	return y.shift(notes)
}

// shiftValue is the name of a value of one of shiftDimensions.
func (w Words) shiftValue(d int, v uint64, names Names) string {
	switch d {
	case 0:
		return string(schemas.Languages[v])
	case 1:
		return string(schemas.Types[v])
	case 2:
		return string(schemas.Languages[v>>8]+" ") + string(schemas.Types[v&0xff])
	case 3:
		return w.Generators[v]
	case 4:
		return string(kinds[v])
	case 5:
		if v == 0 {
			return ""
		}
		return string(schemas.Statuses[v-1])
	case 6:
		return strconv.FormatBool(v == 1)
	}
	return names.Of(v)
}
