package panel

import (
	"strings"
	"testing"
)

// TestRemedyOfAStop: who has a valid key is not sent to look at it.
func TestRemedyOfAStop(t *testing.T) {
	for detail, want := range map[string]string{
		"status 400: User location is not supported for the API use.": "run where the provider serves",
		"status 402: more credits are needed":                         "pay the provider's account",
		"status 429: insufficient_quota":                              "pay the provider's account",
		"status 429: the quota PerDay is used up":                     "wait until the provider's quota",
		"it asks to wait for 500h0m0s, longer than 15m0s":             "wait as long",
		"status 401: invalid key":                                     "check the key",
	} {
		if got := remedyOfStop(detail); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", detail, got, want)
		}
	}
}
