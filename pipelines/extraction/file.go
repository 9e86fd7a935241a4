package extraction

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"decoy/io/archives"
	"decoy/pipelines/bug"
	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/screen"
)

// file is one source file on its way to a worker. license says what covers it.
type file struct {
	src     archives.Source
	stated  string // by its row
	license *screen.Licenses
	share   float64 // of such files that give spans
	path    string
	data    []byte
}

// offer sends a file to the workers if it is a source file, and lists its path
// otherwise. Of two with one repository, commit and path the first counts.
func (x *extraction) offer(ctx context.Context, f file, seen map[[2]string]bool, files chan<- file) error {
	key := [2]string{f.src.Commit, f.path}
	if seen[key] {
		x.reject(ctx, schemas.Reject{Stage: schemas.StageExtract, ID: f.src.FileID(f.path), Reason: RejectDuplicateFile,
			Detail: "an earlier input has the same repository, commit and path"})
		return nil
	}
	seen[key] = true
	// A Makefile has no extension, as scripts have none.
	if !screen.MaybeSource(f.path) || fim.IsSettings(f.path) {
		told, ok, err := bug.Contain(ctx, x.bugs, siteManifest, bug.Record{ID: f.src.FileID(f.path)}, f.input,
			func() ([]schemas.Symbol, error) {
				return fim.Project(f.src.Repo, f.path, f.data), nil
			})
		if err != nil {
			return err
		}
		if !ok {
			told = []schemas.Symbol{schemas.SourceFile{Repo: f.src.Repo, Path: f.path, Unread: true}.Symbol()}
		}
		for _, s := range told {
			x.symbol(ctx, s)
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

// file screens a source file and extracts from it. What fails over it costs the file:
// it is listed, and its declarations are unread.
func (x *extraction) file(ctx context.Context, at **fim.Extractor, f file) error {
	sum := sha256.Sum256(f.data)
	hash := hex.EncodeToString(sum[:])
	source := schemas.SourceFile{Repo: f.src.Repo, Path: f.path, SHA256: hash, Size: int64(len(f.data))}
	unread := func(err error) error {
		source.Unread = true
		x.symbol(ctx, source.Symbol())
		return err
	}
	look, ok, err := bug.Contain(ctx, x.bugs, siteScreen, f.record(""), f.input, func() (look, error) {
		return f.screened(), nil
	})
	if err != nil || !ok {
		return unread(err)
	}
	lang, reason, detail := look.language, look.reason, look.detail
	source.Language = lang
	if !x.langs[lang] {
		return unread(nil)
	}
	rejected := func(reason schemas.Reason, detail string) {
		x.reject(ctx, schemas.Reject{Stage: schemas.StageExtract, ID: f.src.FileID(f.path), Reason: reason,
			Detail: detail, Language: lang})
	}
	readable := reason == "" || reason == screen.Generated || reason == screen.Vendored
	if !readable {
		rejected(reason, detail)
		return unread(nil)
	}
	license := ""
	if reason == "" {
		terms, ok, err := x.licensed(ctx, f, lang)
		if err != nil || !ok {
			return unread(err)
		}
		license, reason, detail = terms.license, terms.reason, terms.detail
	}
	blob := schemas.Blob{Repo: f.src.Repo, Commit: f.src.Commit, Path: f.path, License: license, Language: lang,
		Size: int64(len(f.data)), SHA256: hash, Content: f.data}
	spans := reason == "" && float64(schemas.Key64("spans", hash)>>11)/(1<<53) < f.share
	r, ok, err := x.look(ctx, at, spansInput{Blob: blob, Spans: spans}, f.record(lang),
		func(w *fim.Extractor) (fim.Result, error) { return w.File(&blob, spans) })
	if err != nil || !ok {
		return unread(err)
	}
	if len(r.Contexts) > 0 {
		found, ok, err := x.find(ctx, f, lang)
		if err != nil {
			return err
		}
		if !ok { // what was not searched gives no text
			reason, r.Contexts = schemas.ReasonInternal, nil
		} else if len(found) > 0 {
			reason, detail = RejectSecret, fmt.Sprintf("%s in line %d", found[0].Rule, found[0].Line)
			r.Contexts = nil
		}
	}
	if reason != "" && reason != schemas.ReasonInternal {
		rejected(reason, detail)
	}
	source.Unread = !r.Read
	x.symbol(ctx, source.Symbol())
	if reason == "" {
		if err := x.sample(ctx, f, lang); err != nil {
			return err
		}
	}
	if reason == "" && len(r.Contexts) > 0 {
		if err := x.shingle(ctx, f, lang); err != nil {
			return err
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.counts["files"]++
	x.counts["bytes"] += blob.Size
	for _, s := range r.Symbols {
		x.keep(x.symbols.Add(ctx, s))
	}
	for _, r := range r.Rejects {
		x.keep(x.rejects.Add(ctx, r))
	}
	if reason != "" {
		return nil
	}
	x.counts["files_"+string(lang)]++
	x.counts["declarations_"+string(lang)] += int64(r.Declarations)
	x.counts["declarations_broken_"+string(lang)] += int64(r.Broken)
	if r.Errors {
		x.counts["files_with_errors_"+string(lang)]++
	}
	for _, c := range r.Contexts {
		x.keep(x.got.Add(ctx, c))
	}
	for _, n := range r.Names {
		x.names[lang].add(n)
	}
	return nil
}
