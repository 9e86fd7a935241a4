package money

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/pipelines/recipe"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/panel/ledger"
)

// An estimate is made from a sample of the contexts, the same at every run: every n-th
// one of shards that are evenly spread. (Not the first ones of a shard: they are of its
// first files.) The requests of the sample are rendered as they would be sent; a context
// stands for as many as extract has counted of its kind.

// What an estimate supposes where nothing is measured yet.
const (
	// estimateContexts bounds the sample and estimateRead, but for one shard, what is
	// read for it.
	estimateContexts = 1600
	estimateRead     = 40_000
	// A token is 4.05 bytes of a request's JSON: measured over 1,000 generators' and
	// judges' prompts of real source in eight languages with o200k_base and
	// cl100k_base, 2.9 (JavaScript) to 5.0 (C#) by language. The range allows for
	// tokenizers with fewer words, and for a corpus of another mix.
	fewestBytesPerToken, mostBytesPerToken = 3.3, 4.6
	// goldenBytesPerToken is that of the goldens alone.
	goldenBytesPerToken = 3.3
	// An answer of a generator is the completion, a list of names and a reason; that of
	// a judge two fields. A model that thinks aloud is billed for it: up to max_tokens.
	fewestAnswerTokens, mostAnswerTokens   = 30, 200
	fewestVerdictTokens, mostVerdictTokens = 12, 60
	// The share of a generator's requests that give a valid negative.
	fewestValid, mostValid = 0.4, 1.0
	// The share of answers that are not the JSON object that was asked for, after which
	// the model is asked once more: none where a server takes schemas.
	fewestAgain, mostAgain = 0.0, 0.1
	// measuredAnswers is from how many sampled answers in the ledger on tokens are
	// taken from them.
	measuredAnswers = 30
)

// EstimateLatency is the time of a call if nobody says otherwise.
const EstimateLatency = 4 * time.Second

// Range is what a figure may be.
type Range struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Add is the range of the sum.
func (r Range) Add(o Range) Range             { return Range{r.Low + o.Low, r.High + o.High} }
func (r Range) times(low, high float64) Range { return Range{r.Low * low, r.High * high} }

// MemberEstimate is what one paid member of a stage's panel will be asked, what is in
// the ledger included. USD is null where its price is unknown. Seconds is the time at
// the member's limits, LimitedBy the one that decides: rpm, tpm or concurrency.
type MemberEstimate struct {
	Stage          string  `json:"stage"`
	Member         string  `json:"member"`
	Provider       string  `json:"provider"`
	Model          string  `json:"model"`
	Calls          Range   `json:"calls"`
	SecondAsks     Range   `json:"second_asks"`          // of the calls: the answer before was not JSON
	MeasuredAsks   bool    `json:"measured_second_asks"` // by answers in the ledger, not supposed
	Recorded       float64 `json:"recorded"`             // of the calls: they are answered from the ledger
	InputTokens    Range   `json:"input_tokens"`
	OutputTokens   Range   `json:"output_tokens"`
	MeasuredTokens bool    `json:"measured_tokens"` // from answers in the ledger, not supposed
	USD            *Range  `json:"usd"`
	RecordedUSD    float64 `json:"recorded_usd"`
	// LargestCallUSD is the largest reservation of the sample: a shard whose share of
	// the budget is less than it sends nothing.
	LargestCallUSD *float64 `json:"largest_call_usd"`
	Seconds        Range    `json:"seconds"`
	LimitedBy      string   `json:"limited_by"`

	account string
}

// CellEstimate is what the negatives of a type and language will cost, by all
// generators and judges together. Rows is what the recipe would select of them: an
// even part of all cells, but no more than there will be. Dollars are null where a
// price is unknown.
type CellEstimate struct {
	Type           schemas.Type     `json:"type"`
	Language       schemas.Language `json:"language"`
	Negatives      Range            `json:"negatives"`
	USD            *Range           `json:"usd"`
	Rows           Range            `json:"rows"`
	PerSelectedUSD *Range           `json:"per_selected_usd"`
}

