package extraction

import (
	"context"
	"path"
	"slices"

	"decoy/io/archives"
	"decoy/io/sources"
	"decoy/schemas"
	"decoy/transforms/screen"
)

// maxSurveys bounds how often an archive is read for what links and manifests name: a
// file that is named may name another one.
const maxSurveys = 4

// Survey reads what an archive says of licences, under the terms of a build, and counts
// its source files by extension. An archive in which links or manifests name other files
// is read again for these.
//
//	licence files, manifests, REUSE files, .gitattributes, links → the licence of each file
func Survey(ctx context.Context, src archives.Source, lim archives.Limits,
	terms screen.Terms) (*screen.Licenses, map[string]int, error) {
	return survey(ctx, src, lim, terms, func(_ archives.Source, _ *screen.Licenses, e archives.Entry,
		take func(path string, data []byte)) error {
		take(e.Path, e.Data)
		return nil
	})
}

// survey lets each file that tells of licences be taken in by evidence.
func survey(ctx context.Context, src archives.Source, lim archives.Limits, terms screen.Terms,
	evidence func(src archives.Source, l *screen.Licenses, e archives.Entry,
		take func(path string, data []byte)) error) (*screen.Licenses, map[string]int, error) {
	licenses := screen.NewLicenses().Under(terms)
	bySuffix := map[string]int{}
	none := func(schemas.Reject) {} // the reading of the sources reports them
	err := sources.WalkLinks(ctx, src, lim,
		func(p string, _ int64) bool {
			if screen.MaybeSource(p) {
				bySuffix[path.Ext(p)]++
			}
			return screen.IsEvidence(p)
		},
		func(e archives.Entry) error {
			return evidence(src, licenses, e, licenses.AddEvidence)
		}, licenses.AddLink, none)
	for range maxSurveys {
		wanted := licenses.Wanted()
		if err != nil || len(wanted) == 0 {
			break
		}
		slices.Sort(wanted)
		err = sources.Walk(ctx, src, lim,
			func(p string, _ int64) bool {
				_, ok := slices.BinarySearch(wanted, p)
				return ok
			},
			func(e archives.Entry) error {
				return evidence(src, licenses, e, licenses.Refer)
			}, none)
	}
	licenses.Close()
	return licenses, bySuffix, err
}
