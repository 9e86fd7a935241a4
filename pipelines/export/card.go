package export

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/bug"
	"decoy/pipelines/curation"
	"decoy/pipelines/join"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/card"
	"decoy/transforms/judge"
	"decoy/transforms/report"
	"decoy/transforms/screen"
	"decoy/transforms/trainers"
)

// Summary is everything that the card and the report show, gathered from a finished
// build's small files.
type Summary struct {
	Out          string
	recipe       recipe.Recipe
	manifests    map[string]schemas.Manifest
	curate       curation.Report
	rows         map[card.Rows]int64 // N is 0 in the key
	kinds        map[schemas.Kind]int64
	licenses     map[string]int64
	outcomes     []OutcomeSum
	Samples      []Sample
	rounds       []join.Round
	sources      []card.AttributionRow
	splits       map[schemas.Split]*report.Split
	where        map[string]schemas.Split // split of each group that has rows
	costs        []costCell
	controlsNano int64
	hard         judge.Hardness
}

// Summarize gathers the small files of all stages of a build.
func Summarize(ctx context.Context, out string, recipe recipe.Recipe) (*Summary, error) {
	sum := &Summary{
		Out: out, recipe: recipe, manifests: map[string]schemas.Manifest{}, rows: map[card.Rows]int64{},
		kinds: map[schemas.Kind]int64{}, licenses: map[string]int64{}, splits: map[schemas.Split]*report.Split{},
		where: map[string]schemas.Split{},
	}
	for _, st := range schemas.Stages {
		if st == schemas.StageExport {
			continue
		}
		m, err := shard.ReadManifest(ctx, shard.Join(out, st))
		if err != nil {
			return nil, err
		}
		sum.manifests[st] = m
	}
	err := shard.ReadJSON(ctx, shard.Join(out, schemas.StageCurate, "shift.json"), &sum.curate)
	if err != nil {
		return nil, err
	}
	if sum.rounds, err = join.Rounds(ctx, out); err != nil {
		return nil, err
	}
	all := outcomes{}
	for i := range recipe.Shards {
		err := sum.shard(ctx, work.Task{Stage: schemas.StageExport, Out: out, Shard: i, Of: recipe.Shards}, all)
		if err != nil {
			return nil, err
		}
	}
	sum.outcomes = all.list()
	return sum, nil
}

func (sum *Summary) shard(ctx context.Context, t work.Task, all outcomes) error {
	raw, err := shard.ReadFile(ctx, partsPath(t))
	if err != nil {
		return err
	}
	var p exportParts
	if err := json.Unmarshal(raw, &p); err != nil {
		return fmt.Errorf("read %s: %w", partsPath(t), err)
	}
	sum.sources = append(sum.sources, p.Attribution...)
	sum.Samples = append(sum.Samples, p.Samples...)
	sum.costs = append(sum.costs, p.Costs...)
	sum.controlsNano += p.ControlsNano
	sum.hard.Add(p.Hardness)
	for _, o := range p.Outcomes {
		all.add(o)
	}
	for s, err := range shard.Read[schemas.Selected](ctx, t.Path(schemas.StageCurate, "selection")) {
		if err != nil {
			return err
		}
		sum.rows[card.Rows{Split: s.Split, Language: s.Language, Type: schemas.OrEmpty(s.Type)}]++
		sum.kinds[s.Kind]++
		sum.where[s.Group] = s.Split
		sp := sum.splits[s.Split]
		if sp == nil {
			sp = &report.Split{Name: s.Split}
			sum.splits[s.Split] = sp
		}
		if s.NegativeID == nil {
			sp.General++
		} else {
			sp.Pairs++
		}
	}
	return nil
}

// Card writes what of the export belongs to no shard: the card, the attribution and
// LLaMA-Factory's list. The stages before are sealed.
//
//	Refs of all shards → Ref: README.md, ATTRIBUTION.jsonl, llamafactory/dataset_info.json
type Card struct {
	Out    string `json:"out"`
	Recipe string `json:"recipe"` // YAML
}

func init() { flow.Register[Card]() }

