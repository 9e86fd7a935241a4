package curate_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"

	//lint:ignore SA1019 It is the second opinion on prism, in one process.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"decoy/schemas"
	"decoy/schemas/batch"
	"decoy/transforms/curate"
	"decoy/transforms/judge"
)

var words = curate.Words{Generators: []string{"rules", "a model"}}

var ratios = curate.Ratios{Train: 0.6, Validation: 0.2, Test: 0.2}

// TestMain lets prism take its port, and leaves output to the tests.
func TestMain(m *testing.M) {
	flag.Parse()
	beam.Init()
	beamlog.SetupLogging("error", "text")
	os.Exit(m.Run())
}

// onEach runs a pipeline on prism, and on direct as a second opinion.
func onEach(t *testing.T, build func(s beam.Scope)) {
	t.Helper()
	for _, runner := range []string{"prism", "direct"} {
		p, s := beam.NewPipelineWithRoot()
		build(s)
		if _, err := beam.Run(context.Background(), runner, p); err != nil {
			t.Errorf("%s: %v", runner, err)
		}
	}
}

func id(parts ...any) string {
	a := schemas.Key64("id", fmt.Sprint(parts...))
	return fmt.Sprintf("%016x%016x", a, schemas.Key64("more", fmt.Sprint(parts...)))
}

func ptr[T any](v T) *T { return &v }

// pool makes candidates with copies among them, of repositories that share owners.
func pool(n int, seed uint64) []curate.Candidate {
	r := rand.New(rand.NewPCG(seed, 3))
	statuses := []schemas.Status{schemas.StatusCertified, schemas.StatusUnseen, schemas.StatusAbstain, ""}
	out := make([]curate.Candidate, n)
	for i := range out {
		repo := fmt.Sprintf("h.io/o%d/r%d", r.IntN(20), r.IntN(3))
		golden := 10 + r.IntN(30)
		c := curate.Candidate{
			ContextID: id("c", i*2/3, seed), NegativeID: id("n", i, seed),
			Repo: repo, Commit: "1", Path: fmt.Sprintf("d%d/f.go", i%9),
			Language: schemas.Languages[r.IntN(3)], Type: schemas.Types[r.IntN(4)], Kind: schemas.KindCall,
			Generator:  words.Generators[r.IntN(2)],
			Status:     statuses[min(3, r.IntN(9)/2)],
			GoldenHash: uint64(r.IntN(n)), WindowHash: uint64(r.IntN(n * 3)), TextHash: uint64(r.IntN(2)),
			Golden: curate.Side{Chars: golden, Blanks: golden / 8, Last: uint8(r.IntN(3))},
			Text: curate.Side{
				Chars: golden + r.IntN(12) - 3, Blanks: golden / 7, Newlines: r.IntN(2), Last: uint8(r.IntN(3)),
			},
			Invented: r.IntN(4) == 0, Sampled: r.IntN(20) == 0,
			Callee: fmt.Sprint("callee", r.IntN(40)), Introduced: fmt.Sprint("name", r.IntN(60)),
		}
		if r.IntN(10) > 0 {
			c.Judges = int64(1 + r.IntN(3))
			c.Fooled = r.Int64N(c.Judges + 1)
			low, _ := judge.Wilson(float64(c.Fooled), float64(c.Judges))
			c.Low, c.FoolRate = &low, ptr(float64(c.Fooled)/float64(c.Judges))
			c.Weighted = c.FoolRate
		}
		if r.IntN(5) > 0 {
			c.Margin = ptr(r.NormFloat64() * 3)
		}
		if r.IntN(8) > 0 {
			c.GoldenScore = ptr(-r.ExpFloat64() * 20)
		}
		if o := i - 1 - r.IntN(5); i%6 == 5 { // a copy of one before it, in another repository
			c.Language, c.Type = out[o].Language, out[o].Type
			c.GoldenHash, c.WindowHash, c.TextHash = out[o].GoldenHash, out[o].WindowHash, out[o].TextHash
		}
		out[i] = c
	}
	return out
}

