package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/curate"
	"decoy/transforms/edits"
	"decoy/transforms/fim"
	"decoy/transforms/judge"
	"decoy/transforms/rules"
	"decoy/transforms/screen"
	"decoy/transforms/syntax"
	"decoy/transforms/trainers"
	"decoy/transforms/valid"
	"decoy/transforms/verify"
)

// File is one file of a case.
type File struct {
	Path    string `json:"path"`
	Content []byte `json:"content"` // base64 in JSON
}

// Case is a small repository that the chain goes over. Seed decides which
// completions are tried beside those of the rules.
type Case struct {
	Seed     uint64           `json:"seed"`
	Language schemas.Language `json:"language"`
	Files    []File           `json:"files"`
	Before   []File           `json:"before,omitempty"` // the files before they were mutated, for edits
}

// Bounds of a case: contexts that are gone through, and completions of each.
const (
	maxContexts   = 6
	maxCandidates = 2
	maxTexts      = 3
)

// failure is what went wrong: Where is the step.
type failure struct {
	Where, What, Stack string
}

// chain holds what the steps need; it is used again for case after case, as the
// goroutines of a build do.
type chain struct {
	fim   *fim.Extractor
	rules *rules.Generator
	valid *valid.Checker
	cert  *verify.Checker
	step  string
}

func newChain() *chain {
	cfg, err := fim.Config{MaxPerFile: 12, Kinds: map[string]int{"import": 3, "call": 4, "argument": 2, "identifier": 2,
		"statement": 2, "block": 1, "general": 2}}.Filled()
	if err != nil {
		panic(err) // the kinds above are constant
	}
	g := rules.New(rules.Config{InventedShare: 0.2})
	return &chain{fim: fim.New(cfg), rules: g, valid: valid.NewWith(g.Parser()), cert: verify.New()}
}

// run goes over a case and returns how many completions were looked at. After a
// failure the chain is not to be used again.
func (c *chain) run(k Case) (n int, f *failure) {
	defer func() {
		if r := recover(); r != nil {
			f = &failure{c.step, fmt.Sprint(r), string(debug.Stack())}
		}
	}()
	n, err := c.steps(k)
	if err != nil {
		return n, &failure{c.step, err.Error(), ""}
	}
	return n, nil
}

