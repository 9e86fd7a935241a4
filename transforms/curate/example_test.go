package curate_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
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

func pairOf(s schemas.Selected) string {
	return "pair of " + s.Repo + " for " + string(s.Split) + ", group " + s.Group
}

func reasonAndDetail(r schemas.Reject) string { return string(r.Reason) + " " + r.Detail }

func idAndReason(r schemas.Reject) string { return r.ID + " " + string(r.Reason) }

// reasonAndShare is a reject without its evidence's place and text.
func reasonAndShare(r schemas.Reject) string {
	share, _, _ := strings.Cut(r.Detail, ",")
	return r.ID + ": " + string(r.Reason) + " " + share
}

func groupOf(g curate.Group) string { return fmt.Sprint(g.ID, " ", len(g.Repos)) }

func init() {
	for _, f := range []any{printLine, pairOf, reasonAndDetail, idAndReason, reasonAndShare, groupOf} {
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
		Type: schemas.TypeMethod, Kind: schemas.KindCall, Generator: "rules", Status: schemas.StatusCertified,
		TextHash: text,
	}
}

var exampleRows = []curate.Candidate{
	exampleRow("1", "github.com/a/x", 1), exampleRow("2", "github.com/b/y", 1), exampleRow("3", "github.com/b/y", 2),
	exampleRow("4", "github.com/b/z", 3),
}

// A candidate becomes a record of 136 bytes; one that does not fit says which field.
func ExamplePack() {
	p, s := beam.NewPipelineWithRoot()
	judged := exampleRow("5", "github.com/a/x", 4)
	judged.Judges = 70_000
	in := beam.CreateList(s, append(slices.Clone(exampleRows), judged))
	records, rejected := curate.Pack(s, curate.Words{Generators: []string{"rules"}}, in)
	beam.ParDo0(s, printLine, beam.ParDo(s, idsOf, records))
	beam.ParDo0(s, printLine, beam.ParDo(s, reasonAndDetail, rejected))
	show(p)
	// Output:
	// 00000000000000000000000000000001
	// 00000000000000000000000000000002
	// 00000000000000000000000000000003
	// 00000000000000000000000000000004
	// no_record candidate 00000000000000000000000000000005: judges is 70000: a record holds 0 to 65535
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
	selected, _, rejected := curate.SelectRows(s, curate.SelectConfig{
		Config: curate.Config{Rows: 10, MaxPerRepo: 1},
		Words:  words, Ratios: curate.Ratios{Train: 1},
	}, kept, groups)
	beam.ParDo0(s, printLine, beam.ParDo(s, pairOf, curate.Selections(s, words, selected, groups)))
	beam.ParDo0(s, printLine, beam.ParDo(s, reasonAndDetail, curate.Rejects(s, words, rejected, groups)))
	show(p)
	// Output:
	// pair of github.com/a/x for train, group github.com/a/x
	// pair of github.com/b/y for train, group github.com/b/y
	// pair of github.com/b/z for train, group github.com/b/y
}

// Of a pool that is too large each cell keeps its hardest, at least twenty times its quota: of
// 41 candidates for one row the one with the lowest margin goes.
func ExampleTrim() {
	p, s := beam.NewPipelineWithRoot()
	words := curate.Words{Generators: []string{"rules"}}
	var pool []curate.Candidate
	for i := range 41 {
		margin := float64(-i)
		c := exampleRow(fmt.Sprint(i), "github.com/a/x", uint64(i))
		c.Margin = &margin
		pool = append(pool, c)
	}
	records, _ := curate.Pack(s, words, beam.CreateList(s, pool))
	groups := curate.GroupRepos(s, beam.CreateList(s, alone(pool)))
	_, below := curate.Trim(s, curate.SelectConfig{
		Config: curate.Config{Rows: 1}, Words: words, Ratios: curate.Ratios{Train: 1}, MaxCandidates: 1,
	}, records)
	beam.ParDo0(s, printLine, beam.ParDo(s, idAndReason, curate.Rejects(s, words, below, groups)))
	show(p)
	// Output:
	// 00000000000000000000000000000040 trimmed
}

// sumText is a source file.
const sumText = `func sum(values []int) (total int) {
	for _, v := range values {
		total += v
	}
	return total
}
`

// The second file is the first with one line more.
func ExampleNearDuplicates() {
	p, s := beam.NewPipelineWithRoot()
	of := map[uint64]string{14: sumText, 21: sumText + "\nvar limit = 3\n", 28: "package other\n"}
	members := curate.NearDuplicates(s, curate.NearConfig{}, texts{of}, beam.CreateList(s, sketchesOf(of)))
	beam.ParDo0(s, printLine, beam.ParDo(s, memberLine, members))
	show(p)
	// Output:
	// 21 of 14 0.8571
}