// records are candidates in small batches, of which some are left empty.
func records(t *testing.T, cs []curate.Candidate) []batch.Batch {
	t.Helper()
	var out []batch.Batch
	for part := range slices.Chunk(cs, 37) {
		var rows []byte
		for i := range part {
			var err error
			if rows, err = words.Append(rows, &part[i]); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, batch.Batch{Rows: rows})
	}
	return append(out, batch.Batch{})
}

// lines are values as JSON, so that passert shows what differs.
func lines[T any](values []T) (out []any) {
	for _, v := range values {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		out = append(out, string(text))
	}
	return out
}

func groupLine(g curate.Group) string    { return lines([]curate.Group{g})[0].(string) }
func rejectLine(r schemas.Reject) string { return lines([]schemas.Reject{r})[0].(string) }
func pairLine(r schemas.Selected) string { return lines([]schemas.Selected{r})[0].(string) }
func idsOf(b batch.Batch, emit func(string)) {
	for r := range b.Each(curate.RecordBytes) {
		emit(hex.EncodeToString(r[:16]))
	}
}

func rejectedIDs(b batch.Batch, emit func(string)) {
	for r := range b.Each(curate.RejectBytes) {
		emit(hex.EncodeToString(r[:16]))
	}
}

// eachOnce says that every candidate came out of exactly one side.
func eachOnce(s beam.Scope, cs []curate.Candidate, kept, rejected beam.PCollection) {
	var want []any
	for _, c := range cs {
		want = append(want, c.NegativeID)
	}
	out := beam.Flatten(s, beam.ParDo(s, idsOf, kept), beam.ParDo(s, rejectedIDs, rejected))
	passert.Equals(s, out, want...)
}

func init() {
	beam.RegisterFunction(rejectedIDs)
	beam.RegisterFunction(groupLine)
	beam.RegisterFunction(rejectLine)
	beam.RegisterFunction(pairLine)
	beam.RegisterFunction(idsOf)
}

// equal says what a collection of lines must be, which may be nothing.
func equal(s beam.Scope, got beam.PCollection, want []any) {
	if len(want) == 0 {
		passert.Empty(s, got)
		return
	}
	passert.Equals(s, got, want...)
}

func alone(cs []curate.Candidate) (out []curate.RepoFiles) {
	for i := range cs {
		out = append(out, curate.RepoFiles{Repo: cs[i].Repo, Languages: []schemas.Language{cs[i].Language}})
	}
	return out
}

