package panel

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
	"time"

	"decoy/transforms/panel/limit"
)

// Meter counts what panels do, by stage and member. The zero value is ready. Its
// methods may be called from any goroutine.
type Meter struct {
	mu      sync.Mutex
	members map[[2]string]*gauge
}

// ProcessMeter is the meter of this process, as limit.Process holds its accounts.
var ProcessMeter Meter

// Usage is what a meter knows of one member. Outcomes counts responses and failures
// by Outcomes. A share is of the account's limit over the last minute, by this
// process alone, null where no limit is stated. Expected is 0 and ETA null where
// nobody said how many requests there will be beside those in the ledger.
type Usage struct {
	Stage, Member string
	Sent          int64            // calls, repeated ones included
	Outcomes      map[string]int64 // by Outcomes
	InputTokens   int64
	OutputTokens  int64
	SpentUSD      float64 // known bills and what may have been billed
	HeldUSD       float64 // reserved by calls that have not ended
	InFlight      int64   // calls under way
	Waiting       int64   // requests put aside until the breaker closes
	DeadLetters   int64
	FromLedger    int64 // requests that the ledger answered
	Done          int64 // requests with an outcome
	Read          int64 // answers of which it is known what they are worth (Panel.Worth)
	Valid         int64 // of these, of use
	Expected      int64
	// ExpectedUSD is what these were estimated to cost, null where nobody did.
	ExpectedUSD  *[2]float64
	PerSecond    float64 // requests done that the ledger did not answer, over the last minute
	RequestShare *float64
	TokenShare   *float64
	Slots        int // the present concurrency limit
	DownFor      time.Duration
	Form         []string // what was learnt of the form in which the member takes requests
	Problem      string   // what the last call that brought no answer said
	ETA          *time.Duration
}

// Outcomes of a call.
const (
	OutcomeAnswered   = "answered"
	OutcomeThrottled  = "throttled"  // 429
	OutcomeServer     = "server"     // 5xx
	OutcomeTimeout    = "timeout"    // no answer in time
	OutcomeConnection = "connection" // broken or never made
	OutcomeBody       = "body"       // a status of 200 with something else inside, or nothing to use
	OutcomeRefused    = "refused"    // 400 and its like
	OutcomeStopped    = "stopped"    // 401 and its like, an empty account
)

// Outcomes lists them.
var Outcomes = []string{
	OutcomeAnswered, OutcomeBody, OutcomeConnection, OutcomeRefused,
	OutcomeServer, OutcomeStopped, OutcomeThrottled, OutcomeTimeout,
}

func outcomeOf(x *exchange, v verdict) string {
	switch {
	case v.class == answered:
		return OutcomeAnswered
	case v.class == stopping:
		return OutcomeStopped
	case v.class == throttled:
		return OutcomeThrottled
	case v.reason == Timeout:
		return OutcomeTimeout
	case x.err != nil:
		return OutcomeConnection
	case v.class == refused, v.class == denied:
		return OutcomeRefused
	case v.class == useless:
		return OutcomeBody
	case x.status >= http.StatusInternalServerError:
		return OutcomeServer
	}
	return OutcomeBody
}

// Expect says how many requests a member will get in a stage, in all its shards,
// beside those that the ledger answers. It may be an estimate.
func (m *Meter) Expect(stage, member string, requests int64) {
	g := m.gauge(stage, member)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.use.Expected = requests
}

// ExpectUSD says what the requests that Expect told of will cost, from low to high.
func (m *Meter) ExpectUSD(stage, member string, low, high float64) {
	m.gauge(stage, member).count(func(u *Usage) { u.ExpectedUSD = &[2]float64{low, high} })
}

// measuredFrom is from how many answers on shares and costs are shown as measured.
const measuredFrom = 200

// ValidShare is the share of answers that were of use, null before it can be told.
func (u Usage) ValidShare() *float64 {
	if u.Read < measuredFrom {
		return nil
	}
	share := float64(u.Valid) / float64(u.Read)
	return &share
}

