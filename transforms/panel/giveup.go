package panel

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"decoy/schemas"
)

// A member that gives nothing useful is asked no more (GiveUp). What an answer is worth
// is decided by whoever reads it, after parsing and the rules of validity, and told with
// Panel.Worth. A Trial adds that up over all shards of a stage in this process; other
// processes learn of its end from what its Record wrote.

// GiveUp is when a member is asked no more: if of its first After outcomes in a stage no
// larger share than ValidShare was valid, and again if so of any later 25 × After in a
// row. A first sample of 40 without a valid answer comes once in 7,000 times where a
// fifth of answers are valid, and the later ones, being larger, are not met by chance.
// Both have defaults; After of -1 is never.
type GiveUp struct {
	After      int      `yaml:"after" json:"after"`                                 // [40]
	ValidShare *float64 `yaml:"valid_share,omitempty" json:"valid_share,omitempty"` // [0.02]
}

const (
	giveUpAfter  = 40
	giveUpShare  = 0.02
	laterSamples = 25 // times After
	lookEvery    = 10 * time.Second
)

func (g *GiveUp) defaults() (after int, share float64) {
	after, share = giveUpAfter, giveUpShare
	if g != nil && g.After != 0 {
		after = g.After
	}
	if g != nil && g.ValidShare != nil {
		share = *g.ValidShare
	}
	return after, share
}

func (g *GiveUp) validate() error {
	switch after, share := g.defaults(); {
	case after < -1 || after > 1_000_000:
		return fmt.Errorf("give_up.after is %d, allowed is 1 to 1000000, 0 for %d, or -1 to never give up", after,
			giveUpAfter)
	case !(share >= 0 && share < 1):
		return fmt.Errorf("give_up.valid_share is %v, allowed is 0 to less than 1", share)
	}
	return nil
}

// GivenUp says why a member is asked no more.
type GivenUp struct {
	Member   string  `json:"member"`
	Outcomes int     `json:"outcomes"` // of the sample
	Valid    int     `json:"valid"`    // of these
	After    int     `json:"after"`    // the rule
	Share    float64 `json:"valid_share"`
	Causes   []Cause `json:"causes"`  // of the others, the most frequent first
	Example  string  `json:"example"` // of the first of these causes
}

// Cause is why so many answers are not valid.
type Cause struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// shownCauses is how many a person is told.
const shownCauses = 3

func (g *GivenUp) Error() string {
	var causes []string
	for _, c := range g.Causes[:min(shownCauses, len(g.Causes))] {
		causes = append(causes, fmt.Sprintf("%d %s", c.Count, c.Reason))
	}
	return fmt.Sprintf("panel member %s is stopped, since %d of %d answers were valid (give_up: "+
		"{after: %d, valid_share: %v}): %s; for example: %s; "+
		"mend or remove the member in the recipe, or set its give_up.after to -1, and run again; --replay asks it "+
		"once more as it is; what is paid is kept",
		g.Member, g.Valid, g.Outcomes, g.After, g.Share, strings.Join(causes, ", "), g.Example)
}

// TrialConfig says how the end of a trial is shared. Record writes it down before
// anybody stops; Look reads what another process wrote, nil if nothing is there. Both
// may be nil.
type TrialConfig struct {
	Record func(GivenUp) error
	Look   func() (*GivenUp, error)
	// Fresh leaves answers from the ledger out that were of no use: they have been tried
	// before.
	Fresh bool
}

// Trial is what the answers of one member were worth so far. Its methods may be called
// from any goroutine.
type Trial struct {
	config TrialConfig
	member string
	after  int
	share  float64

	mu       sync.Mutex
	sample   int // outcomes until the next look at valid
	outcomes int
	valid    int
	causes   map[string]int
	examples map[string]string
	seen     map[string]struct{} // keys of the first sample: a shard may be done twice
	looked   time.Time
	ended    error
	panels   map[*Panel]struct{}
}

// NewTrial begins a trial of a member, or has it ended already if Look says so.
func NewTrial(m Member, c TrialConfig) (*Trial, error) {
	t := &Trial{config: c, member: m.Name, seen: map[string]struct{}{}, panels: map[*Panel]struct{}{}}
	t.after, t.share = m.GiveUp.defaults()
	t.begin(t.after)
	if t.after < 0 {
		return t, nil
	}
	return t, t.look(time.Now())
}

// begin starts a sample. t.mu is held.
func (t *Trial) begin(sample int) {
	t.sample, t.outcomes, t.valid = sample, 0, 0
	t.causes, t.examples = map[string]int{}, map[string]string{}
}

