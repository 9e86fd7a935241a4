package curate

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var updatePins = flag.Bool("update", false, "write testdata/probe.golden anew")

// TestProbeOfTheDemo holds the probe's numbers on 400 pairs that the demo's selection had:
// their outlines and groups are in testdata/probe.pairs, a line a pair: id, group, then
// characters, blanks, line breaks and class of the last character of chosen and rejected.
func TestProbeOfTheDemo(t *testing.T) {
	raw, err := os.ReadFile("testdata/probe.pairs")
	if err != nil {
		t.Fatal(err)
	}
	var pairs []Pair
	for line := range strings.Lines(string(raw)) {
		var p Pair
		_, err := fmt.Sscan(line, &p.ID, &p.Group,
			&p.Chosen.Chars, &p.Chosen.Blanks, &p.Chosen.Newlines, &p.Chosen.Last,
			&p.Rejected.Chars, &p.Rejected.Blanks, &p.Rejected.Newlines, &p.Rejected.Last)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		pairs = append(pairs, p)
	}
	all, err := json.MarshalIndent(Probe(pairs), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(pairs)
	if again, err := json.MarshalIndent(Probe(pairs), "", "  "); err != nil || string(again) != string(all) {
		t.Errorf("the order of pairs changes the numbers: %v\n%s\n%s", err, again, all)
	}
	const path = "testdata/probe.golden"
	if *updatePins {
		if err := os.WriteFile(path, append(all, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(all)+"\n" != string(want) {
		t.Errorf("the probe says\n%s\nand said\n%s", all, want)
	}
}
