package main

import (
	"strings"
	"testing"

	"decoy/transforms/panel"
)

// TestWhatIsSpentIsShown: a sum below one cent is money as well.
func TestWhatIsSpentIsShown(t *testing.T) {
	for _, c := range []struct {
		usd  float64
		want string
	}{
		{0, "$0.00,"}, {0.00001, "$0.000010,"}, {0.0013, "$0.0013,"}, {0.0499, "$0.050,"}, {0.09999, "$0.100,"},
		{0.12, "$0.12,"}, {1.239, "$1.24,"}, {1234.5, "$1234.50,"},
	} {
		if line := panelLine(panel.Usage{SpentUSD: c.usd}); !strings.Contains(line, c.want) {
			t.Errorf("%v: %s, want %s", c.usd, line, c.want)
		}
	}
	if line := panelLine(panel.Usage{SpentUSD: 1, HeldUSD: 0.004}); !strings.Contains(line, "$1.00 and 0.0040 held") {
		t.Error(line)
	}
}
