package extraction

import (
	"cmp"
	"context"
	"errors"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"decoy/io/archives"
	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/io/sources"
	"decoy/pipelines/bug"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/curate"
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

// slots bound how many shards a process extracts at once. Each uses all processors, so
// more of them are not faster; a runner that starts them all would fill the memory.
var slots = make(chan struct{}, 2)

// extraction is the state of one shard: what its files gave so far. Files are
// parsed by as many goroutines as there are processors; records are sorted before
// they are written, so their order does not matter.
type extraction struct {
	o       Options
	before  []flow.Ref // of the tasks before the shards, by number
	scanner *secrets.Scanner
	workers []*fim.Extractor
	langs   map[schemas.Language]bool
	bugs    *bug.Reporter
	failed  map[string]bool // ids and details of internal errors

	mu       sync.Mutex
	err      error // the first of adding a record
	contexts *shard.Sorter[schemas.Context]
	symbols  *shard.Sorter[schemas.Symbol]
	rejects  *shard.Sorter[schemas.Reject]
	shingles *shard.Sorter[curate.FileShingles]
	names    map[schemas.Language]nameCounts // by language
	samples  map[schemas.Language]*judge.Sample
	counts   map[string]int64
	got      *candidates // of the present repository
}

func newExtraction(ctx context.Context, t work.Task, o Options) (*extraction, error) {
	scanner, err := secrets.Shared()
	if err != nil {
		return nil, err
	}
	slots <- struct{}{}
	x := &extraction{
		o: o, scanner: scanner, langs: map[schemas.Language]bool{},
		contexts: shard.NewSorter(t.Path(t.Stage, "contexts"), heldContexts, work.ContextSize,
			func(a, b schemas.Context) int { return cmp.Compare(a.ID, b.ID) }),
		symbols: shard.NewSorter(t.Path(t.Stage, "symbols"), heldSymbols, symbolSize, fim.CompareSymbols),
		rejects: shard.NewSorter(t.Path(t.Stage, "rejects"), heldRejects, rejectSize, schemas.CompareRejects),
		names:   map[schemas.Language]nameCounts{}, samples: map[schemas.Language]*judge.Sample{},
		counts: map[string]int64{},
	}
	x.shingles = x.newShingles(t)
	x.got = NewCandidates(t.Path(t.Stage, "candidates"))
	x.bugs, x.failed = t.Bugs(func(r schemas.Reject) { x.reject(ctx, r) }), map[string]bool{}
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

func symbolSize(s schemas.Symbol) int {
	return 300 + len(s.Path) + len(s.Name) + len(s.Owner) + len(s.Target) + 32*len(s.Params)
}

func rejectSize(r schemas.Reject) int { return 200 + len(r.ID) + len(r.Detail) }

// close frees the parsers and removes the runs. An error of removing them is none of
// the build: what stays has temporary names, which the next run removes.
func (x *extraction) close(ctx context.Context) {
	for _, w := range x.workers {
		w.Close()
	}
	_ = errors.Join(x.contexts.Close(ctx), x.symbols.Close(ctx), x.rejects.Close(ctx), x.got.Sorted.Close(ctx),
		x.shingles.Close(ctx))
	<-slots
}

func (x *extraction) reject(ctx context.Context, r schemas.Reject) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if r.Reason == schemas.ReasonInternal { // licence files are read for every part, and for edits again
		key := r.ID + "\x00" + r.Detail
		if x.failed[key] {
			return
		}
		x.failed[key] = true
	}
	x.keep(x.rejects.Add(ctx, r))
}

func (x *extraction) symbol(ctx context.Context, s schemas.Symbol) {
	if s.Params == nil {
		s.Params = []string{}
	}
	if s.Flags == nil {
		s.Flags = []string{}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.keep(x.symbols.Add(ctx, s))
}

// keep remembers the first error of adding a record: the disk is full.
func (x *extraction) keep(err error) { x.err = cmp.Or(x.err, err) }

// repo extracts one repository from its archives and rows.
func (x *extraction) repo(ctx context.Context, repo string, from []PartedSource, rows *rowGroups) error {
	if slices.Contains(x.o.Exclude, repo) {
		excluded := func(id string) {
			x.reject(ctx, schemas.Reject{Stage: schemas.StageExtract, ID: id, Reason: RejectExcludedRepo,
				Detail: "extract.exclude_repos names it"})
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
				err = x.addParts(ctx, src.Tasks)
			} else {
				err = x.walk(ctx, src.Source, seen, files)
			}
			if err != nil {
				return err
			}
		}
		return rows.each(repo, func(b schemas.Blob) error {
			src := archives.Source{Repo: b.Repo, Commit: b.Commit}
			return x.offer(ctx, file{src, b.License, screen.Stated(b.License).Under(x.terms(src)),
				x.spanShare(1), b.Path, b.Content}, seen, files)
		})
	})
	if err != nil {
		return err
	}
	x.counts["repositories"]++
	edits := x.o.editLimit()
	if err := x.take(ctx, x.o.MaxPerRepo-edits); err != nil {
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
	return x.take(ctx, edits)
}

// take keeps at most limit of the candidates.
func (x *extraction) take(ctx context.Context, limit int) error {
	over, err := x.got.Take(ctx, limit, func(c schemas.Context) error { return x.contexts.Add(ctx, c) })
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
					errs[i] = contain.Do(func() error { return x.file(ctx, &x.workers[i], f) })
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
			if screen.MaybeSource(p) || fim.ManifestName(p, nil) != "" || fim.IsSettings(p) {
				return true
			}
			if key := [2]string{src.Commit, p}; !seen[key] {
				seen[key] = true
				x.symbol(ctx, schemas.SourceFile{Repo: src.Repo, Path: p}.Symbol())
			}
			return false
		},
		func(e archives.Entry) error {
			return x.offer(ctx, file{src, "", licenses, x.spanShare(bySuffix[path.Ext(e.Path)]), e.Path, e.Data}, seen,
				files)
		}, func(r schemas.Reject) {
			switch r.Reason {
			case schemas.ReasonInternal:
				x.readerFailed(ctx, archiveInput{Source: &src}, r)
				fallthrough
			case archives.NotAnArchive, archives.ArchiveEmpty, archives.ArchiveCorrupt, archives.ArchiveTooLarge,
				archives.ArchiveRatio:
				x.symbol(ctx, schemas.SourceFile{Repo: src.Repo, Language: "unknown", Unread: true}.Symbol())
			case archives.TooLarge, archives.NotRegular, archives.EntryCorrupt, archives.EntryUnsupported:
				x.symbol(ctx, schemas.SourceFile{Repo: src.Repo, Path: strings.TrimPrefix(r.ID, src.ID()+"/"),
					Language: "unknown", Unread: true}.Symbol())
			}
			x.reject(ctx, r)
		})
}

// survey reads what an archive says of licences.
func (x *extraction) survey(ctx context.Context, src archives.Source) (*screen.Licenses, map[string]int, error) {
	return survey(ctx, src, x.o.Limits, x.terms(src), func(src archives.Source, l *screen.Licenses, e archives.Entry,
		take func(path string, data []byte)) error {
		return x.evidence(ctx, src, l, e, take)
	})
}
