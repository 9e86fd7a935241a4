package judge

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"decoy/schemas"
)

// NearNats is how close to its golden, in nats, a negative counts as near.
const NearNats = 5

// Hardness counts how often negatives that pairs are made of fool each judge, by their traits, and
// by the score of the golden and the difference in length, which tell how much of it a judge could
// answer without a look at the negative. It holds integers, adds up over shards in any order, and is
// small: some hundred numbers a judge.
type Hardness struct {
	Slices  []SliceCount `json:"slices"`
	Goldens []BinCount   `json:"goldens"` // by whole nats of the golden's log-probability
	Lengths []BinCount   `json:"lengths"` // by characters that the negative is longer
}

// SliceCount counts the valid verdicts of a judge on negatives of a trait. The squares are sums over
// repositories, of which each lies in one shard: intervals count repositories, since negatives of one
// are alike.
type SliceCount struct {
	Judge string `json:"judge"`
	Trait
	N       int64 `json:"n"`
	Fooled  int64 `json:"fooled"`
	Near    int64 `json:"near"`    // with a margin of at least -NearNats
	Margins int64 `json:"margins"` // that have one
	NN      int64 `json:"nn"`      // Σ n²
	NF      int64 `json:"nf"`      // Σ n·fooled
	FF      int64 `json:"ff"`      // Σ fooled²
	Repos   int64 `json:"repos"`
}

// BinCount counts the valid verdicts of a judge in one bin.
type BinCount struct {
	Judge  string `json:"judge"`
	Bin    int64  `json:"bin"`
	N      int64  `json:"n"`
	Fooled int64  `json:"fooled"`
}

// Bounds of bins: what lies beyond goes into the last.
const (
	lowestGolden  = -400
	longestLength = 100
)

// HardnessCounter counts the negatives of one shard.
type HardnessCounter struct {
	repos   map[repoKey]*SliceCount
	goldens map[binKey]*BinCount
	lengths map[binKey]*BinCount
}

type repoKey struct {
	repo, judge string
	trait       Trait
}

type binKey struct {
	judge string
	bin   int64
}

// NewHardnessCounter returns an empty one.
func NewHardnessCounter() *HardnessCounter {
	return &HardnessCounter{map[repoKey]*SliceCount{}, map[binKey]*BinCount{}, map[binKey]*BinCount{}}
}

// Count takes the verdicts on a negative of a repository that is longer than its golden by so many
// characters.
func (h *HardnessCounter) Count(repo string, traits []Trait, longer int, verdicts []schemas.Verdict) {
	for _, v := range verdicts {
		if !valid(v) {
			continue
		}
		for _, t := range traits {
			h.slice(repo, t, v)
		}
		fooled := v.Answer == schemas.AnswerFooled
		bump(h.lengths, v.Judge, int64(min(max(longer, -longestLength), longestLength)), fooled)
		if v.GoldenLogProb != nil {
			bump(h.goldens, v.Judge, int64(math.Floor(min(0, max(lowestGolden, *v.GoldenLogProb)))), fooled)
		}
	}
}

// CountLeft takes the verdicts on a negative that no pair is made of: it counts by its status alone.
func (h *HardnessCounter) CountLeft(repo string, status schemas.Status, verdicts []schemas.Verdict) {
	for _, v := range verdicts {
		if valid(v) {
			h.slice(repo, statusTrait(status), v)
		}
	}
}

func (h *HardnessCounter) slice(repo string, t Trait, v schemas.Verdict) {
	k := repoKey{repo, v.Judge, t}
	s := h.repos[k]
	if s == nil {
		s = &SliceCount{}
		h.repos[k] = s
	}
	s.N++
	if v.Answer == schemas.AnswerFooled {
		s.Fooled++
	}
	if v.Margin != nil {
		s.Margins++
		if *v.Margin >= -NearNats {
			s.Near++
		}
	}
}

func bump(bins map[binKey]*BinCount, judge string, bin int64, fooled bool) {
	k := binKey{judge, bin}
	if bins[k] == nil {
		bins[k] = &BinCount{Judge: judge, Bin: bin}
	}
	bins[k].N++
	if fooled {
		bins[k].Fooled++
	}
}

// Sum is what was counted.
func (h *HardnessCounter) Sum() Hardness {
	type key struct {
		judge string
		trait Trait
	}
	sums := map[key]*SliceCount{}
	for k, r := range h.repos {
		to := key{k.judge, k.trait}
		s := sums[to]
		if s == nil {
			s = &SliceCount{Judge: k.judge, Trait: k.trait}
			sums[to] = s
		}
		s.add(SliceCount{N: r.N, Fooled: r.Fooled, Near: r.Near, Margins: r.Margins, NN: r.N * r.N,
			NF: r.N * r.Fooled, FF: r.Fooled * r.Fooled, Repos: 1})
	}
	var out Hardness
	for _, s := range sums {
		out.Slices = append(out.Slices, *s)
	}
	for _, b := range h.goldens {
		out.Goldens = append(out.Goldens, *b)
	}
	for _, b := range h.lengths {
		out.Lengths = append(out.Lengths, *b)
	}
	out.sort()
	return out
}

func (s *SliceCount) add(o SliceCount) {
	s.N += o.N
	s.Fooled += o.Fooled
	s.Near += o.Near
	s.Margins += o.Margins
	s.NN += o.NN
	s.NF += o.NF
	s.FF += o.FF
	s.Repos += o.Repos
}

