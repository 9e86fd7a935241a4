package pipelines

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"decoy/io/archives"
	"decoy/io/shard"
	"decoy/io/sources"
	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/fim"
	"decoy/transforms/judge"
	"decoy/transforms/screen"
	"decoy/transforms/secrets"
)

// What a shard holds of its records in memory; the rest is in sorted runs on disk.
const (
	heldContexts = 32 << 20
	heldSymbols  = 32 << 20
	heldRejects  = 8 << 20
)

// scanner is one a process: it is only read, and its rules take 15 MB and a second to
// compile.
var scanner = sync.OnceValues(secrets.New)

// slots bound how many shards a process extracts at once. Each uses all processors, so
// more of them are not faster; a runner that starts them all would fill the memory.
var slots = make(chan struct{}, 2)

// extraction is the state of one shard: what its files gave so far. Files are
// parsed by as many goroutines as there are processors; records are sorted before
// they are written, so their order does not matter.
type extraction struct {
	o       extractOptions
	dir     string // of the stage
	scanner *secrets.Scanner
	workers []*fim.Extractor
	langs   map[string]bool
	bugs    *bugs
	failed  map[string]bool // ids and details of internal errors

	mu       sync.Mutex
	err      error // the first of adding a record
	contexts *shard.Sorter[schemas.Context]
	symbols  *shard.Sorter[schemas.Symbol]
	rejects  *shard.Sorter[schemas.Reject]
	names    map[string]nameCounts // by language
	samples  map[string]*judge.Sample
	counts   map[string]int64
	got      *candidates // of the present repository
}

func newExtraction(t shardTask, o extractOptions) (*extraction, error) {
	scanner, err := scanner()
	if err != nil {
		return nil, err
	}
	slots <- struct{}{}
	x := &extraction{
		o: o, dir: t.Out + "/" + t.Stage, scanner: scanner, langs: map[string]bool{},
		contexts: shard.NewSorter(t.path(t.Stage, "contexts"), heldContexts, contextSize, func(a, b schemas.Context) int { return cmp.Compare(a.ID, b.ID) }),
		symbols:  shard.NewSorter(t.path(t.Stage, "symbols"), heldSymbols, symbolSize, fim.CompareSymbols),
		rejects:  shard.NewSorter(t.path(t.Stage, "rejects"), heldRejects, rejectSize, compareRejects),
		names:    map[string]nameCounts{}, samples: map[string]*judge.Sample{}, counts: map[string]int64{},
	}
	x.got = newCandidates(t.path(t.Stage, "candidates"))
	x.bugs, x.failed = t.bugs(x.reject), map[string]bool{}
	for _, l := range o.Languages {
		x.langs[l] = true
		x.names[l] = nameCounts{}
		x.samples[l] = judge.NewSample(int64(o.NgramTokens))
	}
	for range runtime.GOMAXPROCS(0) {
		x.workers = append(x.workers, fim.New(o.FIM))
	}
	return x, nil
}

// Sizes of records in memory: their texts and the structs around them.
func contextSize(c schemas.Context) int {
	return 700 + len(c.Prefix) + len(c.Golden) + len(c.Suffix) + len(c.Path)
}

func symbolSize(s schemas.Symbol) int {
	return 300 + len(s.Path) + len(s.Name) + len(s.Owner) + len(s.Target) + 32*len(s.Params)
}

func rejectSize(r schemas.Reject) int { return 200 + len(r.ID) + len(r.Detail) }

// close frees the parsers and removes the runs. An error of removing them is none of
// the build: what stays has temporary names, which the next run removes.
func (x *extraction) close() {
	for _, w := range x.workers {
		w.Close()
	}
	_ = errors.Join(x.contexts.Close(), x.symbols.Close(), x.rejects.Close(), x.got.sorted.Close())
	<-slots
}

func (x *extraction) reject(r schemas.Reject) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if r.Reason == schemas.ReasonInternal { // licence files are read for every part, and for edits again
		key := r.ID + "\x00" + r.Detail
		if x.failed[key] {
			return
		}
		x.failed[key] = true
	}
	x.keep(x.rejects.Add(r))
}