// Do writes the card.
func (c Card) Do(ctx context.Context, t flow.Task) (d schemas.Done, err error) {
	var r recipe.Recipe
	if err := yaml.Unmarshal([]byte(c.Recipe), &r); err != nil {
		return d, fmt.Errorf("the recipe as the launcher sent it: %w", err)
	}
	sum, err := Summarize(ctx, c.Out, r)
	if err != nil {
		return d, err
	}
	write := func(name string, data []byte) error {
		f, err := shard.WriteFile(ctx, shard.Join(t.Dir, name), data)
		f.Name = name
		d.Files = append(d.Files, f)
		return err
	}
	attribution, err := card.Attribution(slices.Values(sum.sources))
	if err != nil {
		return d, err
	}
	if err := write("ATTRIBUTION.jsonl", attribution); err != nil {
		return d, err
	}
	folders := []string{""}
	if r.Curate.Control {
		folders = append(folders, work.ControlName+"/")
	}
	for _, folder := range folders {
		if err := write(folder+trainers.LLaMAFactory+"/"+trainers.InfoFile, trainers.DatasetInfo()); err != nil {
			return d, err
		}
	}
	data, err := sum.card(ctx, t.Fingerprint)
	if err != nil {
		return d, err
	}
	text, err := card.Card(data)
	if err != nil {
		return d, err
	}
	return d, write("README.md", text)
}

func (sum *Summary) card(ctx context.Context, fingerprint string) (card.Data, error) {
	r := sum.recipe
	recipe, err := RecipeYAML(r)
	if err != nil {
		return card.Data{}, err
	}
	d := card.Data{
		Name: r.Name, Recipe: recipe, CodeVersion: schemas.CodeVersion, SchemaVersion: schemas.SchemaVersion,
		Inputs: len(sum.manifests[schemas.StageExtract].Inputs), Fingerprint: fingerprint,
		Splits: sum.splitList(), Notes: sum.curate.Notes, Red: sum.curate.Red,
		NearDuplicates: sum.near(), Distances: sum.curate.Distances, Licenses: sum.licenseCounts(),
		OwnTerms: sum.ownTerms(),
		Hardness: sum.hardness(), Hard: sum.hardFor(),
		Controls: sum.tally().Controls(), Probe: sum.curate.Probe, Decontaminated: sum.curate.Decontaminated,
		Costs: byType(sum.ReportCosts()),
		Selection: card.Selection{
			Rows: r.Curate.Rows, Accept: r.Curate.Accept, MaxPerRepo: r.Curate.MaxPerRepo,
			MaxPerGolden: r.Curate.MaxPerGolden, PerContext: 1, GeneralShare: r.Export.GeneralShare, Off: sum.off(),
			Criteria: r.Curate.Criteria(),
		},
	}
	records, _, err := shard.Records(ctx, shard.Join(sum.Out, schemas.StageExport), fingerprint)
	if err != nil {
		return d, err
	}
	style := records[r.Shards+1].Counts // of the step Style, where it is
	d.Samples = card.Samples{Pairs: style[CountStylePairs], Goldens: r.Export.PairsWithGoldens(),
		Style: float64(style[CountStyleAccuracy]) / 1e4}
	for i := range r.Shards {
		done, ok := records[i]
		if !ok {
			return d, fmt.Errorf("shard %d of export did not finish; run the same command again", i)
		}
		for _, f := range done.Files {
			if !strings.HasPrefix(f.Name, work.PartsFolder) {
				d.Files = append(d.Files, f)
			}
		}
	}
	for k, n := range sum.rows {
		k.N = n
		d.Rows = append(d.Rows, k)
	}
	slices.SortFunc(d.Rows, func(a, b card.Rows) int {
		return cmp.Or(cmp.Compare(a.Split, b.Split), cmp.Compare(a.Language, b.Language), cmp.Compare(a.Type, b.Type))
	})
	for _, m := range r.Generate.Panel {
		n := int64(0)
		for _, o := range sum.outcomes {
			if o.Generator == m.Name && o.Selected {
				n += o.N
			}
		}
		d.Generators = append(d.Generators, card.Member{Name: m.Name, Provider: m.Provider, Model: m.Model, N: n,
			Terms: m.Terms, Paid: m.Paid()})
	}
	for _, m := range r.Judge.Panel {
		d.Judges = append(d.Judges, card.Member{Name: m.Name, Provider: m.Provider, Model: m.Model,
			Prompt: sum.judgePrompt(m), N: sum.worth(m.Name).Valid})
	}
	for _, status := range schemas.Statuses {
		st := card.Status{Name: status}
		for _, o := range sum.outcomes {
			if o.Status == status {
				st.Pool += o.N
				if o.Selected {
					st.Exported += o.N
				}
			}
		}
		d.Statuses = append(d.Statuses, st)
	}
	return d, nil
}