// Estimate is what a build will ask and pay for, before it does.
type Estimate struct {
	Contexts        int64            `json:"contexts"`
	SampledContexts int              `json:"sampled_contexts"`
	LatencySeconds  float64          `json:"latency_seconds"`
	Members         []MemberEstimate `json:"members"`
	Cells           []CellEstimate   `json:"cells"`
	// ValidShare of the generators' answers is supposed, null where generate is done.
	ValidShare *Range `json:"valid_share"`
	// USD is null if any price is unknown; KnownUSD leaves those members out.
	USD            *Range   `json:"usd"`
	KnownUSD       Range    `json:"known_usd"`
	PerSelectedUSD *Range   `json:"per_selected_usd"`
	BudgetUSD      *float64 `json:"budget_usd"`
	Seconds        Range    `json:"seconds"` // all accounts at once, one stage after the other
	Notes          []string `json:"notes"`
}

// Expect says what the paid stages of a build will cost, from the contexts that are in
// out. Nothing is sent, and no API key is needed. latency is that of a call,
// EstimateLatency if it is zero.
func Expect(ctx context.Context, out string, recipe recipe.Recipe, latency time.Duration) (*Estimate, error) {
	if latency == 0 {
		latency = EstimateLatency
	}
	m, err := shard.ReadManifest(ctx, shard.Join(out, schemas.StageExtract))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no contexts yet, and without them nobody can say what a build costs; run "+
			"decoy extract with the same --recipe and --out first: it sends nothing and costs nothing", out)
	}
	if err != nil {
		return nil, err
	}
	e := &estimator{
		out: out, recipe: recipe, latency: latency, ledgers: map[string]*ledger.Shard{},
		cells: map[cellKey]*CellEstimate{},
	}
	e.Contexts, e.LatencySeconds, e.BudgetUSD = m.Counts["contexts"], latency.Seconds(), recipe.BudgetUSD
	if err := e.take(ctx, m); err != nil {
		return nil, err
	}
	e.SampledContexts = len(e.sample)
	candidates, err := e.generators(ctx)
	if err != nil {
		return nil, err
	}
	if err := e.judges(ctx, candidates); err != nil {
		return nil, err
	}
	e.sum()
	return &e.Estimate, nil
}

// sampled is a context with how many contexts it stands for.
type sampled struct {
	schemas.Context
	shard  int
	weight float64
}

type estimator struct {
	Estimate
	out     string
	recipe  recipe.Recipe
	latency time.Duration
	sample  []sampled
	ledgers map[string]*ledger.Shard // by stage and shard
	cells   map[cellKey]*CellEstimate
}

// cellKey is what a cell is of.
type cellKey struct {
	typ      schemas.Type
	language schemas.Language
}

func (e *estimator) cell(typ schemas.Type, language schemas.Language) *CellEstimate {
	k := cellKey{typ, language}
	if e.cells[k] == nil {
		e.cells[k] = &CellEstimate{Type: typ, Language: language, USD: &Range{}}
	}
	return e.cells[k]
}

// expect fills the cells with the negatives that there will be, and the rows that
// curate's balance takes of them.
func (e *estimator) expect(candidates [][]judgeable) {
	for i, list := range candidates {
		c := &e.sample[i]
		for _, x := range list {
			cell := e.cell(x.typ, c.Language)
			cell.Negatives = cell.Negatives.Add(x.n.times(c.weight, c.weight))
		}
	}
	on := 0
	for k := range e.cells {
		if slices.Contains(e.recipe.Curate.Off, string(k.language)+"/"+string(k.typ)) {
			continue
		}
		on++
	}
	even := float64(e.recipe.Curate.Rows) / float64(max(1, on))
	for _, k := range slices.SortedFunc(maps.Keys(e.cells),
		func(a, b cellKey) int {
			return cmp.Or(cmp.Compare(a.typ, b.typ), cmp.Compare(a.language, b.language))
		}) {
		c := *e.cells[k]
		if !slices.Contains(e.recipe.Curate.Off, string(k.language)+"/"+string(k.typ)) {
			c.Rows = Range{min(even, c.Negatives.Low), min(even, c.Negatives.High)}
		}
		if c.USD != nil && c.Rows.Low > 0 {
			c.PerSelectedUSD = &Range{c.USD.Low / c.Rows.High, c.USD.High / c.Rows.Low}
		}
		e.Cells = append(e.Cells, c)
	}
}

