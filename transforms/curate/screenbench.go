package curate

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"decoy/schemas"
)

// Rules of contamination, in the order in which they are asked.
const (
	RuleRepository = "repository" // a benchmark was made from the context's repository
	RuleRun        = "run"        // 32 tokens in a row, see Decontaminator
	RuleGrams      = "10-grams"   // half of the 10-token n-grams round the golden
	RuleNear       = "near"       // 4 of 5 of them with other names
)

// BenchmarkConfig says what is contaminated, beside the 32-token match that always is.
type BenchmarkConfig struct {
	Repositories []string // that benchmarks were made from; compared as ModuleKey does
	// Grams is the share of 10-token n-grams, of the golden and 32 tokens on each side, that
	// must agree; 0 means 0.5, above 1 never.
	Grams float64
	// Near is the same with identifiers replaced by their order of appearance in the n-gram, so
	// that a renamed copy is found; 0 means 0.8, above 1 never.
	Near float64
}

// Validate names the field that is out of range.
func (c BenchmarkConfig) Validate() error {
	for _, f := range []struct {
		name string
		v    float64
	}{{"Grams", c.Grams}, {"Near", c.Near}} {
		if f.v != 0 && !(f.v >= 0.3 && f.v <= 2) {
			return fmt.Errorf("curate.BenchmarkConfig.%s is %v: give a share from 0.3 to 1, or 2 to switch it off",
				f.name, f.v)
		}
	}
	return nil
}

// Evidence is why a context is contaminated. Start and End are bytes from the golden's start,
// Text what stands there, cut at 400 bytes.
type Evidence struct {
	Rule      string  `json:"rule"`
	Benchmark string  `json:"benchmark"`
	Task      string  `json:"task"`
	Share     float64 `json:"share"` // of n-grams that agree
	Start     int     `json:"start"`
	End       int     `json:"end"`
	Text      string  `json:"text"`
}

// String is the detail of a reject.
func (e Evidence) String() string {
	switch e.Rule {
	case RuleRepository:
		return "a benchmark was made from repository " + e.Task
	case RuleRun:
		return fmt.Sprintf("%s %s: 32 tokens or the whole item, bytes %d to %d from the golden's start: %q",
			e.Benchmark, e.Task, e.Start, e.End, e.Text)
	}
	return fmt.Sprintf("%s %s: %.0f %% of 10-token n-grams (%s), bytes %d to %d from the golden's start: %q",
		e.Benchmark, e.Task, 100*e.Share, e.Rule, e.Start, e.End, e.Text)
}

const (
	gramTokens = 10
	minGrams   = 12 // different n-grams of the smaller side: fewer say nothing
	maxPosting = 64 // of the items with one n-gram only so many first ones are found by it
	textBytes  = 400
)

// Screen finds benchmark items in contexts by all four rules. It is read-only once built. Its
// index has about 50 bytes a token round a golden: 25 MB for 5,000 items of 100 tokens.
type Screen struct {
	c            BenchmarkConfig
	repositories map[string]bool
	runs         *Decontaminator
	items        []screened
	exact, near  gramIndex
}

type screened struct {
	benchmark, task string
	exact, near     int // how many different n-grams
}

type gramIndex map[uint64][]int32

// BenchmarkItem is an item with the name of its benchmark, as it goes through Beam.
type BenchmarkItem struct {
	Benchmark string `json:"benchmark"`
	Item      Item   `json:"item"`
}

// NewScreen indexes items. The result does not depend on their order.
func NewScreen(c BenchmarkConfig, items []BenchmarkItem) (*Screen, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Grams == 0 {
		c.Grams = 0.5
	}
	if c.Near == 0 {
		c.Near = 0.8
	}
	s := &Screen{
		c: c, repositories: map[string]bool{}, runs: NewDecontaminator(), exact: gramIndex{}, near: gramIndex{},
	}
	for _, r := range c.Repositories {
		s.repositories[ModuleKey(r)] = true
	}
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b BenchmarkItem) int {
		return compareBytes([]byte(a.Benchmark), []byte(b.Benchmark), []byte(a.Item.Task), []byte(b.Item.Task),
			[]byte(a.Item.Golden), []byte(b.Item.Golden), []byte(a.Item.Prefix), []byte(b.Item.Prefix),
			[]byte(a.Item.Suffix), []byte(b.Item.Suffix))
	})
	for i, it := range items {
		if i == 0 || items[i-1].Benchmark != it.Benchmark {
			s.runs.names = append(s.runs.names, it.Benchmark)
		}
		s.runs.index(it.Benchmark, it.Item)
		n := newNeighbourhood(it.Item.Prefix, it.Item.Golden, it.Item.Suffix)
		x := screened{benchmark: it.Benchmark, task: it.Item.Task}
		x.exact = s.exact.add(int32(i), n.grams(false))
		x.near = s.near.add(int32(i), n.grams(true))
		s.items = append(s.items, x)
	}
	return s, nil
}

// Benchmarks are the names of the benchmarks, sorted.
func (s *Screen) Benchmarks() []string { return s.runs.Benchmarks() }

func (x gramIndex) add(item int32, grams []gram) (different int) {
	seen := make(map[uint64]bool, len(grams))
	for _, g := range grams {
		if seen[g.hash] {
			continue
		}
		seen[g.hash] = true
		if of := x[g.hash]; len(of) < maxPosting {
			x[g.hash] = append(of, item)
		}
	}
	return len(seen)
}

