package fim

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"go/build"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// checker holds what every context of every file must fulfil.
type checker struct {
	cfg     Config
	extract *Extractor
	parser  *syntax.Parser
	window  *syntax.Parser
	windows int // parsed
	astray  int // of these, with an error in the golden
	ids     map[string]string
	kinds   map[string]int
	cuts    map[string]int // and forms
	rejects map[schemas.Reason]int
	files   int
}

func newChecker(t *testing.T) *checker {
	cfg, err := Config{Kinds: map[string]int{"import": 40, "call": 40, "argument": 40, "identifier": 40, "statement": 40, "block": 40, "general": 12}, MaxPerFile: 1000, CallForms: CallForms{
		Name: 0.4, Path: 0.3, Expression: 0.3, Statement: map[schemas.Language]float64{
			schemas.Cpp: 0.7, schemas.CSharp: 0.7, schemas.Java: 0.7, schemas.JavaScript: 0.7, schemas.Rust: 0.7, schemas.TypeScript: 0.7}}}.Filled()
	if err != nil {
		t.Fatal(err)
	}
	c := &checker{cfg: cfg, extract: New(cfg), parser: syntax.NewParser(), window: syntax.NewParser(), ids: map[string]string{}, kinds: map[string]int{}, cuts: map[string]int{}, rejects: map[schemas.Reason]int{}}
	t.Cleanup(func() { c.extract.Close(); c.parser.Close(); c.window.Close() })
	return c
}

// file checks one file's contexts.
func (k *checker) file(t *testing.T, language schemas.Language, path string, content []byte) {
	t.Helper()
	b := blob(language, path, string(content))
	r, err := k.extract.File(b, true)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	k.files++
	for _, x := range r.Rejects {
		k.rejects[x.Reason]++
	}
	f, err := k.parser.ParseFacts(syntax.ByName(language), path, content)
	if err != nil {
		return // a reject of the file
	}
	var broken []extent
	for n := range f.Tree.Len() {
		if f.Tree.IsError(n) {
			broken = append(broken, extent{f.Tree.Start(n), f.Tree.End(n)})
		}
	}
	for i := range r.Contexts {
		c := &r.Contexts[i]
		if err := cmp.Or(k.context(content, c), cutAs(c), shape(f, broken, c), overlap(c, r.Contexts[:i]), k.inPlace(c)); err != nil {
			t.Errorf("%s %s span at byte %d (line %d), golden %.80q: %v", path, c.Kind, c.StartByte, c.Line, c.Golden, err)
		}
		k.kinds[string(language)+" "+string(c.Kind)]++
		k.cuts[strings.TrimSpace(fmt.Sprintf("%s %s %s %s", language, c.Kind, c.Cut, c.CallForm))]++
	}
}

func (k *checker) context(content []byte, c *schemas.Context) error {
	if other, ok := k.ids[c.ID]; ok {
		return fmt.Errorf("has the id of %s", other)
	}
	k.ids[c.ID] = fmt.Sprintf("%s:%d", c.Path, c.StartByte)
	start, end := int(c.StartByte), int(c.EndByte)
	from, to := start-len(c.Prefix), end+len(c.Suffix)
	if from < 0 || to > len(content) || string(content[from:to]) != c.Prefix+c.Golden+c.Suffix {
		return errors.New("prefix, golden and suffix are not the window's bytes")
	}
	if string(content[start:end]) != c.Golden {
		return errors.New("the golden is not the file's bytes at its span")
	}
	if c.PrefixCut != (from > 0) || c.SuffixCut != (to < len(content)) {
		return errors.New("the cuts are wrong")
	}
	if len(c.Prefix)+len(c.Suffix) > k.cfg.PrefixBytes+k.cfg.SuffixBytes {
		return errors.New("the window is over its budget")
	}
	if from > 0 && from < start && content[from-1] != '\n' || to < len(content) && to > end && content[to-1] != '\n' {
		return errors.New("the window is not cut at line starts")
	}
	if int(c.DeclStart) < from || int(c.DeclEnd) > to || int(c.DeclStart) > start || int(c.DeclEnd) < end {
		return fmt.Errorf("declaration %d-%d does not lie round the span and inside the window %d-%d", c.DeclStart, c.DeclEnd, from, to)
	}
	if n, lim := utf8.RuneCountInString(c.Golden), lengths[c.Kind]; n < lim[0] || n > lim[1] {
		return fmt.Errorf("%d characters", n)
	}
	if want := int64(1 + bytes.Count(content[:start], []byte("\n"))); c.Line != want {
		return fmt.Errorf("stands in line %d", want)
	}
	if schemas.IsGeneral(c.Kind) != (len(c.Types) == 0) {
		return fmt.Errorf("types %v", c.Types)
	}
	return nil
}

