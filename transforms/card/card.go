package card

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"decoy/schemas"
	"decoy/transforms/judge"
	"decoy/transforms/report"
)

//go:embed card.tmpl
var source string

var cardTemplate = template.Must(template.New("card").Funcs(template.FuncMap{
	"num": report.Number, "pct": report.Percent, "cell": cell, "join": strings.Join,
	"optusd": report.Dollars, "perrow": report.PerRow,
	"optpct": func(x *float64) string {
		if x == nil {
			return "–"
		}
		return report.Percent(*x)
	},
	"cap": func(n int) string {
		if n == 0 {
			return "no limit"
		}
		return report.Number(int64(n))
	},
	"auc":   report.AUC,
	"shown": func(by string) bool { return slices.Contains(shownTraits, by) },
	"share": func(n, of int64) string {
		if of == 0 {
			return "–"
		}
		return report.Percent(float64(n) / float64(of))
	},
}).Parse(source))

// shownTraits are those that the card shows; the report shows all.
var shownTraits = []string{judge.ByAll, judge.ByType, judge.ByLength, judge.ByNames, judge.ByGolden, judge.ByFifth}

// view is what the template reads.
type view struct {
	Data
	Header   string
	Recipe   string
	Fence    string
	Total    int64
	General  int64
	Tables   []table
	Types    []schemas.Type
	Columns  []column
	Configs  []string
	Trainers []string          // those of the trainers
	Apart    map[string]string // the files of sets that are no configuration
	Meaning  map[schemas.Status]string
	Pool     int64
	Exported int64
	// First files by format, for the examples; "" where there is none.
	JSONL, TFRecord, Parquet string
	LLaMAFactory             bool
	HasRules                 bool
	OutsideDelulu            []string // languages of the rows, as readers write them
	Control                  bool     // a random arm is among the configurations
	Zstandard                bool     // load_dataset needs PyPI's zstandard
}

// outsideDelulu are the languages that the Delulu benchmark has no items of.
var outsideDelulu = map[schemas.Language]string{schemas.JavaScript: "JavaScript"}

// table is the composition of one split.
type table struct {
	Split schemas.Split
	Rows  []tableRow
	All   tableRow
}

type tableRow struct {
	Language schemas.Language
	Types    []int64
	General  int64
	All      int64
}

// meaning says what the statuses mean.
var meaning = map[schemas.Status]string{
	schemas.StatusCertified: "a closed world refuses it here: no scope, import, wildcard, macro or base class can " +
		"supply the name, or a uniquely resolved declaration refuses the arguments, or a relative import names what " +
		"the repository lacks",
	schemas.StatusUnseen:  "the candidate types or modules are known and none has it; strong evidence, no proof",
	schemas.StatusAbstain: "external or unresolved, so nothing is known; never a pair",
	schemas.StatusExists: "a declaration with that name and a fitting role is visible here, so it may be right; " +
		"dropped",
}

// Card writes the export's README.md.
func Card(d Data) ([]byte, error) {
	head, err := encode(newHeader(d))
	if err != nil {
		return nil, fmt.Errorf("card of build %q: header: %w", d.Name, err)
	}
	v := view{Data: d, Header: head, Types: schemas.Types, Meaning: meaning}
	if v.Recipe, err = publicRecipe(d.Recipe); err != nil {
		return nil, fmt.Errorf("card of build %q: %w", d.Name, err)
	}
	if v.Columns, err = columns(); err != nil {
		return nil, fmt.Errorf("card of build %q: %w", d.Name, err)
	}
	v.Fence = fence(v.Recipe)
	v.compose()
	configs := newConfigs(d.Files)
	for _, c := range configs {
		v.Configs = append(v.Configs, c.Name)
		if c.Name == controlConfig {
			v.Control = true
		} else if c.Name != "default" {
			v.Trainers = append(v.Trainers, c.Name)
		}
	}
	v.Apart = apart(d.Files, configs)
	v.Zstandard = len(newInfos(configs)) > 0
	for _, s := range d.Statuses {
		v.Pool += s.Pool
		v.Exported += s.Exported
	}
	v.JSONL, v.TFRecord, v.Parquet = first(d.Files, ".jsonl.zst"), first(d.Files, ".tfrecord.gz"),
		first(d.Files, ".parquet")
	v.LLaMAFactory = slices.ContainsFunc(d.Files,
		func(f schemas.File) bool { return strings.HasPrefix(f.Name, "llamafactory/") })
	v.HasRules = slices.ContainsFunc(d.Generators, func(m Member) bool { return m.Provider == "rules" })
	var b bytes.Buffer
	if err := cardTemplate.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("card of build %q: %w", d.Name, err)
	}
	return b.Bytes(), nil
}

// IsRed tells the notes that must not be overlooked.
func (d Data) IsRed(note string) bool { return slices.Contains(d.Red, note) }

// compose fills the composition tables: splits and languages without rows are left
// out.
func (v *view) compose() {
	for _, split := range schemas.Splits {
		t := table{Split: split, All: tableRow{Language: "all", Types: make([]int64, len(schemas.Types))}}
		for _, l := range schemas.Languages {
			row := tableRow{Language: l, Types: make([]int64, len(schemas.Types))}
			for _, r := range v.Rows {
				if r.Split != split || r.Language != l {
					continue
				}
				if i := slices.Index(schemas.Types, r.Type); i >= 0 {
					row.Types[i] += r.N
					t.All.Types[i] += r.N
				} else {
					row.General += r.N
					t.All.General += r.N
				}
				row.All += r.N
				t.All.All += r.N
			}
			if row.All > 0 {
				t.Rows = append(t.Rows, row)
				if name, ok := outsideDelulu[l]; ok && !slices.Contains(v.OutsideDelulu, name) {
					v.OutsideDelulu = append(v.OutsideDelulu, name)
				}
			}
		}
		if t.All.All > 0 {
			v.Tables = append(v.Tables, t)
		}
		v.Total += t.All.All
		v.General += t.All.General
	}
}

// first is the first file with rows in the export's own folder, by name.
func first(files []schemas.File, ext string) string {
	var names []string
	for _, f := range files {
		if f.Records > 0 && !strings.Contains(f.Name, "/") && strings.HasSuffix(f.Name, ext) {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	train := func(name string) bool { return strings.HasPrefix(name, string(schemas.SplitTrain)) }
	if i := slices.IndexFunc(names, train); i >= 0 {
		return names[i]
	}
	return strings.Join(names[:min(1, len(names))], "")
}

// cell makes text safe in a Markdown table, list or line.
func cell(s string) string {
	return strings.NewReplacer("\r", " ", "\n", " ", "|", `\|`, "<", "&lt;", "`", "\\`").Replace(s)
}

var backticks = regexp.MustCompile("`+")

// fence is a run of backticks that no run inside of text can end.
func fence(text string) string {
	longest := 2
	for _, run := range backticks.FindAllString(text, -1) {
		longest = max(longest, len(run))
	}
	return strings.Repeat("`", longest+1)
}