func (c *chain) steps(k Case) (n int, err error) {
	r := rand.New(rand.NewPCG(k.Seed, 1))
	var contexts []schemas.Context
	var symbols []schemas.Symbol
	names := map[schemas.Name]int64{}
	sample := judge.NewSample(1 << 20)
	licenses := screen.NewLicenses()
	for i, f := range k.Files {
		c.step = "screen " + f.Path
		sum := sha256.Sum256(f.Content)
		b := schemas.Blob{Repo: "fuzz", Commit: "1", Path: f.Path, License: "MIT", Language: k.Language,
			Size: int64(len(f.Content)), SHA256: hex.EncodeToString(sum[:]), Content: f.Content}
		symbols = append(symbols, schemas.SourceFile{Repo: b.Repo, Path: b.Path, Language: b.Language,
			SHA256: b.SHA256, Size: b.Size}.Symbol())
		screen.Language(f.Path, f.Content)
		screen.File(f.Path, f.Content)
		licenses.Add(path.Join(path.Dir(f.Path), "LICENSE"), f.Content)
		licenses.AddManifest(path.Join(path.Dir(f.Path), "package.json"), f.Content)
		licenses.For(f.Path, f.Content)
		c.step = "spans " + f.Path
		x, err := c.fim.File(&b, true)
		if err != nil {
			return n, err
		}
		contexts, symbols = append(contexts, x.Contexts...), append(symbols, x.Symbols...)
		for _, name := range x.Names {
			count := name.Count
			name.Count = 0
			names[name] += count
		}
		if i < len(k.Before) {
			c.step = "edits " + f.Path
			var added []fim.Range
			for _, a := range edits.Added(k.Before[i].Content, f.Content, nil) {
				added = append(added, fim.Range(a))
			}
			y, err := c.fim.Edited(&b, added)
			if err != nil {
				return n, err
			}
			for _, e := range y.Contexts {
				e.Origin = schemas.OriginEdit
				contexts = append(contexts, e)
			}
		}
		c.step = "n-grams " + f.Path
		sample.Offer(i%schemas.Folds, string(f.Content))
	}
	c.step = "index"
	slices.SortFunc(symbols, fim.CompareSymbols)
	known, repo := rules.NewRepo(slices.Values(symbols)), verify.NewRepo(slices.Values(symbols))
	list := make([]schemas.Name, 0, len(names))
	for name, count := range names {
		name.Count = count
		list = append(list, name)
	}
	fim.SortNames(list)
	pool, err := rules.NewPool(func(yield func(schemas.Name, error) bool) {
		for _, n := range list {
			if !yield(n, nil) {
				return
			}
		}
	})
	if err != nil {
		return n, err
	}
	scorer, err := scorerOf(sample)
	if err != nil {
		return n, err
	}
	slices.SortFunc(contexts, func(a, b schemas.Context) int {
		return cmp.Or(cmp.Compare(schemas.Key64("case", a.ID), schemas.Key64("case", b.ID)), cmp.Compare(a.ID, b.ID))
	})
	contexts = contexts[:min(len(contexts), maxContexts)]
	slices.SortFunc(contexts, func(a, b schemas.Context) int { return cmp.Compare(a.ID, b.ID) })
	decontaminate := curate.NewDecontaminator()
	for i := range contexts {
		x := &contexts[i]
		var texts, whole []string
		for _, typ := range schemas.Types {
			c.step = "rules " + string(typ) + " " + x.ID
			got := c.rules.Generate(x, typ, known, pool)
			for _, g := range got[:min(len(got), maxCandidates)] {
				texts = append(texts, g.Text)
			}
		}
		for range maxTexts { // what models write is not what the rules write
			texts = append(texts, completion(r, x, contexts))
		}
		for _, text := range texts {
			for _, i := range r.Perm(len(schemas.Types))[:2] {
				n++
				typ := schemas.Types[i]
				c.step = fmt.Sprintf("valid %s %s %q for %q", typ, x.ID, text, x.Golden)
				v, reason, _ := c.valid.Check(x, typ, text)
				if reason == "" {
					text = v.Text
					whole = append(whole, text)
				}
				c.step = fmt.Sprintf("certify %s %s %q for %q", typ, x.ID, text, x.Golden)
				if _, err := c.cert.Certify(repo, x, &schemas.Negative{ID: "n", ContextID: x.ID, Type: typ,
					Text: text}); err != nil {
					return n, err
				}
			}
		}
		c.step = "judge " + x.ID
		w := scorer.Window(x.Prefix, x.Golden, x.Suffix)
		for _, text := range texts {
			w.Margin(text)
		}
		w.Control(texts[0])
		_ = judge.ShorterWins(x.Golden, texts[0])
		c.step = "curate " + x.ID
		decontaminate.Find(x.Prefix, x.Golden, x.Suffix)
		curate.WindowHash(x.Prefix, x.Golden, x.Suffix)
		for _, text := range texts {
			curate.ShapeOf(&curate.Candidate{ContextID: x.ID, NegativeID: "n", Golden: curate.Outline(x.Golden),
				Text: curate.Outline(text)})
		}
		c.step = "rows " + x.ID
		for _, text := range whole {
			if err := render(x, text); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// scorerOf is the judge that knows the sample but its first fold.
func scorerOf(sample *judge.Sample) (*judge.Scorer, error) {
	var folds []io.Reader
	var without io.Reader
	for i, counter := range sample.Counters() {
		if counter == nil {
			continue
		}
		var b bytes.Buffer
		if _, err := counter.WriteTo(&b); err != nil {
			return nil, err
		}
		folds = append(folds, bytes.NewReader(b.Bytes()))
		if i == 0 {
			without = bytes.NewReader(b.Bytes())
		}
	}
	m, err := judge.Load(folds)
	if err != nil {
		return nil, err
	}
	return m.Without(without)
}

// render makes the rows of a pair for every trainer.
func render(x *schemas.Context, text string) error {
	typ, generator := schemas.TypeMethod, "g"
	row := trainers.Normalize(schemas.Row{
		ID: x.ID, ContextID: x.ID, Language: x.Language, Kind: x.Kind, Prefix: x.Prefix, Suffix: x.Suffix,
		Chosen: x.Golden,
		Type:   &typ, Rejected: &text, Generator: &generator, Split: schemas.SplitTrain,
	})
	for _, m := range trainers.Models {
		if _, err := trainers.SFT(row, m); err != nil && !controlToken(err) {
			return err
		}
		if _, err := trainers.Pair(row, m); err != nil && !controlToken(err) {
			return err
		}
	}
	return nil
}

// controlToken tells the error of a row from a file that screening would have dropped.
func controlToken(err error) bool { return strings.Contains(err.Error(), "control token") }

// completion is a text of the kind that models give: another place's golden, a part of
// the golden, the golden with a change, prose.
func completion(r *rand.Rand, x *schemas.Context, others []schemas.Context) string {
	golden := x.Golden
	switch r.IntN(6) {
	case 0:
		return others[r.IntN(len(others))].Golden
	case 1:
		return golden[:r.IntN(len(golden)+1)]
	case 2:
		at := r.IntN(len(golden) + 1)
		other := others[r.IntN(len(others))].Golden
		return golden[:at] + other[:r.IntN(len(other)+1)] + golden[at:]
	case 3:
		m := mutator{r: r, parser: syntax.NewParser()}
		defer m.parser.Close()
		return string(m.mutate(syntax.ByName(x.Language), x.Path, []byte(golden),
			[]byte(others[r.IntN(len(others))].Golden)))
	case 4:
		return strings.ReplaceAll(golden, "(", "(a, *b, **c, d=1, ...e, &f, ")
	}
	odd := []string{"", " ", "\n", "Here is the code:\n```\n" + golden + "\n```", golden + golden, "\x00", "\xff\xfe", "(", ")", "from .... import *", "import ", "::", "a.b.c.d()", "use super::super::x;", "#include \"\"", "using static ;", "self.", "this", "new ()", "`${"}
	return odd[r.IntN(len(odd))]
}