// inPlace parses a context's window, of one in eight, and counts those with an error
// in the golden that the file has not: a window can begin inside a string or a list.
func (k *checker) inPlace(c *schemas.Context) error {
	if !c.PrefixCut && !c.SuffixCut || schemas.Key64(c.ID)%8 != 0 || schemas.IsGeneral(c.Kind) {
		return nil
	}
	t, err := k.window.Parse(syntax.ByName(c.Language), c.Path, []byte(c.Prefix+c.Golden+c.Suffix))
	k.windows++
	if err != nil { // the middle of a table of numbers
		k.astray++
		return nil
	}
	for n := range t.Len() {
		if t.IsError(n) && t.Start(n) >= len(c.Prefix) && t.End(n) <= len(c.Prefix)+len(c.Golden) {
			k.astray++
			break
		}
	}
	return nil
}

// shape compares a context with the facts of its file.
func shape(f *syntax.Facts, broken []extent, c *schemas.Context) error {
	start, end := int(c.StartByte), int(c.EndByte)
	for _, e := range broken {
		if e.start >= int(c.DeclStart) && e.end <= int(c.DeclEnd) && e.start < int(c.DeclEnd) {
			return fmt.Errorf("its declaration has an error at byte %d", e.start)
		}
	}
	switch c.Kind {
	case schemas.KindImport:
		if c.PrefixCut {
			return errors.New("the head of the file is not in the window")
		}
		if !slices.ContainsFunc(f.Imports, func(im syntax.Import) bool { return im.Start >= start && im.Start < end }) {
			return errors.New("no import stands there")
		}
	case schemas.KindCall:
		callEnd := end
		if c.CallForm.End() == schemas.EndStatement && f.Src[end-1] == ';' && !strings.HasPrefix(c.Golden, "super(") && !strings.HasPrefix(c.Golden, "this(") {
			callEnd--
		}
		if !slices.ContainsFunc(f.Calls, func(call syntax.Call) bool {
			head := call.NameStart
			switch c.CallForm.Begin() {
			case schemas.BeginPath:
				head = call.Start
				if call.Ctor { // behind "new "
					head = start
				}
			case schemas.BeginExpression:
				head = call.Start
			}
			return head == start && call.End == callEnd && call.NameStart >= start
		}) && !slices.ContainsFunc(f.Elements, func(e syntax.Element) bool { return e.NameStart == start && e.End == end }) {
			return errors.New("no call stands there")
		}
	case schemas.KindArgument:
		if !slices.ContainsFunc(f.Calls, func(call syntax.Call) bool {
			return slices.ContainsFunc(call.Args, func(a syntax.Arg) bool { return a.Start == start && a.End == end })
		}) {
			return errors.New("no argument stands there")
		}
	case schemas.KindIdentifier:
		if !slices.ContainsFunc(f.Refs, func(r syntax.Ref) bool { return r.Start == start && r.End == end && r.Name == c.Golden }) &&
			!slices.ContainsFunc(f.Calls, func(call syntax.Call) bool { return call.NameStart == start && call.NameEnd == end }) {
			return errors.New("no name stands there")
		}
	case schemas.KindStatement, schemas.KindBlock:
		found := false
		for n := range f.Tree.Len() {
			if f.Tree.Start(n) <= start && end <= f.Tree.End(n) && f.Tree.Body(n) {
				first, last := false, false
				for k := range f.Tree.Children(n) {
					first = first || f.Tree.Start(k) == start
					last = last || f.Tree.End(k) == end && (c.Kind == schemas.KindBlock || f.Tree.Start(k) == start)
				}
				found = found || first && last
			}
		}
		if !found {
			return errors.New("no statement of a body stands there")
		}
	}
	return nil
}

