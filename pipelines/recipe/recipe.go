package recipe

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"decoy/io/archives"
	"decoy/io/rows"
	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/panel"
)

//go:embed *.yaml
var embedded embed.FS

// Recipe describes a build. Every field that changes output is part of the
// fingerprint of the stage that reads it.
type Recipe struct {
	Name       string                       `yaml:"name"`
	Archives   []string                     `yaml:"archives"`
	Rows       []Rows                       `yaml:"rows"`
	Identities map[string]archives.Identity `yaml:"identities"`
	Shards     int                          `yaml:"shards"`
	Extract    Extract                      `yaml:"extract"`
	Generate   Generate                     `yaml:"generate"`
	Judge      Judge                        `yaml:"judge"`
	Curate     Curate                       `yaml:"curate"`
	Export     Export                       `yaml:"export"`
	BudgetUSD  *float64                     `yaml:"budget_usd"`
	Limiter    Limiter                      `yaml:"limiter"`
	Report     Report                       `yaml:"report"`
}

// Report is what the report shows beside what every report does. It changes no other byte.
type Report struct {
	// Tokenizers are tokenizer.json files of models, by name: for each the report tells of how many
	// goldens its tokens begin and end where the golden does. See package boundary for what is read.
	Tokenizers map[string]string `yaml:"tokenizers"`
}

// Rows names files of rows, one source file a row: JSON Lines or Parquet. The
// columns are those of a preset, or given.
type Rows struct {
	Path    string       `yaml:"path" json:"-"`
	Preset  string       `yaml:"preset" json:"preset"`
	Columns rows.Columns `yaml:"columns" json:"columns"`
}

// Map is the column map.
func (r Rows) Map() (rows.Columns, error) {
	switch {
	case r.Preset != "" && r.Columns != rows.Columns{}:
		return r.Columns, fmt.Errorf("preset and columns are both given; keep one")
	case r.Preset != "":
		return rows.Preset(r.Preset)
	}
	return r.Columns, r.Columns.Validate()
}

// OriginMixed takes contexts of both origins.
const OriginMixed schemas.Origin = "mixed"

// Extract is the part of extract.
type Extract struct {
	Origin       schemas.Origin `yaml:"origin" json:"origin"`         // snapshot, edit or mixed
	EditShare    float64        `yaml:"edit_share" json:"edit_share"` // of max_per_repo, where origin is mixed
	MaxCommits   int            `yaml:"max_commits" json:"max_commits"`
	Languages    languages      `yaml:"languages" json:"languages"`
	Kinds        map[string]int `yaml:"kinds" json:"kinds"`
	Cuts         fim.Cuts       `yaml:"cuts" json:"cuts"`             // fim.DefaultCuts where absent
	CallForms    fim.CallForms  `yaml:"call_forms" json:"call_forms"` // fim.DefaultCallForms where absent
	MaxPerFile   int            `yaml:"max_per_file" json:"max_per_file"`
	MaxPerRepo   int            `yaml:"max_per_repo" json:"max_per_repo"`
	PrefixBytes  int            `yaml:"prefix_bytes" json:"prefix_bytes"`
	SuffixBytes  int            `yaml:"suffix_bytes" json:"suffix_bytes"`
	Licenses     string         `yaml:"licenses" json:"licenses"` // permissive, or any for code that is yours
	ExcludeRepos []string       `yaml:"exclude_repos" json:"exclude_repos"`
	// NgramTokens bounds what the n-gram judge counts, a language; each shard
	// counts its part.
	NgramTokens int `yaml:"ngram_tokens" json:"ngram_tokens"`
}

// Generate is the part of generate.
type Generate struct {
	Types         string         `yaml:"types" json:"types"` // "applicable" or "all"
	InventedShare float64        `yaml:"invented_share" json:"invented_share"`
	Aim           bool           `yaml:"aim" json:"aim"` // of many candidates the rules choose the hardest
	Panel         []panel.Member `yaml:"panel" json:"panel"`
}

// Export is the part of export.
type Export struct {
	Formats      []string `yaml:"formats" json:"formats"`
	Models       []string `yaml:"models" json:"models"`
	GeneralShare float64  `yaml:"general_share" json:"general_share"`
	// SamplePairs says what is chosen against a sample that is no minimal pair: its repair, which
	// is the same text with its one error mended (where it is left out), or the golden, whose
	// style may tell the sides apart. Supervised rows always have the golden.
	SamplePairs string `yaml:"sample_pairs,omitempty" json:"sample_pairs,omitempty"`
	// StyleProbe is the accuracy, 0.5 to 1, up to which a probe that sees style alone (length,
	// lines, stop, quoting) may tell the sides of such pairs apart; above it nothing is exported.
	// 0.58 where it is left out; 1 lets everything pass.
	StyleProbe *float64 `yaml:"style_probe,omitempty" json:"style_probe,omitempty"`
}