// CorrectedUSD is what all expected requests will cost by what they have cost so far,
// null before that can be told, or where it is what was estimated, give or take a tenth.
func (u Usage) CorrectedUSD() *float64 {
	n := u.Done - u.FromLedger
	if n < measuredFrom || u.Expected == 0 || u.ExpectedUSD == nil {
		return nil
	}
	usd := u.SpentUSD / float64(n) * float64(max(u.Expected, n))
	if usd >= 0.9*u.ExpectedUSD[0] && usd <= 1.1*u.ExpectedUSD[1] {
		return nil
	}
	return &usd
}

// Usage is a copy of all counters, by stage and member.
func (m *Meter) Usage() []Usage {
	m.mu.Lock()
	gauges := make([]*gauge, 0, len(m.members))
	for _, g := range m.members {
		gauges = append(gauges, g)
	}
	m.mu.Unlock()
	all := make([]Usage, len(gauges))
	for i, g := range gauges {
		all[i] = g.usage(time.Now())
	}
	slices.SortFunc(all, func(a, b Usage) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Member, b.Member))
	})
	return all
}

func (m *Meter) gauge(stage, member string) *gauge {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.members == nil {
		m.members = map[[2]string]*gauge{}
	}
	key := [2]string{stage, member}
	if m.members[key] == nil {
		m.members[key] = &gauge{use: Usage{Stage: stage, Member: member, Outcomes: map[string]int64{}}}
	}
	return m.members[key]
}

// gauge counts for one member.
type gauge struct {
	mu      sync.Mutex
	use     Usage
	account *limit.Account
	breaker *limit.Breaker
	begin   time.Time // of the first request that was done
	seconds [60]int64 // requests done in the second that lies so far back
	last    int64     // Unix time of the present second
}

func (g *gauge) of(account *limit.Account, breaker *limit.Breaker) {
	g.count(func(*Usage) { g.account, g.breaker = account, breaker })
}

// problem is what the last call that brought no answer said, as the end of a clause.
func (g *gauge) problem() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.use.Problem == "" {
		return ""
	}
	return ", the last time with: " + g.use.Problem
}

func (g *gauge) count(change func(*Usage)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(&g.use)
}

// done counts a request with an outcome.
func (g *gauge) done(now time.Time, fromLedger bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.use.Done++
	if fromLedger {
		g.use.FromLedger++
		return
	}
	if g.begin.IsZero() {
		g.begin = now
	}
	g.turn(now)
	g.seconds[g.last%60]++
}

// turn moves the ring of seconds on to now. g.mu is held.
func (g *gauge) turn(now time.Time) {
	s := now.Unix()
	for i := max(g.last+1, s-59); i <= s; i++ {
		g.seconds[i%60] = 0
	}
	g.last = max(g.last, s)
}

func (g *gauge) usage(now time.Time) Usage {
	g.mu.Lock()
	defer g.mu.Unlock()
	u := g.use
	u.HeldUSD = max(0, u.HeldUSD) // sums of floats leave a rest
	u.Outcomes = make(map[string]int64, len(Outcomes))
	for _, name := range Outcomes {
		u.Outcomes[name] = g.use.Outcomes[name]
	}
	g.turn(now)
	n := int64(0)
	for _, k := range g.seconds {
		n += k
	}
	if d := min(time.Minute, now.Sub(g.begin)).Seconds(); n > 0 && d >= 1 {
		u.PerSecond = float64(n) / d
	}
	if left := u.Expected - (u.Done - u.FromLedger); u.Expected > 0 && (u.PerSecond > 0 || left <= 0) {
		eta := time.Duration(0)
		if left > 0 {
			eta = time.Duration(float64(left) / u.PerSecond * float64(time.Second))
		}
		u.ETA = &eta
	}
	if g.account != nil {
		u.RequestShare, u.TokenShare = g.account.Used()
		u.Slots = g.account.Slots()
	}
	if g.breaker != nil {
		u.DownFor = g.breaker.OpenFor()
	}
	return u
}
