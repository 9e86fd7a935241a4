package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"decoy/transforms/panel"
)

// panelEvery is how often a person sees what the panel does; linesEvery how often a
// log gets it.
const (
	panelEvery = time.Second
	linesEvery = time.Minute
)

// watchPanel shows what the meter counts until it is closed, and once more then.
func watchPanel(c console, meter *panel.Meter) (close func()) {
	stop := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(panelEvery)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				c.Panel(busy(meter), true)
				return
			case <-tick.C:
				c.Panel(busy(meter), false)
			}
		}
	})
	return func() { stop <- struct{}{}; watching.Wait() }
}

// busy are the members that were asked something.
func busy(meter *panel.Meter) []panel.Usage {
	return slices.DeleteFunc(meter.Usage(), func(u panel.Usage) bool { return u.Sent+u.Done+u.Waiting == 0 })
}

// Panel writes a line a member, now and then and at the end.
func (c *lineConsole) Panel(all []panel.Usage, last bool) {
	if len(all) == 0 || (!last && time.Since(c.shown) < linesEvery) {
		return
	}
	c.shown = time.Now()
	for _, u := range all {
		c.Log("%s", panelLine(u))
	}
}

// Panel writes an object a member whose counters have changed.
func (c *jsonConsole) Panel(all []panel.Usage, _ bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range all {
		key := u.Stage + "/" + u.Member
		if seen := (panelSeen{u.Sent, u.Done, u.Waiting}); c.panel[key] != seen {
			if c.panel == nil {
				c.panel = map[string]panelSeen{}
			}
			c.panel[key] = seen
			c.write(event{Stage: u.Stage, Panel: newPanelEvent(u)})
		}
	}
}

// Panel has a line a member below the stages' bars.
func (c *barConsole) Panel(all []panel.Usage, _ bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range all {
		key := u.Stage + "/" + u.Member
		line := c.panel[key]
		if line == nil {
			line = &panelBar{}
			if c.panel == nil {
				c.panel = map[string]*panelBar{}
			}
			c.panel[key] = line
			line.bar = c.pool.New(1, mpb.NopStyle(), mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return line.get() })))
		}
		line.set(panelLine(u))
	}
}

// panelBar is a bar that is nothing but text.
type panelBar struct {
	bar  *mpb.Bar
	mu   sync.Mutex
	text string
}

func (b *panelBar) set(text string) {
	b.mu.Lock()
	b.text = text
	b.mu.Unlock()
}

func (b *panelBar) get() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text
}

// panelSeen is what has to change before a program is told again.
type panelSeen struct{ sent, done, waiting int64 }

// panelEvent is one member's counters in --json. What is not known is null.
type panelEvent struct {
	Member       string           `json:"member"`
	Sent         int64            `json:"sent"`
	Outcomes     map[string]int64 `json:"outcomes"`
	PerSecond    float64          `json:"per_second"`
	InputTokens  int64            `json:"input_tokens"`
	OutputTokens int64            `json:"output_tokens"`
	SpentUSD     float64          `json:"spent_usd"`
	HeldUSD      float64          `json:"held_usd"`
	InFlight     int64            `json:"in_flight"`
	Waiting      int64            `json:"waiting"`
	DeadLetters  int64            `json:"dead_letters"`
	FromLedger   int64            `json:"from_ledger"`
	Done         int64            `json:"done"`
	RequestShare *float64         `json:"rpm_share"`
	TokenShare   *float64         `json:"tpm_share"`
	DownSeconds  float64          `json:"down_seconds"`
	ETASeconds   *float64         `json:"eta_seconds"`
	Form         []string         `json:"form,omitempty"`    // what is sent otherwise than usual
	Problem      string           `json:"problem,omitempty"` // why the last useless answer was none
	ValidShare   *float64         `json:"valid_share"`       // of the answers, measured
	CorrectedUSD *float64         `json:"corrected_usd"`     // where the measured cost is not what was estimated
}