// What Export.SamplePairs may be.
const (
	PairsRepair = "repair"
	PairsGolden = "golden"
)

// DefaultStyleProbe is Export.StyleProbe where it is left out.
const DefaultStyleProbe = 0.58

// PairsWithGoldens reports whether goldens are chosen against all samples.
func (e Export) PairsWithGoldens() bool { return e.SamplePairs == PairsGolden }

// StyleBound is the accuracy above which the style probe refuses.
func (e Export) StyleBound() float64 {
	if e.StyleProbe == nil {
		return DefaultStyleProbe
	}
	return *e.StyleProbe
}

// languages is a list, or the word "all".
type languages []schemas.Language

// UnmarshalYAML reads "all" or a list.
func (l *languages) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		if n.Value != "all" {
			return fmt.Errorf("line %d: languages: %q is neither \"all\" nor a list", n.Line, n.Value)
		}
		*l = slices.Clone(schemas.Languages)
		return nil
	}
	return n.Decode((*[]schemas.Language)(l))
}

// defaults is the recipe that a file's fields overwrite.
func defaults() Recipe {
	return Recipe{
		Name: "unnamed", Shards: 8,
		Extract: Extract{
			Origin: schemas.OriginSnapshot, EditShare: 0.5, MaxCommits: 2000,
			Languages: slices.Clone(schemas.Languages), MaxPerRepo: 4000,
			Licenses: licensesPermissive, NgramTokens: 4_000_000,
		},
		Generate: Generate{Types: "applicable", InventedShare: 0.05, Aim: true,
			Panel: []panel.Member{{Name: "rules", Provider: "rules"}}},
		Judge:  defaultJudge(),
		Curate: defaultCurate(),
		Export: Export{Formats: []string{"jsonl", "tfrecord", "parquet"}, Models: []string{"qwen2.5-coder"},
			GeneralShare: 0.4},
	}
}

// Load reads an embedded recipe by name ("demo") or a file.
func Load(name string) (Recipe, error) {
	raw, err := embedded.ReadFile(name + ".yaml")
	if errors.Is(err, fs.ErrNotExist) {
		if raw, err = os.ReadFile(name); err != nil {
			var known []string
			entries, _ := embedded.ReadDir(".")
			for _, e := range entries {
				known = append(known, strings.TrimSuffix(e.Name(), path.Ext(e.Name())))
			}
			return Recipe{}, fmt.Errorf("recipe %q: neither a file that can be read nor one of the built-in recipes "+
				"(%s): %w", name, strings.Join(known, ", "), err)
		}
	} else if err != nil {
		return Recipe{}, fmt.Errorf("recipe %q: %w", name, err)
	}
	r, err := Parse(raw)
	if err != nil {
		return r, fmt.Errorf("recipe %q: %w", name, err)
	}
	return r, nil
}

// Parse reads and checks a recipe. An unknown field is an error that names
// it and the nearest right one.
func Parse(raw []byte) (Recipe, error) {
	r := defaults()
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return r, fmt.Errorf("not YAML: %w", err)
	}
	if len(doc.Content) > 0 {
		if err := checkFields(doc.Content[0], recipeType, ""); err != nil {
			return r, err
		}
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&r); err != nil && len(doc.Content) > 0 {
		return r, err
	}
	if len(r.Curate.Split) == 0 { // not in defaults: YAML adds to a map that is there
		r.Curate.Split = map[schemas.Split]float64{schemas.SplitTrain: 0.8, schemas.SplitValidation: 0.1,
			schemas.SplitTest: 0.1}
	}
	return r, r.Validate()
}

// FIM is the extraction's span configuration.
func (r *Recipe) FIM() (fim.Config, error) {
	e := r.Extract
	return fim.Config{Kinds: e.Kinds, MaxPerFile: e.MaxPerFile, PrefixBytes: e.PrefixBytes,
		SuffixBytes: e.SuffixBytes, Cuts: e.Cuts, CallForms: e.CallForms}.Filled()
}

