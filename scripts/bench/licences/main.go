// Command licences measures what decoy decides about the licences of files.
//
//	licences [-list] ARCHIVE…            a line a source file: archive, path, keep or drop, licence or reason, detail
//	licences -answers FILE [-corpus DIR] compares with answers that a person wrote
//
// The answers are tab-separated with a header line: archive (a path, or a name in the
// corpus), path (in the archive, with or without its root folder), answer (keep or drop),
// expression, why. To stdout goes one line of JSON: files, restricted_kept (answer drop,
// decided keep: must be 0), permissive_lost (answer keep, decided drop), missing, and
// by_kind, the lost by reason and the kept by licence; to stderr a line for each disagreement. It exits 1
// where a restricted file is kept.
//
// Only the licence is decided here: what is dropped as generated or vendored too is not
// looked at, so that an answer about such a file counts.
package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"decoy/io/archives"
	"decoy/io/sources"
	"decoy/pipelines/extraction"

	"decoy/schemas"
	"decoy/transforms/screen"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run() error {
	answers := flag.String("answers", "", "a TSV of answers")
	corpus := flag.String("corpus", ".", "the folder of the archives that the answers name")
	flag.Bool("list", true, "list the decisions for the archives named")
	flag.Parse()
	if *answers == "" {
		return list(flag.Args())
	}
	return measure(*answers, *corpus)
}

// decision is what is decided about one file.
type decision struct {
	license string
	reason  schemas.Reason
	detail  string
}

func (d decision) answer() string {
	if d.reason == "" {
		return "keep"
	}
	return "drop"
}

// decide decides about the source files of an archive, by path; where names is given,
// about the files that it holds, whatever they are.
func decide(ctx context.Context, name string, names map[string]bool) (map[string]decision, string, error) {
	found, rejects, err := sources.Resolve(ctx, []string{name}, archives.ResolveConfig{})
	if err != nil {
		return nil, "", err
	}
	if len(found) != 1 {
		return nil, "", fmt.Errorf("%s: %d sources (%v)", name, len(found), rejects)
	}
	src := found[0]
	licenses, _, err := extraction.Survey(ctx, src, archives.Limits{}, screen.Terms{})
	if err != nil {
		return nil, "", err
	}
	out := map[string]decision{}
	err = sources.Walk(ctx, src, archives.Limits{}, func(p string, _ int64) bool {
		return names[p] || names[src.Root+"/"+p] || names == nil && screen.MaybeSource(p)
	}, func(e archives.Entry) error {
		if names == nil && screen.Language(e.Path, e.Data) == "" {
			return nil
		}
		var d decision
		d.license, d.reason, d.detail = licenses.For(e.Path, e.Data)
		out[e.Path] = d
		return nil
	}, func(schemas.Reject) {})
	return out, src.Root, err
}

func list(names []string) error {
	w := bufio.NewWriter(os.Stdout)
	for _, name := range names {
		found, _, err := decide(context.Background(), name, nil)
		if err != nil {
			fmt.Fprintln(os.Stderr, "licences:", err)
			continue
		}
		for _, p := range sorted(found) {
			d := found[p]
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", filepath.Base(name), p, d.answer(),
				d.license+string(d.reason), d.detail)
		}
	}
	return w.Flush()
}

func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// question is one line of the answers.
type question struct{ archive, path, answer, expression, why string }

func read(name string) ([]question, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var out []question
	for n, line := range strings.Split(strings.TrimRight(string(raw), "\n"), "\n") {
		f := append(strings.Split(strings.TrimRight(line, "\r"), "\t"), "", "")
		if n == 0 && f[0] == "archive" || strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		if len(f) < 5 || f[2] != "keep" && f[2] != "drop" {
			return nil, fmt.Errorf("%s line %d: want archive, path, keep or drop, expression, why between tabs", name,
				n+1)
		}
		out = append(out, question{f[0], f[1], f[2], f[3], f[4]})
	}
	return out, nil
}

func measure(answers, corpus string) error {
	questions, err := read(answers)
	if err != nil {
		return err
	}
	byArchive := map[string][]question{}
	for _, q := range questions {
		byArchive[q.archive] = append(byArchive[q.archive], q)
	}
	var result struct {
		Files          int            `json:"files"`
		RestrictedKept int            `json:"restricted_kept"`
		PermissiveLost int            `json:"permissive_lost"`
		Missing        int            `json:"missing"`
		ByKind         map[string]int `json:"by_kind"`
	}
	result.ByKind = map[string]int{}
	for _, archive := range sorted(byArchive) {
		name := archive
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			name = filepath.Join(corpus, archive)
		}
		names := map[string]bool{}
		for _, q := range byArchive[archive] {
			names[q.path] = true
		}
		found, root, err := decide(context.Background(), name, names)
		if err != nil {
			return err
		}
		for _, q := range byArchive[archive] {
			d, ok := found[q.path]
			if !ok {
				d, ok = found[strings.TrimPrefix(q.path, root+"/")]
			}
			if !ok {
				result.Missing++
				fmt.Fprintf(os.Stderr, "missing\t%s\t%s\n", archive, q.path)
				continue
			}
			result.Files++
			if d.answer() == q.answer {
				continue
			}
			kind := "lost: " + string(d.reason)
			if q.answer == "drop" {
				result.RestrictedKept++
				kind = "kept: " + d.license
			} else {
				result.PermissiveLost++
			}
			result.ByKind[kind]++
			fmt.Fprintf(os.Stderr, "%s\t%s\t%s\tanswer %s (%s)\t%s\n", kind, archive, q.path, q.expression, q.why,
				cmp.Or(d.detail, d.license))
		}
	}
	line, err := json.Marshal(result)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	if result.RestrictedKept > 0 {
		return fmt.Errorf("%d restricted files are kept", result.RestrictedKept)
	}
	return nil
}
