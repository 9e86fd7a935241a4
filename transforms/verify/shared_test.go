package verify

import (
	"cmp"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/syntax"
)

// TestOneCheckerForAll certifies many negatives with one checker, whose windows, walks and
// conclusions neighbours share, and each with a checker of its own, in eight languages: the
// certificates are the same, in the order of the ids and in any other.
func TestOneCheckerForAll(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var contexts []schemas.Context
	repos := map[string]*Repo{}
	for _, window := range []int{1200, 1 << 20} { // some windows are cut, some are their files
		var files []schemas.Blob
		repo := "example.org/" + strconv.Itoa(window)
		for _, l := range syntax.All() {
			paths, err := filepath.Glob(filepath.Join("..", "syntax", "testdata", string(l.Name), "*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range paths {
				if strings.HasSuffix(p, ".facts") {
					continue
				}
				content, err := os.ReadFile(p)
				if err != nil {
					t.Fatal(err)
				}
				files = append(files, schemas.Blob{Repo: repo, Commit: "c",
					Path: string(l.Name) + "/" + filepath.Base(p), Language: l.Name,
					Content: content})
			}
		}
		cfg, err := fim.Config{Kinds: map[string]int{"call": 4, "import": 2}, PrefixBytes: window, SuffixBytes: window / 2}.Filled()
		if err != nil {
			t.Fatal(err)
		}
		symbols, found := symbolize(t, files, cfg)
		repos[repo] = NewRepo(slices.Values(symbols))
		contexts = append(contexts, found...)
	}
	slices.SortFunc(contexts, func(a, b schemas.Context) int { return cmp.Compare(a.ID, b.ID) })
	shared := New()
	defer shared.Close()
	status, languages := map[schemas.Status]int{}, map[schemas.Language]bool{}
	for range 2 {
		for i := range contexts {
			c := &contexts[i]
			for _, n := range changes(c, r) {
				got, err := shared.Certify(repos[c.Repo], c, &n)
				if err != nil {
					t.Fatal(err)
				}
				own := New()
				want, err := own.Certify(repos[c.Repo], c, &n)
				own.Close()
				if err != nil {
					t.Fatal(err)
				}
				if got != want {
					t.Fatalf("%s, %q for %q: %+v, alone %+v", c.Path, n.Text, c.Golden, got, want)
				}
				status[want.Status]++
				languages[c.Language] = true
			}
		}
		r.Shuffle(len(contexts), func(i, k int) { contexts[i], contexts[k] = contexts[k], contexts[i] })
	}
	if len(status) < 4 || len(languages) != len(schemas.Languages) {
		t.Errorf("the certificates are %v, in %d languages: too one-sided to say anything", status, len(languages))
	}
	t.Log(status)
}

var aWord = regexp.MustCompile(`[A-Za-z_]\w*`)

// changes are texts that differ from a golden in a word, an argument or a bracket.
func changes(c *schemas.Context, r *rand.Rand) []schemas.Negative {
	var out []schemas.Negative
	words := aWord.FindAllStringIndex(c.Golden, -1)
	others := aWord.FindAllString(c.Prefix+c.Suffix, -1)
	for _, typ := range c.Types {
		for range 3 {
			text := c.Golden
			if len(words) > 0 {
				w := words[r.IntN(len(words))]
				other := []string{"zzz", "otherName", "a(b, c)", "x, y", ")"}[r.IntN(5)]
				if len(others) > 0 && r.IntN(2) == 0 {
					other = others[r.IntN(len(others))]
				}
				text = text[:w[0]] + other + text[w[1]:]
			}
			out = append(out, schemas.Negative{ID: "n", ContextID: c.ID, Type: typ, Text: text})
		}
	}
	return out
}
