package curate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"decoy/schemas"
)

// Cell is one cell of the balance: a language and a type.
type Cell struct {
	Language schemas.Language `json:"language" yaml:"language"`
	Type     schemas.Type     `json:"type" yaml:"type"`
}

// Config says what to select. A cap of 0 is no cap.
type Config struct {
	Rows         int              // at most this many pairs
	Accept       []schemas.Status // statuses; none means certified and unseen
	MaxPerRepo   int
	MaxPerGolden int    // pairs with one golden text in one language
	PerContext   int    // pairs of one context; 0 means 1
	Off          []Cell // cells that are switched off
	Splits       *Splits
	Excluded     []string // repositories that are left out

	// Quota says how many rows a cell is to have: Equal (the default), Proportional to its
	// eligible rows, or Table. A proportional quota is rounded down.
	Quota string
	Table map[Cell]int `json:"-"` // its keys are none of JSON: see SelectConfig.MarshalJSON
	// Redistribute says who gets what a cell cannot fill: the others in equal parts (Equal,
	// the default), in the proportion of their quotas (Proportional), or nobody (None).
	Redistribute string
	Kinds        map[schemas.Kind]float64 // at most this share of Rows of a kind; none is no cap
	MaxPerCallee int                      // pairs whose golden calls one name
	MaxPerName   int                      // pairs whose negative introduces one name
	Control      bool                     // SelectRows draws a random arm too, see [Control]
	// FreeShare is the largest share of the chosen that samples which are no minimal pairs may
	// have; nil stands for DefaultFreeShare.
	FreeShare *float64
}

// DefaultFreeShare is the share of samples that are no minimal pairs where none is given: they
// are in the style of one model, which a set should not be made of.
const DefaultFreeShare = 0.3

func (c Config) freeShare() float64 {
	if c.FreeShare == nil {
		return DefaultFreeShare
	}
	return *c.FreeShare
}

// Values of Config.Quota and Config.Redistribute.
const (
	Equal        = "equal"
	Proportional = "proportional"
	Table        = "table"
	None         = "none"
)

// Validate names the field that is out of range.
func (c Config) Validate() error {
	for _, f := range []struct {
		name string
		v    int
	}{{"rows", c.Rows}, {"max_per_repo", c.MaxPerRepo}, {"max_per_golden", c.MaxPerGolden},
		{"per_context", c.PerContext}, {"Config.MaxPerCallee", c.MaxPerCallee}, {"Config.MaxPerName", c.MaxPerName}} {
		if f.v < 0 {
			return fmt.Errorf("curate.%s is %d: give 0 or more", f.name, f.v)
		}
	}
	for _, s := range c.Accept {
		if s != schemas.StatusCertified && s != schemas.StatusUnseen {
			return fmt.Errorf("curate.accept has %q: a pair may be %q or %q", s, schemas.StatusCertified,
				schemas.StatusUnseen)
		}
	}
	for _, o := range c.Off {
		if !slices.Contains(schemas.Languages, o.Language) || !slices.Contains(schemas.Types, o.Type) {
			return fmt.Errorf("curate.off has %s × %s: give one of the languages %v and of the types %v", o.Language,
				o.Type, schemas.Languages, schemas.Types)
		}
	}
	if c.Splits == nil {
		return errors.New("curate: no splits were given")
	}
	if s := c.freeShare(); !(s >= 0 && s <= 1) {
		return fmt.Errorf("curate.samples_share is %v: give 0 to 1", s)
	}
	return c.validateQuotas()
}

