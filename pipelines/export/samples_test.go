package export

import (
	"fmt"
	"strings"
	"testing"

	"decoy/pipelines/recipe"
	"decoy/transforms/curate"
)

// TestSampleSteps: the funnel says by which way samples came, and nothing where there are none.
func TestSampleSteps(t *testing.T) {
	if got := sampleSteps(map[string]int64{"requests": 7, "negatives": 5, "unlabelled": 0}); got != nil {
		t.Errorf("no samples: %v", got)
	}
	got := fmt.Sprint(sampleSteps(map[string]int64{"samples_minimal": 3, "samples_free": 5, "samples_repaired": 4,
		"unlabelled": 30, "unlabelled_exists": 20, "unlabelled_undecided": 10}))
	want := "[{samples of FIM endpoints samples 38 [] } {of these minimal pairs with the golden samples 3 [] } " +
		"{of these others with one certified error samples 5 [{unlabelled: exists 20} {unlabelled: undecided 10}] } " +
		"{of these others with a repair samples 4 [] }]"
	if got != want {
		t.Errorf("steps are %s\nwant %s", got, want)
	}
}

// TestRefuse: a probe refuses where enough pairs say for certain that style tells the sides
// apart, and says what to do.
func TestRefuse(t *testing.T) {
	bound := func(x float64) *float64 { return &x }
	for _, c := range []struct {
		pairs    int
		accuracy float64
		export   recipe.Export
		want     string
	}{
		{49, 1, recipe.Export{}, ""}, // too few
		{50, 1, recipe.Export{}, "1.000"},
		{50, 0.65, recipe.Export{}, ""}, // the interval reaches below the bound
		{1000, 0.65, recipe.Export{}, "0.650 [0.6"},
		{1000, 0.6, recipe.Export{}, ""}, // the same
		{100_000, 0.58, recipe.Export{}, ""},
		{1000, 0.65, recipe.Export{StyleProbe: bound(0.7)}, ""},
		{1000, 1, recipe.Export{StyleProbe: bound(1)}, ""},
		{1000, 0.9, recipe.Export{SamplePairs: recipe.PairsGolden}, "export.sample_pairs: repair"},
	} {
		err := refuse(curate.ProbeResult{Pairs: c.pairs, Accuracy: c.accuracy}, c.export)
		switch {
		case (err != nil) != (c.want != ""):
			t.Errorf("%d pairs, accuracy %v: %v", c.pairs, c.accuracy, err)
		case err != nil && (!strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "export.style_probe: 0.58")):
			t.Errorf("%d pairs, accuracy %v: %v, want %s", c.pairs, c.accuracy, err, c.want)
		}
	}
}
