package report

import (
	"decoy/schemas"
	"decoy/transforms/curate"
	"decoy/transforms/judge"
)

// Data is everything that the report shows. A part that is empty is shown as
// missing, not as zero. Orders are the caller's where a list has no natural one;
// languages, types and statuses come in the order of package schemas.
type Data struct {
	Name          string // of the recipe
	Recipe        string // the recipe, as YAML
	CodeVersion   int
	SchemaVersion int
	Warnings      []Warning // the first lines of the page
	Counts        []Count   // the figures at the top of the page: archives, repositories, contexts, …

	Valid    []Cell // valid negatives by language × type; an absent cell is zero
	Selected []Cell // selected pairs by language × type
	Off      []Off  // cells that the recipe switches off

	Funnel   []Step
	Statuses []StatusCell

	FoolRates []judge.CellRate    // by generator × type × language
	Judges    []JudgeRate         // by judge × type, with the baseline "shorter wins"
	Margins   []Margin            // by judge × type
	Controls  []judge.ControlRate // golden controls
	Hardness  []Hardness          // by generator × type, real and invented names apart
	Hard      []HardFor           // by judge and trait
	Judging   Judging

	Costs    []Cost    // by generator × type × language, none if nobody was paid
	Spending *Spending // null if nobody was paid

	Kinds      []Count // of exported rows
	Licenses   []Count // of exported rows
	Splits     []Split
	SplitNotes []string
	// Red are those of SplitNotes that must not be overlooked: kin on both sides of a split.
	Red []string
	// NearDuplicates is null where none were looked for.
	NearDuplicates *NearDuplicates
	// Decontaminated are the benchmarks that were taken out; none means that none
	// was.
	Decontaminated []string

	// Boundaries are the token boundaries of goldens, by tokenizer; none where no tokenizer was named.
	Boundaries []Boundaries

	Shift curate.Shift
	// Distances are how far the selection is from each reference benchmark.
	Distances []curate.Distance
	Probe     curate.ProbeResult
	Run       Run
	Pairs     []Pair // thirty, sampled by the caller
}

// NearDuplicates counts the source files that were nearly others.
type NearDuplicates struct {
	Threshold float64
	Clusters  int
	Members   int // files that went, each for one that stayed
}

// Count is one named number.
type Count struct {
	Name string
	N    int64
}

// Cell is the number of rows of a language and type.
type Cell struct {
	Language schemas.Language
	Type     schemas.Type
	N        int64
}

// Off is a cell that is switched off, and why.
type Off struct {
	Language schemas.Language
	Type     schemas.Type
	Reason   string
}

// Step is one step of the funnel: what is there after it, and what it lost. Where
// Unit is that of the step before, the losses must add up to the difference; what
// is missing is shown as lost without a reason.
type Step struct {
	Name string
	Unit string // "files", "contexts", "negatives"
	N    int64
	// Lost are the reasons of the losses between the step before and this one.
	// LostUnit is what was lost, Unit where it is empty: spans are lost on the way
	// from files to contexts.
	Lost     []Count
	LostUnit string
}

// StatusCell counts the certificates of one status in one cell.
type StatusCell struct {
	Generator string
	Type      schemas.Type
	Language  schemas.Language
	Status    schemas.Status
	N         int64
}

// ShorterWins is the name of the baseline judge that knows length alone
// ([judge.ShorterWins]).
const ShorterWins = "shorter wins"

// JudgeRate says how often one judge was fooled by negatives of one type.
type JudgeRate struct {
	Judge  string
	Type   schemas.Type
	N      int64 // valid verdicts
	Fooled int64
}

// Margin is the spread of one judge's margins over negatives of one type.
type Margin struct {
	Judge     string
	Type      schemas.Type
	N         int64
	Quantiles []curate.Quantile // as curate.Quantiles gives them
}

// Hardness is the fool rate of one generator and type, with real names and with
// invented ones. N is the number of negatives with a valid verdict.
type Hardness struct {
	Generator      string
	Type           schemas.Type
	Real           int64
	RealRate       *float64 // mean fool rate, nil without a verdict
	Invented       int64
	InventedRate   *float64
	RealMargin     *float64 // median margin
	InventedMargin *float64
}

// HardFor is how hard negatives are for one judge. Counts says that it is the n-gram judge, which is
// no model that anybody trains; Model and Size are empty where they are not stated.
type HardFor struct {
	Judge  string
	Model  string
	Size   string
	Counts bool
	Rates  []judge.SliceRate
	// How well it can be told what fools the judge without a look at the negative, as areas under the
	// ROC curve: by the golden's own score, and by length. Nil where that cannot be said.
	GoldenOnly, ShorterWins *float64
}

// Reader says for whom the negatives are that hard.
func (h HardFor) Reader() string {
	switch {
	case h.Counts:
		return "for the n-gram judge; hardness for a model takes a judge that scores (protocol logprob)"
	case h.Size != "":
		return "for a model of " + h.Size + " parameters (" + h.Model + ")"
	}
	return "for " + h.Model + ", whose number of parameters judge.panel.size does not state"
}

// Boundaries says where the tokens of one vocabulary end and goldens do.
type Boundaries struct {
	Tokenizer string
	Rows      []BoundaryRow
}

// BoundaryRow says of how many contexts the golden begins, and ends, where a token of its window does.
type BoundaryRow struct {
	Kind     schemas.Kind
	Cut      schemas.Cut
	Language schemas.Language
	Contexts int
	Starts   int
	Ends     int
}

// Split is one split of the export.
type Split struct {
	Name         schemas.Split
	Groups       int64
	Repositories int64
	Pairs        int64
	General      int64
}

// Run is what run.json says about time and memory.
type Run struct {
	Runner     string
	GOMAXPROCS int
	Started    string
	Seconds    float64
	PeakRSSMiB int64 // 0 means unknown
	Stages     []Stage
}

// Stage is one stage of a run. PeakRSSMiB is 0 where it was not recorded.
type Stage struct {
	Name       string
	Seconds    float64
	PeakRSSMiB int64
}

// Pair is one selected pair with its place and everything that is known about it.
type Pair struct {
	Language  schemas.Language
	Type      schemas.Type
	Kind      schemas.Kind
	Generator string
	Invented  bool
	Split     schemas.Split
	Status    schemas.Status
	Rule      string
	Evidence  string
	Judges    int64
	FoolRate  *float64
	Margin    *float64
	Repo      string
	Commit    string
	Path      string
	Line      int64 // of the golden's first byte, from 1
	License   string
	Prefix    string
	Golden    string
	Negative  string
	Suffix    string
}
