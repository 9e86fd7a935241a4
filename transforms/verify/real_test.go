package verify

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/syntax"
)

// archiveFiles reads an archive's files, without the folder of a Go module's zip.
func archiveFiles(t testing.TB, name string) []schemas.Blob {
	t.Helper()
	z, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var out []schemas.Blob
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		p := f.Name
		if _, rest, ok := strings.Cut(p, "@"); ok {
			_, p, _ = strings.Cut(rest, "/")
			if strings.Contains(rest[:len(rest)-len(p)], "+incompatible") {
				p = strings.TrimPrefix(p, "/")
			}
		}
		b := schemas.Blob{Repo: name, Path: p, Language: languageOf(p)}
		if b.Language != "" || slices.Contains([]string{"go.mod", "package.json", "Cargo.toml"}, path.Base(p)) ||
			fim.IsSettings(p) {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			if b.Content, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
			r.Close()
		}
		out = append(out, b)
	}
	return out
}

// symbolize makes an archive's symbols as the extract stage does, and its contexts
// where kinds are asked for.
func symbolize(t testing.TB, files []schemas.Blob, cfg fim.Config) ([]schemas.Symbol, []schemas.Context) {
	t.Helper()
	x := fim.New(cfg)
	defer x.Close()
	var symbols []schemas.Symbol
	var contexts []schemas.Context
	for i := range files {
		b := &files[i]
		s := schemas.Symbol{Repo: b.Repo, Record: schemas.SymbolFile, Path: b.Path, Role: string(b.Language),
			Arity: -1, Target: manifestName(b)}
		if len(b.Content) > 1<<20 || b.Language != "" && !utf8.Valid(b.Content) {
			s.Flags = []string{"unread"}
		} else if b.Language != "" {
			sum := sha256.Sum256(b.Content)
			b.SHA256 = hex.EncodeToString(sum[:])
			r, err := x.File(b, true)
			if err != nil {
				t.Fatal(err)
			}
			symbols = append(symbols, r.Symbols...)
			contexts = append(contexts, r.Contexts...)
		}
		symbols = append(append(symbols, s), fim.Settings(b.Repo, b.Path, b.Content)...)
	}
	return symbols, contexts
}

func manifestName(b *schemas.Blob) string {
	text := string(b.Content)
	switch path.Base(b.Path) {
	case "go.mod":
		for _, l := range strings.Split(text, "\n") {
			if m, ok := strings.CutPrefix(l, "module "); ok {
				return strings.Trim(strings.TrimSpace(m), `"`)
			}
		}
	case "Cargo.toml":
		for _, l := range strings.Split(text, "\n") {
			if k, v, ok := strings.Cut(l, "="); ok && strings.TrimSpace(k) == "name" {
				return strings.Trim(strings.TrimSpace(v), `"`)
			}
		}
	}
	return ""
}

// sampled reports whether a context is among the share 1/DECOY_VERIFY_EVERY.
func sampled(ctx *schemas.Context) bool {
	every, err := strconv.Atoi(os.Getenv("DECOY_VERIFY_EVERY"))
	return err != nil || schemas.Key64("sample", ctx.ID)%uint64(max(every, 1)) == 0
}

