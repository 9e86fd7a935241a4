package pipelines

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/judge"
	"decoy/transforms/panel"
	"decoy/transforms/panel/prompts"
)

// judgeOptions is what a shard of judge needs to know.
type judgeOptions struct {
	Recipe    JudgeRecipe `json:"recipe"`
	BudgetUSD *float64    `json:"budget_usd"`
	Replay    bool        `json:"replay"`
	Workers   int         `json:"workers"`
}

func init() { shardWorks[schemas.StageJudge] = judgeShard }

// runJudge asks the judges about every negative and about golden controls.
//
//	contexts, negatives, ngrams → verdicts (by shard); ledger
func runJudge(ctx context.Context, b *Build) error {
	r := b.Recipe.Judge
	r.Panel = outputMembers(r.Panel)
	s, err := b.open(schemas.StageJudge, struct {
		Recipe  JudgeRecipe `json:"recipe"`
		Prompts string      `json:"prompts"`
	}{r, prompts.JudgeVersion()}, nil, schemas.StageExtract, schemas.StageGenerate)
	if err != nil {
		return err
	}
	return s.runPaid(ctx, schemas.StageGenerate, "negatives", func(budget *float64) any {
		return judgeOptions{Recipe: b.Recipe.Judge, BudgetUSD: budget, Replay: b.Replay, Workers: b.Workers}
	})
}

func judgeShard(ctx context.Context, t shardTask) (schemas.Done, error) {
	d := schemas.Done{Counts: map[string]int64{}, Rejects: map[string]int64{}}
	var o judgeOptions
	if err := t.options(&o); err != nil {
		return d, err
	}
	var verdicts []schemas.Verdict
	for _, m := range o.Recipe.Panel {
		var got []schemas.Verdict
		var err error
		if m.Provider == "ngram" {
			got, err = judgeByNgrams(ctx, t, o, m)
		} else {
			got, err = askJudge(ctx, t, o, m)
		}
		if err != nil {
			return d, fmt.Errorf("judge %s: %w", m.Name, err)
		}
		verdicts = append(verdicts, got...)
	}
	slices.SortFunc(verdicts, func(a, b schemas.Verdict) int {
		return cmp.Or(cmp.Compare(a.ContextID, b.ContextID), cmp.Compare(orEmpty(a.NegativeID), orEmpty(b.NegativeID)), cmp.Compare(a.Judge, b.Judge))
	})
	for _, v := range verdicts {
		d.Counts["verdicts"]++
		d.Counts[v.Answer]++
	}
	f, err := writeAll(t.path(t.Stage, "verdicts"), verdicts)
	d.Files = append(d.Files, f)
	return d, err
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// judgeByNgrams scores the shard's negatives, language by language and fold by
// fold: one language's counts are in memory at a time.
func judgeByNgrams(ctx context.Context, t shardTask, o judgeOptions, m panel.Member) ([]schemas.Verdict, error) {
	type place struct {
		language string
		fold     int
	}
	// The first reading finds out which languages and folds there are.
	places := map[place]bool{}
	for g, err := range withNegatives(t) {
		if err != nil {
			return nil, err
		}
		places[place{g.Left.Language, schemas.Fold(g.Left.Repo)}] = true
	}
	var out []schemas.Verdict
	for _, language := range schemas.Languages {
		scorers := map[int]*judge.Scorer{}
		var model *judge.Model
		for fold := range schemas.Folds {
			if !places[place{language, fold}] {
				continue
			}
			var err error
			if model == nil {
				if model, err = loadModel(t, language); err != nil {
					return nil, err
				}
			}
			if scorers[fold], err = withoutFold(model, t.Out, language, fold); err != nil {
				return nil, err
			}
		}
		if len(scorers) == 0 {
			continue
		}
		controls := judge.NewControls(o.Recipe.Goldens)
		err := ordered(ctx, ofLanguage(withNegatives(t), language, controls),
			func() (struct{}, func(), error) { return struct{}{}, func() {}, nil },
			func(_ struct{}, j judged) ([]schemas.Verdict, error) {
				return score(scorers[schemas.Fold(j.Left.Repo)], j, m.Name), nil
			},
			func(v []schemas.Verdict) error {
				out = append(out, v...)
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// judged is a context with its negatives and, where it is a golden control, the
// golden of another place to set against its own.
type judged struct {
	contextNegatives
	foreign string
	control bool
}

func ofLanguage(in func(func(contextNegatives, error) bool), language string, controls *judge.Controls) func(func(judged, error) bool) {
	return func(yield func(judged, error) bool) {
		for g, err := range in {
			if err == nil && g.Left.Language != language {
				continue
			}
			j := judged{contextNegatives: g}
			if err == nil {
				j.foreign, j.control = controls.Pick(&g.Left)
			}
			if !yield(j, err) {
				return
			}
		}
	}
}

func score(s *judge.Scorer, j judged, name string) []schemas.Verdict {
	w := s.Window(j.Left.Prefix, j.Left.Golden, j.Left.Suffix)
	var out []schemas.Verdict
	for i := range j.Right {
		n := &j.Right[i]
		margin := w.Margin(n.Text)
		out = append(out, schemas.Verdict{NegativeID: &n.ID, ContextID: n.ContextID, Judge: name, Protocol: "ngram", Answer: judge.Answer(margin), Margin: &margin})
	}
	if j.control {
		answer, margin := w.Control(j.foreign)
		out = append(out, schemas.Verdict{ContextID: j.Left.ID, Judge: name, Protocol: "ngram", Answer: answer, Margin: &margin})
	}
	return out
}

var (
	modelsMu sync.Mutex
	models   = map[string]*judge.Model{} // by fingerprint and language
)

// maxModelEntries bounds the n-grams that stay in memory for the next shard of a
// process, at 16 bytes each or a little more.
const maxModelEntries = 40_000_000

// loadModel reads the counts of a language. Shards that run one after another in a
// process share it.
func loadModel(t shardTask, language string) (*judge.Model, error) {
	modelsMu.Lock()
	defer modelsMu.Unlock()
	key := t.Fingerprint + language
	if m := models[key]; m != nil {
		return m, nil
	}
	var readers []io.Reader
	for fold := range schemas.Folds {
		r, err := shard.Open(ngramsPath(t.Out, language, fold))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		defer r.Close()
		readers = append(readers, r)
	}
	m, err := judge.Load(readers)
	if err != nil {
		return nil, fmt.Errorf("n-grams of %s below %q: %w", language, t.Out, err)
	}
	held := m.Entries()
	for _, other := range models {
		held += other.Entries()
	}
	if held > maxModelEntries {
		clear(models)
	}
	models[key] = m
	return m, nil
}

func withoutFold(m *judge.Model, out, language string, fold int) (*judge.Scorer, error) {
	r, err := shard.Open(ngramsPath(out, language, fold))
	if errors.Is(err, fs.ErrNotExist) {
		return m.Without(nil)
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return m.Without(r)
}

func ngramsPath(out, language string, fold int) string {
	return filepath.Join(out, schemas.StageExtract, ngramsName(language, fold)+".bin")
}
