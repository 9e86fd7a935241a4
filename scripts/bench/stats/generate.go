package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/zeebo/xxh3"
	"golang.org/x/sync/errgroup"

	"decoy/io/columnar"
	"decoy/io/shard"
	"decoy/schemas"
)

// fileRows are those of a file.
const fileRows = 100_000

// perContext is how many negatives a context has.
const perContext = 3

// generated is a table of the folder; write writes rows [from, to).
type generated struct {
	name  string
	rows  func(n int) int
	write func(path string, from, to int) (schemas.File, error)
}

func all(n int) int   { return n }
func third(n int) int { return (n + perContext - 1) / perContext }
func tenth(n int) int { return n / 10 }

var tables = []generated{
	{"contexts", third, writer(aContext, "prefix", "suffix")},
	{"negatives", all, writer(aNegative)},
	{"unlabelled", tenth, writer(anUnlabelled)},
	{"certificates", all, writer(aCertificate)},
	{"verdicts", all, writer(aVerdict)},
	{"selection", all, writer(aSelected)},
	{"rejects", all, writer(aReject)},
	{"export_rows", all, writer(aRow)},
}

// generate writes the tables, unless they are there, and gives their bytes.
func generate(ctx context.Context, dir string, n int) (size int64, err error) {
	m, err := shard.ReadManifest(ctx, dir)
	if err == nil {
		for _, f := range m.Shards {
			size += f.Bytes
		}
		return size, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	keys := map[string]string{}
	files := make([][]schemas.File, len(tables))
	for i, t := range tables {
		keys[t.name] = fmt.Sprint("generated ", n)
		rows := t.rows(n)
		of := max(1, (rows+fileRows-1)/fileRows)
		files[i] = make([]schemas.File, of)
		for k := range of {
			g.Go(func() (err error) {
				if err := ctx.Err(); err != nil {
					return err
				}
				path := filepath.Join(dir, schemas.ShardName(t.name, k, of, "parquet"))
				files[i][k], err = t.write(path, k*fileRows, min(rows, (k+1)*fileRows))
				return err
			})
		}
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	m = schemas.Manifest{Stage: "load"}
	if m.Options, err = json.Marshal(keys); err != nil {
		return 0, err
	}
	for _, list := range files {
		m.Shards = append(m.Shards, list...)
		for _, f := range list {
			size += f.Bytes
		}
	}
	return size, shard.WriteManifest(ctx, dir, m)
}

func writer[T any](record func(i int) T, without ...string) func(string, int, int) (schemas.File, error) {
	return func(path string, from, to int) (schemas.File, error) {
		raw, err := shard.CreateRaw(context.Background(), path)
		if err != nil {
			return schemas.File{}, err
		}
		defer raw.Abort()
		w, err := columnar.NewWriter[T](raw, without...)
		if err != nil {
			return schemas.File{}, err
		}
		for i := from; i < to; i++ {
			if err := w.Write(record(i)); err != nil {
				return schemas.File{}, err
			}
		}
		if err := w.Close(); err != nil {
			return schemas.File{}, err
		}
		return raw.Commit(int64(to - from))
	}
}

// dice is a number in [0, below) that what and i decide.
func dice(what string, i, below int) int {
	return int(xxh3.HashStringSeed(what, uint64(i)) % uint64(below))
}

func pick[S ~string](what string, i int, of []S) S { return of[dice(what, i, len(of))] }

func id(what string, i int) string {
	h := xxh3.HashString128Seed(what, uint64(i))
	return fmt.Sprintf("%016x%016x", h.Hi, h.Lo)
}

func ptr[T any](v T) *T { return &v }

var (
	kinds      = []schemas.Kind{schemas.KindCall, schemas.KindImport, schemas.KindStatement}
	licenses   = []string{"MIT", "Apache-2.0", "BSD-3-Clause", "BSD-2-Clause", "ISC"}
	generators = []string{"rules", "model-a", "model-b"}
	answers    = []schemas.Answer{
		schemas.AnswerFooled, schemas.AnswerCaught, schemas.AnswerCaught, schemas.AnswerInvalid,
	}
)

// repo has some 250 contexts; its language and split are its own.
func repo(c int) int                  { return c / 250 }
func language(c int) schemas.Language { return pick("language", repo(c), schemas.Languages) }
func repoName(c int) string           { return fmt.Sprintf("example.org/owner%d/repo%d", repo(c)/4, repo(c)) }
func split(c int) schemas.Split       { return schemas.Splits[max(0, dice("split", repo(c)/4, 10)-7)] }
func typeOf(i int) schemas.Type       { return schemas.Types[(i/perContext+i)%len(schemas.Types)] }
func generatorOf(i int) string        { return pick("generator", i, generators) }
func statusOf(i int) schemas.Status   { return pick("status", i, schemas.Statuses) }

func aContext(c int) schemas.Context {
	var types []schemas.Type
	for i := c * perContext; i < (c+1)*perContext; i++ {
		types = append(types, typeOf(i))
	}
	return schemas.Context{
		ID: id("context", c), Repo: repoName(c), Commit: id("commit", repo(c)), Path: fmt.Sprintf("src/part%d/file%d.x",
			c%7, c/10), License: pick("license", repo(c), licenses),
		Language: language(c), Kind: pick("kind", c, kinds), Types: types, Golden: "handle(" +
			strings.Repeat("first, ", dice("length", c, 9)) + "second)", StartByte: int64(c % 90_000),
		EndByte: int64(c%90_000 + 40),
		Line:    int64(c % 3000), Origin: schemas.OriginSnapshot, SHA256: id("sha", c/10),
	}
}

func aNegative(i int) schemas.Negative {
	n := schemas.Negative{
		ID: id("negative", i), ContextID: id("context", i/perContext), Type: typeOf(i), Generator: generatorOf(i),
		Text:       "handle(" + strings.Repeat("third, ", dice("text", i, 9)) + "second)",
		Introduced: []string{"third"}, EditSimilarity: float64(dice("similarity", i, 1000)) / 1000, PromptVersion: "3",
		RequestKey: id("request", i),
	}
	if n.Generator != "rules" {
		n.InputTokens, n.OutputTokens = int64(3000+dice("in", i, 2000)), int64(dice("out", i, 400))
		if n.Generator == "model-a" {
			n.CostUSD = ptr(float64(n.InputTokens+3*n.OutputTokens) * 5e-7)
		}
	}
	return n
}

func anUnlabelled(i int) schemas.Unlabelled {
	return schemas.Unlabelled{ContextID: id("context", i), Generator: "student", Text: "handle(second)",
		Reason: "equal", RequestKey: id("sample", i), InputTokens: 3000, OutputTokens: 40, CostUSD: ptr(0.0)}
}

func aCertificate(i int) schemas.Certificate {
	return schemas.Certificate{NegativeID: id("negative", i), ContextID: id("context", i/perContext),
		Status: statusOf(i), Rule: pick("rule", i, []string{"missing-member", "unbound-name",
			"argument-count", "missing-module"}),
		Evidence: fmt.Sprintf("no declaration of third in src/part%d", i%7)}
}

func aVerdict(i int) schemas.Verdict {
	return schemas.Verdict{NegativeID: ptr(id("negative", i)), ContextID: id("context", i/perContext),
		Judge: pick("judge", i, []string{"ngram", "model-c"}), Protocol: "single", Answer: pick("answer", i, answers),
		Margin: ptr(float64(dice("margin", i, 20_000))/1000 - 10), InputTokens: 2000, OutputTokens: 30}
}

func aSelected(i int) schemas.Selected {
	c := i / perContext
	return schemas.Selected{ContextID: id("context", c), NegativeID: ptr(id("negative", i)), Repo: repoName(c),
		Group: fmt.Sprint("group", repo(c)/4), Language: language(c), Type: ptr(typeOf(i)),
		Kind:      pick("kind", c, kinds),
		Generator: ptr(generatorOf(i)), Status: ptr(statusOf(i)), FoolRate: ptr(float64(dice("rate", i, 4)) / 3),
		Margin: ptr(float64(dice("margin", i, 20_000))/1000 - 10), Judges: 1, Split: split(c)}
}

func aReject(i int) schemas.Reject {
	return schemas.Reject{Stage: pick("stage", i, schemas.Stages), ID: id("reject", i), Reason: pick("reason", i,
		[]schemas.Reason{"collateral", "prose", "duplicate", "generated", "binary"}), Language: pick("language", i,
		schemas.Languages)}
}

func aRow(i int) schemas.Row {
	c, s := i/perContext, aSelected(i)
	x := aContext(c)
	return schemas.Row{ID: *s.NegativeID, ContextID: s.ContextID, Language: s.Language, Type: s.Type, Kind: s.Kind,
		Repo: s.Repo, Commit: x.Commit, Path: x.Path, License: x.License,
		Prefix: strings.Repeat(fmt.Sprintf("line %d of a window\n", c%1000), 10),
		Suffix: strings.Repeat("\treturn total\n", 7), Chosen: x.Golden, Rejected: ptr("handle(third, second)"),
		Generator: s.Generator, Certificate: s.Status, FoolRate: s.FoolRate, Margin: s.Margin, Judges: 1,
		Split: s.Split, Origin: x.Origin}
}
