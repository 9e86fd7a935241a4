package curate

import (
	"fmt"
	"slices"

	"decoy/transforms/text"

	"github.com/zeebo/xxh3"
)

const (
	// run is how many tokens must agree: the 32 tokens around a golden of the
	// design. (GPT-3 took 13 words, Llama 2 took 10 tokens: code repeats itself more
	// than prose does.)
	run = 32
	// shortRun is the least length of a whole benchmark item that is looked for
	// where the item has fewer than run tokens.
	shortRun = 12
)

// Decontaminator finds benchmark items in contexts. It is read-only once built.
type Decontaminator struct {
	runs    map[uint64]int32         // hash of run tokens → item
	short   map[int]map[uint64]int32 // the same for whole items of fewer tokens
	lengths []int                    // keys of short, sorted
	items   []string                 // "benchmark task"
	names   []string
}

// NewDecontaminator is one that knows no benchmark.
func NewDecontaminator() *Decontaminator {
	return &Decontaminator{runs: map[uint64]int32{}, short: map[int]map[uint64]int32{}}
}

// Add indexes the neighbourhoods of a benchmark's goldens.
func (d *Decontaminator) Add(benchmark string, items []Item) {
	d.names = append(d.names, benchmark)
	for _, it := range items {
		d.index(benchmark, it)
	}
}

// index indexes the neighbourhood of one item's golden.
func (d *Decontaminator) index(benchmark string, it Item) {
	id := int32(len(d.items))
	d.items = append(d.items, benchmark+" "+it.Task)
	near, _, _ := placed(it.Prefix, it.Golden, it.Suffix)
	n := run
	set := d.runs
	if len(near) < run {
		if n = len(near); n < shortRun {
			return
		}
		if d.short[n] == nil {
			d.short[n] = map[uint64]int32{}
			d.lengths = append(d.lengths, n)
			slices.Sort(d.lengths)
		}
		set = d.short[n]
	}
	rolling(near, n, func(i int, h uint64) bool {
		if _, known := set[h]; !known {
			set[h] = id
		}
		return true
	})
}

// Benchmarks are the names of the benchmarks that were added, in order: what the
// card says it is decontaminated against.
func (d *Decontaminator) Benchmarks() []string { return slices.Clone(d.names) }

// Find looks for a benchmark item in a context. The evidence names benchmark and
// task, how many tokens agree, where in the window, and the hash of the matched
// text; it is "" for a clean context.
func (d *Decontaminator) Find(prefix, golden, suffix string) (evidence string) {
	d.look(prefix, golden, suffix, func(item int32, n int, h uint64, start, end int) {
		evidence = fmt.Sprintf("%s: %d tokens at bytes %d to %d from the golden's start, xxh3 %016x", d.items[item], n,
			start, end, h)
	})
	return evidence
}

// find is Find with the item's number, and the place in bytes from the golden's start.
func (d *Decontaminator) find(prefix, golden, suffix string) (item int32, from, to int, ok bool) {
	d.look(prefix, golden, suffix, func(i int32, _ int, _ uint64, start, end int) {
		item, from, to, ok = i, start, end, true
	})
	return item, from, to, ok
}

// look calls found with the first match, if there is one: n tokens of a hash.
func (d *Decontaminator) look(prefix, golden, suffix string,
	found func(item int32, n int, h uint64, start, end int)) {
	if len(d.runs) == 0 && len(d.short) == 0 {
		return
	}
	toks, from, to := placed(prefix, golden, suffix)
	over := false
	look := func(n int, set map[uint64]int32) {
		if over || len(set) == 0 {
			return
		}
		lo, hi := max(0, from-n+1), min(len(toks), to+n-1)
		if from == to { // an empty golden is touched by what spans it
			hi = min(len(toks), to+n)
		}
		rolling(toks[lo:hi], n, func(i int, h uint64) bool {
			item, hit := set[h]
			if !hit {
				return true
			}
			a, b := toks[lo+i], toks[lo+i+n-1]
			found(item, n, h, a.start, b.end)
			over = true
			return false
		})
	}
	look(run, d.runs)
	for _, n := range d.lengths {
		look(n, d.short[n])
	}
}

// spot is a token by hash, with its bytes relative to the golden's start.
type spot struct {
	hash       uint64
	start, end int
}

// placed lexes a window around its golden and gives the tokens [from, to) that the
// golden touches. Line breaks are left out. Only the lines near the golden are
// lexed, and run tokens on each side kept.
func placed(prefix, golden, suffix string) (toks []spot, from, to int) {
	p := tailOf(prefix)
	end := len(p) + len(golden)
	for _, t := range text.Tokens(p + golden + headOf(suffix)) {
		if t.Text == "\n" {
			continue
		}
		if t.End <= len(p) {
			from++
		}
		if t.Start < end {
			to++
		}
		toks = append(toks, spot{xxh3.HashString(t.Text), t.Start - len(p), t.End - len(p)})
	}
	to = max(to, from)
	lo, hi := max(0, from-run), min(len(toks), to+run)
	return toks[lo:hi], from - lo, to - lo
}

// rolling calls f with the Rabin-Karp hash, modulo 2^64, of every n tokens, until f
// says no.
func rolling(toks []spot, n int, f func(i int, h uint64) bool) {
	if n <= 0 || len(toks) < n {
		return
	}
	const base = 0x9e3779b97f4a7c15
	top := uint64(1)
	for range n - 1 {
		top *= base
	}
	var h uint64
	for i, t := range toks {
		if i >= n {
			h -= toks[i-n].hash * top
		}
		h = h*base + t.hash
		if i >= n-1 && !f(i-n+1, h) {
			return
		}
	}
}
