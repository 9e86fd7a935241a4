package curate

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
)

func TestSelectGeneral(t *testing.T) {
	var rows []General
	for i := range 900 {
		lang := schemas.Go
		if i%9 == 0 {
			lang = schemas.Rust
		}
		rows = append(rows, General{ContextID: fmt.Sprintf("g%03d", i), Repo: fmt.Sprintf("r%d", i%30), Language: lang, Kind: schemas.KindLine,
			GoldenChars: 10 + i%50, GoldenHash: uint64(i), WindowHash: uint64(i)})
	}
	tokens := func(sel []schemas.Selected) map[schemas.Language]int {
		m := map[schemas.Language]int{}
		for _, s := range sel {
			i := slices.IndexFunc(rows, func(g General) bool { return g.ContextID == s.ContextID })
			m[s.Language] += TargetTokens(rows[i].GoldenChars)
		}
		return m
	}
	sel, rej := SelectGeneral(rows, GeneralConfig{Tokens: 1000})
	n := tokens(sel)
	if sum := n[schemas.Go] + n[schemas.Rust]; sum < 1000 || sum > 1020 || abs(n[schemas.Go]-n[schemas.Rust]) > 20 {
		t.Errorf("tokens %v", n)
	}
	if len(sel)+len(rej) != len(rows) || reasons(rej)[ReasonNotRanked] != len(rej) {
		t.Errorf("%d selected, rejects %v", len(sel), reasons(rej))
	}
	if sel[0].NegativeID != nil || sel[0].Type != nil || sel[0].Split != schemas.SplitTrain {
		t.Errorf("row %+v", sel[0])
	}
	// A language that runs out leaves its share to the others.
	sel, _ = SelectGeneral(rows, GeneralConfig{Tokens: 5000})
	if n := tokens(sel); n[schemas.Rust] > 1200 || n[schemas.Go]+n[schemas.Rust] < 5000 {
		t.Errorf("tokens %v", n)
	}
	shuffled := slices.Clone(rows)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(rows), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	if got, _ := SelectGeneral(shuffled, GeneralConfig{Tokens: 5000}); !reflect.DeepEqual(got, sel) {
		t.Error("the order of rows changes the selection")
	}

	rows[0].Contaminated, rows[1].Repo, rows[2].WindowHash = "e", "bad", rows[3].WindowHash
	rows[5].GoldenHash, rows[6].GoldenHash = rows[4].GoldenHash, rows[4].GoldenHash
	_, rej = SelectGeneral(rows, GeneralConfig{Tokens: math.MaxInt, Excluded: []string{"bad"}, MaxPerGolden: 2, MaxPerRepo: 29})
	want := map[schemas.Reason]int{ReasonContaminated: 1, ReasonExcludedRepo: 1, ReasonDuplicate: 1, ReasonCapGolden: 1}
	got := reasons(rej)
	if got[ReasonCapRepo] < 20 {
		t.Errorf("reasons %v", got)
	}
	delete(got, ReasonCapRepo)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("reasons %v, want %v", got, want)
	}
}

func TestGeneralTokens(t *testing.T) {
	for _, tt := range []struct {
		tokens int
		share  float64
		want   int
	}{{600, 0.4, 400}, {600, 0, 0}, {0, 0.4, 0}, {100, 0.5, 100}} {
		if got, err := GeneralTokens(tt.tokens, tt.share); err != nil || got != tt.want {
			t.Errorf("GeneralTokens(%d, %v) = %d, %v", tt.tokens, tt.share, got, err)
		}
	}
	for _, bad := range []float64{1, -0.1, math.NaN()} {
		if _, err := GeneralTokens(1, bad); err == nil {
			t.Errorf("share %v is accepted", bad)
		}
	}
	if TargetTokens(0) != 1 || TargetTokens(7) != 3 || TargetTokens(8) != 4 {
		t.Error("target tokens")
	}
}

