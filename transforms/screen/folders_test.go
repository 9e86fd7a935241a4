package screen

import (
	"fmt"
	"os"
	"testing"
)

// TestFoldersWithoutLicensesAreNotRemembered: an archive of a million folders must not
// fill the memory with their answers.
func TestFoldersWithoutLicensesAreNotRemembered(t *testing.T) {
	l := NewLicenses()
	for path, text := range map[string]string{"LICENSE": "MIT", "vendored/copy/LICENSE": "Apache-2.0"} {
		data, err := os.ReadFile("testdata/licenses/" + text + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		l.Add(path, data)
	}
	for i := range 1000 {
		for folder, want := range map[string]string{"src/a/b": "MIT", "vendored/copy/c": "Apache-2.0"} {
			if got, reason, _ := l.For(fmt.Sprintf("%s/%d/x.go", folder, i), nil); got != want || reason != "" {
				t.Fatalf("%s: %q, %q", folder, got, reason)
			}
		}
	}
	if n := len(l.answers); n > 2 {
		t.Errorf("%d answers are remembered, want one a folder with licence files", n)
	}
}
