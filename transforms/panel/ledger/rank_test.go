package ledger

import (
	"testing"

	"decoy/schemas"
)

// TestAnUnfinishedRequestStandsBelowAll, and an answer above all.
func TestAnUnfinishedRequestStandsBelowAll(t *testing.T) {
	for _, c := range []struct {
		rejects []schemas.Reason
		want    int
	}{
		{[]schemas.Reason{"", ""}, 0}, {[]schemas.Reason{"http_error", "timeout"}, 0}, {[]schemas.Reason{"http_error", ""}, 1}, {[]schemas.Reason{"", "http_error"}, 0},
		{[]schemas.Reason{Unfinished, Unfinished}, 0}, {[]schemas.Reason{Unfinished, "http_error"}, 1}, {[]schemas.Reason{"http_error", Unfinished}, 0},
		{[]schemas.Reason{Unfinished, "http_error", ""}, 2}, {[]schemas.Reason{"", Unfinished}, 0},
	} {
		s := &Shard{byKey: map[string]int{}}
		for i, reject := range c.rejects {
			s.add([]Record{{Key: "k", Reject: reject, Sample: int64(i)}})
		}
		if r, ok := s.Get("k"); !ok || r.Sample != int64(c.want) {
			t.Errorf("of %q number %d stands, want %d", c.rejects, r.Sample, c.want)
		}
	}
}
