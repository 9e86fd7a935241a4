package text

import "testing"

func TestHasWord(t *testing.T) {
	for _, tt := range []struct {
		s, word string
		want    bool
	}{
		{"getName()", "getName", true}, {"getNames()", "getName", false}, {"forgetName", "getName", false},
		{"getNames getName", "getName", true}, {"a.b", "b", true}, {"", "a", false}, {"a", "", false}, {"a", "a", true},
		{"aaa aa", "aa", true}, {"x->y", "->", true}, {"naïveté", "na", false},
	} {
		if got := HasWord(tt.s, tt.word); got != tt.want {
			t.Errorf("HasWord(%q, %q) = %v", tt.s, tt.word, got)
		}
	}
}
