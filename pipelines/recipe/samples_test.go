package recipe

import (
	"strings"
	"testing"
)

// TestFieldsOfSamples: what is left out is a repair, a share of 0.3 and a bound of 0.58, and
// what is out of range is named.
func TestFieldsOfSamples(t *testing.T) {
	r, err := Parse([]byte("name: x\n"))
	if err != nil || r.Export.PairsWithGoldens() || r.Export.StyleBound() != 0.58 || r.Curate.SamplesShare != nil {
		t.Errorf("nothing is given: %+v, %+v, %v", r.Export, r.Curate.SamplesShare, err)
	}
	r, err = Parse([]byte("name: x\ncurate: {samples_share: 0}\nexport: {sample_pairs: golden, style_probe: 0.7}\n"))
	if err != nil || !r.Export.PairsWithGoldens() || r.Export.StyleBound() != 0.7 || *r.Curate.SamplesShare != 0 {
		t.Errorf("all is given: %+v, %+v, %v", r.Export, r.Curate.SamplesShare, err)
	}
	for yaml, want := range map[string]string{
		"curate: {samples_share: 1.5}":    "curate.samples_share: 1.5 is not between 0 and 1",
		"export: {style_probe: 0.3}":      "export.style_probe: 0.3 is not between 0.5 and 1",
		"export: {sample_pairs: goldens}": `export.sample_pairs: "goldens" is not one of repair, golden`,
	} {
		if _, err := Parse([]byte("name: x\n" + yaml + "\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", yaml, err, want)
		}
	}
}
