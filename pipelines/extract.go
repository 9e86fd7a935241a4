package pipelines

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"decoy/io/archives"
	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/judge"
	"decoy/transforms/screen"
	"decoy/transforms/secrets"
)

// extractOptions is what a shard of extract needs to know.
type extractOptions struct {
	Sources     []archives.Source `json:"sources"`
	Rejected    []schemas.Reject  `json:"rejected"` // shard 0: archives that could not be read
	FIM         fim.Config        `json:"fim"`
	Languages   []string          `json:"languages"`
	Exclude     []string          `json:"exclude"`
	MaxPerRepo  int               `json:"max_per_repo"`
	NgramTokens int               `json:"ngram_tokens"`
	Limits      archives.Limits   `json:"limits"`
}

// Reasons of extract's own rejects, beside those of archives, screen and fim.
const (
	rejectDuplicateFile = "duplicate_file"
	rejectSecret        = "secret"
	rejectExcludedRepo  = "excluded_repo"
)

func init() { shardWorks[schemas.StageExtract] = extractShard }

// runExtract extracts all sources.
//
//	archives → contexts, symbols, rejects (by shard); names-LANG, ngrams-LANG-FOLD
func runExtract(ctx context.Context, b *Build) error {
	cfg, err := b.Recipe.FIM()
	if err != nil {
		return err
	}
	var inputs []schemas.Input
	for _, s := range b.Sources {
		inputs = append(inputs, s.Input())
	}
	options := struct {
		ExtractRecipe
		Unreadable []schemas.Reject `json:"unreadable,omitempty"` // they are among the rejects
	}{b.Recipe.Extract, b.Rejected}
	s, err := b.open(schemas.StageExtract, options, inputs)
	if err != nil {
		return err
	}
	if done, err := s.finished(); err != nil || done {
		if done {
			b.Log("extract: done before")
		}
		return err
	}
	todo, err := s.todo()
	if err != nil {
		return err
	}
	n := b.Recipe.Shards
	byShard := make([][]archives.Source, n)
	for _, src := range b.Sources {
		i := schemas.Shard(src.Repo, n)
		byShard[i] = append(byShard[i], src)
	}
	b.Log("extract: %d archives, %d of %d shards to do", len(b.Sources), len(todo), n)
	err = s.runWithMerge(ctx, todo, func(i int) any {
		o := extractOptions{
			Sources: byShard[i], FIM: cfg, Languages: b.Recipe.Extract.Languages, Exclude: b.Recipe.Extract.ExcludeRepos,
			MaxPerRepo: b.Recipe.Extract.MaxPerRepo, NgramTokens: b.Recipe.Extract.NgramTokens / n,
		}
		if i == 0 {
			o.Rejected = b.Rejected
		}
		return o
	})
	if err != nil {
		return err
	}
	return s.finish(len(b.Recipe.Extract.Languages))
}

// extractShard extracts the repositories of one shard.
func extractShard(ctx context.Context, t shardTask) (schemas.Done, error) {
	var o extractOptions
	if err := t.options(&o); err != nil {
		return schemas.Done{}, err
	}
	x, err := newExtraction(o)
	if err != nil {
		return schemas.Done{}, err
	}
	defer x.close()
	x.rejects = append(x.rejects, o.Rejected...)
	for start := 0; start < len(o.Sources); {
		end := start
		for end < len(o.Sources) && o.Sources[end].Repo == o.Sources[start].Repo {
			end++
		}
		if err := x.repo(ctx, o.Sources[start:end]); err != nil {
			return schemas.Done{}, err
		}
		start = end
	}
	return x.write(t)
}

// extraction is the state of one shard: what its files gave so far. Files are
// parsed by as many goroutines as there are processors; results are sorted before
// they are written, so their order does not matter.
type extraction struct {
	o        extractOptions
	scanner  *secrets.Scanner
	workers  []*fim.Extractor
	langs    map[string]bool
	contexts []schemas.Context
	symbols  []schemas.Symbol
	rejects  []schemas.Reject
	names    map[string]map[schemas.Name]int64 // by language; Count is 0 in the key
	samples  map[string]*judge.Sample
	counts   map[string]int64

	mu  sync.Mutex
	got []schemas.Context // of the present repository
}

