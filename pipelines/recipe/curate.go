package recipe

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/curate"
)

// Curate is the part of curate: which negatives become training pairs. What is left out keeps
// the rule that stands behind it; package curate says how each is decided.
type Curate struct {
	Rows    int              `yaml:"rows" json:"rows"`       // pairs, at most
	Accept  []schemas.Status `yaml:"accept" json:"accept"`   // statuses: certified, unseen
	Balance []string         `yaml:"balance" json:"balance"` // what cells are made of: [language, type]
	// MaxPerRepo and MaxPerGolden bound the pairs of one repository, and with one golden.
	MaxPerRepo   int                       `yaml:"max_per_repo" json:"max_per_repo"`
	MaxPerGolden int                       `yaml:"max_per_golden" json:"max_per_golden"`
	Split        map[schemas.Split]float64 `yaml:"split" json:"split"` // shares of train, validation, test
	// Decontaminate are benchmarks whose items must not be in the training set.
	Decontaminate []Benchmark `yaml:"decontaminate" json:"decontaminate"`
	Off           []string    `yaml:"off" json:"off"` // cells "language/type" that are left empty

	// Quota says how many rows a cell is to have: equal (where it is left out), proportional
	// to its eligible rows, or table, with the numbers in Table, by "language/type".
	Quota string         `yaml:"quota,omitempty" json:"quota,omitempty"`
	Table map[string]int `yaml:"table,omitempty" json:"table,omitempty"`
	// Redistribute says who gets what a cell cannot fill: the others in equal parts (where it
	// is left out), proportional to their quotas, or none.
	Redistribute string `yaml:"redistribute,omitempty" json:"redistribute,omitempty"`
	// Kinds are the largest shares of Rows that kinds of span may have.
	Kinds map[schemas.Kind]float64 `yaml:"kinds,omitempty" json:"kinds,omitempty"`
	// MaxPerCallee and MaxPerName bound the pairs whose golden calls one name, and whose
	// negative brings one name in; 0 is no bound.
	MaxPerCallee int `yaml:"max_per_callee,omitempty" json:"max_per_callee,omitempty"`
	MaxPerName   int `yaml:"max_per_name,omitempty" json:"max_per_name,omitempty"`
	// Control draws a random arm beside the selection, of its size and cells as far as the limits let
	// it, and exports it in
	// the same formats below control/, with the same general rows: what training on the selection
	// gains over training on it is what ranking by hardness is worth.
	Control bool `yaml:"control,omitempty" json:"control,omitempty"`
	// MaxCandidates is how many candidates one worker may hold, 136 bytes each; 0 stands for
	// 20 million. Above it each cell keeps its hardest.
	MaxCandidates int `yaml:"max_candidates,omitempty" json:"max_candidates,omitempty"`
	// SamplesShare is the largest share of the pairs that samples of a FIM endpoint may have that
	// are no minimal pairs; 0.3 where it is left out, 0 for none, 1 for no bound.
	SamplesShare *float64 `yaml:"samples_share,omitempty" json:"samples_share,omitempty"`
	// NearDuplicates is the Jaccard similarity of token 5-grams, 0.5 to 1, above which a source
	// file goes for another; 0 leaves all. Extract then writes sketches, so it runs again where
	// this is switched on or off.
	NearDuplicates float64 `yaml:"near_duplicates,omitempty" json:"near_duplicates,omitempty"`
	// SplitFallback says how a language of fewer than three groups is split: not (where it is
	// left out: all of it goes to train), by repository, or by folder where even those are too
	// few. Card and report say so in red.
	SplitFallback string `yaml:"split_fallback,omitempty" json:"split_fallback,omitempty"`
	// Contamination says what counts as a copy of an item of Decontaminate.
	Contamination Contamination `yaml:"contamination,omitempty" json:"contamination,omitzero"`
	// Reference are benchmarks that the report compares the selection with. Nothing is taken
	// out for them.
	Reference []Benchmark `yaml:"reference,omitempty" json:"reference,omitempty"`
}

