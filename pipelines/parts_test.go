package pipelines

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"decoy/io/shard"
	"decoy/pipelines/export"
	"decoy/pipelines/extraction"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/schemas/contain"
)

// numbers yields 0 … n-1, then an error if there is one.
func numbers(n int, err error) func(func(int, error) bool) {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(0, err)
		}
	}
}

func TestOrdered(t *testing.T) {
	old := runtime.GOMAXPROCS(4)
	defer runtime.GOMAXPROCS(old)
	broken := errors.New("broken")
	for _, c := range []struct {
		name              string
		source, work, out error // an error of the input's end, of element 500, of the emission of 500
		open              error
	}{
		{name: "good"}, {name: "input", source: broken}, {name: "work", work: broken}, {name: "emit", out: broken},
		{name: "open", open: broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			var opened, closed atomic.Int32
			var got []int
			err := work.Ordered(t.Context(), numbers(1000, c.source),
				func() (int, func(), error) {
					if opened.Load() == 2 && c.open != nil {
						return 0, nil, c.open
					}
					opened.Add(1)
					return 0, func() { closed.Add(1) }, nil
				},
				func(_ int, n int) (int, error) {
					if n == 500 {
						return 0, c.work
					}
					return n, nil
				},
				func(n int) error {
					if len(got) == 500 && c.out != nil {
						return c.out
					}
					got = append(got, n)
					return nil
				})
			want := cmp.Or(c.source, c.work, c.out, c.open)
			if !errors.Is(err, want) {
				t.Errorf("error %v, want %v", err, want)
			}
			if opened.Load() != closed.Load() {
				t.Errorf("%d tools opened and %d closed", opened.Load(), closed.Load())
			}
			for i, n := range got {
				if n != i && !(i == 500 && n == 0) {
					t.Fatalf("result %d is of element %d", i, n)
				}
			}
			if want == nil && len(got) != 1000 {
				t.Errorf("%d results", len(got))
			}
		})
	}
	for _, where := range []string{"input", "work", "emit"} {
		t.Run("a panic in "+where, func(t *testing.T) {
			fails := func(at string) {
				if at == where {
					panic("it failed")
				}
			}
			err := work.Ordered(t.Context(), func(yield func(int, error) bool) { fails("input"); yield(1, nil) },
				func() (int, func(), error) { return 0, func() {}, nil },
				func(int, int) (int, error) { fails("work"); return 0, nil },
				func(int) error { fails("emit"); return nil })
			if p := (*contain.Panic)(nil); !errors.As(err, &p) || p.Value != "it failed" ||
				!strings.HasPrefix(p.Place, "pipelines/parts_test.go:") {
				t.Errorf("error %v", err)
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		err := work.Ordered(ctx, numbers(1_000_000, nil), func() (int, func(), error) { return 0, func() {}, nil },
			func(_, i int) (int, error) { return i, nil },
			func(int) error {
				if n++; n == 100 {
					cancel()
				}
				return nil
			})
		if !errors.Is(err, context.Canceled) || n == 1_000_000 {
			t.Errorf("%d results, error %v", n, err)
		}
	})
}

func TestCursor(t *testing.T) {
	in := func(yield func(string, error) bool) {
		for _, s := range []string{"a1", "b1", "b2", "d1"} {
			if !yield(s, nil) {
				return
			}
		}
	}
	c := shard.NewCursor(in, func(s string) string { return s[:1] })
	defer c.Stop()
	for _, step := range []struct {
		key  string
		want []string
	}{{"b", []string{"b1", "b2"}}, {"c", nil}, {"d", []string{"d1"}}, {"e", nil}} {
		got, err := c.Of(step.key)
		if err != nil || !slices.Equal(got, step.want) {
			t.Errorf("of %s: %q, %v; want %q", step.key, got, err, step.want)
		}
	}
}

func TestLowestSamples(t *testing.T) {
	make := func(lang schemas.Language, typ schemas.Type, id string) export.Sample {
		return export.Sample{Context: schemas.Context{Language: lang}, Negative: schemas.Negative{Type: typ, ID: id}}
	}
	var in []export.Sample
	want := []string{}
	for _, lang := range []string{"cpp", "go", "rust"} {
		for k, typ := range []string{"import", "method"} {
			for i := range 3 + k {
				in = append(in, make(schemas.Language(lang), schemas.Type(typ), fmt.Sprint(9-i)))
			}
			want = append(want, lang+typ+"7", lang+typ+"8") // the first by their hash, of 9, 8, 7 and 6
		}
	}
	var got []string
	for _, s := range export.LowestSamples(in) {
		got = append(got, string(s.Context.Language)+string(s.Negative.Type)+s.Negative.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("kept %q, want the first %d of each cell: %q", got, export.SamplesPerCell, want)
	}
}

func TestCapRepo(t *testing.T) {
	var in []schemas.Context
	add := func(lang schemas.Language, kind schemas.Kind, n int) {
		for i := range n {
			in = append(in, schemas.Context{Language: lang, Kind: kind,
				ID: fmt.Sprintf("%s%s%04d", lang, kind, (i*7)%n)})
		}
	}
	add("go", "call", 1001)
	add("go", "import", 10)
	add("rust", "call", 101)
	keep := func(in []schemas.Context, limit int) (kept []schemas.Context, over int64) {
		t.Helper()
		c := extraction.NewCandidates(filepath.Join(t.TempDir(), "candidates"))
		for _, x := range in {
			if err := c.Add(t.Context(), x); err != nil {
				t.Fatal(err)
			}
		}
		over, err := c.Take(t.Context(), limit, func(x schemas.Context) error { kept = append(kept, x); return nil })
		if err != nil || c.Sorted.Len() != 0 || len(c.Cells) != 0 {
			t.Fatalf("%v; %d left for the next repository", err, c.Sorted.Len())
		}
		return kept, over
	}
	kept, over := keep(in, 300)
	count := map[string]int{}
	for _, c := range kept {
		count[string(c.Language)+" "+string(c.Kind)]++
	}
	if want := map[string]int{"go import": 10, "rust call": 101, "go call": 189}; !reflect.DeepEqual(count, want) ||
		over != int64(len(in)-300) {
		t.Errorf("%v and %d over, want %v: small cells whole, the rest to the large", count, over, want)
	}
	slices.Reverse(in)
	if again, _ := keep(in, 300); !reflect.DeepEqual(kept, again) {
		t.Error("what is kept depends on the order of arrival")
	}
	if all, over := keep(in, 5000); len(all) != len(in) || over != 0 {
		t.Error("contexts below the limit are dropped")
	}
}

func TestRecipeYAML(t *testing.T) {
	usd := 3.0
	r, err := recipe.Parse([]byte("name: x\ngenerate: {panel: [{name: a, provider: openai, base_url: 'http://h/v1', " +
		"model: m, api_key_env: SOME_KEY, rpm: 4711}]}\ncurate: {decontaminate: [{path: /home/me/bench.jsonl}]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	r.Archives, r.BudgetUSD = []string{"/home/me/*.zip"}, &usd
	text, err := export.RecipeYAML(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, no := range []string{"/home/me", "budget", "SOME_KEY", "4711"} {
		if strings.Contains(text, no) {
			t.Errorf("the card's recipe holds %q", no)
		}
	}
	if !strings.Contains(text, "bench.jsonl") || !strings.Contains(text, "model: m") ||
		r.Curate.Decontaminate[0].Path != "/home/me/bench.jsonl" {
		t.Errorf("the card's recipe is\n%s", text)
	}
}