func (c Config) validateQuotas() error {
	if c.Quota != "" && c.Quota != Equal && c.Quota != Proportional && c.Quota != Table {
		return fmt.Errorf("curate.Config.Quota is %q: give %q, %q or %q", c.Quota, Equal, Proportional, Table)
	}
	if (c.Quota == Table) != (len(c.Table) > 0) {
		return fmt.Errorf("curate.Config.Quota is %q and Table has %d cells: a table goes with quota %q, and only "+
			"with it", c.Quota, len(c.Table), Table)
	}
	for cell, n := range c.Table {
		if !slices.Contains(schemas.Languages, cell.Language) || !slices.Contains(schemas.Types, cell.Type) || n < 0 {
			return fmt.Errorf("curate.Config.Table has %d rows of %s × %s: give 0 or more for one of the languages %v "+
				"and of the types %v", n, cell.Language, cell.Type, schemas.Languages, schemas.Types)
		}
	}
	if r := c.Redistribute; r != "" && r != Equal && r != Proportional && r != None {
		return fmt.Errorf("curate.Config.Redistribute is %q: give %q, %q or %q", r, Equal, Proportional, None)
	}
	for k, share := range c.Kinds {
		if !slices.Contains(kinds, k) || !(share >= 0 && share <= 1) {
			return fmt.Errorf("curate.Config.Kinds has %v of %q: give a share from 0 to 1 of one of %v", share,
				k, kinds)
		}
	}
	return nil
}

// Select chooses pairs among candidates (deduplicated, of any order). Every
// candidate is in exactly one of the results, both sorted: selected by context and
// negative id, rejects by id.
//
// Cells take turns, those with the fewest eligible rows first, each with one row a
// turn, until Rows are chosen or nothing is left: so the quota that a small cell
// cannot fill flows to the others in equal parts. Inside a cell see [pool]. Config has
// other quotas and other ways of redistributing.
func Select(candidates []Candidate, c Config) (selected []schemas.Selected, rejects []schemas.Reject, err error) {
	if err := c.Validate(); err != nil {
		return nil, nil, err
	}
	cs := slices.Clone(candidates)
	slices.SortFunc(cs, byID)
	s := newSelection(c, candidateRows(cs))
	for i := range cs {
		if reason, detail := s.ineligible(&cs[i]); reason != "" {
			rejects = append(rejects, cs[i].reject(reason, detail))
		} else {
			s.add(int32(i))
		}
	}
	for _, i := range s.run() {
		selected = append(selected, cs[i].selected(c.Splits.OfRow(cs[i].Repo, cs[i].Path, cs[i].Language)))
	}
	s.left(func(i int32, reason schemas.Reason) { rejects = append(rejects, cs[i].reject(reason, "")) })
	slices.SortFunc(selected, schemas.CompareSelected)
	sortRejects(rejects)
	return selected, rejects, nil
}

// selection is the state of a Select over rows that are known by their number, which
// orders them by negative id.
type selection struct {
	Config
	rows     rows
	pools    []*pool
	byCell   map[Cell]*pool
	off      map[Cell]bool
	excluded map[string]bool
	caps     caps
	balance  balance
	dropped  []int32 // chosen first, and too many of their kind in the end
}

func newSelection(c Config, r rows) *selection {
	if len(c.Accept) == 0 {
		c.Accept = []schemas.Status{schemas.StatusCertified, schemas.StatusUnseen}
	}
	c.PerContext = max(1, c.PerContext)
	s := &selection{
		Config: c, rows: r, byCell: map[Cell]*pool{}, off: map[Cell]bool{}, excluded: map[string]bool{},
		caps: newCaps(c),
	}
	for _, o := range c.Off {
		s.off[o] = true
	}
	for _, r := range c.Excluded {
		s.excluded[r] = true
	}
	return s
}

// ineligible says why a row cannot be chosen whatever else is.
func (s *selection) ineligible(c *Candidate) (reason schemas.Reason, detail string) {
	switch {
	case s.excluded[c.Repo]:
		reason = ReasonExcludedRepo
	case c.Contaminated != "":
		reason = ReasonContaminated
	case c.Status == "":
		reason = ReasonNoStatus
	case !slices.Contains(s.Accept, c.Status):
		reason = schemas.Reason("status_" + string(c.Status))
	case c.Sampled && c.Status != schemas.StatusCertified:
		reason = ReasonUnlabelled
	case s.off[Cell{c.Language, c.Type}]:
		reason = ReasonCellOff
	case c.Judges >= 3 && c.Fooled == c.Judges && c.Status != schemas.StatusCertified:
		// A high fool rate and an uncertain error together pick out right answers.
		reason = ReasonFoolsAll
	default:
		return "", ""
	}
	return reason, detailOf(reason, c)
}