// Contamination has the rules beside the match of 32 tokens, which always holds. See
// curate.BenchmarkConfig.
type Contamination struct {
	// Grams is the share of 10-token n-grams round the golden that makes a copy; 0 stands for
	// 0.5, and 2 switches it off. Near is the same with names left out of account: 0 stands
	// for 0.8.
	Grams float64 `yaml:"grams,omitempty" json:"grams,omitempty"`
	Near  float64 `yaml:"near,omitempty" json:"near,omitempty"`
	// Repositories that benchmarks were made from: all of their rows go.
	Repositories []string `yaml:"repositories,omitempty" json:"repositories,omitempty"`
}

// Benchmark is a file of items: JSON Lines, CSV (named .csv) or Parquet, the first two gzipped
// or not. Columns are needed for a layout that is not known.
type Benchmark struct {
	Name    string         `yaml:"name" json:"name"` // the file's without it
	Path    string         `yaml:"path" json:"-"`
	Columns curate.Columns `yaml:"columns" json:"columns"`
}

func defaultCurate() Curate {
	return Curate{
		Rows: 2000, Accept: []schemas.Status{schemas.StatusCertified, schemas.StatusUnseen},
		Balance:    []string{"language", "type"},
		MaxPerRepo: 500, MaxPerGolden: 3,
	}
}

// checkCurate checks the part of curate.
func (r *Recipe) checkCurate(bad func(string, ...any), between func(string, float64, float64, float64),
	oneOf func(string, string, ...string)) {
	c := r.Curate
	between("curate.rows", float64(c.Rows), 1, 1e9)
	for _, s := range c.Accept {
		oneOf("curate.accept", string(s), string(schemas.StatusCertified), string(schemas.StatusUnseen))
	}
	if !slices.Equal(c.Balance, []string{"language", "type"}) {
		bad("curate.balance: only [language, type] is built")
	}
	between("curate.max_per_repo", float64(c.MaxPerRepo), 1, 1e9)
	between("curate.max_per_golden", float64(c.MaxPerGolden), 1, 1e9)
	sum := 0.0
	for k, v := range c.Split {
		oneOf("curate.split", string(k), schemas.Strings(schemas.Splits)...)
		between("curate.split."+string(k), v, 0, 1)
		sum += v
	}
	if sum < 0.999 || sum > 1.001 {
		bad("curate.split: the shares add up to %v instead of 1", sum)
	}
	cell := func(field, c string) {
		l, t, _ := strings.Cut(c, "/")
		oneOf(field, l, schemas.Strings(schemas.Languages)...)
		oneOf(field, t, schemas.Strings(schemas.Types)...)
	}
	for _, c := range c.Off {
		cell("curate.off", c)
	}
	if c.Quota != "" {
		oneOf("curate.quota", c.Quota, curate.Equal, curate.Proportional, curate.Table)
	}
	if (c.Quota == curate.Table) != (len(c.Table) > 0) {
		bad("curate.table: has %d cells and curate.quota is %q; a table of rows by \"language/type\" goes with quota: "+
			"table, and only with it", len(c.Table), c.Quota)
	}
	for _, k := range slices.Sorted(maps.Keys(c.Table)) {
		cell("curate.table", k)
		between("curate.table."+k, float64(c.Table[k]), 0, 1e9)
	}
	if c.Redistribute != "" {
		oneOf("curate.redistribute", c.Redistribute, curate.Equal, curate.Proportional, curate.None)
	}
	for _, k := range slices.Sorted(maps.Keys(c.Kinds)) {
		oneOf("curate.kinds", string(k), schemas.Strings(curate.Kinds())...)
		between("curate.kinds."+string(k), c.Kinds[k], 0, 1)
	}
	between("curate.max_per_callee", float64(c.MaxPerCallee), 0, 1e9)
	between("curate.max_per_name", float64(c.MaxPerName), 0, 1e9)
	between("curate.max_candidates", float64(c.MaxCandidates), 0, 1e9)
	if c.SamplesShare != nil {
		between("curate.samples_share", *c.SamplesShare, 0, 1)
	}
	if c.NearDuplicates != 0 {
		between("curate.near_duplicates", c.NearDuplicates, 0.5, 1)
	}
	if c.SplitFallback != "" {
		oneOf("curate.split_fallback", c.SplitFallback, string(curate.ByRepository), string(curate.ByFolder))
	}
	for field, v := range map[string]float64{"grams": c.Contamination.Grams, "near": c.Contamination.Near} {
		if v != 0 && v != 2 {
			between("curate.contamination."+field, v, 0.3, 1)
		}
	}
	checkBenchmarks(bad, "curate.decontaminate", c.Decontaminate)
	checkBenchmarks(bad, "curate.reference", c.Reference)
	if n := len(r.Generate.Panel); n > 255 {
		bad("generate.panel: has %d members; curate tells at most 255 apart", n)
	}
}