// look asks whether another process has ended the trial. t.mu is held.
func (t *Trial) look(now time.Time) error {
	if t.config.Look == nil || t.ended != nil || now.Sub(t.looked) < lookEvery {
		return nil
	}
	t.looked = now
	g, err := t.config.Look()
	if err != nil {
		return fmt.Errorf("panel member %s: what is known of its trial: %w", t.member, err)
	}
	if g != nil {
		t.end(g)
	}
	return nil
}

// end stops the member in all panels. t.mu is held.
func (t *Trial) end(why error) {
	t.ended = why
	for p := range t.panels {
		p.giveUp(t.member, why)
	}
}

// count takes an outcome: reason is "" for a valid one. The error is one of Record or
// Look.
func (t *Trial) count(key string, reason schemas.Reason, detail string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.after < 0 || t.ended != nil {
		return nil
	}
	if err := t.look(time.Now()); err != nil || t.ended != nil {
		return err
	}
	if t.seen != nil {
		if _, twice := t.seen[key]; twice {
			return nil
		}
		t.seen[key] = struct{}{}
	}
	t.outcomes++
	if reason == "" {
		t.valid++
	} else {
		cause := causeOf(reason, detail)
		if t.causes[cause]++; t.examples[cause] == "" {
			t.examples[cause] = excerpt(cmp.Or(detail, "(an answer without text)"))
		}
	}
	if t.outcomes < t.sample {
		return nil
	}
	if float64(t.valid) > t.share*float64(t.outcomes) {
		t.seen = nil
		t.begin(laterSamples * t.after)
		return nil
	}
	g := t.given()
	if t.config.Record != nil {
		if err := t.config.Record(*g); err != nil {
			err = fmt.Errorf("%w; and to write that down: %w", g, err)
			t.end(err)
			return err
		}
	}
	t.end(g)
	return nil
}

// given is the sample at its end. t.mu is held.
func (t *Trial) given() *GivenUp {
	g := &GivenUp{Member: t.member, Outcomes: t.outcomes, Valid: t.valid, After: t.after, Share: t.share}
	for _, reason := range slices.Sorted(maps.Keys(t.causes)) {
		g.Causes = append(g.Causes, Cause{reason, t.causes[reason]})
	}
	slices.SortStableFunc(g.Causes, func(a, b Cause) int { return cmp.Compare(b.Count, a.Count) })
	if len(g.Causes) > 0 {
		g.Example = t.examples[g.Causes[0].Reason]
	}
	return g
}

var statusDetail = regexp.MustCompile(`^status \d{3}\b`)

// causeOf tells answers of one reason apart by the status that they came with.
func causeOf(reason schemas.Reason, detail string) string {
	if status := statusDetail.FindString(detail); status != "" {
		return string(reason) + " (" + status + ")"
	}
	return string(reason)
}

// Worth tells what an answer is worth: reason is "" where it was of use, and else why it
// was not. It is to be called once for each answer that Do emits, in any goroutine.
func (p *Panel) Worth(a Answer, reason schemas.Reason, detail string) error {
	c := p.clients[a.Request.Member]
	if c == nil || a.Reject == Secret || a.Reject == Budget || a.Reject != "" && c.stopped.Load() != nil {
		return nil // it was not asked
	}
	p.watches[a.Request.Member].gauge.count(func(u *Usage) {
		if u.Read++; reason == "" {
			u.Valid++
		}
	})
	t := p.config.Trials[a.Request.Member]
	if t == nil || t.config.Fresh && a.FromLedger && reason != "" {
		return nil
	}
	return t.count(a.Request.Key, reason, detail)
}

// OnTrial reports whether the first sample of a member is not known yet. Who reads answers
// elsewhere than where Do emits them should then not return before Worth was told, or
// more is sent meanwhile than the calls that are under way.
func (p *Panel) OnTrial(member string) bool {
	t := p.config.Trials[member]
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.after > 0 && t.ended == nil && t.seen != nil
}

// giveUp stops a member as a server that refuses everybody does: nothing more is sent,
// and Do says so at its end.
func (p *Panel) giveUp(member string, why error) {
	p.clients[member].stopped.CompareAndSwap(nil, &why)
}

// join lets the trials of its members stop a panel, from now on until it is closed.
func (p *Panel) join() error {
	for member, t := range p.config.Trials {
		if p.clients[member] == nil {
			return fmt.Errorf("panel has no paid member %q that is on trial", member)
		}
		t.mu.Lock()
		t.panels[p] = struct{}{}
		if t.ended != nil {
			p.giveUp(member, t.ended)
		}
		t.mu.Unlock()
	}
	return nil
}

func (p *Panel) leave() {
	for _, t := range p.config.Trials {
		t.mu.Lock()
		delete(t.panels, p)
		t.mu.Unlock()
	}
}