// RecipeYAML is the part of the recipe that changes output, as a person would write
// it: no paths of this machine, no limits of accounts, no budget.
func RecipeYAML(r recipe.Recipe) (string, error) {
	terms, sizes := recipe.Terms(r), recipe.Sizes(r)
	r.Generate.Panel, r.Judge.Panel = recipe.OutputMembers(r.Generate.Panel), recipe.OutputMembers(r.Judge.Panel)
	for i, m := range r.Generate.Panel {
		r.Generate.Panel[i].Terms = terms[m.Name]
	}
	for i, m := range r.Judge.Panel {
		r.Judge.Panel[i].Size = sizes[m.Name]
	}
	r.Curate.Decontaminate = slices.Clone(r.Curate.Decontaminate)
	for i := range r.Curate.Decontaminate {
		r.Curate.Decontaminate[i].Path = filepath.Base(r.Curate.Decontaminate[i].Path)
	}
	r.Curate.Reference = slices.Clone(r.Curate.Reference)
	for i := range r.Curate.Reference {
		r.Curate.Reference[i].Path = filepath.Base(r.Curate.Reference[i].Path)
	}
	raw, err := yaml.Marshal(struct {
		Name     string          `yaml:"name"`
		Shards   int             `yaml:"shards"`
		Extract  recipe.Extract  `yaml:"extract"`
		Generate recipe.Generate `yaml:"generate"`
		Judge    recipe.Judge    `yaml:"judge"`
		Curate   recipe.Curate   `yaml:"curate"`
		Export   recipe.Export   `yaml:"export"`
	}{r.Name, r.Shards, r.Extract, r.Generate, r.Judge, r.Curate, r.Export})
	return string(raw), err
}

// near is what became of near duplicates.
func (sum *Summary) near() *report.NearDuplicates {
	n := sum.curate.NearDuplicates
	if n == nil {
		return nil
	}
	return &report.NearDuplicates{Threshold: n.Threshold, Clusters: n.Clusters, Members: n.Members}
}

func (sum *Summary) off() []report.Off {
	var out []report.Off
	for _, c := range sum.recipe.Curate.OffCells() {
		out = append(out, report.Off{Language: c.Language, Type: c.Type,
			Reason: "switched off in the recipe (curate.off)"})
	}
	return out
}

func (sum *Summary) splitList() []report.Split {
	var out []report.Split
	for _, name := range schemas.Splits {
		sp := report.Split{Name: name}
		if x := sum.splits[name]; x != nil {
			sp = *x
		}
		for _, g := range sum.curate.Groups {
			if sum.where[g.ID] == name {
				sp.Groups++
				sp.Repositories += int64(len(g.Repos))
			}
		}
		out = append(out, sp)
	}
	return out
}

// licenseCounts counts exported contexts by licence.
func (sum *Summary) licenseCounts() []report.Count {
	m := map[string]int64{}
	for _, c := range sum.sources {
		m[c.License] += c.Contexts
	}
	return counts(m)
}

// counts lists a map, the largest first.
func counts[S ~string](m map[S]int64) []report.Count {
	var out []report.Count
	for k, n := range m {
		out = append(out, report.Count{Name: string(k), N: n})
	}
	slices.SortFunc(out, func(a, b report.Count) int {
		return cmp.Or(cmp.Compare(b.N, a.N),
			cmp.Compare(a.Name, b.Name))
	})
	return out
}

// Renderable leaves out the pairs that the report cannot show, and says where it fails.
func (sum *Summary) Renderable(ctx context.Context) (unshown []bug.InternalErrors, failed error) {
	b := &bug.Reporter{Out: sum.Out, Stage: schemas.StageExport, Reject: func(r schemas.Reject) {
		place, _, _ := strings.Cut(r.Detail, ": ")
		unshown = append(unshown, bug.InternalErrors{Stage: "report", Place: place, N: 1})
	}}
	sum.Samples = slices.DeleteFunc(sum.Samples, func(s Sample) bool {
		_, ok, err := bug.Contain(ctx, b, SiteReportPair, bug.OfNegative(&s.Context, &s.Negative),
			func() []Sample { return []Sample{s} },
			func() (struct{}, error) { return struct{}{}, renderPair(s) })
		failed = cmp.Or(failed, err)
		return !ok
	})
	return unshown, failed
}

func renderPair(s Sample) error {
	_, err := report.Render(report.Data{Pairs: []report.Pair{pairOf(s)}})
	return err
}

// ownTerms reports whether the export claims no permissive terms: the recipe takes files
// on the user's word, or a row came in under another licence (the stages before may have
// been built so).
func (sum *Summary) ownTerms() bool {
	return sum.recipe.OwnTerms() || slices.ContainsFunc(sum.licenseCounts(),
		func(c report.Count) bool { return !screen.IsPermissive(c.Name) })
}