func shuffled[T any](in []T, seed uint64) []T {
	out := slices.Clone(in)
	rand.New(rand.NewPCG(seed, seed)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func TestDistinctIsDedupAll(t *testing.T) {
	cs := pool(900, 1)
	kept, rejects := curate.DedupAll(cs)
	if len(rejects) < 50 {
		t.Fatalf("only %d duplicates: the test shows nothing", len(rejects))
	}
	groups := curate.Groups(alone(cs))
	var want []any
	for _, c := range kept {
		want = append(want, c.NegativeID)
	}
	for _, seed := range []uint64{1, 2} {
		in := records(t, shuffled(cs, seed))
		onEach(t, func(s beam.Scope) {
			k, r := curate.Distinct(s, beam.CreateList(s, in))
			eachOnce(s, cs, k, r)
			equal(s, beam.ParDo(s, idsOf, k), want)
			lined := beam.ParDo(s, rejectLine, curate.Rejects(s, words, r, beam.CreateList(s, groups)))
			equal(s, lined, lines(rejects))
		})
	}
}

// With nothing trimmed SelectRows is Select, under every kind of quota and cap.
func TestSelectRowsIsSelect(t *testing.T) {
	all, _ := curate.DedupAll(pool(900, 2))
	groups := curate.Groups(alone(all))
	for name, c := range map[string]curate.Config{
		"plain": {Rows: 150},
		"caps":  {Rows: 150, MaxPerRepo: 6, MaxPerGolden: 1, PerContext: 2, Excluded: []string{all[0].Repo}},
		"all": {
			Rows: 5000, Accept: []schemas.Status{schemas.StatusCertified},
			Off: []curate.Cell{{Language: schemas.Cpp, Type: schemas.TypeImport}},
		},
		"proportional": {Rows: 150, Quota: curate.Proportional, MaxPerCallee: 4, MaxPerName: 3},
		"table": {Rows: 90, Quota: curate.Table, Table: map[curate.Cell]int{
			{Language: schemas.Go, Type: schemas.TypeMethod}:  30,
			{Language: schemas.Cpp, Type: schemas.TypeMethod}: 10,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, seed := range []uint64{1, 2} {
				splits, err := curate.NewSplits(groups, ratios)
				if err != nil {
					t.Fatal(err)
				}
				grouped := slices.Clone(all)
				for i := range grouped {
					grouped[i].Group = splits.Group(grouped[i].Repo)
				}
				pure := c
				pure.Splits = splits
				selected, rejects, err := curate.Select(grouped, pure)
				if err != nil || len(selected) == 0 {
					t.Fatalf("%d selected: %v", len(selected), err)
				}
				random, err := curate.Control(grouped, selected, pure)
				if err != nil || len(random) == 0 {
					t.Fatalf("%d in the random arm: %v", len(random), err)
				}
				in := records(t, shuffled(all, seed))
				onEach(t, func(s beam.Scope) {
					gs := beam.CreateList(s, groups)
					of := curate.SelectConfig{Config: c, Words: words, Ratios: ratios}
					of.Control = true
					k, control, r := curate.SelectRows(s, of, beam.CreateList(s, in), gs)
					eachOnce(s, all, k, r)
					equal(s, beam.ParDo(s, pairLine, curate.Selections(s, words, k, gs)), lines(selected))
					equal(s, beam.ParDo(s, pairLine, curate.Selections(s, words, control, gs)), lines(random))
					equal(s, beam.ParDo(s, rejectLine, curate.Rejects(s, words, r, gs)), lines(rejects))
				})
			}
		})
	}
}

// GroupRepos is Groups, for repositories that share files across owners and buckets.
func TestGroupReposIsGroups(t *testing.T) {
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 7))
		var repos []curate.RepoFiles
		for i := range 120 {
			x := curate.RepoFiles{
				Repo:      fmt.Sprintf("h%d.io/o%d/r%d", i%3, r.IntN(400), i),
				Languages: []schemas.Language{schemas.Languages[r.IntN(8)]},
			}
			for range r.IntN(40) {
				file := schemas.Key64(fmt.Sprint(r.IntN(9000)))
				x.Files = append(x.Files, curate.FileKey{Hash: file, Size: int64(150 + r.IntN(200))})
			}
			repos = append(repos, x)
			if i%10 == 0 { // its files come in two elements, one of them twice
				half := x.Files[:len(x.Files)/2]
				repos = append(repos, curate.RepoFiles{Repo: x.Repo, Languages: []schemas.Language{schemas.Go},
					Files: half})
			}
			if i%7 == 0 { // what is in more than 50 repositories says nothing
				last := &repos[len(repos)-1]
				last.Files = append(slices.Clone(last.Files), curate.FileKey{Hash: 5, Size: 999})
			}
		}
		want := curate.Groups(repos)
		if len(want) < 5 || len(want) > 90 {
			t.Fatalf("%d groups of 120: the test shows nothing", len(want))
		}
		in := shuffled(repos, seed)
		onEach(t, func(s beam.Scope) {
			equal(s, beam.ParDo(s, groupLine, curate.GroupRepos(s, beam.CreateList(s, in))), lines(want))
		})
	}
}
