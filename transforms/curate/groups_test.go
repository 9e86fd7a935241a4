package curate

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
)

func TestOwnerAndModuleKey(t *testing.T) {
	for _, tt := range []struct{ repo, owner, module string }{
		{"github.com/apache/beam/sdks/v2", "github.com/apache", "github.com/apache/beam/sdks"},
		{"github.com/Masterminds/semver/v3", "github.com/masterminds", "github.com/masterminds/semver"},
		{"golang.org/x/tools", "golang.org/x", "golang.org/x/tools"},
		{"cloud.google.com/go/storage", "cloud.google.com/go", "cloud.google.com/go/storage"},
		{"gopkg.in/yaml.v3", "gopkg.in/yaml", "gopkg.in/yaml"},
		{"pallets/flask", "pallets", "pallets/flask"},
		{"flask-3.0.1", "flask", "flask"},
		{"lib-v1.2.3-rc.1", "lib", "lib"},
		{"pallets-flask-1f3e9abc", "pallets-flask", "pallets-flask"},
		{"the-defaced", "the-defaced", "the-defaced"},
		{"plain", "plain", "plain"},
		{"github.com/o/r.git", "github.com/o", "github.com/o/r"},
	} {
		if got := OwnerKey(tt.repo); got != tt.owner {
			t.Errorf("OwnerKey(%q) = %q, want %q", tt.repo, got, tt.owner)
		}
		if got := ModuleKey(tt.repo); got != tt.module {
			t.Errorf("ModuleKey(%q) = %q, want %q", tt.repo, got, tt.module)
		}
	}
}

// filesOf makes n files of 1000 bytes with hashes from base.
func filesOf(base uint64, n int) (out []FileKey) {
	for i := range n {
		out = append(out, FileKey{base + uint64(i), 1000})
	}
	return out
}

func groupIDs(gs []Group) (out []string) {
	for _, g := range gs {
		out = append(out, strings.Join(g.Repos, " "))
	}
	return out
}

func TestGroups(t *testing.T) {
	tests := map[string]struct {
		repos []RepoFiles
		want  []string
	}{
		"owner": {[]RepoFiles{{Repo: "h.io/a/x"}, {Repo: "h.io/b/x"}, {Repo: "h.io/a/y"}}, []string{"h.io/a/x h.io/a/y", "h.io/b/x"}},
		"versions": {[]RepoFiles{{Repo: "flask-3.0.1"}, {Repo: "flask-2.9.0"}, {Repo: "click-8.1"}},
			[]string{"click-8.1", "flask-2.9.0 flask-3.0.1"}},
		"five files": {[]RepoFiles{{Repo: "a", Files: filesOf(0, 100)}, {Repo: "b", Files: filesOf(95, 100)}}, []string{"a b"}},
		"four files": {[]RepoFiles{{Repo: "a", Files: filesOf(0, 100)}, {Repo: "b", Files: filesOf(96, 100)}}, []string{"a", "b"}},
		"ten percent": {[]RepoFiles{{Repo: "a", Files: filesOf(0, 100)}, {Repo: "b", Files: filesOf(99, 10)}},
			[]string{"a b"}},
		"below ten percent": {[]RepoFiles{{Repo: "a", Files: filesOf(0, 100)}, {Repo: "b", Files: filesOf(99, 11)}},
			[]string{"a", "b"}},
		"small files": {[]RepoFiles{{Repo: "a", Files: []FileKey{{1, 199}}}, {Repo: "b", Files: []FileKey{{1, 199}}}}, []string{"a", "b"}},
		"one file twice is one": {[]RepoFiles{{Repo: "a", Files: append(filesOf(0, 60), filesOf(0, 60)...)}, {Repo: "b", Files: append(filesOf(56, 60), filesOf(56, 60)...)}},
			[]string{"a", "b"}},
		"chain": {[]RepoFiles{{Repo: "a", Files: filesOf(0, 5)}, {Repo: "b", Files: filesOf(0, 10)}, {Repo: "c", Files: filesOf(5, 5)}, {Repo: "d"}},
			[]string{"a b c", "d"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := Groups(tt.repos)
			if !slices.Equal(groupIDs(got), tt.want) {
				t.Errorf("groups %q, want %q", groupIDs(got), tt.want)
			}
			slices.Reverse(tt.repos)
			if !reflect.DeepEqual(Groups(tt.repos), got) {
				t.Error("the order of repositories changes the groups")
			}
		})
	}
}

