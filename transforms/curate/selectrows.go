package curate

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
	"decoy/schemas/batch"
)

// SelectConfig says what SelectRows takes.
type SelectConfig struct {
	Config
	Words
	Ratios   Ratios   // shares of the splits, as in NewSplits
	Fallback Fallback // for languages of too few groups
	// MaxCandidates is how many eligible records there may be before any are trimmed, 0 for
	// 20 million: above it each cell keeps its hardest, at least 20 times its quota
	// (minTimesQuota), and what is as hard as the last of them. Records that are not eligible
	// come on top until there are too many eligible ones.
	MaxCandidates int
}

// maxCandidates is the default of SelectConfig.MaxCandidates: some 3 GB.
const maxCandidates = 20_000_000

// Validate names the field that is out of range.
func (c SelectConfig) Validate() error {
	if c.Splits != nil {
		return fmt.Errorf("curate: SelectRows makes its splits from the groups: leave Splits out")
	}
	c.Splits = &Splits{} // which Config demands
	if err := c.Config.Validate(); err != nil {
		return err
	}
	if err := c.Words.Validate(); err != nil {
		return err
	}
	if err := c.Fallback.Validate(); err != nil {
		return err
	}
	if c.MaxCandidates < 0 {
		return fmt.Errorf("curate.SelectConfig.MaxCandidates is %d: give 0 or more", c.MaxCandidates)
	}
	return c.Ratios.Validate()
}

func init() {
	beam.RegisterDoFn(&selectFn{})
}

// SelectRows chooses pairs among the records of all shards, which must be free of duplicates
// ([Distinct]), by the rule of [Select]: where nothing is trimmed it chooses what Select would,
// and with [Config].Control draws what [Control] would; without it, nothing is in control.
// Groups are those of [GroupRepos], which must hold the repository of every record.
//
//	PCollection<batch.Batch> of Record, PCollection<Group> → PCollection<batch.Batch> of Record (with
//	a split), the same of control, PCollection<batch.Batch> of RejectRow
//
// Groups by one key: all records must fit in memory of one worker, 160 bytes each with their
// order, and the groups beside them; see [SelectConfig] for how many may come. Each record
// comes out of exactly one side. Beam's runner on Flink joins the values of a key into one
// element before it hands it over: there a pool of millions goes through [Trim], files, and
// [SelectConfig.Choose], as in pipelines/curation.
func SelectRows(s beam.Scope, c SelectConfig, records, groups beam.PCollection) (selected, control,
	rejected beam.PCollection) {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	s = s.Scope("curate.SelectRows")
	records, below := Trim(s, c, records)
	all := beam.GroupByKey(s, beam.AddFixedKey(s, records))
	selected, control, rejected = beam.ParDo3(s, &selectFn{c}, all, beam.SideInput{Input: groups})
	return selected, control, beam.Flatten(s, rejected, below)
}

// MarshalJSON is the config as it travels, its table as a list: a Cell is no JSON key.
func (c SelectConfig) MarshalJSON() ([]byte, error) {
	t := travelling{Config: untabled(c)}
	for cell, n := range c.Table {
		t.Table = append(t.Table, tableRow{cell, n})
	}
	slices.SortFunc(t.Table, func(a, b tableRow) int { return compareCells(a.Cell, b.Cell) })
	return json.Marshal(t)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *SelectConfig) UnmarshalJSON(text []byte) error {
	var t travelling
	if err := json.Unmarshal(text, &t); err != nil {
		return fmt.Errorf("a curate.SelectConfig: %w", err)
	}
	*c = SelectConfig(t.Config)
	for _, r := range t.Table {
		if c.Table == nil {
			c.Table = map[Cell]int{}
		}
		c.Table[r.Cell] = r.Rows
	}
	return nil
}

type (
	untabled   SelectConfig // has no methods, and its table is left out
	travelling struct {
		Config untabled
		Table  []tableRow
	}
	tableRow struct {
		Cell Cell
		Rows int
	}
)

type selectFn struct{ Config SelectConfig }

// ProcessElement selects among the records of the one key.
func (f *selectFn) ProcessElement(ctx context.Context, _ int, batches func(*batch.Batch) bool,
	groups func(*Group) bool, emit, control, reject func(batch.Batch)) error {
	return f.Config.Choose(ctx, batch.All(batches), allGroups(groups), emit, control, reject)
}

