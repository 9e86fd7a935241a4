package pipelines

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"decoy/io/bucket/buckettest"
	"decoy/io/shard"
	"decoy/pipelines/bug"
	"decoy/pipelines/export"
	"decoy/pipelines/extraction"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/panel"
)

// failing is a site whose function fails over what begins with "bad".
func failing(t *testing.T) *bug.Site[extraction.File] {
	t.Helper()
	s := bug.NewSite("failing for a test", func(in extraction.File, _ string) error {
		if strings.HasPrefix(string(in.Content), "bad") {
			panic("bad content")
		}
		return nil
	})
	t.Cleanup(func() { delete(bug.Sites, s.Name) })
	return s
}

func fail(t *testing.T, b *bug.Reporter, s *bug.Site[extraction.File], id string, inputs ...extraction.File) {
	t.Helper()
	_, ok, err := bug.Contain(t.Context(), b, s, bug.Record{ID: id}, func() []extraction.File { return inputs },
		func() (int, error) { return 0, s.Again(inputs[len(inputs)-1], "") })
	if err != nil || ok {
		t.Fatalf("ok %v, %v", ok, err)
	}
}

// TestBundlesAreBounded: of one place twenty bundles are kept, those with the lowest names
// whatever the order, all are counted, and another run adds none.
func TestBundlesAreBounded(t *testing.T) {
	s := failing(t)
	var kept [][]string
	for _, step := range []int{1, 7} { // two orders
		out := t.TempDir()
		for range 2 {
			var list work.Rejects
			b := &bug.Reporter{Out: out, Stage: schemas.StageVerify, Reject: list.Add}
			for i := range 45 {
				fail(t, b, s, fmt.Sprint(i*step%45), extraction.File{Content: []byte("bad")})
			}
			var d schemas.Done
			if err := os.MkdirAll(filepath.Join(out, "verify"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := list.Write(t.Context(), filepath.Join(out, "verify", "rejects-00000-of-00001.jsonl.zst"),
				&d); err != nil {
				t.Fatal(err)
			}
			if all := bug.InternalErrorsOf("verify", d.Counts); len(all) != 1 || all[0].N != 45 ||
				d.Rejects[schemas.ReasonInternal] != 45 {
				t.Errorf("counted %+v, %v", all, d.Rejects)
			}
			paths, err := shard.List(t.Context(), filepath.Join(out, bug.Folder), "*")
			if err != nil || len(paths) != bug.MaxBundles {
				t.Fatalf("%d bundles, %v", len(paths), err)
			}
			var names []string
			for _, p := range paths {
				names = append(names, filepath.Base(p))
			}
			kept = append(kept, names)
		}
	}
	for _, names := range kept[1:] {
		if !slices.Equal(names, kept[0]) {
			t.Errorf("kept %v and %v", kept[0], names)
		}
	}
}

// TestBundleHasTheSmallestInputThatFails and says that it holds source code.
func TestBundleHasTheSmallestInputThatFails(t *testing.T) {
	s := failing(t)
	out := t.TempDir()
	b := &bug.Reporter{Out: out, Stage: schemas.StageVerify, Reject: func(schemas.Reject) {}}
	fail(t, b, s, "id", extraction.File{Content: []byte("good")}, extraction.File{Content: []byte("bad")},
		extraction.File{Content: []byte("bad and more")})
	file := only(t, out)
	var got bug.Bundle
	if err := shard.ReadJSON(t.Context(), file, &got); err != nil {
		t.Fatal(err)
	}
	var in extraction.File
	if err := json.Unmarshal(got.Input, &in); err != nil || string(in.Content) != "bad" || got.Notice != bug.Notice ||
		got.ID != "id" {
		t.Errorf("%+v, input %q, %v", got, in.Content, err)
	}
}

func only(t *testing.T, out string) string {
	t.Helper()
	paths, err := shard.List(t.Context(), shard.Join(out, bug.Folder), "*")
	if err != nil || len(paths) != 1 {
		t.Fatalf("bundles %v, %v", paths, err)
	}
	return paths[0]
}

// TestBundlesHaveNoSecrets: a bundle may be given to others.
func TestBundlesHaveNoSecrets(t *testing.T) {
	s := failing(t)
	token := "ghp_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"
	pem := "-----BEGIN RSA PRIVATE KEY-----\n" +
		strings.Repeat("MIIEpAIBAAKCAQEA7q2Zl1u8m3xX9Kc5bT0vJ4yRhWgEoSdNfPiLtMzQwCkHsVeB\n", 6) +
		"-----END RSA PRIVATE KEY-----\n"
	for _, secret := range []string{token, pem} {
		out := t.TempDir()
		b := &bug.Reporter{Out: out, Stage: schemas.StageExtract, Reject: func(schemas.Reject) {}}
		fail(t, b, s, "id", extraction.File{Path: "a.go", Content: []byte("bad\nvar ordinary = 1\nvar key = `" +
			secret + "`\n"), Stated: "MIT"})
		raw, err := os.ReadFile(only(t, out))
		if err != nil {
			t.Fatal(err)
		}
		var got bug.Bundle
		var in extraction.File
		if err := errors.Join(json.Unmarshal(raw, &got), json.Unmarshal(got.Input, &in)); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{token, "MIIEpAIBAAK"} {
			if bytes.Contains(in.Content, []byte(part)) {
				t.Errorf("the bundle holds %s", part)
			}
		}
		if !bytes.HasPrefix(in.Content, []byte("bad\n")) ||
			len(in.Content) != len("bad\nvar ordinary = 1\nvar key = ``\n")+len(secret) || len(got.LeftOut) != 1 {
			t.Errorf("%q, %v", in.Content, got.LeftOut)
		}
	}
}

// TestBundlesInABucket are written, bounded and read as those on a disk.
func TestBundlesInABucket(t *testing.T) {
	s := failing(t)
	out := buckettest.New(t).Address("builds/one")
	b := &bug.Reporter{Out: out, Stage: schemas.StageVerify, Reject: func(schemas.Reject) {}}
	for range 2 {
		fail(t, b, s, "id", extraction.File{Content: []byte("bad")})
	}
	file := only(t, out)
	var said bytes.Buffer
	if failed, err := bug.Reproduce(t.Context(), file, &said); err != nil || !failed ||
		!strings.Contains(said.String(), "bad content") {
		t.Errorf("%v, %v\n%s", failed, err, said.String())
	}
	if got := bug.OutOf(file); got != out {
		t.Errorf("the build of %s is %s", file, got)
	}
}

// TestWhatIsNotContained goes on as an error: it is not the record's.
func TestWhatIsNotContained(t *testing.T) {
	s := failing(t)
	b := &bug.Reporter{Out: t.TempDir(), Stage: schemas.StageVerify,
		Reject: func(r schemas.Reject) { t.Errorf("a reject %+v", r) }}
	for _, cause := range []error{
		context.Canceled, context.DeadlineExceeded, panel.ErrBudget, panel.ErrOthersGoOn, &fs.PathError{Op: "read",
			Path: "x", Err: errors.New("i/o")},
		syscall.ENOSPC, &net.OpError{Op: "dial", Err: errors.New("refused")},
	} {
		_, ok, err := bug.Contain(t.Context(), b, s, bug.Record{ID: "id"}, func() []extraction.File { return nil },
			func() (int, error) { return 0, fmt.Errorf("it: %w", cause) })
		if ok || !errors.Is(err, cause) {
			t.Errorf("%v: ok %v, error %v", cause, ok, err)
		}
	}
}

// TestAnErrorIsContainedAtItsCaller: an error has no stack, so its place is that of the
// call.
func TestAnErrorIsContainedAtItsCaller(t *testing.T) {
	s := failing(t)
	var list work.Rejects
	b := &bug.Reporter{Out: t.TempDir(), Stage: schemas.StageVerify, Reject: list.Add}
	_, ok, err := bug.Contain(t.Context(), b, s, bug.Record{ID: "id"}, func() []extraction.File { return nil },
		func() (int, error) { return 0, errors.New("no such\ntype") })
	if ok || err != nil || len(list.List) != 1 || !strings.HasPrefix(list.List[0].Detail,
		"pipelines/bugs_bundle_test.go:") || !strings.HasSuffix(list.List[0].Detail, ": no such type") {
		t.Errorf("ok %v, %v, %+v", ok, err, list.List)
	}
}

// TestReportLeavesOutAPair over which it fails.
func TestReportLeavesOutAPair(t *testing.T) {
	b := &Build{Out: t.TempDir()}
	sum := &export.Summary{Out: b.Out}
	for _, id := range []string{"a", "b", "c"} {
		sum.Samples = append(sum.Samples, export.Sample{Context: schemas.Context{ID: id, Language: schemas.Go,
			Golden: "f()"}, Negative: schemas.Negative{ID: id, Type: schemas.TypeMethod, Text: "g()"}})
	}
	contain.Fault(t, func(step, id string) {
		if step == export.SiteReportPair.Name && id == "b" {
			panic("it failed")
		}
	})
	unshown, err := sum.Renderable(t.Context())
	if err != nil || len(sum.Samples) != 2 || len(unshown) != 1 {
		t.Errorf("%d pairs, %v, %v", len(sum.Samples), unshown, err)
	}
	b.unshown = unshown
	alerts, err := b.internalWarnings(t.Context())
	if err != nil || len(alerts) != 1 {
		t.Errorf("%v, %v", alerts, err)
	}
	only(t, b.Out)
}
