package ledger

import "testing"

// TestAnUnfinishedRequestStandsBelowAll, and an answer above all.
func TestAnUnfinishedRequestStandsBelowAll(t *testing.T) {
	for _, c := range []struct {
		rejects []string
		want    int
	}{
		{[]string{"", ""}, 0}, {[]string{"http_error", "timeout"}, 0}, {[]string{"http_error", ""}, 1}, {[]string{"", "http_error"}, 0},
		{[]string{Unfinished, Unfinished}, 0}, {[]string{Unfinished, "http_error"}, 1}, {[]string{"http_error", Unfinished}, 0},
		{[]string{Unfinished, "http_error", ""}, 2}, {[]string{"", Unfinished}, 0},
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
