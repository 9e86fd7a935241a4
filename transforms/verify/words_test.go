package verify

import (
	"slices"
	"testing"
)

// Every list of words.txt is used by a row or a table, and none is empty: a misspelt name of
// a list would otherwise be a list that nobody reads.
func TestHandWrittenWords(t *testing.T) {
	used := [][]string{pythonPlatform, generatedParts, goSources, goExperiments, jvmSources, androidNames, sourceKinds}
	for _, w := range worlds {
		used = append(used, w.extra, w.later, w.universal)
	}
	for name, l := range handWritten {
		if len(l) == 0 {
			t.Errorf("the list [%s] is empty", name)
		}
		if !slices.ContainsFunc(used, func(u []string) bool { return len(u) > 0 && len(l) > 0 && &u[0] == &l[0] }) {
			t.Errorf("nothing uses the list [%s]", name)
		}
	}
}

func TestReadWords(t *testing.T) {
	got := readWords("# about\n[a b]\n# why\nx y\n\n z\n[c]\n[d]\n[0]\n")
	if len(got) != 4 || !slices.Equal(got["a b"], []string{"x", "y", "z"}) || got["c"] != nil {
		t.Errorf("%v", got)
	}
}
