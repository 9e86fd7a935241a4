package limit

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Retry says how often and when a failed call is made again. The zero value is
// the default in brackets.
type Retry struct {
	Attempts      int           // calls that may fail before a request is given up, more at a poor server [6]
	Throttled     int           // 429s that one request may see before it, or its member, is given up [200]
	Base          time.Duration // first wait [500ms]
	Factor        float64       // growth of the wait [2]
	Max           time.Duration // longest wait [60s]
	Jitter        float64       // share of the wait that is random, 0 to 1 [0.5]
	MaxRetryAfter time.Duration // a provider that asks for more is left alone [15m]
}

// Defaults fills what is zero.
func (r Retry) Defaults() Retry {
	def := func(have, want time.Duration) time.Duration {
		if have == 0 {
			return want
		}
		return have
	}
	if r.Attempts == 0 {
		r.Attempts = 6
	}
	if r.Throttled == 0 {
		r.Throttled = 200
	}
	if r.Factor == 0 {
		r.Factor = 2
	}
	if r.Jitter == 0 {
		r.Jitter = 0.5
	}
	r.Base = def(r.Base, 500*time.Millisecond)
	r.Max = def(r.Max, time.Minute)
	r.MaxRetryAfter = def(r.MaxRetryAfter, 15*time.Minute)
	return r
}

// Validate names the field that is out of range.
func (r Retry) Validate() error {
	switch {
	case r.Attempts < 1 || r.Attempts > 100:
		return fmt.Errorf("retry: attempts is %d, allowed is 1 to 100", r.Attempts)
	case r.Throttled < 1:
		return fmt.Errorf("retry: throttled is %d, allowed is 1 or more", r.Throttled)
	case !(r.Factor >= 1 && r.Factor <= 10):
		return fmt.Errorf("retry: factor is %v, allowed is 1 to 10", r.Factor)
	case !(r.Jitter >= 0 && r.Jitter <= 1):
		return fmt.Errorf("retry: jitter is %v, allowed is 0 to 1", r.Jitter)
	case r.Base < 0 || r.Max < r.Base:
		return fmt.Errorf("retry: base is %v and max %v, allowed is 0 <= base <= max", r.Base, r.Max)
	case r.MaxRetryAfter < 0:
		return fmt.Errorf("retry: max_retry_after is %v, allowed is 0 or more", r.MaxRetryAfter)
	}
	return nil
}

// Delay is the wait after the n-th failure (from 1). random is in [0, 1).
func (r Retry) Delay(n int, random float64) time.Duration {
	d := min(float64(r.Max), float64(r.Base)*math.Pow(r.Factor, float64(n-1)))
	return time.Duration(d * (1 - r.Jitter*random))
}

// RetryAfter reads when the provider wants to be asked again: the header
// Retry-After in seconds or as an HTTP date (RFC 9110, 10.2.3), or retry-after-ms,
// which several providers send beside it because it is finer.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms >= 0 {
		return seconds(ms / 1000), true
	}
	v := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(v, 64); err == nil && s >= 0 {
		return seconds(s), true
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(0, t.Sub(now)), true
	}
	return 0, false
}

func seconds(s float64) time.Duration {
	const most = 365 * 24 * 3600
	return time.Duration(min(s, most) * float64(time.Second))
}
