package screen

import (
	"strings"
	"testing"
)

// TestStatedLines: what a list of a data set says holds as a whole, also where a part of
// it is not understood.
func TestStatedLines(t *testing.T) {
	for stated, want := range map[string][3]string{
		"MIT":                       {"MIT", "", ""},
		"Apache-2.0 AND MIT":        {"Apache-2.0 AND MIT", "", ""},
		"":                          {"", noLicense, "states no licence"},
		"My own\nMIT":               {"", unclear, "My own"},
		"MIT or my own\nGPL-3.0":    {"", notPermissive, "GPL-3.0"},
		"My own 2\nMy own\nMIT":     {"", unclear, "My own 2"},
		"something that nobody saw": {"", unclear, "something that nobody saw"},
	} {
		license, reason, detail := Stated(stated).For("a.py", []byte("x = 1\n"))
		if license != want[0] || string(reason) != want[1] || !strings.Contains(detail, want[2]) {
			t.Errorf("%q: %q, %q, %q", stated, license, reason, detail)
		}
	}
}