// The rows of a file that is nearly another's go, those of the other stay: of the two the file
// with the smaller number.
func ExampleLeave() {
	p, s := beam.NewPipelineWithRoot()
	words := curate.Words{Generators: []string{"rules"}}
	file := func(repo string) uint64 { return curate.FileKeyOf(repo, "", "") }
	of := map[uint64]string{
		file("github.com/a/x"): sumText, file("github.com/b/y"): sumText + "\nvar limit = 3\n",
		file("github.com/b/z"): "package other\n",
	}
	records, _ := curate.Pack(s, words, beam.CreateList(s, exampleRows))
	members := curate.NearDuplicates(s, curate.NearConfig{}, texts{of}, beam.CreateList(s, sketchesOf(of)))
	kept, rejected := curate.Leave(s, records, members)
	beam.ParDo0(s, printLine, beam.ParDo(s, idsOf, kept))
	groups := beam.CreateList(s, curate.Groups(alone(exampleRows)))
	beam.ParDo0(s, printLine, beam.ParDo(s, reasonAndDetail, curate.Rejects(s, words, rejected, groups)))
	show(p)
	// Output:
	// 00000000000000000000000000000001
	// 00000000000000000000000000000004
	// near_duplicate its file is like file 6698ff063acff409
	// near_duplicate its file is like file 6698ff063acff409
}

// Reject rows become lines as they are written, with names in place of numbers.
func ExampleRejects() {
	p, s := beam.NewPipelineWithRoot()
	words := curate.Words{Generators: []string{"rules"}}
	records, _ := curate.Pack(s, words, beam.CreateList(s, exampleRows[3:]))
	groups := curate.GroupRepos(s, beam.CreateList(s, alone(exampleRows)))
	_, _, rejected := curate.SelectRows(s, curate.SelectConfig{
		Config: curate.Config{Rows: 1, Excluded: []string{"github.com/b/z"}},
		Words:  words, Ratios: curate.Ratios{Train: 1},
	}, records, groups)
	beam.ParDo0(s, printLine, beam.ParDo(s, reasonAndDetail, curate.Rejects(s, words, rejected, groups)))
	show(p)
	// Output:
	// excluded_repo github.com/b/z
}

// Selected records become lines of the selection, with the names of their repository and group.
func ExampleSelections() {
	p, s := beam.NewPipelineWithRoot()
	words := curate.Words{Generators: []string{"rules"}}
	records, _ := curate.Pack(s, words, beam.CreateList(s, exampleRows[3:]))
	groups := curate.GroupRepos(s, beam.CreateList(s, alone(exampleRows)))
	selected, _, _ := curate.SelectRows(s, curate.SelectConfig{
		Config: curate.Config{Rows: 1}, Words: words, Ratios: curate.Ratios{Train: 1},
	}, records, groups)
	beam.ParDo0(s, printLine, beam.ParDo(s, pairOf, curate.Selections(s, words, selected, groups)))
	show(p)
	// Output:
	// pair of github.com/b/z for train, group github.com/b/y
}

// No golden of one benchmark is as short as those of the selection, all of the other are: the
// largest differences of the distribution functions are 1 and 0.
func ExampleDistances() {
	p, s := beam.NewPipelineWithRoot()
	rows := slices.Clone(exampleRows)
	for i := range rows {
		rows[i].Golden = curate.Outline("sum(x)")
	}
	selected, _ := curate.Pack(s, curate.Words{Generators: []string{"rules"}}, beam.CreateList(s, rows))
	items := beam.CreateList(s, []curate.BenchmarkItem{
		{Benchmark: "longer", Item: curate.Item{Golden: "sum(values, start=0)"}},
		{Benchmark: "as long", Item: curate.Item{Golden: "max(x)"}},
	})
	beam.ParDo0(s, printLine, beam.ParDo(s, distanceLine, curate.Distances(s, selected, items)))
	show(p)
	// Output:
	// as long 4 1 0
	// longer 4 1 1
}

