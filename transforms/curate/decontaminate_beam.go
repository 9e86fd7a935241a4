package curate

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
)

func init() {
	beam.RegisterCoder(reflect.TypeFor[BenchmarkItem](), encodeItem, decodeItem)
	beam.RegisterDoFn(&decontaminateFn{})
}

func encodeItem(i BenchmarkItem) ([]byte, error) { return json.Marshal(i) }

func decodeItem(data []byte) (i BenchmarkItem, err error) {
	err = json.Unmarshal(data, &i)
	return i, err
}

// Decontaminate takes out the contexts that hold a benchmark's answer, each with its evidence:
// rule, benchmark, task, place and the overlapping text. See [Screen] for the rules.
//
//	PCollection<schemas.Context>, PCollection<BenchmarkItem> → PCollection<schemas.Context>,
//	                                                           PCollection<schemas.Reject>
//
// No grouping: each worker holds the index of all items (about 50 bytes a token round a golden).
// Contexts are payload, so this is for pipelines that have them as elements; one that reads
// shards calls [Screen.Find] there and sets Candidate.Contaminated.
func Decontaminate(s beam.Scope, c BenchmarkConfig,
	contexts, items beam.PCollection) (kept, rejected beam.PCollection) {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	s = s.Scope("curate.Decontaminate")
	return beam.ParDo2(s, &decontaminateFn{Config: c}, contexts, beam.SideInput{Input: items})
}

type decontaminateFn struct {
	Config BenchmarkConfig
	screen *Screen
}

// ProcessElement screens one context.
func (f *decontaminateFn) ProcessElement(ctx context.Context, c schemas.Context, items func(*BenchmarkItem) bool,
	emit func(schemas.Context), reject func(schemas.Reject)) (err error) {
	if f.screen == nil {
		var all []BenchmarkItem
		for i := (BenchmarkItem{}); items(&i); i = (BenchmarkItem{}) {
			all = append(all, i)
		}
		if f.screen, err = NewScreen(f.Config, all); err != nil {
			return err
		}
	}
	if e, ok := f.screen.Find(c.Repo, c.Prefix, c.Golden, c.Suffix); ok {
		reject(contaminated(&c, e))
	} else {
		emit(c)
	}
	return ctx.Err()
}
