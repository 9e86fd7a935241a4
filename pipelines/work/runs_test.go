package work

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"decoy/schemas"
)

func TestRunsAreOfOneFile(t *testing.T) {
	broken := errors.New("broken")
	in := func(files string, then error) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for i, f := range files {
				if !yield(schemas.ContextID("r", "c", string(f), int64(i), int64(i), "k", "o", ""), nil) {
					return
				}
			}
			if then != nil {
				yield("", then)
			}
		}
	}
	tests := []struct {
		files string
		err   error
		want  string
	}{
		{"aabccc", nil, "[2 1 3]"}, {"", nil, "[]"}, {strings.Repeat("a", 35), nil, "[16 16 3]"},
		{"abb", broken, "[1 2 broken]"},
		{"", broken, "[broken]"},
	}
	for _, tt := range tests {
		got := []any{}
		for run, err := range Runs(in(tt.files, tt.err), func(s *string) string { return *s }) {
			if err != nil {
				got = append(got, err)
				continue
			}
			got = append(got, len(run))
		}
		if fmt.Sprint(got) != tt.want {
			t.Errorf("%.10q: %v, want %s", tt.files, got, tt.want)
		}
	}
	for run := range Runs(in("aab", broken), func(s *string) string { return *s }) {
		if len(run) != 2 {
			t.Error("the first run has two elements")
		}
		break
	}
}