// A renamed copy of a benchmark's task is found, and the reject shows what agrees.
func ExampleDecontaminate() {
	p, s := beam.NewPipelineWithRoot()
	contexts := []schemas.Context{
		{
			ID: "renamed", Prefix: renamed(taskPrefix), Golden: renamed("                distance"),
			Suffix: renamed(" = abs(elem - elem2)\n" + taskSuffix),
		},
		{ID: "clean", Prefix: "x = ", Golden: "compute(1)", Suffix: "\n"},
	}
	items := beam.CreateList(s, task)
	kept, rejected := curate.Decontaminate(s, curate.BenchmarkConfig{}, beam.CreateList(s, contexts), items)
	beam.ParDo0(s, printLine, beam.ParDo(s, contextID, kept))
	beam.ParDo0(s, printLine, beam.ParDo(s, reasonAndShare, rejected))
	show(p)
	// Output:
	// clean
	// renamed: contaminated made b.jsonl T/0: 100 % of 10-token n-grams (near)
}

// generalLines are what became of general rows, whose names only the groups know.
func generalLines(b batch.Batch, emit func(string)) {
	for row := range b.Each(curate.GeneralBytes) {
		r := curate.GeneralRow(row)
		emit(r.ContextID()[31:] + " is taken")
	}
}

func generalRejects(b batch.Batch, emit func(string)) {
	for row := range b.Each(curate.GeneralRejectBytes) {
		r := curate.GeneralReject(row).Reject(nil)
		emit(r.ID[31:] + " is left out: " + string(r.Reason))
	}
}

func init() {
	beam.RegisterFunction(generalLines)
	beam.RegisterFunction(generalRejects)
}

// General rows fill the share of target tokens that the pairs leave them; copies of one place
// count once.
func ExampleSelectGeneralRows() {
	p, s := beam.NewPipelineWithRoot()
	w := curate.Words{Generators: []string{"rules"}}
	var pairs, rows []byte
	for i := range exampleRows {
		c := exampleRows[i]
		c.Golden.Chars = 35
		pairs, _ = w.Append(pairs, &c) // ids of 32 hex digits: see Append for what fits
	}
	for i := range 9 {
		rows, _ = curate.AppendGeneral(rows, &curate.General{
			ContextID: fmt.Sprintf("%032d", i), Repo: "github.com/a/x", Language: schemas.Go, Kind: schemas.KindLine,
			GoldenChars: 35, GoldenHash: uint64(i), WindowHash: uint64(i / 2),
		})
	}
	groups := beam.CreateList(s, curate.Groups([]curate.RepoFiles{{Repo: "github.com/a/x"}}))
	taken, left := curate.SelectGeneralRows(s, curate.GeneralSelect{Share: 0.6, Ratios: curate.Ratios{Train: 1}},
		beam.Create(s, batch.Batch{Rows: rows}), groups, beam.Create(s, batch.Batch{Rows: pairs}),
		beam.Create(s, batch.Batch{})) // no near duplicates
	beam.ParDo0(s, printLine, beam.Flatten(s, beam.ParDo(s, generalLines, taken), beam.ParDo(s, generalRejects, left)))
	show(p)
	// Output:
	// 0 is taken
	// 1 is left out: duplicate
	// 2 is taken
	// 3 is left out: duplicate
	// 4 is taken
	// 5 is left out: duplicate
	// 6 is left out: duplicate
	// 7 is taken
	// 8 is taken
}

func shiftLine(_ []byte, counts func(*batch.Batch) bool, emit func(string)) {
	w := curate.Words{Generators: []string{"rules"}}
	shift := w.ShiftOf(batch.All(counts), nil, nil)
	for _, d := range shift.Dimensions {
		if d.Name == "kind" {
			emit(fmt.Sprintf("%d of %d, kinds %.2f apart", shift.Selected, shift.Pool, d.TotalVariation))
		}
	}
}

func init() { beam.RegisterFunction(shiftLine) }

// What selection did to the pool is counted where the records are.
func ExampleShiftCounts() {
	p, s := beam.NewPipelineWithRoot()
	w := curate.Words{Generators: []string{"rules"}}
	var pool, selected []byte
	for i, c := range exampleRows {
		if i > 1 {
			c.Kind = schemas.KindStatement
		}
		pool, _ = w.Append(pool, &c)
		if i < 3 {
			selected, _ = w.Append(selected, &c)
		}
	}
	counts := curate.ShiftCounts(s, beam.Create(s, batch.Batch{Rows: pool}),
		beam.Create(s, batch.Batch{Rows: selected}))
	beam.ParDo0(s, printLine, beam.ParDo(s, shiftLine, beam.Impulse(s), beam.SideInput{Input: counts}))
	show(p)
	// Output:
	// 3 of 4, kinds 0.17 apart
}
