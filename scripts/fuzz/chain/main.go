// Command chain breaks real source files and runs the whole chain of pure functions
// over what comes of it: screening, parsing, spans, symbols, edits, rules, validity,
// certificates, the n-gram judge, what curation measures, and rows. Nothing of it may
// panic, whatever a file looks like: a build meets such files, and each costs it a
// record.
//
//	go run ./scripts/fuzz/chain --minutes 20 ARCHIVE-OR-FOLDER…
//
// A case is a few files of one archive and one language, some of them changed by
// mutations of their syntax trees and bytes. Case N of a seed and of the same archives
// is always the same. The first failure of each place is made smaller, by leaving out
// files, lines and bytes, and written below --bundles; --reproduce FILE runs it alone. The
// exit code is 1 if anything failed. The last line is one JSON object.
//
// A crash that Go cannot recover from (a stack that is full, a fault in C) leaves the
// case that it came from in BUNDLES/current.json.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"decoy/io/archives"
	"decoy/schemas"
	"decoy/transforms/screen"
	"decoy/transforms/syntax"
)

func main() {
	minutes := flag.Float64("minutes", 1, "how long to run")
	seed := flag.Uint64("seed", 1, "of the random numbers")
	from := flag.Uint64("from", 0, "the first case")
	cases := flag.Uint64("cases", 0, "end after so many cases, 0 for no end")
	bundles := flag.String("bundles", "fuzz-bundles", "folder for the cases that fail")
	reproduce := flag.String("reproduce", "", "run one case of the bundles and nothing else")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *reproduce != "" {
		os.Exit(again(*reproduce))
	}
	groups, err := read(ctx, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "chain:", err)
		os.Exit(2)
	}
	f := fuzzing{seed: *seed, dir: *bundles, groups: groups, places: map[string]int{},
		languages: map[schemas.Language]int{}}
	if err := f.run(ctx, *from, *cases, time.Duration(*minutes*float64(time.Minute))); err != nil {
		fmt.Fprintln(os.Stderr, "chain:", err)
		os.Exit(2)
	}
	if len(f.places) > 0 {
		os.Exit(1)
	}
}

// group is the files of one language of one archive.
type group struct {
	archive string
	files   []File
}

// Bounds of what is read: larger files only make a case slower.
const (
	maxFileBytes = 48 << 10
	maxPerGroup  = 12
	maxGroups    = 200 // of a language
)

