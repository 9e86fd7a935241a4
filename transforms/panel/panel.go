package panel

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/zeebo/xxh3"

	"decoy/transforms/panel/ledger"
	"decoy/transforms/panel/limit"
)

// Config of a panel. Members, Store and Check are required if a member is paid;
// all else may be zero.
type Config struct {
	Members []Member
	Store   ledger.Store

	// Check returns an error if a text holds a secret. The error is kept as the
	// reject's detail, so it names the rule and not the secret. It is called from
	// several goroutines.
	Check func(text string) error

	// Workers is the number of processes that share the accounts.
	Workers int
	// BudgetUSD is what a shard may cost, what its ledger holds included. Null is
	// no limit. SplitBudget divides a whole budget.
	BudgetUSD func(shard int) float64
	// Replay sends dead letters again.
	Replay bool

	Retry         limit.Retry
	Breaker       limit.BreakerConfig
	CommitRecords int           // a segment is written at the latest with so many answers [256]
	CommitEvery   time.Duration // or when the oldest has waited so long [250ms]
	LookAhead     int           // requests of a stream that are open at once [256 or twice the members' concurrency]
	Grace         time.Duration // calls under way when Do is interrupted may end within [5s]

	Window   time.Duration   // in which rpm and tpm count [1m]
	Accounts *limit.Accounts // whose limits are shared [limit.Process]
	Limiter  *limit.Shared   // paces requests and tokens with other processes, or nil
	Random   func() float64  // in [0, 1), for the jitter of waits; from several goroutines

	// Trials stop a member that gives nothing useful, by its name (giveup.go).
	Trials map[string]*Trial

	Stage string // of the build, for the meter
	Meter *Meter // what counts [ProcessMeter]
}

// ErrBudget says that requests were left unsent because the budget is used up.
// What was paid is kept; a run with a higher budget goes on from there.
var ErrBudget = errors.New("budget_usd is reached")

// ErrStopped says that requests were left unsent because a member was stopped. What
// was paid is kept, nothing else is recorded, and a run of the same goes on from
// there.
var ErrStopped = errors.New("a panel member is stopped")

// ErrOthersGoOn is ErrStopped of a panel with members that were not stopped: they have
// answered, and another shard may ask them.
var ErrOthersGoOn = errors.New("a panel member is stopped, and others are not")

// stoppedError is ErrStopped with the members and what to mend, in one line.
type stoppedError struct {
	members []error
	all     bool // of the panel
}

func (e stoppedError) Error() string {
	var text []string
	for _, m := range e.members {
		text = append(text, m.Error())
	}
	return strings.Join(text, "; ")
}

func (e stoppedError) Is(target error) bool {
	return target == ErrStopped || target == ErrOthersGoOn && !e.all
}

// Panel asks the paid members of a recipe. Its methods may be called from several
// goroutines, Do for several shards at once.
type Panel struct {
	config  Config
	clients map[string]*client
	checks  checks
	watches map[string]watch // by member
	closed  sync.Once
}

// watch is what is known of a member beside its answers.
type watch struct {
	breaker *limit.Breaker
	gauge   *gauge
}

// Open checks the members, reads their keys and joins their accounts. Nothing is
// sent.
func Open(config Config) (_ *Panel, err error) {
	p := &Panel{config: config, clients: map[string]*client{}, watches: map[string]watch{}}
	p.checks = checks{check: config.Check, seen: map[xxh3.Uint128]func() error{}}
	c := &p.config
	if err := ValidateAll(c.Members); err != nil {
		return nil, err
	}
	c.Retry = c.Retry.Defaults()
	if err := c.Retry.Validate(); err != nil {
		return nil, fmt.Errorf("panel: %w", err)
	}
	c.Breaker = c.Breaker.Defaults()
	if err := c.Breaker.Validate(); err != nil {
		return nil, fmt.Errorf("panel: %w", err)
	}
	if c.CommitRecords < 0 || c.CommitEvery < 0 || c.LookAhead < 0 || c.Workers < 0 || c.Window < 0 {
		return nil, errors.New("panel: CommitRecords, CommitEvery, LookAhead, Workers and Window must not be negative")
	}
	if c.CommitRecords == 0 {
		c.CommitRecords = 256
	}
	if c.CommitEvery == 0 {
		c.CommitEvery = 250 * time.Millisecond
	}
	if c.Grace == 0 {
		c.Grace = 5 * time.Second
	}
	if c.Accounts == nil {
		c.Accounts = &limit.Process
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.Meter == nil {
		c.Meter = &ProcessMeter
	}
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	concurrency := 0
	for _, m := range c.Members {
		if !m.Paid() {
			continue
		}
		m = m.Defaults()
		if c.BudgetUSD != nil && m.USDPerMTok == nil {
			return nil, fmt.Errorf("price of panel member %s is unknown; set usd_per_mtok or remove budget_usd", m.Name)
		}
		limits := limit.Limits{Requests: float64(m.RPM), Tokens: float64(m.TPM), Concurrency: m.Concurrency,
			Window: c.Window}
		share := limits.Share(c.Workers)
		if m.Offline { // it makes no call that would need one
			share = limits
		}
		if c.Limiter != nil {
			share.Requests, share.Tokens = limits.Requests, limits.Tokens
		}
		account, err := c.Accounts.Join(m.account(), share, c.Limiter)
		if err != nil {
			return nil, fmt.Errorf("panel member %s: %w", m.Name, err)
		}
		client, err := newClient(m, account)
		if err != nil {
			c.Accounts.Leave(account)
			return nil, err
		}
		p.clients[m.Name] = client
		name := m.account() + " and model " + m.Model
		p.clients[m.Name].forms = c.Accounts.Note(m.Provider+" "+name, func() any { return &forms{} }).(*forms)
		w := watch{c.Accounts.Breaker(name, c.Breaker), c.Meter.gauge(c.Stage, m.Name)}
		w.gauge.of(account, w.breaker)
		w.gauge.count(func(u *Usage) { u.Form = p.clients[m.Name].form(&task{}).notes() })
		p.watches[m.Name] = w
		concurrency += m.Concurrency
	}
	if c.LookAhead == 0 {
		c.LookAhead = max(256, 2*concurrency)
	}
	if len(p.clients) > 0 && (c.Store == nil || c.Check == nil) {
		return nil, errors.New("panel: paid members need a Store for their answers and a Check for secrets")
	}
	return p, p.join()
}

// Close leaves the accounts and ends idle connections. What was committed is safe
// without it.
func (p *Panel) Close() {
	p.closed.Do(func() {
		p.leave()
		for _, c := range p.clients {
			p.config.Accounts.Leave(c.account)
			c.http.CloseIdleConnections()
		}
	})
}

// SplitBudget divides a budget among shards in proportion to their estimates, for
// Config.BudgetUSD. Where no estimate is above zero it is divided evenly.
func SplitBudget(usd float64, estimates []float64) func(shard int) float64 {
	sum := 0.0
	for _, e := range estimates {
		sum += max(0, e)
	}
	return func(shard int) float64 {
		switch {
		case shard < 0 || shard >= len(estimates):
			return 0
		case sum == 0:
			return usd / float64(len(estimates))
		}
		return usd * max(0, estimates[shard]) / sum
	}
}
