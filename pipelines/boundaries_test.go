package pipelines

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// report.tokenizers shows where a vocabulary's tokens and goldens part, changes no byte that has to
// repeat, and a file that is none is an error before anything is done.
func TestReportTellsTokenBoundaries(t *testing.T) {
	c := ordinary(t, 2)
	file := filepath.Join(t.TempDir(), "tokenizer.json")
	if err := os.WriteFile(file, []byte(`{"pre_tokenizer": {"type": "ByteLevel"}, "model": {"type": "BPE", `+
		`"vocab": {"foo": 1}, "merges": ["f o", "fo o"]}}`), 0o666); err != nil {
		t.Fatal(err)
	}
	recipe := "extract: {kinds: {import: 1, call: 2, general: 1}, prefix_bytes: 2048, suffix_bytes: 1024}\ncurate: {rows: 20}\n"
	plain := c.build(t, "prism", parsed(t, recipe))
	out := c.build(t, "prism", parsed(t, recipe+"report: {tokenizers: {tiny: "+file+"}}\n"))
	sameBytes(t, "with a tokenizer", plain, out)
	for folder, want := range map[string]bool{plain: false, out: true} {
		page, err := os.ReadFile(filepath.Join(folder, "report.html"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(page), "Token boundaries of <code>tiny</code>") != want {
			t.Errorf("the report tells of token boundaries: %v, want %v", !want, want)
		}
	}
	if err := os.WriteFile(file, []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	b := &Build{Out: t.TempDir(), Recipe: parsed(t, recipe+"report: {tokenizers: {tiny: "+file+"}}\n")}
	if _, err := b.vocabularies(t.Context()); err == nil || !strings.Contains(err.Error(), "report.tokenizers.tiny") {
		t.Errorf("error %v", err)
	}
}