// detailOf is the detail of a reject that follows from the row alone.
func detailOf(reason schemas.Reason, c *Candidate) string {
	switch reason {
	case ReasonExcludedRepo:
		return c.Repo
	case ReasonContaminated:
		return c.Contaminated
	case ReasonNoStatus:
		return "it has no certificate: run verify"
	case ReasonUnlabelled:
		return "a sample of a model that meant to be right, " + string(c.Status)
	case ReasonCellOff:
		return string(c.Language) + " × " + string(c.Type)
	case ReasonFoolsAll:
		return fmt.Sprintf("%d of %d", c.Fooled, c.Judges)
	}
	return ""
}

func (s *selection) add(i int32) {
	k := s.rows.cell(i)
	if s.byCell[k] == nil {
		s.byCell[k] = newPool(k)
		s.pools = append(s.pools, s.byCell[k])
	}
	s.byCell[k].add(i, s.rows.shape(i))
}

// left calls f for the rows that were not chosen, with the cap that kept each out, or
// ReasonNotRanked.
func (s *selection) left(f func(i int32, reason schemas.Reason)) {
	for _, i := range s.dropped {
		f(i, ReasonCapSamples)
	}
	for _, p := range s.pools {
		for _, i := range p.left() {
			reason := s.caps.blocked(s.rows.limits(i))
			if reason == "" {
				reason = ReasonNotRanked
			}
			f(i, reason)
		}
	}
}

// run chooses, with so many samples that are no minimal pairs as have their share of the
// chosen. How many rows there will be is not known before: where there are fewer than were
// asked for, it chooses again with as many as the others of the first time allow.
func (s *selection) run() []int32 {
	chosen := s.once()
	free := s.freeOf(chosen)
	if share := s.freeShare(); float64(free) > share*float64(len(chosen))+1e-9 {
		s.again(int(share/(1-share)*float64(len(chosen)-free) + 1e-9))
		chosen = s.once()
		free = s.freeOf(chosen)
		for k := len(chosen) - 1; k >= 0 && float64(free) > share*float64(len(chosen))+1e-9; k-- {
			if s.rows.limits(chosen[k]).free {
				s.dropped = append(s.dropped, chosen[k])
				chosen = slices.Delete(chosen, k, k+1)
				free--
			}
		}
	}
	return chosen
}

func (s *selection) freeOf(chosen []int32) (n int) {
	for _, i := range chosen {
		if s.rows.limits(i).free {
			n++
		}
	}
	return n
}

// again makes the selection as it was before it was run, with another cap of free samples.
func (s *selection) again(free int) {
	var all []int32
	for _, p := range s.pools {
		for _, b := range p.bins {
			all = append(all, b.rows...)
		}
	}
	slices.Sort(all)
	s.pools, s.byCell, s.caps = nil, map[Cell]*pool{}, newCaps(s.Config)
	s.caps.free = free
	for _, i := range all {
		s.add(i)
	}
}

func (s *selection) once() (chosen []int32) {
	slices.SortFunc(s.pools, func(a, b *pool) int {
		return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.cell.Language, b.cell.Language),
			cmp.Compare(a.cell.Type, b.cell.Type))
	})
	s.balance = newBalance(s.pools)
	for _, p := range s.pools {
		p.rank(s.rows, &s.balance)
	}
	turns := newTurns(s.Config, s.pools)
	for len(chosen) < s.Rows {
		p := turns.next()
		if p == nil {
			break
		}
		i := p.draw(s.rows, &s.balance, &s.caps)
		turns.took(p, i >= 0)
		if i >= 0 {
			chosen = append(chosen, i)
			s.caps.take(s.rows.limits(i))
		}
	}
	return chosen
}