func (x *extraction) symbol(s schemas.Symbol) {
	if s.Params == nil {
		s.Params = []string{}
	}
	if s.Flags == nil {
		s.Flags = []string{}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.keep(x.symbols.Add(s))
}

// keep remembers the first error of adding a record: the disk is full.
func (x *extraction) keep(err error) { x.err = cmp.Or(x.err, err) }

// file is one source file on its way to a worker. license says what covers it.
type file struct {
	src     archives.Source
	stated  string // by its row
	license *screen.Licenses
	share   float64 // of such files that give spans
	path    string
	data    []byte
}

// repo extracts one repository from its archives and rows.
func (x *extraction) repo(ctx context.Context, repo string, from []partedSource, rows *rowGroups) error {
	if slices.Contains(x.o.Exclude, repo) {
		excluded := func(id string) {
			x.reject(schemas.Reject{Stage: schemas.StageExtract, ID: id, Reason: rejectExcludedRepo, Detail: "extract.exclude_repos names it"})
		}
		for _, s := range from {
			excluded(s.ID())
		}
		last := ""
		return rows.each(repo, func(b schemas.Blob) error {
			if id := (archives.Source{Repo: b.Repo, Commit: b.Commit}).ID(); id != last {
				excluded(id)
				last = id
			}
			return nil
		})
	}
	err := x.parse(ctx, func(files chan<- file) error {
		seen := map[[2]string]bool{} // commit, path
		for _, src := range from {
			var err error
			if len(src.Tasks) > 0 {
				err = x.addParts(src.Tasks)
			} else {
				err = x.walk(ctx, src.Source, seen, files)
			}
			if err != nil {
				return err
			}
		}
		return rows.each(repo, func(b schemas.Blob) error {
			src := archives.Source{Repo: b.Repo, Commit: b.Commit}
			return x.offer(ctx, file{src, b.License, screen.Stated(b.License).Under(x.terms(src)), x.spanShare(1), b.Path, b.Content}, seen, files)
		})
	})
	if err != nil {
		return err
	}
	x.counts["repositories"]++
	edits := x.o.editLimit()
	if err := x.take(x.o.MaxPerRepo - edits); err != nil {
		return err
	}
	if edits == 0 {
		return nil
	}
	for _, src := range from {
		if err := x.edits(ctx, src.Source); err != nil {
			return err
		}
	}
	return x.take(edits)
}

// take keeps at most limit of the candidates.
func (x *extraction) take(limit int) error {
	over, err := x.got.take(limit, x.contexts.Add)
	x.counts["contexts_over_max_per_repo"] += over
	return err
}

// parse runs the workers over the files that send sends.
func (x *extraction) parse(ctx context.Context, send func(chan<- file) error) error {
	files := make(chan file)
	errs := make([]error, len(x.workers))
	var wg sync.WaitGroup
	for i := range x.workers {
		wg.Go(func() {
			for f := range files {
				if errs[i] == nil {
					errs[i] = contain.Do(func() error { return x.file(&x.workers[i], f) })
				}
			}
		})
	}
	err := contain.Do(func() error { return send(files) }) // the workers must be told that it ended
	close(files)
	wg.Wait()
	return cmp.Or(append([]error{err, x.err}, errs...)...)
}

// spareFiles is how many times the files that max_per_repo needs are looked through
// for spans: some give few, and secrets take others away.
const spareFiles = 3

// spanShare is the share of n files of one kind that give spans. A repository has
// far more files than max_per_repo can use; which of them are looked through is
// decided by their content, and all of them give symbols.
func (x *extraction) spanShare(n int) float64 {
	if x.o.Origin == schemas.OriginEdit {
		return 0
	}
	return min(1, spareFiles*float64(x.o.MaxPerRepo)/float64(x.o.FIM.MaxPerFile*max(n, 1)))
}

// walk sends the source files of an archive to the workers. It reads the archive
// twice: its licence files are needed before its first source file.
func (x *extraction) walk(ctx context.Context, src archives.Source, seen map[[2]string]bool, files chan<- file) error {
	licenses, bySuffix, err := x.survey(ctx, src.Whole()) // the parts of an archive must be told the same
	if err != nil {
		return err
	}
	return sources.Walk(ctx, src, x.o.Limits,
		func(p string, _ int64) bool {
			if screen.MaybeSource(p) || manifestName(p, nil) != "" || fim.IsSettings(p) {
				return true
			}
			if key := [2]string{src.Commit, p}; !seen[key] {
				seen[key] = true
				x.symbol(schemas.Symbol{Repo: src.Repo, Record: schemas.SymbolFile, Path: p, Arity: -1})
			}
			return false
		},
		func(e archives.Entry) error {
			return x.offer(ctx, file{src, "", licenses, x.spanShare(bySuffix[path.Ext(e.Path)]), e.Path, e.Data}, seen, files)
		}, func(r schemas.Reject) {
			switch r.Reason {
			case schemas.ReasonInternal:
				x.readerFailed(archiveInput{Source: &src}, r)
				fallthrough
			case archives.NotAnArchive, archives.ArchiveEmpty, archives.ArchiveCorrupt, archives.ArchiveTooLarge, archives.ArchiveRatio:
				x.symbol(schemas.Symbol{Repo: src.Repo, Record: schemas.SymbolFile, Role: "unknown", Arity: -1, Flags: []string{"unread"}})
			case archives.TooLarge, archives.NotRegular, archives.EntryCorrupt, archives.EntryUnsupported:
				x.symbol(schemas.Symbol{Repo: src.Repo, Record: schemas.SymbolFile, Path: strings.TrimPrefix(r.ID, src.ID()+"/"), Role: "unknown", Arity: -1, Flags: []string{"unread"}})
			}
			x.reject(r)
		})
}

// offer sends a file to the workers if it is a source file, and lists its path
// otherwise. Of two with one repository, commit and path the first counts.
func (x *extraction) offer(ctx context.Context, f file, seen map[[2]string]bool, files chan<- file) error {
	key := [2]string{f.src.Commit, f.path}
	if seen[key] {
		x.reject(schemas.Reject{Stage: schemas.StageExtract, ID: f.src.FileID(f.path), Reason: rejectDuplicateFile, Detail: "an earlier input has the same repository, commit and path"})
		return nil
	}
	seen[key] = true
	if !screen.MaybeSource(f.path) || fim.IsSettings(f.path) { // a Makefile has no extension, as scripts have none
		told, ok, err := contained(x.bugs, siteManifest, record{id: f.src.FileID(f.path)}, f.input, func() ([]schemas.Symbol, error) {
			return projectSymbols(f.src.Repo, f.path, f.data), nil
		})
		if err != nil {
			return err
		}
		if !ok {
			told = []schemas.Symbol{{Repo: f.src.Repo, Record: schemas.SymbolFile, Path: f.path, Arity: -1, Flags: []string{"unread"}}}
		}
		for _, s := range told {
			x.symbol(s)
		}
		return nil
	}
	select {
	case files <- f:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// survey reads what an archive says of licences.
func (x *extraction) survey(ctx context.Context, src archives.Source) (*screen.Licenses, map[string]int, error) {
	return survey(ctx, src, x.o.Limits, x.terms(src), x.evidence)
}

// file screens a source file and extracts from it. What fails over it costs the file:
// it is listed, and its declarations are unread.
func (x *extraction) file(at **fim.Extractor, f file) error {
	sum := sha256.Sum256(f.data)
	hash := hex.EncodeToString(sum[:])
	fileSymbol := schemas.Symbol{Repo: f.src.Repo, Record: schemas.SymbolFile, Path: f.path, Owner: hash, Arity: int64(len(f.data))}
	unread := func(err error) error {
		fileSymbol.Flags = []string{"unread"}
		x.symbol(fileSymbol)
		return err
	}
	look, ok, err := contained(x.bugs, siteScreen, f.record(""), f.input, func() (look, error) { return f.screened(), nil })
	if err != nil || !ok {
		return unread(err)
	}
	lang, reason, detail := look.language, look.reason, look.detail
	fileSymbol.Role = lang
	if !x.langs[lang] {
		return unread(nil)
	}
	rejected := func(reason, detail string) {
		x.reject(schemas.Reject{Stage: schemas.StageExtract, ID: f.src.FileID(f.path), Reason: reason, Detail: detail, Language: lang})
	}
	readable := reason == "" || reason == screen.Generated || reason == screen.Vendored
	if !readable {
		rejected(reason, detail)
		return unread(nil)
	}
	license := ""
	if reason == "" {
		terms, ok, err := x.licensed(f, lang)
		if err != nil || !ok {
			return unread(err)
		}
		license, reason, detail = terms.license, terms.reason, terms.detail
	}
	blob := schemas.Blob{Repo: f.src.Repo, Commit: f.src.Commit, Path: f.path, License: license, Language: lang, Size: int64(len(f.data)), SHA256: hash, Content: f.data}
	spans := reason == "" && float64(schemas.Key64("spans", hash)>>11)/(1<<53) < f.share
	r, ok, err := x.look(at, spansInput{Blob: blob, Spans: spans}, f.record(lang), func(w *fim.Extractor) (fim.Result, error) { return w.File(&blob, spans) })
	if err != nil || !ok {
		return unread(err)
	}
	if len(r.Contexts) > 0 {
		found, ok, err := x.find(f, lang)
		if err != nil {
			return err
		}
		if !ok { // what was not searched gives no text
			reason, r.Contexts = schemas.ReasonInternal, nil
		} else if len(found) > 0 {
			reason, detail = rejectSecret, fmt.Sprintf("%s in line %d", found[0].Rule, found[0].Line)
			r.Contexts = nil
		}
	}
	if reason != "" && reason != schemas.ReasonInternal {
		rejected(reason, detail)
	}
	if !r.Read {
		fileSymbol.Flags = []string{"unread"}
	}
	x.symbol(fileSymbol)
	if reason == "" {
		if err := x.sample(f, lang); err != nil {
			return err
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.counts["files"]++
	x.counts["bytes"] += blob.Size
	for _, s := range r.Symbols {
		x.keep(x.symbols.Add(s))
	}
	for _, r := range r.Rejects {
		x.keep(x.rejects.Add(r))
	}
	if reason != "" {
		return nil
	}
	x.counts["files_"+lang]++
	x.counts["declarations_"+lang] += int64(r.Declarations)
	x.counts["declarations_broken_"+lang] += int64(r.Broken)
	if r.Errors {
		x.counts["files_with_errors_"+lang]++
	}
	for _, c := range r.Contexts {
		x.keep(x.got.add(c))
	}
	for _, n := range r.Names {
		x.names[lang].add(n)
	}
	return nil
}
