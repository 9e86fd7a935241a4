package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

func render(t *testing.T, d Data) []byte {
	t.Helper()
	b, err := Render(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// element is one start tag, or text where Name is "".
type element struct {
	Name  string
	Attrs map[string]string
	Text  string
}

// parse reads the page as XML, so that an open tag or a stray quote is an error.
func parse(t *testing.T, page []byte) []element {
	t.Helper()
	var out []element
	dec := xml.NewDecoder(bytes.NewReader(page))
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			e := element{Name: tok.Name.Local, Attrs: map[string]string{}}
			for _, a := range tok.Attr {
				e.Attrs[a.Name.Local] = a.Value
			}
			out = append(out, e)
		case xml.CharData:
			out = append(out, element{Text: string(tok)})
		}
	}
}

func textOf(elements []element) string {
	var b strings.Builder
	for _, e := range elements {
		b.WriteString(e.Text)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for name, d := range map[string]Data{"full": fixture(), "empty": {Name: "empty"}} {
		got := render(t, d)
		file := filepath.Join("testdata", name+".html")
		if *update {
			if err := os.WriteFile(file, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v; run with -update", err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from the page; look at it and run with -update", file)
		}
	}
}

func TestNoNetworkReference(t *testing.T) {
	for name, d := range map[string]Data{"full": fixture(), "empty": {}} {
		t.Run(name, func(t *testing.T) {
			for i, e := range parse(t, render(t, d)) {
				if slices.Contains([]string{"script", "link", "img", "iframe", "object", "embed", "base", "form",
					"source", "use", "image", "foreignObject"}, e.Name) {
					t.Errorf("element %d is <%s>", i, e.Name)
				}
				for k, v := range e.Attrs {
					if strings.Contains(v, "//") && k != "title" || strings.HasPrefix(k, "on") || k == "src" ||
						k == "srcset" || k == "style" {
						t.Errorf("<%s %s=%q>", e.Name, k, v)
					}
					if k == "href" && !strings.HasPrefix(v, "#") {
						t.Errorf("<%s href=%q> leaves the page", e.Name, v)
					}
				}
			}
			css, err := page.ReadFile("page/style.css")
			if err != nil {
				t.Fatal(err)
			}
			if m := regexp.MustCompile(`(?i)url\(|@import|@font-face|//|expression`).Find(css); m != nil {
				t.Errorf("the style sheet has %q", m)
			}
		})
	}
}

func TestTagsOfContentAreText(t *testing.T) {
	page := string(render(t, fixture()))
	for _, bad := range []string{"<script", "</script", "<b>not bold", "\u202e"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, want := range []string{"<script>alert('x')</script> & ‹U+202E›mirror", "<b>not bold</b>"} {
		if !strings.Contains(textOf(parse(t, []byte(page))), want) {
			t.Errorf("the text lost %q", want)
		}
	}
	d := Data{Name: `"><img src=x>`, Recipe: "a: <b>\x00\x1b", Counts: []Count{{"<i>", 1}},
		Off: []Off{{"go", "import", "<u>"}}, SplitNotes: []string{"</ul>"},
		Funnel: []Step{{Name: "<s>", Unit: "<x>", N: 1, Lost: []Count{{"</td>", 1}}}}}
	parse(t, render(t, d))
}

func TestAnchorsExist(t *testing.T) {
	ids := map[string]bool{}
	var refs []string
	for _, e := range parse(t, render(t, fixture())) {
		if id := e.Attrs["id"]; id != "" {
			if ids[id] {
				t.Errorf("id %q is used twice", id)
			}
			ids[id] = true
		}
		if h := e.Attrs["href"]; h != "" {
			refs = append(refs, strings.TrimPrefix(h, "#"))
		}
	}
	if len(refs) < 8 {
		t.Errorf("only %d references", len(refs))
	}
	for _, r := range refs {
		if !ids[r] {
			t.Errorf("#%s leads nowhere", r)
		}
	}
}

// Every part of the data must reach the page.
func TestPageShowsTheData(t *testing.T) {
	all := textOf(parse(t, render(t, fixture())))
	for _, want := range []string{
		"demo", "NOT decontaminated", "31,877", "5 of 10 negatives were right in the hand check",
		"license_unclear", "declaration_broken", unexplained, "132 records were lost without a recorded reason",
		"1 of the 31 cells that are on are empty", "judge ngram accepts 94\u00a0%", ShorterWins, "56\u00a0% of pairs",
		"chars (to 3)",
		"rust: no rows in test", "MIT OR Apache-2.0", "golden_chars", "0.318", "1.4\u00a0GiB",
		"3\u00a0min\u00a034\u00a0s",
		"model-a> and ngram", "−0.04", "0.63", "20,214", "archives: [module-cache]", "invented name", "receiver_member",
		"types/known/anypb/any.pb.go:412", "−14.02",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	d := fixture()
	d.Decontaminated = []string{"delulu", "safim"}
	if all = textOf(parse(t, render(t, d))); !strings.Contains(all, "decontaminated against: delulu, safim") ||
		strings.Contains(all, "NOT decontaminated") {
		t.Error("the benchmarks are not named")
	}
}

func TestRenderRepeats(t *testing.T) {
	want := render(t, fixture())
	for range 5 {
		if !bytes.Equal(render(t, fixture()), want) {
			t.Fatal("the same data gave another page")
		}
	}
}
