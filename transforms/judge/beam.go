package judge

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
	"decoy/schemas/contain"
)

func init() {
	for _, t := range []reflect.Type{reflect.TypeFor[FoldCounts](), reflect.TypeFor[schemas.Blob](),
		reflect.TypeFor[schemas.Context](), reflect.TypeFor[schemas.Negative](), reflect.TypeFor[schemas.Verdict](),
		reflect.TypeFor[schemas.Reject]()} {
		beam.RegisterType(t)
	}
	beam.RegisterFunction(textByLanguage)
	beam.RegisterFunction(contextByID)
	beam.RegisterFunction(negativeByContext)
	beam.RegisterDoFn(&countFn{})
	beam.RegisterDoFn(&scoreFn{})
}

// FoldCounts are the n-grams of one fold of repositories in one language, as a count file
// holds them ([Counter.WriteTo]).
type FoldCounts struct {
	Language schemas.Language
	Fold     int
	Data     []byte
}

// CountConfig says how much [Count] counts.
type CountConfig struct {
	Tokens int64 // of one language, default 4,000,000; files are sampled by content hash
}

// Count counts the n-grams of source files for [Score].
//
//	PCollection<schemas.Blob> → PCollection<FoldCounts>
//
// Grouped by language: the texts of a language pass through one worker, which keeps a
// [Sample] of them, about 4 bytes a token. A blob needs Repo, Language and Content. The
// counts are those of the shard host where neither's sample is full.
func Count(s beam.Scope, c CountConfig, files beam.PCollection) beam.PCollection {
	s = s.Scope("judge.Count")
	if c.Tokens < 0 {
		panic(fmt.Sprintf("judge.Count: Tokens is %d, at least 0 is allowed", c.Tokens))
	}
	if c.Tokens == 0 {
		c.Tokens = 4_000_000
	}
	return beam.ParDo(s, &countFn{c}, beam.GroupByKey(s, beam.ParDo(s, textByLanguage, files)))
}

// textByLanguage keeps of a blob what is counted.
func textByLanguage(b schemas.Blob) (string, schemas.Blob) {
	return string(b.Language), schemas.Blob{Repo: b.Repo, Content: b.Content}
}

type countFn struct{ Config CountConfig }

func (f *countFn) ProcessElement(language string, files func(*schemas.Blob) bool, emit func(FoldCounts)) error {
	sample := NewSample(f.Config.Tokens)
	for b := (schemas.Blob{}); files(&b); b = (schemas.Blob{}) {
		sample.Offer(schemas.Fold(b.Repo), string(b.Content))
	}
	for fold, counter := range sample.Counters() {
		if counter == nil {
			continue
		}
		var data bytes.Buffer
		if _, err := counter.WriteTo(&data); err != nil {
			return fmt.Errorf("count n-grams of %s: %w", language, err)
		}
		emit(FoldCounts{schemas.Language(language), fold, data.Bytes()})
	}
	return nil
}

// ngram is the judge of the verdicts that [Score] gives.
const ngram = "ngram"

// Score asks the built-in n-gram judge which of golden and negative is likelier.
//
//	PCollection<FoldCounts>, PCollection<schemas.Context>, PCollection<schemas.Negative>
//	  → PCollection<schemas.Verdict>, PCollection<schemas.Reject>
//
// Negatives meet their context by its id; one without a context is a reject
// ([schemas.ReasonNoContext]). The counts are a side input: those of the languages that a worker
// meets are in its memory, 16 bytes an n-gram, and for each fold that it meets a sixteenth of
// that again. No repository is judged by what it counted itself: its fold is left out. A
// language without counts is judged by the window alone.
//
// The verdicts are those of the shard host in one round, for the same counts; golden
// controls, which need the goldens of other contexts, are left to it.
func Score(s beam.Scope, counts, contexts, negatives beam.PCollection) (verdicts, rejects beam.PCollection) {
	s = s.Scope("judge.Score")
	joined := beam.CoGroupByKey(s, beam.ParDo(s, contextByID, contexts), beam.ParDo(s, negativeByContext, negatives))
	return beam.ParDo2(s, &scoreFn{}, joined, beam.SideInput{Input: counts})
}

