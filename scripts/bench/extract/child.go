package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	sitter "github.com/smacker/go-tree-sitter"
	"github.com/smacker/go-tree-sitter/cpp"
	"github.com/smacker/go-tree-sitter/csharp"
	"github.com/smacker/go-tree-sitter/golang"
	"github.com/smacker/go-tree-sitter/java"
	"github.com/smacker/go-tree-sitter/javascript"
	"github.com/smacker/go-tree-sitter/python"
	"github.com/smacker/go-tree-sitter/rust"
	"github.com/smacker/go-tree-sitter/typescript/tsx"
	"github.com/smacker/go-tree-sitter/typescript/typescript"

	"decoy/io/archives"
	"decoy/io/shard"
	"decoy/pipelines"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/judge"
	"decoy/transforms/screen"
	"decoy/transforms/secrets"
)

// child measures one mode in this process and prints a sample.
func child(ctx context.Context, mode string, args []string) error {
	var s sample
	var err error
	if mode == "stage" {
		var times int
		if times, err = strconv.Atoi(args[1]); err != nil {
			return err
		}
		s, err = stage(ctx, args[0], times, args[2:])
	} else {
		var sources []archives.Source
		if sources, _, err = archives.Resolve(ctx, args[1:2], archives.ResolveConfig{}); err != nil {
			return err
		}
		s, err = one(ctx, mode, schemas.Language(args[0]), sources[0], args[2])
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}

func one(ctx context.Context, mode string, lang schemas.Language, src archives.Source, out string) (sample, error) {
	switch mode {
	case "raw":
		return raw(ctx, lang, src)
	case "full":
		return full(ctx, lang, src, output{out, true})
	case "beside":
		return beside(ctx, lang, src)
	case "plain":
		return full(ctx, lang, src, output{out, false})
	}
	return sample{}, fmt.Errorf("unknown mode %q", mode)
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// cpu is the processor time of this process so far, in seconds.
func cpu() float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err) // the call has no way to fail on itself
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
}

// walk reads all files of a corpus.
func walk(ctx context.Context, src archives.Source, file func(archives.Entry) error) error {
	return archives.Walk(ctx, src, archives.Limits{}, nil, file, func(schemas.Reject) {})
}

var grammars = map[schemas.Language]func() *sitter.Language{
	schemas.Cpp: cpp.GetLanguage, schemas.CSharp: csharp.GetLanguage, schemas.Go: golang.GetLanguage,
	schemas.Java:       java.GetLanguage,
	schemas.JavaScript: javascript.GetLanguage, schemas.Python: python.GetLanguage, schemas.Rust: rust.GetLanguage,
	schemas.TypeScript: typescript.GetLanguage,
}

// raw parses and does nothing else.
func raw(ctx context.Context, lang schemas.Language, src archives.Source) (s sample, err error) {
	parser := sitter.NewParser()
	start := cpu()
	err = walk(ctx, src, func(e archives.Entry) error {
		get := grammars[lang]
		if path.Ext(e.Path) == ".tsx" {
			get = tsx.GetLanguage
		}
		parser.SetLanguage(get())
		tree, err := parser.ParseCtx(context.Background(), nil, e.Data)
		if err != nil {
			return err
		}
		tree.Close()
		s.Files++
		s.Bytes += e.Size
		return nil
	})
	s.CPU = cpu() - start
	return s, err
}

// config takes as many spans of a file as the peer does.
var config = must(fim.Config{Kinds: map[string]int{"import": 2, "call": 4, "general": 2}, MaxPerFile: 8}.Filled())

func must(c fim.Config, err error) fim.Config {
	if err != nil {
		panic(err)
	}
	return c
}

func blob(lang schemas.Language, src archives.Source, e archives.Entry) *schemas.Blob {
	return &schemas.Blob{Repo: src.Repo, Commit: src.Commit, Path: e.Path, License: "MIT", Language: lang, Size: e.Size,
		SHA256: hash(e.Data), Content: e.Data}
}