func TestShift(t *testing.T) {
	pool := []Candidate{
		{NegativeID: "a", Language: schemas.Go, Type: schemas.TypeImport, Repo: "r", Golden: Side{Chars: 10}, FoolRate: ptr(0.0)},
		{NegativeID: "b", Language: schemas.Go, Type: schemas.TypeImport, Repo: "r", Golden: Side{Chars: 20}, FoolRate: ptr(1.0)},
		{NegativeID: "c", Language: schemas.Java, Type: schemas.TypeImport, Repo: "s", Golden: Side{Chars: 30}},
		{NegativeID: "d", Language: schemas.Java, Type: schemas.TypeMethod, Repo: "t", Golden: Side{Chars: 40}},
	}
	sel := []schemas.Selected{{NegativeID: ptr("b")}, {NegativeID: ptr("c")}, {ContextID: "general"}}
	s := NewShift(pool, sel, []string{"a note"})
	if s.Pool != 4 || s.Selected != 2 || !slices.Equal(s.Notes, []string{"a note"}) {
		t.Errorf("shift %+v", s)
	}
	tv := map[string]float64{}
	for _, d := range s.Dimensions {
		tv[d.Name] = d.TotalVariation
	}
	for name, want := range map[string]float64{"language": 0, "type": 0.25, "repo": 0.25, "language_type": 0.25} {
		if tv[name] != want {
			t.Errorf("total variation of %s is %v, want %v", name, tv[name], want)
		}
	}
	if v := s.Dimensions[0].Values; len(v) != 2 || v[0] != (Value{string(schemas.Go), 2, 1, 0.5, 0.5}) {
		t.Errorf("languages %+v", v)
	}
	for _, n := range s.Numbers {
		switch n.Name {
		case "golden_chars":
			if n.InPool != 4 || n.Selected[0].Value != 20 || n.Selected[len(n.Selected)-1].Value != 30 {
				t.Errorf("golden length %+v", n)
			}
		case "fool_rate":
			if n.InPool != 2 || n.InSelect != 1 || n.Selected[4] != (Quantile{0.5, 1}) {
				t.Errorf("fool rate %+v", n)
			}
		}
	}
	raw, err := json.Marshal(NewShift(nil, nil, nil))
	if err != nil || strings.Contains(string(raw), "null") {
		t.Errorf("an empty shift is %s, %v", raw, err)
	}
	many := synthetic(500, 1)
	for i := range many {
		many[i].Repo = fmt.Sprintf("r%03d", i%70)
	}
	big := NewShift(many, []schemas.Selected{{NegativeID: &many[69].NegativeID}}, nil)
	d := big.Dimensions[len(big.Dimensions)-1]
	if d.Name != "repo" || len(d.Values) != shownRepos || d.Omitted != 20 || d.Values[0].Name != "r069" {
		t.Errorf("repo dimension: %d values, %d omitted, first %+v", len(d.Values), d.Omitted, d.Values[0])
	}
}

func TestQuantiles(t *testing.T) {
	got := Quantiles([]float64{3, 1, 2})
	if got[0].Value != 1 || got[4].Value != 2 || got[8].Value != 3 || len(Quantiles(nil)) != 0 {
		t.Errorf("quantiles %v", got)
	}
}

// pairs makes n pairs with the rejected side made from the chosen one.
func pairs(n int, groups int, reject func(r *rand.Rand, s Side) Side) []Pair {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	out := make([]Pair, n)
	for i := range out {
		s := Side{Chars: 5 + r.IntN(100), Blanks: r.IntN(6), Newlines: r.IntN(2), Last: uint8(1 + r.IntN(4))}
		out[i] = Pair{ID: fmt.Sprint(i), Group: fmt.Sprint(i % groups), Chosen: s, Rejected: reject(r, s)}
	}
	return out
}

func TestProbe(t *testing.T) {
	for name, tt := range map[string]struct {
		groups    int
		reject    func(r *rand.Rand, s Side) Side
		low, high float64
		feature   string
	}{
		"nothing to see": {40, func(r *rand.Rand, s Side) Side { return s }, 0.5, 0.5, ""},
		"symmetric length": {40, func(r *rand.Rand, s Side) Side {
			s.Chars += r.IntN(9) - 4
			return s
		}, 0.44, 0.56, ""},
		"always longer":        {40, func(r *rand.Rand, s Side) Side { s.Chars += 1 + r.IntN(9); return s }, 0.99, 1, "chars"},
		"few groups":           {2, func(r *rand.Rand, s Side) Side { s.Chars += 1 + r.IntN(9); return s }, 0.99, 1, "chars"},
		"three of four longer": {40, func(r *rand.Rand, s Side) Side { s.Chars += 3 - 6*(r.IntN(4)/3); return s }, 0.7, 0.8, "chars"},
		"last character":       {40, func(r *rand.Rand, s Side) Side { s.Last = 9; return s }, 0.99, 1, "last character"},
		"a lost blank":         {40, func(r *rand.Rand, s Side) Side { s.Blanks++; return s }, 0.99, 1, "blanks"},
	} {
		t.Run(name, func(t *testing.T) {
			got := Probe(pairs(1000, tt.groups, tt.reject))
			if got.Pairs != 1000 || got.Accuracy < tt.low || got.Accuracy > tt.high || got.Low > got.Accuracy || got.High < got.Accuracy {
				t.Errorf("%+v, want accuracy in [%v, %v]", got, tt.low, tt.high)
			}
			if tt.feature != "" && (len(got.Signal) == 0 || !strings.HasPrefix(got.Signal[0].Feature, tt.feature)) {
				t.Errorf("signal %v, want %s first", got.Signal, tt.feature)
			}
		})
	}
	if got := Probe(nil); got.Pairs != 0 || got.Accuracy != 0.5 || got.High != 1 {
		t.Errorf("without pairs: %+v", got)
	}
}

func TestProbeIgnoresOrder(t *testing.T) {
	ps := pairs(500, 20, func(r *rand.Rand, s Side) Side { s.Chars += r.IntN(12) - 4; return s })
	want := Probe(ps)
	slices.Reverse(ps)
	if got := Probe(ps); !reflect.DeepEqual(got, want) {
		t.Errorf("reversed: %+v, want %+v", got, want)
	}
}
