package gitrepo

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
)

func FuzzBundleHeader(f *testing.F) {
	id := strings.Repeat("a1", 20)
	f.Add([]byte(bundleV2 + "-" + id + " c\n" + id + " refs/heads/main\n\nPACK"))
	f.Add([]byte(bundleV3 + "@object-format=sha1\n@filter=blob:none\n" + id + " HEAD\n\n"))
	f.Add([]byte(bundleV2 + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := readBundleHeader(bytes.NewReader(data))
		if h.size > int64(len(data)) {
			t.Errorf("a header of %d bytes in %d", h.size, len(data))
		}
		if err != nil {
			if _, ok := asContent(err); !ok {
				t.Errorf("%v is no ContentError", err)
			}
			return
		}
		if !bytes.HasSuffix(data[:h.size], []byte("\n\n")) {
			t.Errorf("the header ends with %q", data[:h.size])
		}
		for name, value := range h.refs {
			if _, ok := parseID(value); !ok || name == "" || strings.Contains(name, "\n") {
				t.Errorf("reference %q is %q", name, value)
			}
		}
		for _, p := range h.prerequisites {
			if _, ok := parseID(p); !ok {
				t.Errorf("prerequisite %q", p)
			}
		}
		if again, err := readBundleHeader(io.MultiReader(bytes.NewReader(data[:h.size]), strings.NewReader("PACK"))); err != nil || again.size != h.size {
			t.Errorf("without what follows: %v %v", again, err)
		}
	})
}

// FuzzPack reads every place of any bytes as an object, of a pack whose index
// names the first two.
func FuzzPack(f *testing.F) {
	x := newFixture(f)
	text := strings.Repeat("some line\n", 20)
	x.commit(x.files(map[string]string{"a": text, "b": text + "x"}), "m")
	f.Add(x.packed())
	a, b := objectID(plumbing.BlobObject, []byte("a")), objectID(plumbing.BlobObject, []byte("b"))
	var w idxfile.Writer
	must(f, w.OnHeader(2))
	w.Add(a, packHead, 0)
	w.Add(b, packHead+10, 0)
	must(f, w.OnFooter(a))
	index, err := w.Index()
	must(f, err)
	f.Fuzz(func(t *testing.T, data []byte) {
		p := &pack{name: "p", file: bytes.NewReader(data), size: int64(len(data)), index: index}
		cache := newObjectCache(1 << 20)
		var z inflater
		for off := range min(int64(len(data)), 60) {
			body, kind, _, err := p.read(&z, cache, off)
			h, err2 := p.header(&z, off)
			if err != nil {
				if _, ok := asContent(err); !ok {
					t.Fatalf("%v is no ContentError", err)
				}
				continue
			}
			if err2 != nil || h.kind != kind || h.size != int64(len(body)) {
				t.Fatalf("byte %d: header %+v %v, content %s of %d", off, h, err2, kind, len(body))
			}
		}
		if _, err := parseTree(data); err == nil && len(data) > 0 && len(data) < 22 {
			t.Errorf("a tree of %d bytes", len(data))
		}
	})
}

func FuzzDiffLines(f *testing.F) {
	f.Add([]byte("a\nb\nc\n"), []byte("a\nc\nb"))
	f.Add([]byte("0"), []byte("0"))
	f.Fuzz(func(t *testing.T, a, b []byte) { checkHunks(t, a, b, diffLines(a, b)) })
}
