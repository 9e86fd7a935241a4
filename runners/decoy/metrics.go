package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"decoy/transforms/panel"
)

// serveMetrics serves what the panels of this process do at http://at/metrics, for
// Prometheus. Labels hold names of stages, members and outcomes alone: no key, no
// URL and nothing of the sources.
func serveMetrics(address string, meter *panel.Meter) (at string, close func(), err error) {
	registry := prometheus.NewRegistry()
	if err := registry.Register(panelCollector{meter}); err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", nil, usageError{fmt.Errorf("--metrics-addr %s: %w; name a free port of this machine, for example "+
			"127.0.0.1:9464", address, err)}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer func() { ended <- struct{}{} }()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "decoy: --metrics-addr:", err)
		}
	}()
	return listener.Addr().String(), func() { server.Close(); <-ended }, nil
}

// panelCollector reads a meter when it is asked.
type panelCollector struct{ meter *panel.Meter }

func metric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("decoy_panel_"+name, help, append([]string{"stage", "member"}, labels...), nil)
}

var (
	descRequests = metric("requests_total", "Calls to the provider that have ended, by outcome.", "outcome")
	descTokens   = metric("tokens_total", "Tokens as the provider bills them.", "direction")
	descSpent    = metric("spent_dollars_total", "US dollars billed, and those that may have been billed.")
	descDead     = metric("dead_letters_total", "Requests that were given up and recorded.")
	descLedger   = metric("ledger_hits_total", "Requests that the ledger answered.")
	descDone     = metric("done_total", "Requests with an outcome.")
	descExpected = metric("expected", "Requests that are expected in all, where it is known.")
	descHeld     = metric("held_dollars", "US dollars reserved by calls under way.")
	descInFlight = metric("in_flight", "Calls under way.")
	descWaiting  = metric("waiting", "Requests that wait for the circuit breaker.")
	descSlots    = metric("concurrency", "Calls that may be under way at present.")
	descUsed     = metric("limit_used_ratio", "Share of the account's limit that this process used in the last minute.",
		"limit")
	descDown = metric("breaker_open", "Whether the circuit breaker is open.")
	descETA  = metric("eta_seconds", "Time until the stage's requests are done, where it is known.")
)

// Describe sends all descriptions.
func (panelCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descRequests, descTokens, descSpent, descDead, descLedger, descDone, descExpected,
		descHeld, descInFlight, descWaiting, descSlots, descUsed, descDown, descETA,
	} {
		ch <- d
	}
}

// Collect sends the present values.
func (c panelCollector) Collect(ch chan<- prometheus.Metric) {
	for _, u := range c.meter.Usage() {
		send := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(d, kind, v, append([]string{u.Stage, u.Member}, labels...)...)
		}
		counter := func(d *prometheus.Desc, v float64, labels ...string) {
			send(d, prometheus.CounterValue, v,
				labels...)
		}
		gauge := func(d *prometheus.Desc, v float64, labels ...string) { send(d, prometheus.GaugeValue, v, labels...) }
		for outcome, n := range u.Outcomes {
			counter(descRequests, float64(n), outcome)
		}
		counter(descTokens, float64(u.InputTokens), "input")
		counter(descTokens, float64(u.OutputTokens), "output")
		counter(descSpent, u.SpentUSD)
		counter(descDead, float64(u.DeadLetters))
		counter(descLedger, float64(u.FromLedger))
		counter(descDone, float64(u.Done))
		gauge(descHeld, u.HeldUSD)
		gauge(descInFlight, float64(u.InFlight))
		gauge(descWaiting, float64(u.Waiting))
		gauge(descSlots, float64(u.Slots))
		down := 0.0
		if u.DownFor > 0 {
			down = 1
		}
		gauge(descDown, down)
		if u.Expected > 0 {
			gauge(descExpected, float64(u.Expected))
		}
		if u.RequestShare != nil {
			gauge(descUsed, *u.RequestShare, "requests")
		}
		if u.TokenShare != nil {
			gauge(descUsed, *u.TokenShare, "tokens")
		}
		if u.ETA != nil {
			gauge(descETA, u.ETA.Seconds())
		}
	}
}
