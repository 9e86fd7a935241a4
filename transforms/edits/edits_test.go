package edits

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"decoy/schemas"

	"github.com/google/go-cmp/cmp"
)

func TestAdded(t *testing.T) {
	for _, c := range []struct {
		name, before, after string
		hunks               []Hunk
		want                []string
	}{
		{"new file", "", "a\nb", []Hunk{{0, 0, 0, 2}}, []string{"a\nb"}},
		{"two places", "a\nb\nc\n", "x\na\nb\ny\nc\n", []Hunk{{0, 0, 0, 1}, {2, 2, 3, 4}}, []string{"x\n", "y\n"}},
		{"a deletion adds nothing", "a\nb\n", "a\n", []Hunk{{1, 2, 1, 1}}, nil},
		{"blank lines alone are nothing", "a\n", "a\n\n \n", []Hunk{{1, 1, 1, 3}}, nil},
		{"blank lines between stay", "", "a\n\nb\n", []Hunk{{0, 0, 0, 3}}, []string{"a\n\nb\n"}},
		{"wrapped into a condition", "  f()\n  g()\n", "  if x {\n    f()\n    g( )\n  }\n", []Hunk{{0, 2, 0, 4}}, []string{"  if x {\n", "  }\n"}},
		{"a line stands for one", "f()\n", " f()\n f()\n", []Hunk{{0, 1, 0, 2}}, []string{" f()\n"}},
		{"line ends", "f()\n", "f()\r\n", []Hunk{{0, 1, 0, 1}}, nil},
		{"hunks of another file", "a\n", "b\n", []Hunk{{0, 9, 0, 9}}, []string{"b\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, r := range Added([]byte(c.before), []byte(c.after), c.hunks) {
				got = append(got, c.after[r.Start:r.End])
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestLinesOf(t *testing.T) {
	text := []byte("ab\ncd\n\nef")
	for _, c := range []struct {
		r    Range
		want Lines
	}{
		{Range{0, 2}, Lines{0, 1}}, {Range{0, 3}, Lines{0, 1}}, {Range{0, 4}, Lines{0, 2}}, {Range{3, 3}, Lines{1, 2}},
		{Range{6, 7}, Lines{2, 3}}, {Range{7, 9}, Lines{3, 4}}, {Range{2, 99}, Lines{0, 4}}, {Range{-1, -5}, Lines{0, 1}},
	} {
		if got := LinesOf(text, c.r); got != c.want {
			t.Errorf("%v: %v, expected %v", c.r, got, c.want)
		}
	}
	for i, l := range bytes.SplitAfter(text, []byte("\n")) {
		tx := newText(text)
		if got := tx.line(i); !bytes.Equal(got, l) {
			t.Errorf("line %d: %q, expected %q", i, got, l)
		}
	}
}

// numbered is n lines that differ.
func numbered(prefix string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s%d();\n", prefix, i)
	}
	return b.String()
}

// replaced is a file of which everything was replaced.
func replaced(before, after string) []File {
	return []File{{Path: "a", OldPath: "a", Before: []byte(before), After: []byte(after),
		Hunks: []Hunk{{0, strings.Count(before, "\n"), 0, strings.Count(after, "\n")}}}}
}

func files(n int, format string) (out []File) {
	for i := range n {
		out = append(out, File{Path: fmt.Sprintf(format, i), Unread: true})
	}
	return out
}

func TestReject(t *testing.T) {
	work := replaced("a\n", "b\n")
	for _, c := range []struct {
		name string
		c    Commit
		want schemas.Reason
	}{
		{"work", Commit{Parents: 1, Author: "Ann Abbot", Email: "robotnik@x.y", Message: "Fix it", Files: work}, ""},
		{"no message, no files", Commit{Parents: 1}, ""},
		{"root", Commit{Message: "initial", Files: work}, ""},
		{"lost", Commit{Lost: true, Parents: 2}, HistoryCut},
		{"merge", Commit{Parents: 2, Author: "dependabot[bot]"}, Merge},
		{"dependabot", Commit{Author: "dependabot[bot]", Email: "49699333+dependabot[bot]@users.noreply.github.com"}, Bot},
		{"by its mail", Commit{Author: "Updates", Email: "x[bot]@users.noreply.github.com"}, Bot},
		{"renovate", Commit{Author: "WhiteSource Renovate"}, Bot},
		{"actions", Commit{Author: "GitHub Actions"}, Bot},
		{"a word", Commit{Author: "mr-bot"}, Bot},
		{"camel case", Commit{Author: "ZodBot"}, Bot},
		{"a nickname", Commit{Author: "Alex", Email: "leha-bot@x.y"}, ""},
		{"a name in camel case", Commit{Author: "JeanBotond"}, ""},
		{"no word", Commit{Author: "Botond", Email: "botond@x.y"}, ""},
		{"git revert", Commit{Message: "Revert \"Add x\"\n\nThis reverts commit 0123456."}, Revert},
		{"revert with a subject of its own", Commit{Message: "Always inline\n\nThis reverts commit 332da79bf37d06."}, Revert},
		{"a squashed revert", Commit{Message: "Do a thing (#1)\n\n* do it\n\n* undo a part\n\nThis reverts commit 332da79bf37d06."}, ""},
		{"conventional revert", Commit{Message: "chore: Revert \"ci: x\""}, Revert},
		{"revert:", Commit{Message: "revert: feat(x): y"}, Revert},
		{"reapply", Commit{Message: "Reapply \"x\""}, Revert},
		{"backed out", Commit{Message: "Backed out last change"}, Revert},
		{"reversal", Commit{Message: "Reverse the order"}, ""},
		{"100 files", Commit{Files: files(100, "src/%d.go")}, ""},
		{"101 files", Commit{Files: files(101, "src/%d.go")}, TooManyFiles},
		{"vendor", Commit{Files: append(files(2, "vendor/x/%d.go"), File{Path: "go.mod"})}, Vendoring},
		{"deep vendor", Commit{Files: files(300, "a/Third_Party/%d.cc")}, Vendoring},
		{"half vendor", Commit{Files: append(files(1, "vendor/x/%d.go"), File{Path: "main.go"})}, ""},
		{"a package of that name", Commit{Files: files(3, "src/org/external/%d.java")}, ""},
		{"a file of that name", Commit{Files: files(3, "src/vendor%d.go")}, ""},
		{"indented", Commit{Files: replaced(numbered("f", 5), strings.ReplaceAll(numbered("f", 5), "f", "\tf"))}, Reformat},
		{"line ends", Commit{Files: replaced(numbered("f", 5), strings.ReplaceAll(numbered("f", 5), "\n", "\r\n"))}, Reformat},
		{"lines broken", Commit{Files: replaced("f(a, b, c);\n", "f(\n  a,\n  b,\n  c,\n)\n")}, Reformat},
		{"quotes", Commit{Files: replaced("x = 'a';\n", "x = \"a\"\n")}, Reformat},
		{"mostly indented", Commit{Files: replaced(numbered("f", 30), "if x {\n"+strings.ReplaceAll(numbered("f", 30), "f", "\tf")+"}\nnew\n")}, Reformat},
		{"a few indented", Commit{Files: replaced(numbered("f", 5), "if x {\n"+strings.ReplaceAll(numbered("f", 5), "f", "\tf")+"}\n")}, ""},
		{"more new than indented", Commit{Files: replaced(numbered("f", 30), strings.ReplaceAll(numbered("f", 30), "f", "\tf")+numbered("g", 40))}, ""},
		{"removed only", Commit{Files: []File{{Path: "a", OldPath: "a", Before: []byte("a\nb\n"), After: []byte("a\n"), Hunks: []Hunk{{1, 2, 1, 1}}}}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, detail := Reject(c.c)
			if got != c.want || (got == "") != (detail == "") {
				t.Errorf("%q %q, expected %q", got, detail, c.want)
			}
		})
	}
}

func TestKind(t *testing.T) {
	for message, want := range map[string]string{
		"fix: x":                                   KindFix,
		"feat(validator)!: supports headers":       KindFeature,
		"chore(deps): bump x from 1 to 2":          KindBuild,
		"chore: Fix typos in JSDoc":                KindDocs,
		"chore: nothing in particular":             KindOther,
		"perf(util): cache regex":                  KindPerformance,
		"[docs] Add samples":                       KindDocs,
		"net/http: fix a leak":                     KindFix,
		"ripgrep: add --pre flag":                  KindFeature,
		"[LANG-1610] Fix StringUtils.unwrap":       KindFix,
		"LANG-609: Added AtomicSafeInitializer":    KindFeature,
		":bug: fixes #12":                          KindFix,
		"-Increment version to 6.0.3":              KindBuild,
		"v4.2.7":                                   KindBuild,
		"grep-searcher-0.1.11":                     KindBuild,
		"\n\nUse final.\n":                         KindRefactor,
		"merge two forms into one":                 KindRefactor,
		"Add tests for x":                          KindTest,
		"Format tweaks":                            KindStyle,
		"Fix formatting of std::byte":              KindFix,
		"Format null pointer as (nil)":             KindOther,
		"Simplify path formatting":                 KindRefactor,
		"Document that x":                          KindDocs,
		"Speed up iterator_buffer":                 KindPerformance,
		"Revert \"Add x\"":                         KindRevert,
		"chore: Revert \"x\"":                      KindRevert,
		"":                                         KindOther,
		"not quite working":                        KindOther,
		"Improve the error of the parser":          KindFeature,
		"Properly close the reader: fix for a bug": KindFix,
	} {
		if got := Kind(message); got != want {
			t.Errorf("%q: %s, expected %s", message, got, want)
		}
	}
}