// cutAs compares a golden's ends with what its cut and form say.
func cutAs(c *schemas.Context) error {
	before := strings.TrimPrefix(c.Prefix, string(bom))
	line := before[strings.LastIndexByte(before, '\n')+1:]
	after := strings.TrimPrefix(c.Suffix, "\r")
	form, ok := c.CallForm, slices.Contains(schemas.CallForms, c.CallForm)
	if ok != (c.Kind == schemas.KindCall) {
		return fmt.Errorf("form %q", form)
	}
	whole := c.Kind == schemas.KindImport || c.Kind == schemas.KindLine || c.Kind == schemas.KindLines
	switch {
	case (c.Kind == schemas.KindRandom) != (c.Cut == schemas.CutCharacter):
		return fmt.Errorf("cut %q", c.Cut)
	case c.Cut == schemas.CutLine:
		if !whole || line != "" || !strings.HasSuffix(c.Golden, "\n") {
			return fmt.Errorf("no whole lines: behind %q", line)
		}
	case c.Cut == schemas.CutCursor:
		if strings.TrimSpace(c.Golden) == "" || strings.Trim(c.Golden[:1], " \t\r\n") == "" || !schemas.IsGeneral(c.Kind) && strings.TrimSpace(c.Golden) != c.Golden {
			return errors.New("the golden has space at its ends")
		}
		if whole && (strings.Trim(line, " \t") != "" || after != "" && after[0] != '\n' || strings.HasSuffix(c.Golden, "\r")) {
			return fmt.Errorf("not from the first visible character to the line's end: behind %q, before %.9q", line, c.Suffix)
		}
	case c.Cut != schemas.CutCharacter:
		return fmt.Errorf("cut %q", c.Cut)
	}
	switch {
	case ok && (form.End() == schemas.EndStatement) != strings.HasSuffix(c.Golden, ";"):
		return fmt.Errorf("form %q of what ends in %q", form, c.Golden[len(c.Golden)-1:])
	case form.Begin() == schemas.BeginPath && !strings.Contains(c.Golden, "::"):
		return fmt.Errorf("form %q of what has no path", form)
	}
	return nil
}

// overlap reports that an earlier context of the same kind overlaps with one.
func overlap(c *schemas.Context, earlier []schemas.Context) error {
	for _, o := range earlier {
		same := o.Kind == c.Kind || schemas.IsGeneral(o.Kind) && schemas.IsGeneral(c.Kind)
		if same && o.StartByte < c.EndByte && c.StartByte < o.EndByte || o.StartByte == c.StartByte && o.EndByte == c.EndByte {
			return fmt.Errorf("overlaps with %s at byte %d", o.Kind, o.StartByte)
		}
	}
	return nil
}

func languageOf(path string) schemas.Language {
	for _, l := range syntax.All() {
		if slices.Contains(l.Extensions, strings.ToLower(filepath.Ext(path))) {
			return l.Name
		}
	}
	return ""
}

func TestPropertiesOverTestdata(t *testing.T) {
	k := newChecker(t)
	walk := func(path string, d fs.DirEntry, err error) error {
		language := languageOf(path)
		if err != nil || d.IsDir() || language == "" {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		k.file(t, language, path, content)
		// The same with other line ends and a BOM.
		crlf := bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n"))
		k.file(t, language, "crlf/"+path, crlf)
		k.file(t, language, "bom/"+path, append(slices.Clone(bom), content...))
		return nil
	}
	if err := errors.Join(filepath.WalkDir("testdata", walk), filepath.WalkDir("../syntax/testdata", walk)); err != nil {
		t.Fatal(err)
	}
	for _, l := range schemas.Languages {
		for _, kind := range []schemas.Kind{schemas.KindImport, schemas.KindCall, schemas.KindArgument, schemas.KindIdentifier, schemas.KindStatement, schemas.KindBlock, schemas.KindLine, schemas.KindLines, schemas.KindRandom} {
			if k.kinds[string(l)+" "+string(kind)] == 0 {
				t.Errorf("testdata of %s gives no %s span", l, kind)
			}
		}
		want := []string{"import line", "import cursor", "line line", "line cursor", "lines line", "lines cursor", "random character", "call cursor name call", "call cursor expression call"}
		if r := syntax.ByName(l).Rules; r.Separator == "::" {
			want = append(want, "call cursor path call", "call cursor path statement")
		}
		if l != schemas.Go && l != schemas.Python {
			want = append(want, "call cursor name statement", "call cursor expression statement")
		}
		for _, w := range want {
			if k.cuts[string(l)+" "+w] == 0 {
				t.Errorf("testdata of %s gives no %s", l, w)
			}
		}
	}
}

// TestPropertiesOverModules reads one in sixty files of the modules that have the most
// languages, where the module cache has them: all are read by
// TestPropertiesOverArchives.
func TestPropertiesOverModules(t *testing.T) {
	cache := os.Getenv("GOMODCACHE")
	if cache == "" {
		cache = filepath.Join(build.Default.GOPATH, "pkg", "mod")
	}
	for _, module := range []string{"github.com/apache/beam/sdks/v2", "github.com/google/flatbuffers"} {
		t.Run(module, func(t *testing.T) {
			paths, err := filepath.Glob(filepath.Join(cache, "cache", "download", filepath.FromSlash(module), "@v", "*.zip"))
			if err != nil || len(paths) == 0 {
				t.Skipf("the module cache %s has no archive of %s", cache, module)
			}
			archive(t, paths[len(paths)-1], 60)
		})
	}
}

// TestPropertiesOverArchives reads the archives that DECOY_ARCHIVES names (globs of
// .zip, .tar.gz and .tgz, separated by commas).
func TestPropertiesOverArchives(t *testing.T) {
	specs := os.Getenv("DECOY_ARCHIVES")
	if specs == "" {
		t.Skip("DECOY_ARCHIVES names no archives")
	}
	for _, spec := range strings.Split(specs, ",") {
		paths, err := filepath.Glob(spec)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%q: %d files, %v", spec, len(paths), err)
		}
		for _, path := range paths {
			archive(t, path, 1)
		}
	}
}