// Find looks for a benchmark item in a context.
func (s *Screen) Find(repo, prefix, golden, suffix string) (Evidence, bool) {
	if s.repositories[ModuleKey(repo)] {
		return Evidence{Rule: RuleRepository, Task: repo}, true
	}
	n := newNeighbourhood(prefix, golden, suffix)
	if item, from, to, ok := s.runs.find(prefix, golden, suffix); ok {
		x := s.items[item]
		return n.evidence(Evidence{Rule: RuleRun, Benchmark: x.benchmark, Task: x.task, Share: 1}, from, to), true
	}
	for _, r := range []struct {
		rule    string
		renamed bool
		index   gramIndex
		share   float64
		count   func(screened) int
	}{
		{RuleGrams, false, s.exact, s.c.Grams, func(x screened) int { return x.exact }},
		{RuleNear, true, s.near, s.c.Near, func(x screened) int { return x.near }},
	} {
		if e, ok := s.overlap(n, n.grams(r.renamed), r.index, r.share, r.count); ok {
			e.Rule = r.rule
			return e, true
		}
	}
	return Evidence{}, false
}

// overlap finds the item that shares most n-grams with a context, if those are enough of the
// n-grams of whichever of the two has fewer.
func (s *Screen) overlap(n *neighbourhood, grams []gram, index gramIndex, least float64,
	count func(screened) int) (Evidence, bool) {
	seen := make(map[uint64]bool, len(grams))
	hits := map[int32]int{}
	for _, g := range grams {
		if seen[g.hash] {
			continue
		}
		seen[g.hash] = true
		for _, item := range index[g.hash] {
			hits[item]++
		}
	}
	best, share := int32(-1), 0.0
	for item, h := range hits {
		fewer := min(len(seen), count(s.items[item]))
		if fewer < minGrams {
			continue
		}
		x := float64(h) / float64(fewer)
		if x >= least && (x > share || x == share && item < best) {
			best, share = item, x
		}
	}
	if best < 0 {
		return Evidence{}, false
	}
	from, to := 0, 0
	for _, g := range grams {
		if slices.Contains(index[g.hash], best) {
			if from == to {
				from = g.start
			}
			to = max(to, g.end)
		}
	}
	e := Evidence{Benchmark: s.items[best].benchmark, Task: s.items[best].task, Share: round4(share)}
	return n.evidence(e, from, to), true
}

// neighbourhood is a golden with 32 tokens on each side.
type neighbourhood struct {
	tail, text string // the part of the prefix that was lexed, and all that was
	toks       []spot
}

func newNeighbourhood(prefix, golden, suffix string) *neighbourhood {
	n := &neighbourhood{tail: tailOf(prefix)}
	n.text = n.tail + golden + headOf(suffix)
	n.toks, _, _ = placed(prefix, golden, suffix)
	return n
}

// evidence sets the place, and what stands there.
func (n *neighbourhood) evidence(e Evidence, from, to int) Evidence {
	e.Start, e.End = from, to
	text := n.text[len(n.tail)+from : len(n.tail)+to]
	if len(text) > textBytes {
		text = text[:textBytes]
		for !utf8.ValidString(text) && len(text) > textBytes-utf8.UTFMax {
			text = text[:len(text)-1]
		}
		text += "…"
	}
	e.Text = text
	return e
}

// gram is the hash of 10 tokens, with their bytes from the golden's start.
type gram struct {
	hash       uint64
	start, end int
}

// grams are the 10-token n-grams. Renamed ones have identifiers replaced by their order of
// appearance in the n-gram.
func (n *neighbourhood) grams(renamed bool) (out []gram) {
	names := make([]bool, len(n.toks))
	if renamed {
		for i, t := range n.toks {
			names[i] = isName(n.text[len(n.tail)+t.start : len(n.tail)+t.end])
		}
	}
	for i := 0; i+gramTokens <= len(n.toks); i++ {
		h := uint64(gramTokens)
		for k, t := range n.toks[i : i+gramTokens] {
			v := t.hash
			if names[i+k] {
				v = 1 + uint64(first(n.toks[i:i+k+1], names[i:i+k+1]))
			}
			h = mix(h*0x9e3779b97f4a7c15 + v)
		}
		out = append(out, gram{h, n.toks[i].start, n.toks[i+gramTokens-1].end})
	}
	return out
}

// first is where the last of the tokens stood first.
func first(toks []spot, names []bool) int {
	last := toks[len(toks)-1].hash
	for i, t := range toks {
		if names[i] && t.hash == last {
			return i
		}
	}
	return len(toks) - 1
}

// keywords of the eight languages that shape code: they are no names that a copy would change.
var keywords = func() map[uint64]bool {
	out := map[uint64]bool{}
	for _, w := range strings.Fields(`and as async await bool break case catch char class const continue
		def default defer delete do elif else enum except export extends false final finally float fn for foreach
		from func function go goto if impl implements import in int interface is lambda let long loop match mod mut
		namespace new nil None not null or override package pass private protected pub public raise range return
		select self static string struct super switch template this throw throws trait True False true try type
		typedef typename use using var void where while with yield`) {
		out[xxh3.HashString(w)] = true
	}
	return out
}()

func isName(word string) bool {
	if word == "" || keywords[xxh3.HashString(word)] {
		return false
	}
	c := word[0]
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// contaminated is the reject of a context.
func contaminated(c *schemas.Context, e Evidence) schemas.Reject {
	return schemas.Reject{
		Stage: schemas.StageCurate, ID: c.ID, Reason: ReasonContaminated, Detail: e.String(), Language: c.Language,
	}
}