// Choose is what SelectRows does with the one key: it selects among the records of batches and
// gives each to one of the two sides, and those of the random arm to control as well. Batches and
// groups come in any order, and the batches must not change until it returns.
func (c SelectConfig) Choose(ctx context.Context, batches iter.Seq[batch.Batch], groups []Group,
	selected, control, rejected func(batch.Batch)) error {
	names, err := NamesOf(groups)
	if err != nil {
		return err
	}
	if c.Splits, err = NewSplitsWith(groups, c.Ratios, c.Fallback); err != nil {
		return err
	}
	rows := recordRows(sortedRecords(batches, compareRecords))
	kept, random, out := newRowWriter(selected), newRowWriter(control), newRowWriter(rejected)
	if err := rows.choose(ctx, c, names, kept, random, out); err != nil {
		return err
	}
	kept.flush()
	random.flush()
	out.flush()
	return ctx.Err()
}

func (rows recordRows) choose(ctx context.Context, c SelectConfig, names Names, kept, random, out *rowWriter) error {
	asks := newAsks(c)
	s := asks.of
	s.rows = rows
	for i, r := range rows {
		if _, ok := names[r.Repo()]; !ok {
			return fmt.Errorf("negative %s is of %s, which is in no group: give curate.SelectRows the groups of all "+
				"repositories", r.NegativeID(), names.Of(r.Repo()))
		}
		if reason := asks.ineligible(r); reason != "" {
			out.rows = appendReject(out.rows, r, reason, nil)
			out.full()
		} else {
			s.add(int32(i))
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	chosen := s.run()
	rows.write(c, names, chosen, kept)
	if c.Control {
		sizes := map[Cell]int{}
		for _, i := range chosen {
			sizes[rows.cell(i)]++
		}
		rows.write(c, names, s.control(sizes), random)
	}
	s.left(func(i int32, reason schemas.Reason) {
		out.rows = appendReject(out.rows, rows[i], reason, nil)
		out.full()
	})
	return nil
}

// write adds chosen rows, with their splits, in the order in which a selection is written.
func (rows recordRows) write(c SelectConfig, names Names, chosen []int32, w *rowWriter) {
	slices.SortFunc(chosen, func(i, j int32) int {
		a, b := rows[i], rows[j]
		return compareBytes(a[16:32], b[16:32], a[:16], b[:16])
	})
	for _, i := range chosen {
		r := slices.Clone(rows[i]) // the group's bytes are the runner's
		split := c.Splits.ofRow(names.Of(r.Repo()), uint32(r.u32(124)), schemas.Languages[r[116]])
		r[123] = byte(slices.Index(schemas.Splits, split) + 1)
		w.add(r)
	}
}

// Selected is the line of the selection that a selected record stands for. Group finds the
// group of a repository, as [Splits.Group] does.
func (w Words) Selected(r Record, names Names, group func(repo string) string) schemas.Selected {
	c := w.Candidate(r, names)
	c.Group = group(c.Repo)
	return c.selected(r.Split())
}

// recordRows are records sorted by negative id.
type recordRows []Record

func (r recordRows) cell(i int32) Cell {
	return cellOf(r[i].cell())
}

func (r recordRows) shape(i int32) Shape { g, t := r[i].sides(); return shapeOf(g, t) }

func (r recordRows) low(i int32) *float64 { return r[i].float(0) }

func (r recordRows) margin(i int32) *float64 { return r[i].float(1) }

func (r recordRows) goldenScore(i int32) float32 { return r[i].goldenScore() }

func (r recordRows) id(i int32) string { return r[i].NegativeID() }

func (r recordRows) limits(i int32) limits {
	x := r[i]
	return limits{
		context: [16]byte(x[16:32]), repo: x.Repo(), golden: x.u64(48), language: x[116], kind: x[118],
		callee: uint32(x.u32(64)), name: uint32(x.u32(68)),
		free: x[121]&flagFree != 0,
	}
}

// sortedRecords are the records of batches, in an order. They point into the batches, which
// stay as they came: 24 bytes more a record, and no copy.
func sortedRecords(batches iter.Seq[batch.Batch], order func(a, b Record) int) []Record {
	var all []batch.Batch
	n := 0
	for b := range batches {
		all = append(all, b)
		n += len(b.Rows) / RecordBytes
	}
	rows := make([]Record, 0, n)
	for _, b := range all {
		for r := range b.Each(RecordBytes) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, order)
	return rows
}

func allGroups(next func(*Group) bool) (out []Group) {
	for g := (Group{}); next(&g); g = (Group{}) {
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b Group) int { return compareBytes([]byte(a.ID), []byte(b.ID)) })
	return out
}