// Validate checks the ranges and words of a recipe. An error names the field and
// what it may be.
func (r *Recipe) Validate() error {
	var errs []error
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	between := func(field string, v, lo, hi float64) {
		if !(v >= lo && v <= hi) {
			bad("%s: %v is not between %v and %v", field, v, lo, hi)
		}
	}
	oneOf := func(field, v string, of ...string) {
		if !slices.Contains(of, v) {
			bad("%s: %q is not one of %s", field, v, strings.Join(of, ", "))
		}
	}
	between("shards", float64(r.Shards), 1, 100_000)
	oneOf("extract.origin", string(r.Extract.Origin),
		schemas.Strings([]schemas.Origin{schemas.OriginSnapshot, schemas.OriginEdit, OriginMixed})...)
	between("extract.edit_share", r.Extract.EditShare, 0, 1)
	between("extract.max_commits", float64(r.Extract.MaxCommits), 1, 10_000_000)
	for i, in := range r.Rows {
		if in.Path == "" {
			bad("rows[%d].path: empty; name files, globs or URLs", i)
		}
		if _, err := in.Map(); err != nil {
			bad("rows[%d]: %w", i, err)
		}
	}
	if len(r.Extract.Languages) == 0 {
		bad("extract.languages: empty; use all or a list of %s", schemas.Join(schemas.Languages, ", "))
	}
	for _, l := range r.Extract.Languages {
		oneOf("extract.languages", string(l), schemas.Strings(schemas.Languages)...)
	}
	if cfg, err := r.FIM(); err != nil {
		bad("%w", err)
	} else {
		r.Extract.Kinds, r.Extract.MaxPerFile, r.Extract.PrefixBytes, r.Extract.SuffixBytes = cfg.Kinds, cfg.MaxPerFile,
			cfg.PrefixBytes, cfg.SuffixBytes
		r.Extract.Cuts, r.Extract.CallForms = cfg.Cuts, cfg.CallForms
	}
	between("extract.max_per_repo", float64(r.Extract.MaxPerRepo), 1, 10_000_000)
	between("extract.ngram_tokens", float64(r.Extract.NgramTokens), 0, 1e9)
	oneOf("extract.licenses", r.Extract.Licenses, licensesPermissive, LicensesAny)
	r.checkIdentities(bad)
	oneOf("generate.types", r.Generate.Types, "applicable", "all")
	between("generate.invented_share", r.Generate.InventedShare, 0, 1)
	checkPanel(bad, "generate.panel", r.Generate.Panel, "rules")
	checkPanel(bad, "judge.panel", r.Judge.Panel, "ngram")
	if len(errs) == 0 {
		if err := panel.ValidateAll(r.Generate.Panel, r.Judge.Panel); err != nil {
			bad("%w", err)
		}
	}
	r.checkJudge(bad)
	r.checkCurate(bad, between, oneOf)
	for name, path := range r.Report.Tokenizers {
		if name == "" || path == "" {
			bad("report.tokenizers: %q is of the file %q; give a name and a tokenizer.json, as {qwen2.5-coder: "+
				"tokenizer.json}", name, path)
		}
	}
	for _, f := range r.Export.Formats {
		oneOf("export.formats", f, "jsonl", "tfrecord", "parquet")
	}
	for _, m := range r.Export.Models {
		oneOf("export.models", m, "qwen2.5-coder")
	}
	between("export.general_share", r.Export.GeneralShare, 0, 0.95)
	if r.Export.SamplePairs != "" {
		oneOf("export.sample_pairs", r.Export.SamplePairs, PairsRepair, PairsGolden)
	}
	between("export.style_probe", r.Export.StyleBound(), 0.5, 1)
	if err := r.Limiter.validate(); err != nil {
		bad("%w", err)
	}
	if r.BudgetUSD != nil {
		between("budget_usd", *r.BudgetUSD, 0, 1e9)
	}
	return errors.Join(errs...)
}

// checkPanel checks a panel's members and that their names differ. builtin is the
// provider that needs no server.
func checkPanel(bad func(string, ...any), field string, members []panel.Member, builtin string) {
	if len(members) == 0 {
		bad("%s: empty; use [{name: %s, provider: %s}]", field, builtin, builtin)
	}
	seen := map[string]bool{}
	for i := range members {
		m := &members[i]
		if m.Provider != builtin && !m.Paid() {
			bad("%s[%d].provider: %q is not one of %s", field, i, m.Provider,
				strings.Join(append([]string{builtin}, panel.Paid...), ", "))
			continue
		}
		if err := m.Validate(); err != nil {
			bad("%s[%d]: %w", field, i, err)
		}
		if seen[m.Name] {
			bad("%s[%d].name: %q is used twice", field, i, m.Name)
		}
		seen[m.Name] = true
	}
}

// Members are those of a stage's panel, none where it has no panel.
func (r Recipe) Members(stage string) []panel.Member {
	switch stage {
	case schemas.StageGenerate:
		return r.Generate.Panel
	case schemas.StageJudge:
		return r.Judge.Panel
	}
	return nil
}

// Pays tells whether one of the stages has a paid member.
func (r Recipe) Pays(stages ...string) bool {
	return slices.ContainsFunc(stages, func(stage string) bool {
		return slices.ContainsFunc(r.Members(stage), panel.Member.Paid)
	})
}