func newExtraction(o extractOptions) (*extraction, error) {
	scanner, err := secrets.New()
	if err != nil {
		return nil, err
	}
	x := &extraction{o: o, scanner: scanner, langs: map[string]bool{}, names: map[string]map[schemas.Name]int64{}, samples: map[string]*judge.Sample{}, counts: map[string]int64{}}
	for _, l := range o.Languages {
		x.langs[l] = true
		x.names[l] = map[schemas.Name]int64{}
		x.samples[l] = judge.NewSample(int64(o.NgramTokens))
	}
	for range runtime.GOMAXPROCS(0) {
		x.workers = append(x.workers, fim.New(o.FIM))
	}
	return x, nil
}

func (x *extraction) close() {
	for _, w := range x.workers {
		w.Close()
	}
}

func (x *extraction) reject(r schemas.Reject) {
	x.mu.Lock()
	x.rejects = append(x.rejects, r)
	x.mu.Unlock()
}

// file is one source file on its way to a worker.
type file struct {
	src      archives.Source
	licenses *screen.Licenses
	share    float64 // of such files that give spans
	path     string
	data     []byte
}

// repo extracts one repository from its archives.
func (x *extraction) repo(ctx context.Context, sources []archives.Source) error {
	repo := sources[0].Repo
	if slices.Contains(x.o.Exclude, repo) {
		for _, s := range sources {
			x.reject(schemas.Reject{Stage: schemas.StageExtract, ID: s.ID(), Reason: rejectExcludedRepo, Detail: "extract.exclude_repos names it"})
		}
		return nil
	}
	x.got = nil
	files := make(chan file)
	errs := make([]error, len(x.workers))
	var wg sync.WaitGroup
	for i, w := range x.workers {
		wg.Go(func() {
			for f := range files {
				if errs[i] == nil {
					errs[i] = x.file(w, f)
				}
			}
		})
	}
	err := x.walk(ctx, sources, files)
	close(files)
	wg.Wait()
	for _, e := range errs {
		err = cmp.Or(err, e)
	}
	if err != nil {
		return err
	}
	x.counts["repositories"]++
	kept := capRepo(x.got, x.o.MaxPerRepo)
	x.counts["contexts_over_max_per_repo"] += int64(len(x.got) - len(kept))
	x.contexts = append(x.contexts, kept...)
	return nil
}

// spareFiles is how many times the files that max_per_repo needs are looked through
// for spans: some give few, and secrets take others away.
const spareFiles = 3

// spanShare is the share of n files of one kind that give spans. A repository has
// far more files than max_per_repo can use; which of them are looked through is
// decided by their content, and all of them give symbols.
func (x *extraction) spanShare(n int) float64 {
	return min(1, spareFiles*float64(x.o.MaxPerRepo)/float64(x.o.FIM.MaxPerFile*max(n, 1)))
}