// Add takes the counts of another shard.
func (h *Hardness) Add(o Hardness) {
	h.Slices = append(h.Slices, o.Slices...)
	h.Goldens = append(h.Goldens, o.Goldens...)
	h.Lengths = append(h.Lengths, o.Lengths...)
	h.sort()
	h.Slices = folded(h.Slices, sameSlice, func(to *SliceCount, o SliceCount) { to.add(o) })
	addBin := func(to *BinCount, o BinCount) { to.N, to.Fooled = to.N+o.N, to.Fooled+o.Fooled }
	h.Goldens = folded(h.Goldens, sameBin, addBin)
	h.Lengths = folded(h.Lengths, sameBin, addBin)
}

// folded adds up neighbours that are the same.
func folded[T any](all []T, same func(a, b T) bool, add func(to *T, o T)) (out []T) {
	for _, x := range all {
		if n := len(out); n > 0 && same(out[n-1], x) {
			add(&out[n-1], x)
		} else {
			out = append(out, x)
		}
	}
	return out
}

func (h *Hardness) sort() {
	slices.SortFunc(h.Slices, func(a, b SliceCount) int {
		return cmp.Or(cmp.Compare(a.Judge, b.Judge), cmp.Compare(a.By, b.By), cmp.Compare(a.Value, b.Value))
	})
	for _, bins := range [][]BinCount{h.Goldens, h.Lengths} {
		slices.SortFunc(bins, func(a, b BinCount) int {
			return cmp.Or(cmp.Compare(a.Judge, b.Judge), cmp.Compare(a.Bin, b.Bin))
		})
	}
}

func sameSlice(a, b SliceCount) bool { return a.Judge == b.Judge && a.Trait == b.Trait }

func sameBin(a, b BinCount) bool { return a.Judge == b.Judge && a.Bin == b.Bin }

// SliceRate is the share of the negatives of a trait that fool a judge, with the 95 % interval: Wilson's
// with as many observations as the repositories are worth. Near is the share within NearNats, nil
// where the judge has no margins.
type SliceRate struct {
	Trait
	N         int64
	Rate      float64
	Low, High float64
	Near      *float64
}

// Rates are a judge's shares by trait in the order of TraitOrder. By fifth: those of the goldens'
// log-probability, 1 for the least likely, where the judge says one; their bins are whole nats, so
// the fifths are as equal as these let them be.
func (h *Hardness) Rates(judge string) (out []SliceRate) {
	for _, s := range h.Slices {
		if s.Judge == judge {
			out = append(out, s.rate())
		}
	}
	out = append(out, h.fifths(judge)...)
	slices.SortStableFunc(out, func(a, b SliceRate) int {
		return cmp.Compare(slices.Index(TraitOrder, a.By), slices.Index(TraitOrder, b.By))
	})
	return out
}

// rate's interval takes for n what it is worth: the variance of the ratio over repositories
// (Cochran, Sampling Techniques, 1977, 6.3) against that of as many independent negatives.
func (s SliceCount) rate() SliceRate {
	n, p := float64(s.N), float64(s.Fooled)/float64(s.N)
	worth := n
	if v := p * (1 - p) / n; v > 0 && s.Repos > 1 {
		m := float64(s.Repos)
		between := (float64(s.FF) - 2*p*float64(s.NF) + p*p*float64(s.NN)) / (n * n) * m / (m - 1)
		worth = n * min(1, v/max(between, 1e-300))
	}
	r := SliceRate{Trait: s.Trait, N: s.N, Rate: p}
	r.Low, r.High = Wilson(p*worth, worth)
	if s.Margins > 0 {
		near := float64(s.Near) / float64(s.Margins)
		r.Near = &near
	}
	return r
}

func (h *Hardness) fifths(judge string) (out []SliceRate) {
	bins := of(h.Goldens, judge)
	total := int64(0)
	for _, b := range bins {
		total += b.N
	}
	var sums [5]BinCount
	before := int64(0)
	for _, b := range bins { // a bin goes where its middle lies
		f := min(4, (2*before+b.N)*5/(2*total))
		sums[f].N += b.N
		sums[f].Fooled += b.Fooled
		before += b.N
	}
	for i, s := range sums {
		if s.N == 0 {
			continue
		}
		r := SliceRate{Trait: Trait{ByFifth, fifthNames[i]}, N: s.N, Rate: float64(s.Fooled) / float64(s.N)}
		r.Low, r.High = Wilson(float64(s.Fooled), float64(s.N))
		out = append(out, r)
	}
	return out
}

var fifthNames = [5]string{"1, least likely", "2", "3", "4", "5, likeliest"}

func of(bins []BinCount, judge string) (out []BinCount) {
	for _, b := range bins {
		if b.Judge == judge {
			out = append(out, b)
		}
	}
	return out
}

// Without is how well it can be told which negatives fool a judge by one number that needs no look at
// the negative's text, as the area under the ROC curve (one half: not at all): by the golden's
// log-probability alone ("golden only"), and by length alone ("shorter wins"). Nil where it cannot
// be said.
func (h *Hardness) Without(judge string) (goldenOnly, shorterWins *float64) {
	return auc(of(h.Goldens, judge)), auc(of(h.Lengths, judge))
}

// auc is the probability that of a negative that fools and one that does not the first is in the lower
// bin, ties one half.
func auc(bins []BinCount) *float64 {
	var wins, fooled, caught float64
	for _, b := range slices.Backward(bins) { // from the highest
		f, c := float64(b.Fooled), float64(b.N-b.Fooled)
		wins += f * (caught + c/2)
		fooled += f
		caught += c
	}
	if fooled == 0 || caught == 0 {
		return nil
	}
	v := wins / (fooled * caught)
	return &v
}

// Judges are the names of those that were counted.
func (h *Hardness) Judges() []string {
	names := map[string]bool{}
	for _, s := range h.Slices {
		names[s.Judge] = true
	}
	return slices.Sorted(maps.Keys(names))
}
