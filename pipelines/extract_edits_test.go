package pipelines

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"

	"decoy/pipelines/extraction"
	"decoy/pipelines/recipe"
	"decoy/schemas"
	"decoy/transforms/edits"
)

// repository writes a git repository with one commit a version.
type repository struct {
	t    *testing.T
	dir  string
	repo *git.Repository
	at   map[string]map[string]string // by commit, the files after it
	now  map[string]string
}

func newRepository(t *testing.T, dir string) *repository {
	t.Helper()
	r, err := git.PlainInit(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	return &repository{t, dir, r, map[string]map[string]string{}, map[string]string{}}
}

func (r *repository) commit(author, message string, files map[string]string) string {
	r.t.Helper()
	w, err := r.repo.Worktree()
	if err != nil {
		r.t.Fatal(err)
	}
	for name, content := range files {
		path := filepath.Join(r.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			r.t.Fatal(err)
		}
		if _, err := w.Add(name); err != nil {
			r.t.Fatal(err)
		}
		r.now[name] = content
	}
	when := time.Date(2026, 1, 2, 3, 4, len(r.at), 0, time.FixedZone("", 3600))
	id, err := w.Commit(message, &git.CommitOptions{Author: &object.Signature{Name: author,
		Email: author + "@example.org", When: when}})
	if err != nil {
		r.t.Fatal(err)
	}
	after := map[string]string{}
	for k, v := range r.now {
		after[k] = v
	}
	r.at[id.String()] = after
	return id.String()
}

// program is a Go file of functions that each make one call, given as "name:argument".
func program(functions ...string) string {
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n")
	for _, f := range functions {
		name, argument, _ := strings.Cut(f, ":")
		fmt.Fprintf(&b, "\nfunc %s(names []string) {\n\tfmt.Println(strings.Join(names, %q))\n}\n", name, argument)
	}
	return b.String()
}

func TestEdits(t *testing.T) {
	c := newCorpus(t)
	r := newRepository(t, filepath.Join(c.dir, "repo.git"))
	first := r.commit("Ann", "Add the program", map[string]string{"LICENSE": license(t, "MIT").content,
		"main.go": program("a:first", "b:second")})
	second := r.commit("Bob", "fix: join by the right separator",
		map[string]string{"main.go": program("c:third", "a:first", "b:another")})
	bot := r.commit("dependabot[bot]", "Bump things", map[string]string{"bot.go": program("d:by a bot")})
	last := r.commit("Ann", "Name the first step better", map[string]string{"main.go": program("c:third",
		"a:first of all", "b:another")})
	c.add(t, "plain.tar.gz", "o/plain", "v1", []entry{license(t, "MIT"), {path: "a.go", content: program("e:plain")}})

	extract := func(runner string, origin schemas.Origin) (string, []schemas.Context) {
		t.Helper()
		b := c.open(t, t.TempDir(), runner, parsed(t, "archives: ['"+c.dir+"/*']\nextract: {origin: "+
			""+string(origin)+", edit_share: 0.5, max_per_repo: 40, kinds: {call: 20}}\n"))
		b.Recipe.Identities = c.known
		if err := b.Resolve(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.RunStages(t.Context(), schemas.Stages...); err != nil {
			t.Fatal(err)
		}
		return b.Out, records[schemas.Context](t, b.Out, schemas.StageExtract, "contexts")
	}
	out, contexts := extract("direct", schemas.OriginEdit)
	again, _ := extract("prism", schemas.OriginEdit)
	sameBytes(t, "direct and prism", out, again)

	byCommit := map[string]int{}
	taken := map[string]bool{} // lines of main.go by their text
	for _, x := range contexts {
		file, known := r.at[x.Commit][x.Path]
		if !known || x.Origin != schemas.OriginEdit || x.OriginCommit != x.Commit || x.Repo != "repo" {
			t.Fatalf("%+v is no edit of the repository", x)
		}
		if file[x.StartByte:x.EndByte] != x.Golden || !strings.Contains(file, x.Prefix+x.Golden+x.Suffix) {
			t.Errorf("%s in %s: not the bytes of the file after the commit", x.ID, x.Commit)
		}
		wantKind := map[string]string{first: edits.KindFeature, second: edits.KindFix,
			last: edits.Kind("Name the first step better")}[x.Commit]
		if x.OriginKind != wantKind || !strings.HasPrefix(x.OriginDate, "2026-01-02T02:04:") {
			t.Errorf("%s: kind %q (want %q), date %q", x.Commit, x.OriginKind, wantKind, x.OriginDate)
		}
		byCommit[x.Commit]++
		line := strings.Count(file[:x.StartByte], "\n")
		key := fmt.Sprint(x.Commit, line)
		if taken[key] {
			t.Errorf("two contexts from line %d of %s", line+1, x.Commit)
		}
		taken[key] = true
		if x.Commit == last {
			t.Errorf("%q: the line was written in the first commit and used there", x.Golden)
		}
	}
	if byCommit[first] == 0 || byCommit[second] == 0 || byCommit[bot] != 0 {
		t.Errorf("contexts by commit: %v of %s, %s", byCommit, first, second)
	}
	reasons := map[string]schemas.Reason{}
	for _, x := range records[schemas.Reject](t, out, schemas.StageExtract, "rejects") {
		reasons[x.ID] = x.Reason
	}
	if reasons["repo@"+bot] != edits.Bot || reasons["o/plain@v1"] != extraction.RejectNoHistory {
		t.Errorf("rejects %v", reasons)
	}
	for _, cert := range records[schemas.Certificate](t, out, schemas.StageVerify, "certificates") {
		if cert.Status == schemas.StatusCertified {
			t.Errorf("%+v: the rest of the repository is known at another commit", cert)
		}
	}

	_, contexts = extract("direct", recipe.OriginMixed)
	count := map[string]int{}
	for _, x := range contexts {
		count[x.Repo+" "+string(x.Origin)]++
	}
	if count["repo "+string(schemas.OriginEdit)] == 0 || count["repo "+string(schemas.OriginSnapshot)] == 0 ||
		count["o/plain "+string(schemas.OriginSnapshot)] == 0 || count["o/plain "+string(schemas.OriginEdit)] != 0 {
		t.Errorf("mixed: %v", count)
	}
}