func contextByID(c schemas.Context) (string, schemas.Context) { return c.ID, c }

func negativeByContext(n schemas.Negative) (string, schemas.Negative) { return n.ContextID, n }

type scoreFn struct{ models *models }

func (f *scoreFn) ProcessElement(ctx context.Context, id string, contexts func(*schemas.Context) bool,
	negatives func(*schemas.Negative) bool, counts func(*FoldCounts) bool, verdicts func(schemas.Verdict),
	rejects func(schemas.Reject)) error {
	if f.models == nil {
		var err error
		if f.models, err = readModels(counts); err != nil {
			return err
		}
	}
	var c schemas.Context
	found := contexts(&c)
	var w *Window
	for n := (schemas.Negative{}); negatives(&n); n = (schemas.Negative{}) {
		drop := func(reason schemas.Reason, detail string) {
			beam.NewCounter("judge.Score", string(reason)).Inc(ctx, 1)
			rejects(schemas.Reject{Stage: schemas.StageJudge, ID: n.ID, Reason: reason, Detail: detail,
				Language: c.Language, Type: n.Type, Generator: n.Generator})
		}
		if !found {
			drop(schemas.ReasonNoContext, "no context has the id "+id)
			continue
		}
		scorer, err := f.models.scorer(c.Language, schemas.Fold(c.Repo))
		if err != nil {
			return err
		}
		var o Opinion
		err = contain.Do(func() error {
			if w == nil { // the counts of a window cost as much as many scores
				w = scorer.Window(c.Prefix, c.Golden, c.Suffix)
			}
			o = w.Opinion(n.Text)
			return nil
		})
		if err != nil {
			w = nil // what failed half-way may be broken
			drop(schemas.ReasonInternal, err.Error())
			continue
		}
		negative := n.ID
		v := schemas.Verdict{NegativeID: &negative, ContextID: c.ID, Judge: ngram, Protocol: ProtocolNGram}
		o.Fill(&v)
		verdicts(v)
	}
	return nil
}

// models holds the counts of all languages as they came, and as tables those that were
// asked for.
type models struct {
	counts  map[schemas.Language][schemas.Folds][]byte
	loaded  map[schemas.Language]*Model
	scorers map[schemas.Language]*[schemas.Folds]*Scorer
}

func readModels(next func(*FoldCounts) bool) (*models, error) {
	m := &models{map[schemas.Language][schemas.Folds][]byte{}, map[schemas.Language]*Model{},
		map[schemas.Language]*[schemas.Folds]*Scorer{}}
	for c := (FoldCounts{}); next(&c); c = (FoldCounts{}) {
		if c.Fold < 0 || c.Fold >= schemas.Folds {
			return nil, fmt.Errorf("n-grams of %s: fold %d, there are %d", c.Language, c.Fold, schemas.Folds)
		}
		folds := m.counts[c.Language]
		folds[c.Fold] = c.Data
		m.counts[c.Language] = folds
	}
	return m, nil
}

func (m *models) scorer(language schemas.Language, fold int) (*Scorer, error) {
	if m.loaded[language] == nil {
		var readers []io.Reader
		for _, data := range m.counts[language] {
			if data != nil {
				readers = append(readers, bytes.NewReader(data))
			}
		}
		model, err := Load(readers)
		if err != nil {
			return nil, fmt.Errorf("n-grams of %s: %w", language, err)
		}
		m.loaded[language], m.scorers[language] = model, new([schemas.Folds]*Scorer)
	}
	s := &m.scorers[language][fold]
	if *s == nil {
		var own io.Reader
		if data := m.counts[language][fold]; data != nil {
			own = bytes.NewReader(data)
		}
		var err error
		if *s, err = m.loaded[language].Without(own); err != nil {
			return nil, fmt.Errorf("n-grams of %s: %w", language, err)
		}
	}
	return *s, nil
}
