package curate

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"decoy/schemas"
)

func TestRepoFilesTravelWhole(t *testing.T) {
	want := RepoFiles{Repo: "h.io/o/r", Languages: []schemas.Language{"go"}, Files: []FileKey{
		{0, 0}, {math.MaxUint64, 1}, {7, 199}, {1 << 63, 1 << 40}, {9, -1},
	}}
	data, err := encodeRepoFiles(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeRepoFiles(data)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for n := range len(data) {
		cut, err := decodeRepoFiles(data[:n])
		if err == nil && len(cut.Files) == len(want.Files) {
			t.Errorf("%d of %d bytes are whole", n, len(data))
		}
		if err != nil && n > 60 && !strings.Contains(err.Error(), want.Repo) {
			t.Errorf("%d bytes: %v does not name the repository", n, err)
		}
	}
}