// TestGoldensOfRealArchives asks the rules about real code, which is right: every
// refusal is a false alarm. DECOY_VERIFY_ZIPS lists zip archives, separated by
// commas. The control, by which a golden that is refused makes the check abstain,
// is not used.
func TestGoldensOfRealArchives(t *testing.T) {
	zips := os.Getenv("DECOY_VERIFY_ZIPS")
	if zips == "" {
		t.Skip("set DECOY_VERIFY_ZIPS to zip archives to measure false alarms on real goldens")
	}
	type cell struct {
		lang schemas.Language
		rule string
	}
	asked, refused, known := map[cell]int{}, map[cell]int{}, map[cell]int{}
	shown := map[cell]int{}
	cfg, err := fim.Config{Kinds: map[string]int{"import": 100, "call": 40}, MaxPerFile: 140}.Filled()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Split(zips, ",") {
		symbols, contexts := symbolize(t, archiveFiles(t, name), cfg)
		repo := NewRepo(slices.Values(symbols))
		c := New()
		note := func(s *site, rule string, f finding, what string, at int) {
			k := cell{s.ctx.Language, rule}
			asked[k]++
			switch f.status {
			case schemas.StatusExists:
				known[k]++
			case schemas.StatusCertified, schemas.StatusUnseen:
				k.rule += " " + string(f.status)
				refused[k]++
				if shown[k]++; shown[k] <= 25 {
					t.Logf("%s %s: %s %q: %s", k.lang, k.rule, s.at(at), what, f.why)
				}
			}
		}
		slices.SortStableFunc(contexts, func(a, b schemas.Context) int {
			return strings.Compare(string(a.Language),
				string(b.Language))
		})
		only := os.Getenv("DECOY_VERIFY_LANG")
		for i := range contexts {
			ctx := &contexts[i]
			if only != "" && ctx.Language != schemas.Language(only) || !sampled(ctx) {
				continue
			}
			q, l := c.query(repo, ctx)
			s, err := c.goldenSite(q, l, ctx)
			if err != nil {
				t.Fatal(err)
			}
			if ctx.Kind == schemas.KindImport {
				for _, it := range s.importItems() {
					v := s.item(it)
					note(s, v.rule, v.finding, it.Module+" "+it.Name, s.start)
				}
				continue
			}
			from, to := s.start, s.end
			for j := range s.f.Refs {
				if r := &s.f.Refs[j]; !r.Called && r.Start >= from && r.End <= to && !s.f.Tree.Broken(r.Node) {
					note(s, ruleUnbound, s.ref(r), r.Name, r.Start)
				}
			}
			for _, call := range s.touched() {
				if call.NameStart < from {
					continue
				}
				if call.Macro {
					continue
				}
				v := s.called(call)
				note(s, v.rule, v.finding, string(s.f.Src[call.Start:call.NameEnd]), call.Start)
				if call.ArgsEnd == 0 {
					continue
				}
				tg := s.target(call)
				f := finding{status: schemas.StatusAbstain}
				for _, sig := range tg.sigs {
					why, _ := s.refuses(sig, call)
					if why == "" {
						f = exists("")
						break
					}
					f = certain(tg.weak, "%s", why)
				}
				note(s, ruleCount, f, string(s.f.Src[call.Start:min(call.End, call.Start+120)]), call.Start)
			}
		}
		c.Close()
	}
	var keys []cell
	for k := range asked {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b cell) int { return strings.Compare(string(a.lang)+a.rule, string(b.lang)+b.rule) })
	for _, k := range keys {
		t.Logf("%-11s %-20s asked %7d, known %7d, refused: certified %5d, unseen %5d", k.lang,
			k.rule, asked[k], known[k],
			refused[cell{k.lang, k.rule + " certified"}], refused[cell{k.lang, k.rule + " unseen"}])
	}
}

// TestMutantsOfRealArchives counts the statuses that simple mutations with real
// names get: how much of what a generator makes can be certified. It logs a sample
// of the certified ones for a reader to judge.
func TestMutantsOfRealArchives(t *testing.T) {
	zips := os.Getenv("DECOY_VERIFY_ZIPS")
	if zips == "" {
		t.Skip("set DECOY_VERIFY_ZIPS to zip archives to count statuses on real code")
	}
	type cell struct {
		lang   schemas.Language
		typ    schemas.Type
		status schemas.Status
	}
	count, reasons, shown := map[cell]int{}, map[string]int{}, map[cell]int{}
	cfg, err := fim.Config{Kinds: map[string]int{"import": 4, "call": 8}, MaxPerFile: 12}.Filled()
	if err != nil {
		t.Fatal(err)
	}
	only := os.Getenv("DECOY_VERIFY_LANG")
	for _, name := range strings.Split(zips, ",") {
		symbols, contexts := symbolize(t, archiveFiles(t, name), cfg)
		repo := NewRepo(slices.Values(symbols))
		slices.SortStableFunc(contexts, func(a, b schemas.Context) int {
			return strings.Compare(string(a.Language),
				string(b.Language))
		})
		c := New()
		for i := range contexts {
			ctx := &contexts[i]
			if only != "" && ctx.Language != schemas.Language(only) || !sampled(ctx) {
				continue
			}
			q, l := c.query(repo, ctx)
			s, err := c.goldenSite(q, l, ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range mutants(s) {
				cert, err := c.Certify(repo, ctx, &n)
				if err != nil {
					t.Fatal(err)
				}
				k := cell{ctx.Language, n.Type, cert.Status}
				count[k]++
				if cert.Status == schemas.StatusAbstain {
					reasons[string(ctx.Language)+" "+string(n.Type)+" "+cert.Rule+": "+shape(cert.Evidence)]++
				}
				if cert.Status != schemas.StatusExists && cert.Status != schemas.StatusAbstain {
					if shown[k]++; shown[k]%97 == 1 {
						t.Logf("%s %s %s %s:%d\n  - %q\n  + %q\n  %s: %s", k.lang, k.typ, cert.Status, ctx.Path,
							ctx.Line, ctx.Golden, n.Text, cert.Rule, cert.Evidence)
					}
				}
			}
		}
		c.Close()
	}
	for _, lang := range schemas.Languages {
		for _, typ := range schemas.Types {
			line := fmt.Sprintf("cell %-11s %-18s", lang, typ)
			for _, st := range schemas.Statuses {
				line += fmt.Sprintf(" %s %5d", st, count[cell{lang, typ, st}])
			}
			t.Log(line)
		}
	}
	var keys []string
	for k := range reasons {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return reasons[b] - reasons[a] })
	for _, k := range keys[:min(80, len(keys))] {
		t.Logf("abstains %6d %s", reasons[k], k)
	}
}