func newPanelEvent(u panel.Usage) *panelEvent {
	e := &panelEvent{
		Member: u.Member, Sent: u.Sent, Outcomes: u.Outcomes, PerSecond: u.PerSecond,
		InputTokens: u.InputTokens, OutputTokens: u.OutputTokens, SpentUSD: u.SpentUSD, HeldUSD: u.HeldUSD,
		InFlight: u.InFlight, Waiting: u.Waiting, DeadLetters: u.DeadLetters, FromLedger: u.FromLedger, Done: u.Done,
		RequestShare: u.RequestShare, TokenShare: u.TokenShare, DownSeconds: u.DownFor.Seconds(),
		Form: u.Form, Problem: u.Problem,
		ValidShare: u.ValidShare(), CorrectedUSD: u.CorrectedUSD(),
	}
	if u.ETA != nil {
		s := u.ETA.Seconds()
		e.ETASeconds = &s
	}
	return e
}

// panelLine is one member's counters for a person.
func panelLine(u panel.Usage) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %d done", u.Stage, u.Member, u.Done)
	if u.Expected > 0 {
		fmt.Fprintf(&b, " of %d", u.Expected)
	}
	fmt.Fprintf(&b, ", %.1f/s", u.PerSecond)
	if u.RequestShare != nil {
		fmt.Fprintf(&b, ", rpm %.1f %%", 100**u.RequestShare)
	}
	if u.TokenShare != nil {
		fmt.Fprintf(&b, ", tpm %.1f %%", 100**u.TokenShare)
	}
	fmt.Fprintf(&b, ", tokens %s in %s out, $%s",
		amount(u.InputTokens), amount(u.OutputTokens), panel.Dollars(u.SpentUSD))
	if u.HeldUSD > 0 {
		fmt.Fprintf(&b, " and %s held", panel.Dollars(u.HeldUSD))
	}
	if usd := u.CorrectedUSD(); usd != nil {
		fmt.Fprintf(&b, ", about $%s in the end (estimated %s to %s)",
			panel.Dollars(*usd), panel.Dollars(u.ExpectedUSD[0]), panel.Dollars(u.ExpectedUSD[1]))
	}
	if share := u.ValidShare(); share != nil {
		fmt.Fprintf(&b, ", %.1f %% valid", 100**share)
	}
	fmt.Fprintf(&b, ", %d of %d in flight", u.InFlight, u.Slots)
	failed := int64(0)
	for _, name := range []string{panel.OutcomeServer, panel.OutcomeTimeout, panel.OutcomeConnection,
		panel.OutcomeBody} {
		failed += u.Outcomes[name]
	}
	for _, n := range []struct {
		n    int64
		what string
	}{
		{u.Outcomes[panel.OutcomeThrottled], "429s"}, {failed, "failures"}, {u.DeadLetters, "dead letters"},
		{u.FromLedger, "from the ledger"}, {u.Waiting, "waiting"},
	} {
		if n.n > 0 {
			fmt.Fprintf(&b, ", %d %s", n.n, n.what)
		}
	}
	if u.DownFor > 0 {
		fmt.Fprintf(&b, ", DOWN for %v", u.DownFor.Round(time.Second))
	}
	if u.ETA != nil {
		fmt.Fprintf(&b, ", ETA %v", u.ETA.Round(time.Second))
	}
	if len(u.Form) > 0 {
		fmt.Fprintf(&b, ", sent with %s", strings.Join(u.Form, ", "))
	}
	if u.Problem != "" {
		fmt.Fprintf(&b, ", last problem: %s", inLine(u.Problem))
	}
	return b.String()
}

// inLine is what a server said, as a part of a line: it may hold anything.
func inLine(s string) string {
	const most = 160
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// amount is a number with three digits or so.
func amount(n int64) string {
	switch {
	case n >= 10_000_000:
		return fmt.Sprintf("%d M", n/1_000_000)
	case n >= 10_000:
		return fmt.Sprintf("%d k", n/1000)
	}
	return fmt.Sprint(n)
}