func TestCommonFilesDoNotWeldTheWorld(t *testing.T) {
	var repos []RepoFiles
	for i := range maxFileRepos + 1 {
		repos = append(repos, RepoFiles{Repo: fmt.Sprintf("r%02d", i), Files: append(filesOf(0, 6), filesOf(uint64(1000*(i+1)), 3)...)})
	}
	if got := Groups(repos); len(got) != len(repos) {
		t.Errorf("%d groups of %d repositories that share only common property", len(got), len(repos))
	}
	if got := Groups(repos[1:]); len(got) != 1 {
		t.Errorf("content in %d repositories still counts: %d groups", maxFileRepos, len(got))
	}
}

func manyRepos(n int) (out []RepoFiles) {
	for i := range n {
		l := []schemas.Language{schemas.Go}
		if i%3 == 0 {
			l = append(l, schemas.Python)
		}
		out = append(out, RepoFiles{Repo: fmt.Sprintf("h.io/owner%d/x", i), Languages: l})
	}
	return out
}

func TestSplits(t *testing.T) {
	ratios := Ratios{0.8, 0.1, 0.1}
	repos := manyRepos(1000)
	repos = append(repos, RepoFiles{Repo: "h.io/rusty/x", Languages: []schemas.Language{schemas.Rust,
		schemas.Go}}, RepoFiles{Repo: "h.io/rusty2/x", Languages: []schemas.Language{schemas.Rust}})
	s, err := NewSplits(Groups(repos), ratios)
	if err != nil {
		t.Fatal(err)
	}
	n := map[schemas.Split]int{}
	for _, r := range repos {
		n[s.Of(r.Repo)]++
	}
	if n[schemas.SplitTrain] < 750 || n[schemas.SplitTrain] > 850 || n[schemas.SplitTest] < 60 || n[schemas.SplitValidation] < 60 {
		t.Errorf("splits %v", n)
	}
	if s.Of("h.io/rusty/x") != schemas.SplitTrain || s.Of("h.io/rusty2/x") != schemas.SplitTrain {
		t.Error("a language with two groups is not in train")
	}
	if len(s.Notes) != 1 || s.Notes[0] != "rust: all rows are in train, since its repositories form only 2 groups" {
		t.Errorf("notes %q", s.Notes)
	}
	if s.Of("never seen") != schemas.SplitTrain || s.Group("never seen") != "never seen" || s.Group("h.io/rusty/x") != "h.io/rusty/x" {
		t.Error("unknown repositories")
	}

	// New archives move no other group.
	more, err := NewSplits(Groups(append(manyRepos(1500), repos[1000:]...)), ratios)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range repos {
		if s.Of(r.Repo) != more.Of(r.Repo) {
			t.Errorf("%s moved from %s to %s", r.Repo, s.Of(r.Repo), more.Of(r.Repo))
		}
	}
}

func TestSplitsNotesAnEmptySplit(t *testing.T) {
	s, err := NewSplits(Groups(manyRepos(4)), Ratios{0, 1, 0})
	if err != nil {
		t.Fatal(err)
	}
	// Go has four groups, all in validation but those that Python pins to train.
	for _, r := range manyRepos(4)[1:3] {
		if s.Of(r.Repo) != schemas.SplitValidation {
			t.Errorf("%s is in %s", r.Repo, s.Of(r.Repo))
		}
	}
	if s, err = NewSplits([]Group{{ID: "a", OwnerKey: "a", Languages: []schemas.Language{schemas.Go}}, {ID: "b",
		OwnerKey: "b", Languages: []schemas.Language{schemas.Go}}, {ID: "c", OwnerKey: "c", Languages: []schemas.Language{schemas.Go}}}, Ratios{0.999998, 0.000001, 0.000001}); err != nil {
		t.Fatal(err)
	}
	if len(s.Notes) != 2 || !strings.Contains(s.Notes[0], "no rows in validation, since none of its 3 groups") {
		t.Errorf("notes %q", s.Notes)
	}
}

func TestRatiosValidate(t *testing.T) {
	for _, tt := range []struct {
		r    Ratios
		want string
	}{{Ratios{0.8, 0.1, 0.1}, ""}, {Ratios{1, 0, 0}, ""}, {Ratios{0.8, 0.1, 0.2}, "sum to"}, {Ratios{1.2, -0.1, -0.1}, "split.train"}} {
		if err := tt.r.Validate(); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.r, err, tt.want)
		}
	}
	if _, err := NewSplits(nil, Ratios{}); err == nil {
		t.Error("NewSplits takes bad ratios")
	}
}
