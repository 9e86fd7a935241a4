package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"decoy/transforms/panel/faultserver"
)

// serving is the server's process: it writes its base URL, serves until its input
// ends, and writes what it saw.
type serving struct {
	rpm     int
	latency time.Duration
}

func (s *serving) flags() {
	flag.IntVar(&s.rpm, "rpm", 0, "internal: requests a minute, of the server and of the asking process")
	flag.DurationVar(&s.latency, "latency", 0, "internal: of an answer")
}

// log is what the server saw: when it accepted requests, in nanoseconds of Unix time,
// and how many it refused.
type log struct {
	Accepted  []int64
	Throttled int
}

func (s *serving) run() error {
	o := faultserver.Options{
		Latency: s.latency,
		Plan: faultserver.Each(faultserver.OK(func(a faultserver.Arrival) string {
			golden := a.Section("DEVELOPER")
			return fmt.Sprintf(`{"completion": %q, "introduced": ["KeepMessageInfo"], "why_wrong": "there is no such `+
				`method"}`, strings.Replace(golden, "Store", "Keep", 1))
		})),
	}
	if s.rpm > 0 {
		o.Window, o.Limit, o.Burst, o.RetryAfter = time.Minute, s.rpm, s.rpm/60, "1"
	}
	server := faultserver.New(o)
	defer server.Close()
	fmt.Println(server.URL())
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	var l log
	for _, a := range server.Arrivals() {
		if a.Status == 429 {
			l.Throttled++
		} else {
			l.Accepted = append(l.Accepted, a.At.UnixNano())
		}
	}
	return json.NewEncoder(os.Stdout).Encode(l)
}

// share of the limit that was accepted in d from the first arrival after begin on.
func (l log) share(rpm int, begin int64, d time.Duration) float64 {
	n, first := 0, int64(0)
	for _, at := range l.Accepted {
		if at < begin {
			continue
		}
		if first == 0 {
			first = at
		}
		if at < first+int64(d) {
			n++
		}
	}
	return float64(n) / (float64(rpm) * d.Minutes())
}

// span is the time from the first arrival to the last.
func (l log) span() time.Duration {
	if len(l.Accepted) == 0 {
		return 0
	}
	return time.Duration(l.Accepted[len(l.Accepted)-1] - l.Accepted[0])
}

// worst is the largest number of arrivals in a window.
func (l log) worst(window time.Duration) float64 {
	lo, most := 0, 0
	for i, at := range l.Accepted {
		for at-l.Accepted[lo] >= int64(window) {
			lo++
		}
		most = max(most, i-lo+1)
	}
	return float64(most)
}