// read reads the archives, by language.
func read(ctx context.Context, args []string) (map[schemas.Language][]group, error) {
	var specs []string
	for _, a := range args {
		err := filepath.WalkDir(a, func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				for _, ext := range []string{".tar", ".tar.gz", ".tgz", ".tar.zst", ".zip", ".crate"} {
					if strings.HasSuffix(p, ext) {
						specs = append(specs, p)
						break
					}
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(specs)
	out := map[schemas.Language][]group{}
	for _, spec := range specs {
		sources, _, err := archives.Resolve(ctx, []string{spec}, archives.ResolveConfig{})
		if err != nil {
			return nil, err
		}
		for _, src := range sources {
			here := map[schemas.Language][]File{}
			err := archives.Walk(ctx, src, archives.Limits{},
				func(p string, size int64) bool { return screen.MaybeSource(p) && size <= maxFileBytes },
				func(e archives.Entry) error {
					lang := screen.Language(e.Path, e.Data)
					if syntax.ByName(lang) != nil && len(here[lang]) < maxPerGroup && len(out[lang]) < maxGroups {
						here[lang] = append(here[lang], File{e.Path, slices.Clone(e.Data)})
					}
					return nil
				}, func(schemas.Reject) {})
			if err != nil {
				return nil, err
			}
			for lang, files := range here {
				out[lang] = append(out[lang], group{filepath.Base(spec), files})
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%v: no archive with source files", args)
	}
	return out, nil
}

// fuzzing is one run.
type fuzzing struct {
	seed      uint64
	dir       string
	groups    map[schemas.Language][]group
	places    map[string]int
	languages map[schemas.Language]int // cases
	texts     int
}

// caseOf is case n.
func (f *fuzzing) caseOf(n uint64, m *mutator) (Case, string) {
	r := rand.New(rand.NewPCG(f.seed, n))
	m.r = r
	langs := slices.Sorted(maps.Keys(f.groups))
	lang := langs[r.IntN(len(langs))]
	g := f.groups[lang][r.IntN(len(f.groups[lang]))]
	k := Case{Seed: r.Uint64(), Language: lang}
	for _, i := range r.Perm(len(g.files))[:min(len(g.files), 1+r.IntN(6))] {
		k.Before = append(k.Before, g.files[i])
	}
	other := f.groups[lang][r.IntN(len(f.groups[lang]))]
	l := syntax.ByName(lang)
	for i, file := range k.Before {
		if i == 0 || r.IntN(3) == 0 {
			file.Content = m.mutate(l, file.Path, file.Content, other.files[r.IntN(len(other.files))].Content)
		}
		k.Files = append(k.Files, file)
	}
	return k, g.archive
}

func (f *fuzzing) run(ctx context.Context, from, cases uint64, long time.Duration) error {
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return err
	}
	current := filepath.Join(f.dir, "current.json")
	m := &mutator{parser: syntax.NewParser()}
	c := newChain()
	began, shown := time.Now(), time.Now()
	n := from
	for ; ctx.Err() == nil && time.Since(began) < long && (cases == 0 || n < from+cases); n++ {
		k, archive := f.caseOf(n, m)
		if err := write(current, k); err != nil {
			return err
		}
		start := time.Now()
		texts, bad := c.run(k)
		f.texts += texts
		f.languages[k.Language]++
		if took := time.Since(start); took > 20*time.Second {
			fmt.Printf("slow: case %d of %s took %v\n", n, archive, took.Round(time.Second))
		}
		if bad != nil {
			c = newChain()
			if err := f.failed(n, archive, k, bad); err != nil {
				return err
			}
		}
		if time.Since(shown) > 30*time.Second {
			shown = time.Now()
			fmt.Printf("%5.0fs  %d cases, %d completions, %d places failed\n", time.Since(began).Seconds(),
				n-from, f.texts, len(f.places))
		}
	}
	if err := os.Remove(current); err != nil {
		return err
	}
	raw, err := json.Marshal(map[string]any{
		"seed": f.seed, "cases": n - from, "completions": f.texts, "seconds": time.Since(began).Seconds(),
		"languages": f.languages, "failures": f.places,
	})
	if err != nil {
		return err
	}
	fmt.Println(string(raw))
	return nil
}

// failed shows a failure; the first of its place is made smaller and written.
func (f *fuzzing) failed(n uint64, archive string, k Case, bad *failure) error {
	place := placeOf(bad)
	f.places[place]++
	if f.places[place] > 1 {
		return nil
	}
	small := shrink(k, place)
	name := filepath.Join(f.dir, strings.Map(func(r rune) rune {
		if r == '/' || r == ':' || r == ' ' {
			return '_'
		}
		return r
	}, place)+".json")
	fmt.Printf("case %d of %s: %s: %s\n%s\n%s: %d files\n", n, archive, bad.Where, bad.What,
		bad.Stack, name, len(small.Files))
	return write(name, small)
}

func write(name string, k Case) error {
	raw, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return os.WriteFile(name, raw, 0o644)
}

// again runs one case and shows what fails.
func again(name string) int {
	raw, err := os.ReadFile(name)
	var k Case
	if err == nil {
		err = json.Unmarshal(raw, &k)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chain:", err)
		return 2
	}
	for _, f := range k.Files {
		fmt.Printf("--- %s\n%s\n", f.Path, f.Content)
	}
	n, bad := newChain().run(k)
	if bad == nil {
		fmt.Printf("mended: %d completions, no failure\n", n)
		return 0
	}
	fmt.Printf("%s: %s\n%s\n", bad.Where, bad.What, bad.Stack)
	return 1
}
