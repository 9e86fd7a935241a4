package main

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/screen"
	"decoy/transforms/syntax"
)

// seeds are the files of the syntax package's testdata by language.
func seeds(tb testing.TB) map[schemas.Language][]File {
	tb.Helper()
	const root = "../../../transforms/syntax/testdata"
	out := map[schemas.Language][]File{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(p, ".facts") {
			return err
		}
		content, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if lang := screen.Language(p, content); syntax.ByName(lang) != nil {
			out[lang] = append(out[lang], File{filepath.ToSlash(rel), content})
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// FuzzChain runs the whole chain over a file and one that stands beside it, broken by the
// mutations that a seed gives.
func FuzzChain(f *testing.F) {
	files := seeds(f)
	for i, lang := range schemas.Languages {
		if len(files[lang]) == 0 {
			f.Fatalf("no seed in %s", lang)
		}
		for k, file := range files[lang] {
			f.Add(byte(i), uint64(k), file.Content)
		}
	}
	m := &mutator{parser: syntax.NewParser()}
	f.Fuzz(func(t *testing.T, language byte, seed uint64, content []byte) {
		if len(content) > maxFileBytes {
			return
		}
		lang := schemas.Languages[int(language)%len(schemas.Languages)]
		m.r = rand.New(rand.NewPCG(seed, 0))
		beside := files[lang][int(seed%uint64(len(files[lang])))]
		file := File{path.Join("a", "fuzzed"+path.Ext(beside.Path)), content}
		k := Case{Seed: seed, Language: lang, Before: []File{file, beside}}
		if seed%2 == 1 {
			file.Content = m.mutate(syntax.ByName(lang), file.Path, content, beside.Content)
		}
		k.Files = []File{file, beside}
		if _, bad := newChain().run(k); bad != nil {
			t.Fatalf("%s: %s\n%s", bad.Where, bad.What, bad.Stack)
		}
	})
}

// TestCasesRepeat: a case of a seed is always the same, and its mutations change it.
func TestCasesRepeat(t *testing.T) {
	groups := map[schemas.Language][]group{}
	for lang, files := range seeds(t) {
		groups[lang] = []group{{"testdata", files}}
	}
	one := fuzzing{seed: 3, groups: groups}
	changed := 0
	for n := range uint64(40) {
		a, _ := one.caseOf(n, &mutator{parser: syntax.NewParser()})
		b, _ := one.caseOf(n, &mutator{parser: syntax.NewParser()})
		if len(a.Files) != len(b.Files) || a.Seed != b.Seed {
			t.Fatalf("case %d differs", n)
		}
		for i := range a.Files {
			if a.Files[i].Path != b.Files[i].Path || !bytes.Equal(a.Files[i].Content, b.Files[i].Content) {
				t.Errorf("case %d: %s differs", n, a.Files[i].Path)
			}
			if !bytes.Equal(a.Files[i].Content, a.Before[i].Content) {
				changed++
			}
		}
	}
	if changed < 30 {
		t.Errorf("%d files of 40 cases are broken", changed)
	}
}

// TestMutationsLeaveTheirInputAlone: files are shared by many cases.
func TestMutationsLeaveTheirInputAlone(t *testing.T) {
	files := seeds(t)[schemas.Python]
	before := append([]byte{}, files[0].Content...)
	m := &mutator{r: rand.New(rand.NewPCG(1, 1)), parser: syntax.NewParser()}
	for range 200 {
		m.mutate(syntax.ByName(schemas.Python), files[0].Path, files[0].Content, files[0].Content)
	}
	if !bytes.Equal(before, files[0].Content) {
		t.Error("a mutation wrote into the file")
	}
}

func TestPlaceOf(t *testing.T) {
	stack := "goroutine 1 [running]:\nruntime/debug.Stack()\n\t/go/stack.go:26 +0x5e\nmain.(*chain).run.func1()\n\t/w/scripts/fuzz/chain/chain.go:80 +0x5d\n" +
		"panic({0x1, 0x2})\n\t/go/panic.go:860 +0x13a\nstrings.Repeat(0x1)\n\t/go/strings.go:1 +0x1\ndecoy/transforms/verify.(*query).member(0x1)\n\t/w/transforms/verify/call.go:27 +0x56d\n"
	if got := placeOf(&failure{"certify x", "nil", stack}); got != "verify/call.go:27" {
		t.Errorf("got %q", got)
	}
	if got := placeOf(&failure{"certify x", "an error", ""}); got != "error certify" {
		t.Errorf("got %q", got)
	}
}
