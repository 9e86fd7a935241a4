package curate_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"decoy/schemas"
	"decoy/schemas/batch"
	"decoy/transforms/curate"
)

// texts is a lookup of texts by file.
type texts struct{ Texts map[uint64]string }

// Shingles finds them, and refuses documents that are out of order.
func (l texts) Shingles(_ context.Context, documents []curate.Document) (out [][]uint64, err error) {
	for i, d := range documents {
		if i > 0 {
			before := documents[i-1]
			if before.Shard > d.Shard || before.Shard == d.Shard && before.File >= d.File {
				return nil, fmt.Errorf("document %d is out of order", i)
			}
		}
		if d.Shard != uint32(d.File%7) {
			return nil, fmt.Errorf("document %d is not of shard %d", d.File, d.Shard)
		}
		out = append(out, curate.Shingles(l.Texts[d.File]))
	}
	return out, nil
}

func memberLine(b batch.Batch, emit func(string)) {
	for r := range b.Each(curate.MemberBytes) {
		m := curate.ReadMember(r)
		emit(fmt.Sprintf("%d of %d %.4f", m.File, m.Survivor, m.Jaccard))
	}
}

func init() {
	curate.RegisterLookup[texts]()
	beam.RegisterFunction(memberLine)
}

func program(r *rand.Rand, tokens int) (out []string) {
	for range tokens {
		out = append(out, fmt.Sprintf("w%d", r.IntN(4000)))
	}
	return out
}

// edited changes a share of the tokens.
func edited(r *rand.Rand, tokens []string, share float64) []string {
	out := slices.Clone(tokens)
	for i := range out {
		if r.Float64() < share {
			out[i] = fmt.Sprint("new", r.IntN(9999))
		}
	}
	return out
}

// sketchesOf are sketches of texts in small batches, of all or of docs in their order.
func sketchesOf(of map[uint64]string, docs ...uint64) (out []batch.Batch) {
	if len(docs) == 0 {
		docs = slices.Sorted(maps.Keys(of))
	}
	for part := range slices.Chunk(docs, 9) {
		var rows []byte
		for _, d := range part {
			rows = curate.SketchOf(d, int(d%7), curate.Shingles(of[d])).Append(rows)
		}
		out = append(out, batch.Batch{Rows: rows})
	}
	return out
}

// What goes is what all pairs by brute force say, in any order.
func TestNearDuplicatesIsWhatAllPairsSay(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	of := map[uint64]string{}
	for i := range 150 {
		base := program(r, 20+r.IntN(400))
		of[uint64(10*i)*2654435761%100003] = strings.Join(base, " ")
		if i%2 == 0 {
			for k := range 1 + i%3 {
				of[uint64(10*i+k+1)*2654435761%100003] = strings.Join(edited(r, base, r.Float64()*0.06), "  ")
			}
		}
	}
	of[99_999_991], of[99_999_992] = "", "" // empty files are not like each other
	docs := slices.Sorted(maps.Keys(of))
	var want []any
	var survivors []uint64
	for _, d := range docs {
		gone := false
		for _, s := range survivors {
			if j := curate.Jaccard(curate.Shingles(of[s]), curate.Shingles(of[d])); j > 0.7 {
				want = append(want, fmt.Sprintf("%d of %d %.4f", d, s, j))
				gone = true
				break
			}
		}
		if !gone {
			survivors = append(survivors, d)
		}
	}
	if len(want) < 30 {
		t.Fatalf("%d members: the test shows nothing", len(want))
	}
	for _, seed := range []uint64{1, 2} {
		in := sketchesOf(of, shuffled(docs, seed)...)
		onEach(t, func(s beam.Scope) {
			members := curate.NearDuplicates(s, curate.NearConfig{}, texts{of}, beam.CreateList(s, in))
			passert.Equals(s, beam.ParDo(s, memberLine, members), want...)
		})
	}
}

// In a band above 50 documents only the smallest is compared, and copies of it go all the same.
func TestManyCopiesOfOneFile(t *testing.T) {
	of := map[uint64]string{}
	var want []any
	for i := range uint64(70) {
		of[i+5] = strings.Join(program(rand.New(rand.NewPCG(8, 8)), 60), " ")
		if i > 0 {
			want = append(want, fmt.Sprintf("%d of 5 1.0000", i+5))
		}
	}
	onEach(t, func(s beam.Scope) {
		in := beam.CreateList(s, sketchesOf(of))
		members := curate.NearDuplicates(s, curate.NearConfig{Threshold: 0.9}, texts{of}, in)
		passert.Equals(s, beam.ParDo(s, memberLine, members), want...)
	})
}