func checkBenchmarks(bad func(string, ...any), field string, all []Benchmark) {
	for i, b := range all {
		if b.Path == "" {
			bad("%s[%d].path: empty; name a file of JSON Lines, CSV or Parquet", field, i)
		}
		if b.Columns != (curate.Columns{}) && b.Columns.Golden == "" {
			bad("%s[%d].columns.golden: empty; a column map must at least name the column of the golden", field, i)
		}
	}
}

// Criteria says in sentences, for the card, what is not as it is by default.
func (c Curate) Criteria() (out []string) {
	add := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	switch c.Quota {
	case curate.Proportional:
		add("Cells have quotas in proportion to their eligible rows.")
	case curate.Table:
		for _, k := range slices.Sorted(maps.Keys(c.Table)) {
			add("Quota of %s: %d pairs.", k, c.Table[k])
		}
	}
	switch c.Redistribute {
	case curate.Proportional:
		add("What a cell cannot fill goes to the others in proportion to their quotas.")
	case curate.None:
		add("What a cell cannot fill goes to nobody.")
	}
	for _, k := range slices.Sorted(maps.Keys(c.Kinds)) {
		add("At most %v of the pairs have spans of kind %s.", c.Kinds[k], k)
	}
	if c.MaxPerCallee > 0 {
		add("At most %d pairs have a golden that calls one name.", c.MaxPerCallee)
	}
	if c.MaxPerName > 0 {
		add("At most %d pairs have a negative that brings one name in.", c.MaxPerName)
	}
	if c.SamplesShare != nil {
		add("At most %v of the pairs have a sample that is no minimal pair.", *c.SamplesShare)
	}
	return out
}

// Label is the benchmark's name.
func (b Benchmark) Label() string {
	if b.Name != "" {
		return b.Name
	}
	return filepath.Base(b.Path)
}

// OffCells are the cells of Off.
func (c Curate) OffCells() []curate.Cell { return cellsOf(c.Off) }

// TableCells is Table by cell.
func (c Curate) TableCells() map[curate.Cell]int {
	if len(c.Table) == 0 {
		return nil
	}
	out := map[curate.Cell]int{}
	for k, n := range c.Table {
		out[cellsOf([]string{k})[0]] = n
	}
	return out
}

func cellsOf(names []string) (out []curate.Cell) {
	for _, c := range names {
		l, t, _ := strings.Cut(c, "/")
		out = append(out, curate.Cell{Language: schemas.Language(l), Type: schemas.Type(t)})
	}
	return out
}

// Ratios are the shares of the splits.
func (c Curate) Ratios() curate.Ratios {
	return curate.Ratios{Train: c.Split[schemas.SplitTrain], Validation: c.Split[schemas.SplitValidation],
		Test: c.Split[schemas.SplitTest]}
}
