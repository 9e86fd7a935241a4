package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/google/go-cmp/cmp"

	"decoy/io/archives"
)

// story says what a commit changed, one line a change.
func story(c Commit) (out []string) {
	for _, ch := range c.Changes {
		s := ch.Path
		switch {
		case ch.Deleted:
			s = "-" + s
		case ch.OldPath == "":
			s = "+" + s
		case ch.OldPath != ch.Path:
			s = ch.OldPath + ">" + s
		}
		if ch.Skipped != "" {
			s += " " + string(ch.Skipped)
		}
		for _, h := range ch.Hunks {
			s += fmt.Sprintf(" %d-%d:%d-%d", h.OldStart, h.OldEnd, h.NewStart, h.NewEnd)
		}
		out = append(out, s)
	}
	return out
}

func TestHistory(t *testing.T) {
	f := newFixture(t)
	body := "1\n2\n3\n4\n5\n6\n"
	one := f.commit(f.files(map[string]string{"a": body, "b": "b\n", "bin": "\x00", "d/e": "e\n"}), "one\n\nmore")
	two := f.commit(f.files(map[string]string{"a": "1\n2\nx\n4\n5\n6\n7\n", "z": "b\n", "bin": "\x00\x00", "d/e": "e\n"}), "two", one)
	side := f.commit(f.files(map[string]string{"side": "s\n"}), "side", one)
	// d/e becomes a folder, a moves with one line changed.
	merge := f.commit(f.files(map[string]string{"m/a": "1\n2\nx\n4\n5\n6\n8\n", "z": "b\n", "bin": "\x00\x00", "d/e/f": "other\n"}), "merge", two, side)
	last := f.commit(f.files(map[string]string{"m/a": "", "z": strings.Repeat("z", 1<<20+1), "d/e/f": "other\n"}), "last", merge)

	want := [][]string{
		{"+a 0-0:0-6", "+b 0-0:0-1", "+bin not_text", "+d/e 0-0:0-1"},
		{"a 2-3:2-3 6-6:6-7", "bin not_text", "b>z"},
		{"-d/e", "+d/e/f 0-0:0-1", "a>m/a 6-7:6-7"},
		{"-bin", "m/a 0-7:0-0", "z too_large"},
	}
	check := func(t *testing.T, path string) {
		got := commits(t, open(t, path), Config{})
		var stories [][]string
		for _, c := range got {
			stories = append(stories, story(c))
		}
		if d := cmp.Diff(want, stories); d != "" {
			t.Error(d)
		}
		c := got[0]
		if c.ID != one.String() || c.Parents != 0 || c.Author != "A" || c.Email != "a@b.c" || c.Message != "one\n\nmore" || !c.Date.Equal(firstDay.Add(time.Second)) || c.Date.Location() != time.UTC {
			t.Errorf("commit %+v", c)
		}
		if string(c.Changes[0].After) != body || c.Changes[0].Before != nil {
			t.Errorf("change %+v", c.Changes[0])
		}
		if ch := got[1].Changes[0]; string(ch.Before) != body || string(ch.After) != "1\n2\nx\n4\n5\n6\n7\n" {
			t.Errorf("change %+v", ch)
		}
		if ch := got[1].Changes[2]; string(ch.Before) != "b\n" || string(ch.After) != "b\n" {
			t.Errorf("rename %+v", ch)
		}
		if got[2].ID != merge.String() || got[2].Parents != 2 || got[3].ID != last.String() {
			t.Errorf("commits %+v", got)
		}
	}
	t.Run("loose", func(t *testing.T) { check(t, f.dir) })
	f2 := f.bundle(bundleV2 + last.String() + " refs/heads/only\n\n")
	t.Run("bundle", func(t *testing.T) { check(t, f2) })
	f.pack()
	t.Run("packed", func(t *testing.T) { check(t, f.dir) })

	t.Run("config", func(t *testing.T) {
		r := open(t, f.dir)
		got := commits(t, r, Config{Ref: merge.String(), MaxCommits: 2, MaxFiles: 2, Want: func(p string) bool { return p != "z" }})
		if d := cmp.Diff([]string{"a too_many_files", "bin too_many_files", "b>z too_many_files"}, story(got[0])); d != "" || len(got) != 2 {
			t.Error(d, len(got))
		}
		got = commits(t, r, Config{Ref: "main", MaxCommits: 1, Want: func(p string) bool { return p != "z" }})
		if d := cmp.Diff([]string{"-bin", "m/a 0-7:0-0", "z not_wanted"}, story(got[0])); d != "" {
			t.Error(d)
		}
		stop := errors.New("stop")
		if err := r.History(context.Background(), Config{}, func(Commit) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("error %v", err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := r.History(ctx, Config{}, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if err := r.History(context.Background(), Config{MaxFiles: -1}, nil); err == nil || !strings.Contains(err.Error(), "max_files") {
			t.Errorf("error %v", err)
		}
	})
}

func TestRenames(t *testing.T) {
	lines := func(from, to int) string {
		var b strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, "line %d\n", i)
		}
		return b.String()
	}
	for _, c := range []struct {
		name          string
		before, after map[string]string
		want          []string
	}{
		{"the same name goes first", map[string]string{"a/x": "s", "b/y": "s"}, map[string]string{"c/y": "s", "d/x": "s"}, []string{"b/y>c/y", "a/x>d/x"}},
		{"half of the lines", map[string]string{"a": lines(0, 10)}, map[string]string{"b": lines(5, 15)}, []string{"a>b 0-5:0-0 10-10:5-10"}},
		{"less than half", map[string]string{"a": lines(0, 10)}, map[string]string{"b": lines(6, 16)}, []string{"-a", "+b 0-0:0-10"}},
		{"the nearest wins", map[string]string{"a": lines(0, 10)}, map[string]string{"b": lines(3, 13), "c": lines(1, 11)}, []string{"+b 0-0:0-10", "a>c 0-1:0-0 10-10:9-10"}},
		{"blank lines are no likeness", map[string]string{"a": strings.Repeat("\n", 50) + "q\n"}, map[string]string{"b": strings.Repeat("\n", 50) + "r\n"}, []string{"-a", "+b 0-0:0-51"}},
		{"swapped names", map[string]string{"a": lines(0, 5), "b": lines(5, 10)}, map[string]string{"a": lines(5, 10), "b": lines(0, 5)}, []string{"a 0-5:0-5", "b 0-5:0-5"}},
		{"empty files stay what they are", map[string]string{"a": "", "b": "x"}, map[string]string{"b": "x", "c": ""}, []string{"a>c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			f.commit(f.files(c.after), "two", f.commit(f.files(c.before), "one"))
			if d := cmp.Diff(c.want, story(commits(t, open(t, f.dir), Config{})[1])); d != "" {
				t.Error(d)
			}
		})
	}
}

// Git knows the empty tree without having it as an object.
func TestEmptyTree(t *testing.T) {
	f := newFixture(t)
	none := f.commit(emptyTree, "none")
	f.commit(emptyTree, "none again", f.commit(f.files(map[string]string{"a": "a\n"}), "some", none))
	r := open(t, f.dir)
	if d := cmp.Diff(taken{}, snap(t, r, none)); d != "" {
		t.Error(d)
	}
	var got []string
	for _, c := range commits(t, r, Config{}) {
		got = append(got, story(c)...)
		if c.Lost != "" {
			t.Error(c.Lost)
		}
	}
	if d := cmp.Diff([]string{"+a 0-0:0-1", "-a"}, got); d != "" {
		t.Error(d)
	}
}

// What the history lacks is said where it lacks.
func TestHistoryLost(t *testing.T) {
	build := func(t *testing.T) (*fixture, []string) {
		f := newFixture(t)
		one := f.commit(f.files(map[string]string{"a": "1\n"}), "one")
		two := f.commit(f.files(map[string]string{"a": "2\n"}), "two", one)
		three := f.commit(f.files(map[string]string{"a": "3\n", "b": "b\n"}), "three", two)
		return f, []string{one.String(), two.String(), three.String()}
	}
	t.Run("shallow", func(t *testing.T) {
		f, ids := build(t)
		f.write("shallow", ids[1]+"\n")
		got := commits(t, open(t, f.dir), Config{})
		if len(got) != 2 || !strings.Contains(got[0].Lost, "shallow") || got[0].Changes != nil || got[1].Lost != "" {
			t.Errorf("%+v", got)
		}
		if d := cmp.Diff([]string{"a 0-1:0-1", "+b 0-0:0-1"}, story(got[1])); d != "" {
			t.Error(d)
		}
	})
	t.Run("missing parent", func(t *testing.T) {
		f, ids := build(t)
		id, _ := parseID(ids[0])
		f.write(f.loosePath(id), "")
		got := commits(t, open(t, f.dir), Config{})
		if len(got) != 2 || !strings.Contains(got[0].Lost, ids[0]) || got[1].Lost != "" {
			t.Errorf("%+v", got)
		}
		if got := commits(t, open(t, f.dir), Config{MaxCommits: 2}); len(got) != 2 || !strings.Contains(got[0].Lost, ids[0]) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("broken tree", func(t *testing.T) {
		f, _ := build(t)
		f.write(f.loosePath(f.files(map[string]string{"a": "2\n"})), "no zlib")
		got := commits(t, open(t, f.dir), Config{})
		if len(got) != 3 || got[0].Lost != "" || got[1].Lost == "" || got[2].Lost == "" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("broken file", func(t *testing.T) {
		f, _ := build(t)
		f.write(f.loosePath(f.blob("2\n")), "no zlib")
		got := commits(t, open(t, f.dir), Config{})
		if d := cmp.Diff([]string{"a entry_corrupt", "+b 0-0:0-1"}, story(got[2])); d != "" {
			t.Error(d)
		}
	})
	t.Run("broken head", func(t *testing.T) {
		f, ids := build(t)
		id, _ := parseID(ids[2])
		f.write(f.loosePath(id), "")
		err := open(t, f.dir).History(context.Background(), Config{}, nil)
		wantContent(t, err, archives.ArchiveCorrupt, ids[2])
	})
	t.Run("names that are no paths", func(t *testing.T) {
		f := newFixture(t)
		b := f.blob("x\n")
		f.commit(f.tree(raw{"100644", "..", b}, raw{"40000", ".git", f.tree(raw{"100644", "config", b})}, raw{"120000", "link", b}, raw{"100644", "ok", b}), "m")
		if d := cmp.Diff([]string{"+.. path_escapes", "+.git path_invalid", "+ok 0-0:0-1"}, story(commits(t, open(t, f.dir), Config{})[0])); d != "" {
			t.Error(d)
		}
	})
	t.Run("date and names of nonsense", func(t *testing.T) {
		f := newFixture(t)
		tree := f.files(nil)
		id := f.object(plumbing.CommitObject, "tree "+tree.String()+"\nauthor A\x00\xff <e> 99999999999999 +0000\ncommitter C <c> 0 +0000\n\n"+strings.Repeat("m", 1<<20))
		f.write("HEAD", id.String())
		c := commits(t, open(t, f.dir), Config{})[0]
		if !c.Date.IsZero() || len(c.Message) > maxMessage+8 || c.Author != "A\uFFFD\uFFFD" {
			t.Errorf("date %v, %d bytes of message, author %q", c.Date, len(c.Message), c.Author)
		}
	})
}