// archive checks one in n of an archive's files.
func archive(t *testing.T, path string, n uint64) {
	k := newChecker(t)
	err := eachFile(path, func(name string) bool {
		return languageOf(name) != "" && schemas.Key64(name)%n == 0
	}, func(name string, content []byte) {
		if len(content) <= 1<<20 && utf8.Valid(content) {
			k.file(t, languageOf(name), name, content)
		}
	})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if len(k.ids) == 0 {
		t.Errorf("%s gives no context", path)
	}
	if k.astray*50 > k.windows+50 {
		t.Errorf("%s: of %d windows %d have an error in the golden", path, k.windows, k.astray)
	}
	t.Logf("%s: %d files, %d contexts, %d windows parsed, %d with an error\nkinds %v\ncuts %v\nrejects %v", path, k.files, len(k.ids), k.windows, k.astray, k.kinds, k.cuts, k.rejects)
}

func eachFile(path string, want func(name string) bool, visit func(name string, content []byte)) error {
	if strings.HasSuffix(path, ".zip") {
		z, err := zip.OpenReader(path)
		if err != nil {
			return err
		}
		defer z.Close()
		for _, f := range z.File {
			if !want(f.Name) {
				continue
			}
			r, err := f.Open()
			if err != nil {
				return err
			}
			content, err := io.ReadAll(r)
			if err = errors.Join(err, r.Close()); err != nil {
				return err
			}
			visit(f.Name, content)
		}
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	g, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for r := tar.NewReader(g); ; {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg || !want(h.Name) {
			continue
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		visit(h.Name, content)
	}
}

// FuzzFile gives arbitrary bytes to every language: File must not panic, and what
// it takes must lie in the file.
func FuzzFile(f *testing.F) {
	for _, l := range syntax.All() {
		for _, dir := range []string{"testdata/", "../syntax/testdata/"} {
			paths, err := filepath.Glob(dir + string(l.Name) + "/*")
			if err != nil {
				f.Fatal(err)
			}
			for _, p := range paths {
				if languageOf(p) == "" {
					continue
				}
				content, err := os.ReadFile(p)
				if err != nil {
					f.Fatal(err)
				}
				f.Add(content[:min(len(content), 1000)])
			}
		}
	}
	for _, s := range []string{"", "\xef\xbb\xbf", "\xef\xbb\xbf\n", "\r\n", "import \"\n", "#include\r", "\x00\xff", "use ;", "from . import (\n"} {
		f.Add([]byte(s))
	}
	cfg, err := Config{Kinds: map[string]int{"import": 9, "call": 9, "argument": 9, "identifier": 9, "statement": 9, "block": 9, "general": 9}, PrefixBytes: 256, SuffixBytes: 256}.Filled()
	if err != nil {
		f.Fatal(err)
	}
	x := New(cfg)
	f.Cleanup(x.Close)
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) > 1<<10 {
			t.Skip("the parsers are slow on long garbage")
		}
		for _, l := range syntax.All() {
			b := &schemas.Blob{Repo: "r", Path: "a" + l.Extensions[0], Language: l.Name, SHA256: "s", Content: content}
			r, err := x.File(b, true)
			if err != nil {
				t.Fatal(err)
			}
			half := Range{len(content) / 3, len(content) * 2 / 3}
			e, err := x.Edited(b, []Range{half})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range e.Contexts {
				if int(c.StartByte) < half.Start || int(c.EndByte) > half.End {
					t.Fatalf("%s: golden at %d-%d is not in %v", l.Name, c.StartByte, c.EndByte, half)
				}
			}
			for _, c := range append(r.Contexts, e.Contexts...) {
				if string(content[c.StartByte:c.EndByte]) != c.Golden || c.Golden == "" {
					t.Fatalf("%s: golden %q at %d-%d", l.Name, c.Golden, c.StartByte, c.EndByte)
				}
			}
		}
	})
}
