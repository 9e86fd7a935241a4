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
	"strings"
	"testing"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/fim"
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
		if b.Language != "" || slices.Contains([]string{"go.mod", "package.json", "Cargo.toml"}, path.Base(p)) {
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
		s := schemas.Symbol{Repo: b.Repo, Record: schemas.SymbolFile, Path: b.Path, Role: b.Language, Arity: -1, Target: manifestName(b)}
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
		symbols = append(symbols, s)
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

// TestGoldensOfRealArchives asks the rules about real code, which is right: every
// refusal is a false alarm. DECOY_VERIFY_ZIPS lists zip archives, separated by
// commas. The control, by which a golden that is refused makes the check abstain,
// is not used.
func TestGoldensOfRealArchives(t *testing.T) {
	zips := os.Getenv("DECOY_VERIFY_ZIPS")
	if zips == "" {
		t.Skip("set DECOY_VERIFY_ZIPS to zip archives to measure false alarms on real goldens")
	}
	type cell struct{ lang, rule string }
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
				k.rule += " " + f.status
				refused[k]++
				if shown[k]++; shown[k] <= 25 {
					t.Logf("%s %s: %s %q: %s", k.lang, k.rule, s.at(at), what, f.why)
				}
			}
		}
		slices.SortStableFunc(contexts, func(a, b schemas.Context) int { return strings.Compare(a.Language, b.Language) })
		only := os.Getenv("DECOY_VERIFY_LANG")
		for i := range contexts {
			ctx := &contexts[i]
			if only != "" && ctx.Language != only {
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
	slices.SortFunc(keys, func(a, b cell) int { return strings.Compare(a.lang+a.rule, b.lang+b.rule) })
	for _, k := range keys {
		t.Log(fmt.Sprintf("%-11s %-20s asked %7d, known %7d, refused: certified %5d, unseen %5d", k.lang, k.rule, asked[k], known[k], refused[cell{k.lang, k.rule + " certified"}], refused[cell{k.lang, k.rule + " unseen"}]))
	}
}

