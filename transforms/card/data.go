package card

import (
	"decoy/schemas"
	"decoy/transforms/curate"
	"decoy/transforms/judge"
	"decoy/transforms/report"
)

// Data is everything that the card shows.
type Data struct {
	Name          string // of the recipe
	Recipe        string // the recipe, as YAML
	CodeVersion   int
	SchemaVersion int
	Inputs        int    // archives
	Fingerprint   string // of the export stage; it stands for all inputs and options

	Files    []schemas.File // below OUT/export, with slashes, and their records
	Rows     []Rows         // exported rows by split, language and type
	Splits   []report.Split
	Notes    []string // of splits, by curate
	Red      []string // those of Notes that must not be overlooked
	Licenses []report.Count
	OwnTerms bool // files were taken on the word of whoever built it, not for their licences

	Generators []Member
	Judges     []Member
	Statuses   []Status
	Hardness   []report.Hardness
	Hard       []report.HardFor // by judge
	Controls   []judge.ControlRate
	Probe      curate.ProbeResult
	Samples    Samples
	Costs      []report.Cost // by generator × type, Language is empty; none if nobody was paid

	Selection      Selection
	NearDuplicates *report.NearDuplicates // null where none were looked for
	Distances      []curate.Distance      // from each reference benchmark
	Decontaminated []string               // benchmarks; none means that the set is not decontaminated
	Limits         []string               // of this build, beside those that every build has
}

// RateName is what the share of verdicts that were fooled is called: where nobody but the
// n-gram judge gave any, it says so.
func (d Data) RateName() string {
	w := report.Judging{}
	for _, m := range d.Judges {
		// The provider ngram has the protocol of its name.
		w.Judges = append(w.Judges, report.JudgeWorth{Judge: m.Name, Protocol: m.Provider, Valid: m.N})
	}
	return w.RateName()
}

// Samples are the exported pairs whose negative is a sample and no minimal pair.
type Samples struct {
	Pairs   int64
	Goldens bool    // are what is chosen against them, not their repairs
	Style   float64 // accuracy of the style probe
}

// Rows counts rows. Type is "" for general rows.
type Rows struct {
	Split    schemas.Split
	Language schemas.Language
	Type     schemas.Type
	N        int64
}

// Member is one member of a panel. Model and Prompt are empty for built-in ones.
type Member struct {
	Name     string
	Provider string
	Model    string
	Prompt   string // version
	N        int64  // exported rows of a generator, valid verdicts of a judge
	Terms    string // of a generator's provider on training with outputs, "" where they are not stated
	Paid     bool   // asked over the network, so that terms apply
}

// Status counts the certificates of one status, in the pool and in the export.
type Status struct {
	Name     schemas.Status
	Pool     int64
	Exported int64
}

// Selection are the criteria of curate. A cap of 0 is no cap.
type Selection struct {
	Rows         int
	Accept       []schemas.Status
	MaxPerRepo   int
	MaxPerGolden int
	PerContext   int
	GeneralShare float64
	Off          []report.Off
	Criteria     []string // beside those, as sentences
}
