package curate_test

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
	"decoy/schemas/batch"
	"decoy/transforms/curate"
)

// printed collects lines of a pipeline that runs in this process.
var printed struct {
	sync.Mutex
	lines []string
}

func printLine(line string) {
	printed.Lock()
	defer printed.Unlock()
	printed.lines = append(printed.lines, line)
}

func pairOf(s schemas.Selected) string { return "pair of " + s.Repo + " for " + s.Split }

func reasonAndDetail(r schemas.Reject) string { return r.Reason + " " + r.Detail }

func groupOf(g curate.Group) string { return fmt.Sprint(g.ID, " ", len(g.Repos)) }

func init() {
	for _, f := range []any{printLine, pairOf, reasonAndDetail, groupOf} {
		beam.RegisterFunction(f)
	}
}

// show runs a pipeline and prints the lines that it gave, sorted.
func show(p *beam.Pipeline) {
	printed.lines = nil
	if _, err := beam.Run(context.Background(), "prism", p); err != nil {
		fmt.Println(err)
	}
	slices.Sort(printed.lines)
	for _, l := range printed.lines {
		fmt.Println(l)
	}
}

// exampleRow is a method negative in Go.
func exampleRow(n string, repo string, text uint64) curate.Candidate {
	return curate.Candidate{
		ContextID: id("context", n), NegativeID: fmt.Sprintf("%032s", n), Repo: repo, Language: schemas.Go,
		Type: schemas.TypeMethod, Kind: schemas.KindCall, Generator: "rules", Status: schemas.StatusCertified, TextHash: text,
	}
}

var exampleRows = []curate.Candidate{
	exampleRow("1", "github.com/a/x", 1), exampleRow("2", "github.com/b/y", 1), exampleRow("3", "github.com/b/y", 2),
	exampleRow("4", "github.com/b/z", 3),
}

// Of two equal negatives the one with the smaller id stays; the other names it.
func ExampleDistinct() {
	p, s := beam.NewPipelineWithRoot()
	words := curate.Words{Generators: []string{"rules"}}
	records, _ := curate.Pack(s, words, beam.CreateList(s, exampleRows))
	_, rejected := curate.Distinct(s, records)
	groups := beam.CreateList(s, curate.Groups(alone(exampleRows)))
	beam.ParDo0(s, printLine, beam.ParDo(s, reasonAndDetail, curate.Rejects(s, words, rejected, groups)))
	show(p)
	// Output:
	// duplicate of 00000000000000000000000000000001 in github.com/a/x
}

// Repositories of one owner belong together, and so do those that share a tenth of their files.
func ExampleGroupRepos() {
	p, s := beam.NewPipelineWithRoot()
	repos := []curate.RepoFiles{
		{Repo: "github.com/a/x", Files: []curate.FileKey{{Hash: 1, Size: 900}, {Hash: 2, Size: 900}}},
		{Repo: "github.com/b/y", Files: []curate.FileKey{{Hash: 2, Size: 900}}},
		{Repo: "github.com/b/z"}, {Repo: "github.com/c/c"},
	}
	groups := curate.GroupRepos(s, beam.CreateList(s, repos))
	beam.ParDo0(s, printLine, beam.ParDo(s, groupOf, groups))
	show(p)
	// Output:
	// github.com/a/x 3
	// github.com/c/c 1
}

// All of curation that needs no text: duplicates go, groups decide the splits, at most one row
// of a repository is taken.
func ExampleSelectRows() {
	p, s := beam.NewPipelineWithRoot()
	words := curate.Words{Generators: []string{"rules"}}
	records, _ := curate.Pack(s, words, beam.CreateList(s, exampleRows))
	kept, _ := curate.Distinct(s, records)
	groups := curate.GroupRepos(s, beam.CreateList(s, alone(exampleRows)))
	selected, rejected := curate.SelectRows(s, curate.SelectConfig{
		Config: curate.Config{Rows: 10, MaxPerRepo: 1},
		Words:  words, Ratios: curate.Ratios{Train: 1},
	}, kept, groups)
	beam.ParDo0(s, printLine, beam.ParDo(s, pairOf, curate.Selections(s, words, selected, groups)))
	beam.ParDo0(s, printLine, beam.ParDo(s, reasonAndDetail, curate.Rejects(s, words, rejected, groups)))
	show(p)
	// Output:
	// pair of github.com/a/x for train
	// pair of github.com/b/y for train
	// pair of github.com/b/z for train
}

// The second file is the first with one line more.
func ExampleNearDuplicates() {
	p, s := beam.NewPipelineWithRoot()
	text := "func sum(values []int) (total int) {\n\tfor _, v := range values {\n\t\ttotal += v\n\t}\n\treturn total\n}\n"
	of := map[uint64]string{14: text, 21: text + "\nvar limit = 3\n", 28: "package other\n"}
	var rows []byte
	for file, text := range of {
		rows = curate.SketchOf(file, int(file%7), curate.Shingles(text)).Append(rows)
	}
	members := curate.NearDuplicates(s, curate.NearConfig{}, texts{of}, beam.Create(s, batch.Batch{Rows: rows}))
	beam.ParDo0(s, printLine, beam.ParDo(s, memberLine, members))
	show(p)
	// Output:
	// 21 of 14 0.8571
}

// A renamed copy of a benchmark's task is found, and the reject shows what agrees.
func ExampleDecontaminate() {
	p, s := beam.NewPipelineWithRoot()
	contexts := []schemas.Context{
		{ID: "renamed", Prefix: renamed(taskPrefix), Golden: renamed("                distance"), Suffix: renamed(" = abs(elem - elem2)\n" + taskSuffix)},
		{ID: "clean", Prefix: "x = ", Golden: "compute(1)", Suffix: "\n"},
	}
	kept, _ := curate.Decontaminate(s, curate.BenchmarkConfig{}, beam.CreateList(s, contexts), beam.CreateList(s, task))
	beam.ParDo0(s, printLine, beam.ParDo(s, contextID, kept))
	show(p)
	// Output:
	// clean
}
