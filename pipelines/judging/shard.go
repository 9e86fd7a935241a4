package judging

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"sync"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/ask"
	"decoy/pipelines/bug"
	"decoy/pipelines/join"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/judge"
	"decoy/transforms/panel"
)

// Options is what a shard of judge needs to know.
type Options struct {
	Out      string            `json:"out"`
	Recipe   recipe.Judge      `json:"recipe"`
	Plan     judge.Plan        `json:"plan"`
	Round    int               `json:"round"`    // of the plan
	Families map[string]string `json:"families"` // of the generators, by name
	Replay   bool              `json:"replay"`
	Workers  int               `json:"workers"`
	Limiter  recipe.Limiter    `json:"limiter"`
	Launch   string            `json:"launch"` // tells one run of the launcher from the next
}

// turn is what of a context one judge is asked about in this round.
type turn struct {
	Negatives []*schemas.Negative
	before    []*schemas.Negative // of earlier rounds
	control   bool                // its golden control's turn has come, if it has one
}

// Turn picks the negatives whose turn it is. A judge is not asked about negatives of
// its own family, unless the recipe says so: it may know its own hand, or share the
// generator's error. A golden control comes with the first of its context's negatives.
func (o *Options) Turn(m panel.Member, g join.ContextNegatives) turn {
	var t turn
	for i := range g.Right {
		n := &g.Right[i]
		if !o.Recipe.OwnFamily && o.Families[n.Generator] == m.Kin() {
			continue
		}
		round, ok := o.Plan.Round(n.ID, CellOf(n, &g.Left))
		switch {
		case ok && round == o.Round:
			t.Negatives = append(t.Negatives, n)
		case ok && round < o.Round:
			t.before = append(t.before, n)
		}
	}
	t.control = len(t.Negatives) > 0 && len(t.before) == 0
	return t
}

// pairing is what of a context a judge is asked about, and the golden of another place
// for its control.
type pairing struct {
	turn    turn
	foreign string
	sampled bool
}

// pair picks them, contained.
func (o *Options) pair(ctx context.Context, b *bug.Reporter, m panel.Member, g join.ContextNegatives,
	controls *judge.Controls) (pairing, bool, error) {
	return bug.Contain(ctx, b, sitePair, bug.OfContext(&g.Left), func() []pairInput {
		r := o.Recipe
		r.Panel = nil
		return []pairInput{{g.Left, g.Right, ask.Strip(m), r, o.Plan, o.Round, o.Families}}
	}, func() (p pairing, err error) {
		p.foreign, p.sampled = controls.Pick(&g.Left)
		p.turn = o.Turn(m, g)
		return p, nil
	})
}

// CellOf is the cell whose fool rate a negative counts in.
func CellOf(n *schemas.Negative, c *schemas.Context) judge.Cell {
	return judge.Cell{Generator: n.Generator, Type: n.Type, Language: c.Language}
}

// Work does one round of a shard.
//
//	Refs of extract and generate, work.Share; Ref of the round before → Ref: verdicts, tally, rejects
type Work struct{ Options }

func init() { flow.Register[Work]() }

// Do does one round of one shard.
func (w Work) Do(ctx context.Context, ft flow.Task) (schemas.Done, error) {
	if _, err := w.resume(ctx, ft.All); err != nil {
		return schemas.Done{}, err
	}
	return work.Paid(ctx, w.Out, ft, func(t work.Task, share work.Share) (schemas.Done, error) {
		return w.round(ctx, t, share)
	})
}

func (o Options) round(ctx context.Context, t work.Task, share work.Share) (schemas.Done, error) {
	d := schemas.Done{Counts: map[string]int64{}, Rejects: map[schemas.Reason]int64{}}
	var internal work.Rejects
	bugs := t.Bugs(internal.Add)
	var verdicts []schemas.Verdict
	var asked []panel.Member
	for _, m := range o.Recipe.Panel {
		if m.Provider != panel.ProviderNGram {
			asked = append(asked, m)
			continue
		}
		got, err := judgeByNgrams(ctx, t, o, m, bugs)
		if err != nil {
			return d, fmt.Errorf("judge %s: %w", m.Name, err)
		}
		verdicts = append(verdicts, got...)
	}
	got, err := askJudges(ctx, t, o, share, asked, d.Counts, bugs)
	if err != nil {
		return d, err
	}
	verdicts = append(verdicts, got...)
	slices.SortFunc(verdicts, schemas.CompareVerdicts)
	for _, v := range verdicts {
		d.Counts["verdicts"]++
		d.Counts[string(v.Answer)]++
	}
	f, err := shard.WriteAll(ctx, t.Path(t.Stage, join.VerdictsName(o.Round)), verdicts)
	if err != nil {
		return d, err
	}
	d.Files = append(d.Files, f)
	f, err = writeTally(ctx, t, o, verdicts)
	d.Files = append(d.Files, f)
	if err != nil {
		return d, err
	}
	return d, internal.Write(ctx, t.Path(t.Stage, join.RejectsName(o.Round)), &d)
}