// walk sends the source files of a repository's archives to the workers. It reads
// an archive twice: its licence files are needed before its first source file.
func (x *extraction) walk(ctx context.Context, sources []archives.Source, files chan<- file) error {
	seen := map[[2]string]bool{} // commit, path
	for _, src := range sources {
		licenses := screen.NewLicenses()
		sources := map[string]int{} // by extension
		err := archives.Walk(ctx, src, x.o.Limits,
			func(p string, _ int64) bool {
				if screen.MaybeSource(p) {
					sources[path.Ext(p)]++
				}
				return screen.IsLicenseFile(p)
			},
			func(e archives.Entry) error {
				licenses.Add(e.Path, e.Data)
				return nil
			}, func(schemas.Reject) {}) // the second reading reports them
		if err != nil {
			return err
		}
		err = archives.Walk(ctx, src, x.o.Limits,
			func(p string, _ int64) bool {
				if screen.MaybeSource(p) || manifestName(p, nil) != "" {
					return true
				}
				if key := [2]string{src.Commit, p}; !seen[key] {
					seen[key] = true
					x.symbol(schemas.Symbol{Repo: src.Repo, Record: schemas.SymbolFile, Path: p, Arity: -1})
				}
				return false
			},
			func(e archives.Entry) error {
				key := [2]string{src.Commit, e.Path}
				if seen[key] {
					x.reject(schemas.Reject{Stage: schemas.StageExtract, ID: src.FileID(e.Path), Reason: rejectDuplicateFile, Detail: "an earlier archive has the same repository, commit and path"})
					return nil
				}
				seen[key] = true
				if !screen.MaybeSource(e.Path) {
					x.symbol(schemas.Symbol{Repo: src.Repo, Record: schemas.SymbolFile, Path: e.Path, Arity: -1, Target: manifestName(e.Path, e.Data)})
					return nil
				}
				select {
				case files <- file{src, licenses, x.spanShare(sources[path.Ext(e.Path)]), e.Path, e.Data}:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}, func(r schemas.Reject) {
				switch r.Reason {
				case archives.NotAnArchive, archives.ArchiveEmpty, archives.ArchiveCorrupt, archives.ArchiveTooLarge, archives.ArchiveRatio:
					x.symbol(schemas.Symbol{Repo: src.Repo, Record: schemas.SymbolFile, Role: "unknown", Arity: -1, Flags: []string{"unread"}})
				case archives.TooLarge, archives.NotRegular, archives.EntryCorrupt, archives.EntryUnsupported:
					x.symbol(schemas.Symbol{Repo: src.Repo, Record: schemas.SymbolFile, Path: strings.TrimPrefix(r.ID, src.ID()+"/"), Role: "unknown", Arity: -1, Flags: []string{"unread"}})
				}
				x.reject(r)
			})
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *extraction) symbol(s schemas.Symbol) {
	if s.Params == nil {
		s.Params = []string{}
	}
	if s.Flags == nil {
		s.Flags = []string{}
	}
	x.mu.Lock()
	x.symbols = append(x.symbols, s)
	x.mu.Unlock()
}

// file screens a source file and extracts from it.
func (x *extraction) file(w *fim.Extractor, f file) error {
	lang := screen.Language(f.path, f.data)
	sum := sha256.Sum256(f.data)
	hash := hex.EncodeToString(sum[:])
	fileSymbol := schemas.Symbol{Repo: f.src.Repo, Record: schemas.SymbolFile, Path: f.path, Role: lang, Owner: hash, Arity: int64(len(f.data))}
	if !x.langs[lang] {
		fileSymbol.Flags = []string{"unread"}
		x.symbol(fileSymbol)
		return nil
	}
	rejected := func(reason, detail string) {
		x.reject(schemas.Reject{Stage: schemas.StageExtract, ID: f.src.FileID(f.path), Reason: reason, Detail: detail, Language: lang})
	}
	reason, detail := screen.File(f.path, f.data)
	readable := reason == "" || reason == screen.Generated || reason == screen.Vendored
	if !readable {
		fileSymbol.Flags = []string{"unread"}
		x.symbol(fileSymbol)
		rejected(reason, detail)
		return nil
	}
	license := ""
	if reason == "" {
		license, reason, detail = f.licenses.For(f.path, f.data)
	}
	blob := schemas.Blob{Repo: f.src.Repo, Commit: f.src.Commit, Path: f.path, License: license, Language: lang, Size: int64(len(f.data)), SHA256: hash, Content: f.data}
	spans := reason == "" && float64(schemas.Key64("spans", hash)>>11)/(1<<53) < f.share
	r, err := w.File(&blob, spans)
	if err != nil {
		return err
	}
	if len(r.Contexts) > 0 {
		if found := x.scanner.Find(string(f.data)); len(found) > 0 {
			reason, detail = rejectSecret, fmt.Sprintf("%s in line %d", found[0].Rule, found[0].Line)
			r.Contexts = nil
		}
	}
	if reason != "" {
		rejected(reason, detail)
	}
	if len(r.Symbols) == 0 && len(r.Rejects) > 0 && len(r.Names) == 0 {
		fileSymbol.Flags = []string{"unread"}
	}
	x.symbol(fileSymbol)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.counts["files"]++
	x.counts["bytes"] += blob.Size
	x.symbols = append(x.symbols, r.Symbols...)
	x.rejects = append(x.rejects, r.Rejects...)
	if reason != "" {
		return nil
	}
	x.counts["files_"+lang]++
	x.got = append(x.got, r.Contexts...)
	names := x.names[lang]
	for _, n := range r.Names {
		count := n.Count
		n.Count = 0
		names[n] += count
	}
	x.samples[lang].Offer(schemas.Fold(blob.Repo), string(f.data))
	return nil
}