// shape is a sentence without its names, so that equal reasons count as one.
func shape(s string) string {
	out := strings.Fields(s)
	for i, w := range out {
		if strings.ContainsAny(w, "/.:_(\"") || strings.ToLower(w) != w {
			out[i] = "X"
		}
	}
	return strings.Join(out, " ")
}

// mutants makes negatives of a context from the names of its own window.
func mutants(s *site) []schemas.Negative {
	ctx := s.ctx
	pick := func(n int, what string) int { return int(schemas.Key64("mutant", ctx.ID, what) % uint64(n)) }
	var out []schemas.Negative
	add := func(typ schemas.Type, start, end int, text string) {
		golden := ctx.Golden
		a, b := start-s.start, end-s.start
		if a < 0 || b > len(golden) || a > b || golden[a:b] == text {
			return
		}
		out = append(out, schemas.Negative{ID: fmt.Sprint(len(out)), ContextID: ctx.ID, Type: typ, Text: golden[:a] +
			text + golden[b:]})
	}
	if ctx.Kind == schemas.KindImport {
		var modules, names []string
		for i := range s.f.Imports {
			for _, it := range s.f.Imports[i].Items {
				modules, names = append(modules, it.Module), append(names, it.Name)
			}
		}
		for _, it := range s.importItems() {
			if it.NameEnd > 0 {
				if n := names[pick(len(names), "name")]; n != "" {
					add(schemas.TypeImport, it.NameStart, it.NameEnd, n)
				}
				add(schemas.TypeImport, it.NameStart, it.NameEnd, it.Name+"s")
			}
			if it.ModEnd > it.ModStart {
				cut := strings.LastIndexAny(it.Module, "/.:") + 1
				other := modules[pick(len(modules), "module")]
				other = other[strings.LastIndexAny(other, "/.:")+1:]
				if other != "" && !strings.HasSuffix(it.Module, ".h") {
					add(schemas.TypeImport, it.ModStart+cut, it.ModEnd, other)
				}
				base := it.Module[:len(it.Module)-len(path.Ext(it.Module))]
				if !strings.Contains(it.Module, "/") {
					base = it.Module
				}
				add(schemas.TypeImport, it.ModStart, it.ModStart+len(base), base+"s")
			}
		}
		return out
	}
	var called []string
	for i := range s.f.Calls {
		called = append(called, s.f.Calls[i].Name)
	}
	var declared []string
	for i := range s.f.Decls {
		switch s.f.Decls[i].Role {
		case syntax.Variable, syntax.Parameter:
			declared = append(declared, s.f.Decls[i].Name)
		}
	}
	for _, call := range s.touched() {
		if call.NameStart != s.start {
			continue
		}
		for j := range 3 {
			add(schemas.TypeMethod, call.NameStart, call.NameEnd, called[pick(len(called), fmt.Sprint("method", j))])
		}
		if call.ArgsEnd == 0 || call.Macro {
			continue
		}
		sep := ", "
		if len(call.Args) == 0 {
			sep = ""
		}
		add(schemas.TypeParameter, call.ArgsEnd-1, call.ArgsEnd-1, sep+"0")
		if s.w.keywords && len(declared) > 0 {
			kw := "="
			if ctx.Language == schemas.CSharp {
				kw = ": "
			}
			add(schemas.TypeParameter, call.ArgsEnd-1, call.ArgsEnd-1,
				sep+declared[pick(len(declared), "keyword")]+kw+"0")
		}
		if len(call.Args) > 0 {
			a := call.Args[len(call.Args)-1]
			from := a.Start
			if len(call.Args) > 1 {
				from = call.Args[len(call.Args)-2].End
			}
			add(schemas.TypeParameter, from, a.End, "")
			if len(declared) > 0 {
				for j := range 2 {
					add(schemas.TypeUndefinedVariable, a.ValueStart, a.ValueEnd,
						declared[pick(len(declared), fmt.Sprint("variable", j))])
				}
			}
		}
	}
	return out
}