// judgeByNgrams scores the shard's negatives, language by language and fold by
// fold: one language's counts are in memory at a time.
func judgeByNgrams(ctx context.Context, t work.Task, o Options, m panel.Member,
	b *bug.Reporter) ([]schemas.Verdict, error) {
	type languageFold struct {
		language schemas.Language
		fold     int
	}
	// The first reading finds out which languages and folds there are, and the goldens
	// that controls are set against.
	controls := judge.NewControls(o.Recipe.Goldens)
	places := map[languageFold]bool{}
	for g, err := range join.WithNegatives(ctx, t) {
		if err != nil {
			return nil, err
		}
		controls.Add(&g.Left)
		due := true // unless it can be told
		_ = contain.Do(func() error { due = len(o.Turn(m, g).Negatives) > 0; return nil })
		if due {
			places[languageFold{g.Left.Language, schemas.Fold(g.Left.Repo)}] = true
		}
	}
	var out []schemas.Verdict
	for _, language := range schemas.Languages {
		scorers := map[int]*judge.Scorer{}
		var model *judge.Model
		for fold := range schemas.Folds {
			if !places[languageFold{language, fold}] {
				continue
			}
			var err error
			if model == nil {
				if model, err = loadModel(ctx, t, language); err != nil {
					return nil, err
				}
			}
			if scorers[fold], err = withoutFold(ctx, model, t.Out, language, fold); err != nil {
				return nil, err
			}
		}
		if len(scorers) == 0 {
			continue
		}
		err := work.Ordered(ctx, o.ofLanguage(ctx, m, join.WithNegatives(ctx, t), language, controls, b),
			func() (struct{}, func(), error) { return struct{}{}, func() {}, nil },
			func(_ struct{}, j judged) ([]schemas.Verdict, error) {
				return score(ctx, b, scorers[schemas.Fold(j.Left.Repo)], j, m.Name)
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

// judged is a context with the negatives whose turn it is and, where it is a golden
// control, the golden of another place to set against its own.
type judged struct {
	Left      schemas.Context
	negatives []*schemas.Negative
	foreign   string
	control   bool
}

func (o *Options) ofLanguage(ctx context.Context, m panel.Member, in iter.Seq2[join.ContextNegatives, error],
	language schemas.Language,
	controls *judge.Controls, b *bug.Reporter) iter.Seq2[judged, error] {
	return func(yield func(judged, error) bool) {
		for g, err := range in {
			if err != nil {
				yield(judged{}, err)
				return
			}
			if g.Left.Language != language {
				continue
			}
			p, ok, err := o.pair(ctx, b, m, g, controls)
			if err == nil && (!ok || len(p.turn.Negatives) == 0) {
				continue
			}
			if !yield(judged{g.Left, p.turn.Negatives, p.foreign, p.sampled && p.turn.control}, err) || err != nil {
				return
			}
		}
	}
}

// score is the verdicts on a context's negatives and its control. Where the window
// itself cannot be scored there is none of them.
func score(ctx context.Context, b *bug.Reporter, s *judge.Scorer, j judged, name string) ([]schemas.Verdict, error) {
	input := func(foreign string, texts ...string) func() []ngramInput {
		return func() []ngramInput {
			return []ngramInput{{j.Left, texts, foreign, false}, {j.Left, texts, foreign, true}}
		}
	}
	w, ok, err := bug.Contain(ctx, b, siteNgrams, bug.Record{ID: j.Left.ID, Language: j.Left.Language, Generator: name},
		input(j.foreign),
		func() (*judge.Window, error) { return s.Window(j.Left.Prefix, j.Left.Golden, j.Left.Suffix), nil })
	if err != nil || !ok {
		return nil, err
	}
	var out []schemas.Verdict
	for _, n := range j.negatives {
		o, ok, err := bug.Contain(ctx, b, siteNgrams, bug.OfNegative(&j.Left, n), input("", n.Text),
			func() (judge.Opinion, error) { return w.Opinion(n.Text), nil })
		if err != nil {
			return nil, err
		}
		if ok {
			v := schemas.Verdict{NegativeID: &n.ID, ContextID: n.ContextID, Judge: name,
				Protocol: judge.ProtocolNGram}
			o.Fill(&v)
			out = append(out, v)
		}
	}
	if !j.control {
		return out, nil
	}
	control, ok, err := bug.Contain(ctx, b, siteNgrams, bug.Record{ID: j.Left.ID, Language: j.Left.Language,
		Generator: name},
		input(j.foreign),
		func() (v schemas.Verdict, err error) {
			v = schemas.Verdict{ContextID: j.Left.ID, Judge: name, Protocol: judge.ProtocolNGram}
			w.Control(j.foreign).Fill(&v)
			return v, nil
		})
	if ok {
		out = append(out, control)
	}
	return out, err
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
func loadModel(ctx context.Context, t work.Task, language schemas.Language) (*judge.Model, error) {
	modelsMu.Lock()
	defer modelsMu.Unlock()
	key := t.Fingerprint + string(language)
	if m := models[key]; m != nil {
		return m, nil
	}
	var readers []io.Reader
	for fold := range schemas.Folds {
		r, err := shard.Open(ctx, ngramsPath(t.Out, language, fold))
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

func withoutFold(ctx context.Context, m *judge.Model, out string, language schemas.Language,
	fold int) (*judge.Scorer, error) {
	r, err := shard.Open(ctx, ngramsPath(out, language, fold))
	if errors.Is(err, fs.ErrNotExist) {
		return m.Without(nil)
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return m.Without(r)
}

func ngramsPath(out string, language schemas.Language, fold int) string {
	return shard.Join(out, schemas.StageExtract, work.NgramsName(language, fold)+".bin")
}