// No member goes on another member's word: a chain keeps both of its ends.
func TestAChainKeepsItsEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	a := program(r, 300)
	b := slices.Concat(program(r, 45), a[45:])
	c := slices.Concat(b[:255], program(r, 45))
	of := map[uint64]string{1: strings.Join(a, " "), 2: strings.Join(b, " "), 3: strings.Join(c, " ")}
	j := func(x, y uint64) float64 { return curate.Jaccard(curate.Shingles(of[x]), curate.Shingles(of[y])) }
	if j(1, 2) < 0.7 || j(2, 3) < 0.7 || j(1, 3) > 0.65 {
		t.Fatalf("the chain is %v, %v, %v", j(1, 2), j(2, 3), j(1, 3))
	}
	onEach(t, func(s beam.Scope) {
		in := beam.CreateList(s, sketchesOf(of, 3, 2, 1))
		got := beam.ParDo(s, memberLine, curate.NearDuplicates(s, curate.NearConfig{}, texts{of}, in))
		passert.Equals(s, got, fmt.Sprintf("2 of 1 %.4f", j(1, 2)))
	})
}

func TestSketchesEstimateJaccard(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for _, n := range []int{3, 30, 300, 3000} {
		sum := 0.0
		const rounds = 60
		for range rounds {
			a := program(r, n+4)
			b := edited(r, a, 0.05)
			x, y := curate.Shingles(strings.Join(a, " ")), curate.Shingles(strings.Join(b, " "))
			s, o := curate.SketchOf(1, 0, x), curate.SketchOf(2, 0, y)
			same := 0
			for i, v := range s.Values {
				if v == o.Values[i] {
					same++
				}
			}
			sum += float64(same)/float64(len(s.Values)) - curate.Jaccard(x, y)
			if back := curate.ReadSketch(s.Append(nil)); back != s {
				t.Fatal("a sketch does not come back from its row")
			}
		}
		if bias := sum / rounds; math.Abs(bias) > 0.02 {
			t.Errorf("%d shingles: the estimate is off by %.3f", n, bias)
		}
	}
	for text, want := range map[string]int{"": 0, "a b c": 1, "a\nb c d  e f": 2} {
		if n := len(curate.Shingles(text)); n != want {
			t.Errorf("%q has %d shingles, want %d", text, n, want)
		}
	}
}

func TestLeaveTakesOutTheRecordsOfMembers(t *testing.T) {
	cs := plain(60, schemas.Go, schemas.TypeMethod)
	file := curate.FileKeyOf(cs[7].Repo, cs[7].Commit, cs[7].Path)
	cs[8].Repo, cs[8].Commit, cs[8].Path = cs[7].Repo, cs[7].Commit, cs[7].Path // of the same file
	member := make([]byte, curate.MemberBytes)
	for i := range 8 {
		member[i] = byte(file >> (56 - 8*i))
	}
	member[15] = 9
	groups := curate.Groups(alone(cs))
	var others []any
	for i, c := range cs {
		if i != 7 && i != 8 {
			others = append(others, c.NegativeID)
		}
	}
	onEach(t, func(s beam.Scope) {
		members := beam.CreateList(s, []batch.Batch{{Rows: member}})
		kept, rejected := curate.Leave(s, beam.CreateList(s, records(t, cs)), members)
		passert.Equals(s, beam.ParDo(s, idsOf, kept), others...)
		eachOnce(s, cs, kept, rejected)
		want := func(id string) schemas.Reject {
			return schemas.Reject{Stage: schemas.StageCurate, ID: id, Reason: curate.ReasonNearDuplicate,
				Detail:   "its file is like file 0000000000000009",
				Language: schemas.Go, Type: schemas.TypeMethod, Generator: "rules"}
		}
		passert.Equals(s, beam.ParDo(s, rejectLine, curate.Rejects(s, words, rejected, beam.CreateList(s, groups))),
			lines([]schemas.Reject{want(cs[7].NegativeID), want(cs[8].NegativeID)})...)
	})
}