// full extracts from every file and writes what it gives.
func full(ctx context.Context, lang schemas.Language, src archives.Source, to output) (sample, error) {
	x := fim.New(config)
	defer x.Close()
	var s sample
	names := map[schemas.Name]int64{}
	start := cpu()
	contexts, err := open[schemas.Context](to, "contexts")
	if err != nil {
		return s, err
	}
	symbols, err := open[schemas.Symbol](to, "symbols")
	if err != nil {
		return s, err
	}
	err = walk(ctx, src, func(e archives.Entry) error {
		r, err := x.File(blob(lang, src, e), true)
		if err != nil {
			return err
		}
		s.Files++
		s.Bytes += e.Size
		s.Contexts += int64(len(r.Contexts))
		for _, c := range r.Contexts {
			if err := contexts.Write(c); err != nil {
				return err
			}
		}
		for _, y := range r.Symbols {
			if err := symbols.Write(y); err != nil {
				return err
			}
		}
		for _, n := range r.Names {
			count := n.Count
			n.Count = 0
			names[n] += count
		}
		return nil
	})
	if err != nil {
		return s, err
	}
	sorted := make([]schemas.Name, 0, len(names))
	for n, count := range names {
		n.Count = count
		sorted = append(sorted, n)
	}
	fim.SortNames(sorted)
	all, err := open[schemas.Name](to, "names")
	if err != nil {
		return s, err
	}
	for _, n := range sorted {
		if err := all.Write(n); err != nil {
			return s, err
		}
	}
	for _, w := range []interface{ Close() error }{contexts, symbols, all} {
		if err := w.Close(); err != nil {
			return s, err
		}
	}
	s.CPU = cpu() - start
	return s, nil
}

// beside times what a build does with the same files beside extraction.
func beside(ctx context.Context, lang schemas.Language, src archives.Source) (sample, error) {
	s := sample{Extra: map[string]float64{}}
	scanner, err := secrets.New()
	if err != nil {
		return s, err
	}
	x := fim.New(config)
	defer x.Close()
	timed := func(name string, work func()) {
		start := cpu()
		work()
		s.Extra[name] += cpu() - start
	}
	licenses, ngrams := screen.NewLicenses(), judge.NewSample(1<<40)
	err = walk(ctx, src, func(e archives.Entry) error {
		s.Bytes += e.Size
		timed("license", func() { licenses.For(e.Path, e.Data) })
		timed("ngrams", func() { ngrams.Offer(0, string(e.Data)) })
		r, err := x.File(blob(lang, src, e), true)
		if err == nil && len(r.Contexts) > 0 {
			timed("secrets", func() { scanner.Find(string(e.Data)) })
		}
		return err
	})
	timed("ngrams", func() { ngrams.Counters() })
	return s, err
}

// stage runs the whole stage over archives, each of them so many times under other
// names.
func stage(ctx context.Context, out string, times int, specs []string) (s sample, err error) {
	if err := os.RemoveAll(out); err != nil {
		return s, err
	}
	recipe, err := recipe.Load("demo")
	if err != nil {
		return s, err
	}
	recipe.Archives = specs
	b := pipelines.Build{
		Out: out, Recipe: recipe, Workers: 1, Log: func(string, ...any) {},
		Run: func(ctx context.Context, p *beam.Pipeline, _ pipelines.Job) (work.Metrics, error) {
			_, err := prism.Execute(ctx, p)
			return work.Metrics{}, err
		},
	}
	if err := b.Resolve(ctx); err != nil {
		return s, err
	}
	once := b.Sources
	b.Sources = nil
	for _, src := range once {
		for i := range times {
			named := src
			named.Repo = fmt.Sprintf("copy-%d/%s", i, src.Repo)
			b.Sources = append(b.Sources, named)
			s.Bytes += src.Bytes
		}
	}
	slices.SortFunc(b.Sources, archives.CompareSources)
	beamlog.SetLogger(silent{})
	slog.SetDefault(slog.New(slog.DiscardHandler))
	began, start := time.Now(), cpu()
	err = b.RunStages(ctx, schemas.StageExtract)
	s.Wall, s.CPU = time.Since(began).Seconds(), cpu()-start
	var r syscall.Rusage
	if err := cmp.Or(err, syscall.Getrusage(syscall.RUSAGE_SELF, &r)); err != nil {
		return s, err
	}
	s.RSS = float64(r.Maxrss) / 1024
	return s, nil
}

type silent struct{}

func (silent) Log(context.Context, beamlog.Severity, int, string) {}

// output is where records go: as a build writes them, or as bare JSON Lines.
type output struct {
	dir        string
	compressed bool
}

// records takes records of one type.
type records[T any] struct {
	Write func(T) error
	close func() error
}

// Close ends the file.
func (r records[T]) Close() error { return r.close() }

// open starts a file.
func open[T any](to output, name string) (r records[T], err error) {
	if err := os.MkdirAll(to.dir, 0o777); err != nil {
		return r, err
	}
	path := filepath.Join(to.dir, name+".jsonl")
	if to.compressed {
		w, err := shard.Create[T](context.Background(), path+".zst")
		if err != nil {
			return r, err
		}
		return records[T]{w.Write, func() error { _, err := w.Commit(); return err }}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return r, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return records[T]{func(v T) error { return enc.Encode(v) },
		func() error { return errors.Join(w.Flush(), f.Close()) }}, nil
}