// take draws the sample.
func (e *estimator) take(ctx context.Context, m schemas.Manifest) error {
	type file struct {
		name    string
		shard   int
		records int64
	}
	var files []file
	all := int64(0)
	for _, f := range m.Shards {
		var i, of int
		if n, _ := fmt.Sscanf(f.Name, "contexts-%d-of-%d.", &i, &of); n == 2 && f.Records > 0 {
			files, all = append(files, file{f.Name, i, f.Records}), all+f.Records
		}
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.shard, b.shard) })
	step := max(1, (all+estimateRead-1)/estimateRead)
	var chosen []file
	read := int64(0)
	for i, f := range files {
		if int64(i)%step == 0 {
			chosen, read = append(chosen, f), read+f.records
		}
	}
	every := max(1, (read+estimateContexts-1)/estimateContexts)
	ofKind := map[schemas.Kind]float64{}
	at := int64(0)
	for _, f := range chosen {
		for c, err := range shard.Read[schemas.Context](ctx, shard.Join(e.out, schemas.StageExtract, f.name)) {
			if err != nil {
				return err
			}
			if at%every == 0 {
				e.sample = append(e.sample, sampled{Context: c, shard: f.shard})
				ofKind[c.Kind]++
			}
			at++
		}
	}
	for i := range e.sample {
		kind := e.sample[i].Kind
		e.sample[i].weight = float64(m.Counts["contexts_"+string(kind)]) / ofKind[kind]
	}
	return nil
}

func (e *estimator) note(format string, a ...any) {
	e.Notes = append(e.Notes, fmt.Sprintf(format, a...))
}

// sum adds the members up and says what the figures rest on.
func (e *estimator) sum() {
	unknown, offline, measured := []string{}, []string{}, len(e.Members) > 0
	type place struct{ stage, account string }
	accounts := map[place]Range{}
	e.USD = &Range{}
	for _, m := range e.Members {
		if m.LimitedBy == LimitedOffline {
			offline = append(offline, m.Member)
		}
		measured = measured && m.MeasuredTokens
		at := place{m.Stage, m.account}
		accounts[at] = accounts[at].Add(m.Seconds)
		if m.USD == nil {
			unknown = append(unknown, m.Member)
			e.USD = nil
			continue
		}
		e.KnownUSD = e.KnownUSD.Add(*m.USD)
	}
	for _, stage := range ask.PaidStages {
		var longest Range
		for at, r := range accounts {
			if at.stage == stage {
				longest = Range{math.Max(longest.Low, r.Low), math.Max(longest.High, r.High)}
			}
		}
		e.Seconds = e.Seconds.Add(longest)
	}
	if e.USD != nil {
		usd := e.KnownUSD
		e.USD = &usd
		rows := float64(e.recipe.Curate.Rows)
		e.PerSelectedUSD = &Range{usd.Low / rows, usd.High / rows}
		e.note("per selected row: if curate selects all of its %d rows", e.recipe.Curate.Rows)
	}
	if len(offline) > 0 {
		e.note("%s: offline, so its calls are texts to score in a folder, which cost nothing here (decoy judge --help)",
			strings.Join(offline, ", "))
	}
	if len(unknown) > 0 {
		e.note("the price of %s is unknown: set usd_per_mtok", strings.Join(unknown, ", "))
	}
	if !measured {
		e.note("tokens are supposed where the ledger has no answers yet: %v to %v bytes of a request a token; an "+
			"answer of a generator %d to %d tokens beside the completion, of a judge %d to %d; a model that thinks "+
			"aloud takes up to max_tokens",
			fewestBytesPerToken, mostBytesPerToken, fewestAnswerTokens, mostAnswerTokens, fewestVerdictTokens,
			mostVerdictTokens)
	}
	if len(e.Members) > 0 {
		e.note("of the answers, %v to %v are supposed not to be JSON, and asked for twice, where the ledger has no "+
			"answers yet", fewestAgain, mostAgain)
	}
	e.note("time: every call takes %v, all accounts work at once, no limit is met by others; failed "+
		"calls are not counted", e.latency)
	if e.BudgetUSD == nil {
		return
	}
	if e.KnownUSD.High > *e.BudgetUSD {
		e.note("budget_usd is %s: the build may stop before its end", panel.Dollars(*e.BudgetUSD))
	}
	for _, m := range e.Members {
		if share := *e.BudgetUSD / float64(e.recipe.Shards); m.LargestCallUSD != nil && *m.LargestCallUSD > share {
			e.note("budget_usd gives each of %d shards %.4f, and a call of %s reserves up to %.4f: use fewer shards "+
				"or a higher budget", e.recipe.Shards, share, m.Member, *m.LargestCallUSD)
		}
	}
}
