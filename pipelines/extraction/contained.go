package extraction

import (
	"context"
	"path"

	"decoy/io/archives"
	"decoy/io/sources"
	"decoy/pipelines/bug"
	"decoy/pipelines/recipe"
	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/screen"
	"decoy/transforms/secrets"
)

// The pure functions that extract calls over a file, each contained.

func (f file) record(lang schemas.Language) bug.Record {
	return bug.Record{ID: f.src.FileID(f.path), Language: lang}
}

func (f file) input() []File {
	return []File{{Path: f.path, Content: f.data, Stated: f.stated, Attributes: f.license.Attributes(f.path)}}
}

// look is what screening says of a file.
type look struct {
	language schemas.Language
	reason   schemas.Reason
	detail   string
}

func (f file) screened() look { return screened(f.license.Attributes(f.path), f.path, f.data) }

func screened(a screen.FileAttributes, path string, data []byte) look {
	l := look{language: screen.Language(path, data)}
	l.reason, l.detail = screen.FileUnder(a, path, data)
	return l
}

// unreadLicense stands for a file that tells of licences and over which reading failed:
// its folder has terms that nobody knows.
const unreadLicense = "terms that could not be read"

// evidence lets a survey take in a file.
func (x *extraction) evidence(ctx context.Context, src archives.Source, l *screen.Licenses, e archives.Entry,
	take func(path string, data []byte)) error {
	_, ok, err := bug.Contain(ctx, x.bugs, siteLicenseFile, bug.Record{ID: src.FileID(e.Path)},
		func() []File { return []File{{Path: e.Path, Content: e.Data}} },
		func() (struct{}, error) {
			take(e.Path, e.Data)
			return struct{}{}, nil
		})
	if err == nil && !ok {
		l.Add(path.Join(path.Dir(e.Path), "LICENSE"), []byte(unreadLicense))
	}
	return err
}

// terms are what the build asks of the licences of a source.
func (x *extraction) terms(src archives.Source) screen.Terms {
	return screen.Terms{Any: x.o.Licenses == recipe.LicensesAny, Own: src.License}
}

// covered is a file's licence, or why it has none.
type covered struct {
	license string
	reason  schemas.Reason
	detail  string
}

func (x *extraction) licensed(ctx context.Context, f file, lang schemas.Language) (covered, bool, error) {
	return bug.Contain(ctx, x.bugs, siteLicense, f.record(lang), func() []File {
		in := f.input()
		in[0].Terms = x.terms(f.src)
		whole := in[0]
		if whole.Licenses = x.licenseFiles(ctx, f.src); len(whole.Licenses) > 0 {
			in = append(in, whole)
		}
		return in
	}, func() (c covered, err error) {
		c.license, c.reason, c.detail = f.license.For(f.path, f.data)
		return c, nil
	})
}

// maxLicenseBytes bounds the licence files of a bundle.
const maxLicenseBytes = 4 << 20

// licenseFiles reads an archive's licence files once more, for a bundle.
func (x *extraction) licenseFiles(ctx context.Context, src archives.Source) (out []licenseFile) {
	if src.Path == "" {
		return nil // rows
	}
	left := maxLicenseBytes
	err := sources.Walk(ctx, src.Whole(), x.o.Limits,
		func(p string, _ int64) bool { return screen.IsEvidence(p) },
		func(e archives.Entry) error {
			if left -= len(e.Data); left > 0 {
				out = append(out, licenseFile{e.Path, e.Data})
			}
			return nil
		}, func(schemas.Reject) {})
	if err != nil {
		return nil // the bundle has less
	}
	return out
}

// look calls a function of an extractor, which another one replaces if it fails.
func (x *extraction) look(ctx context.Context, at **fim.Extractor, in spansInput, r bug.Record,
	f func(*fim.Extractor) (fim.Result, error)) (fim.Result, bool, error) {
	in.Config = x.o.FIM
	got, ok, err := bug.Contain(ctx, x.bugs, siteSpans, r, func() []spansInput { return []spansInput{in} },
		func() (fim.Result, error) { return f(*at) })
	if !ok {
		bug.Discard((*at).Close)
		*at = fim.New(x.o.FIM)
	}
	return got, ok, err
}

func (x *extraction) find(ctx context.Context, f file, lang schemas.Language) ([]secrets.Finding, bool, error) {
	return bug.Contain(ctx, x.bugs, siteSecrets, f.record(lang), f.input,
		func() ([]secrets.Finding, error) { return x.scanner.Find(string(f.data)), nil })
}

// sample offers a file to the n-grams. One that cannot be cut into tokens is in no
// sample.
func (x *extraction) sample(ctx context.Context, f file, lang schemas.Language) error {
	_, _, err := bug.Contain(ctx, x.bugs, siteSample, f.record(lang), f.input, func() (struct{}, error) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.samples[lang].Offer(schemas.Fold(f.src.Repo), string(f.data))
		return struct{}{}, nil
	})
	return err
}

// readerFailed writes the bundle of a reader that failed; its reject is made.
func (x *extraction) readerFailed(ctx context.Context, in archiveInput, r schemas.Reject) {
	b := *x.bugs
	b.Reject = func(schemas.Reject) {}
	err := bug.Reported(ctx, &b, siteArchive, r, func() []archiveInput { return []archiveInput{in} })
	x.mu.Lock()
	defer x.mu.Unlock()
	x.keep(err)
}
