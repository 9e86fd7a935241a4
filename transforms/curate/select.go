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
	Language string `json:"language" yaml:"language"`
	Type     string `json:"type" yaml:"type"`
}

// Config says what to select. A cap of 0 is no cap.
type Config struct {
	Rows         int      // at most this many pairs
	Accept       []string // statuses; none means certified and unseen
	MaxPerRepo   int
	MaxPerGolden int    // pairs with one golden text in one language
	PerContext   int    // pairs of one context; 0 means 1
	Off          []Cell // cells that are switched off
	Splits       *Splits
	Excluded     []string // repositories that are left out
}

// Validate names the field that is out of range.
func (c Config) Validate() error {
	for _, f := range []struct {
		name string
		v    int
	}{{"rows", c.Rows}, {"max_per_repo", c.MaxPerRepo}, {"max_per_golden", c.MaxPerGolden},
		{"per_context", c.PerContext}} {
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
	return nil
}

// Select chooses pairs among candidates (deduplicated, of any order). Every
// candidate is in exactly one of the results, both sorted: selected by context and
// negative id, rejects by id.
//
// Cells take turns, those with the fewest eligible rows first, each with one row a
// turn, until Rows are chosen or nothing is left: so the quota that a small cell
// cannot fill flows to the others in equal parts. Inside a cell see [pool].
func Select(candidates []Candidate, c Config) (selected []schemas.Selected, rejects []schemas.Reject, err error) {
	if err := c.Validate(); err != nil {
		return nil, nil, err
	}
	s := newSelection(c)
	cs := slices.Clone(candidates)
	slices.SortFunc(cs, byID)
	for i := range cs {
		if reason, detail := s.ineligible(&cs[i]); reason != "" {
			rejects = append(rejects, cs[i].reject(reason, detail))
		} else {
			s.add(&cs[i])
		}
	}
	for _, x := range s.run() {
		selected = append(selected, x.selected(c.Splits.Of(x.Repo)))
	}
	for _, p := range s.pools {
		for _, x := range p.left() {
			reason := s.blocked(x)
			if reason == "" {
				reason = ReasonNotRanked
			}
			rejects = append(rejects, x.reject(reason, ""))
		}
	}
	slices.SortFunc(selected, func(a, b schemas.Selected) int {
		return cmp.Or(cmp.Compare(a.ContextID, b.ContextID), cmp.Compare(*a.NegativeID, *b.NegativeID))
	})
	sortRejects(rejects)
	return selected, rejects, nil
}

type selection struct {
	Config
	pools    []*pool
	byCell   map[Cell]*pool
	off      map[Cell]bool
	excluded map[string]bool
	repo     map[string]int
	golden   map[goldenKey]int
	context  map[string]int
	balance  balance
}

type goldenKey struct {
	language string
	hash     uint64
}

func newSelection(c Config) *selection {
	if len(c.Accept) == 0 {
		c.Accept = []string{schemas.StatusCertified, schemas.StatusUnseen}
	}
	c.PerContext = max(1, c.PerContext)
	s := &selection{Config: c, byCell: map[Cell]*pool{}, off: map[Cell]bool{}, excluded: map[string]bool{},
		repo: map[string]int{}, golden: map[goldenKey]int{}, context: map[string]int{},
		balance: balance{drawn: map[Shape]int{}, remaining: map[Shape]int{}}}
	for _, o := range c.Off {
		s.off[o] = true
	}
	for _, r := range c.Excluded {
		s.excluded[r] = true
	}
	return s
}

// ineligible says why a row cannot be chosen whatever else is.
func (s *selection) ineligible(c *Candidate) (reason, detail string) {
	switch {
	case s.excluded[c.Repo]:
		return ReasonExcludedRepo, c.Repo
	case c.Contaminated != "":
		return ReasonContaminated, c.Contaminated
	case c.Status == "":
		return ReasonNoStatus, "it has no certificate: run verify"
	case !slices.Contains(s.Accept, c.Status):
		return "status_" + c.Status, ""
	case c.Sampled && c.Status != schemas.StatusCertified:
		return ReasonUnlabelled, "a sample of a model that meant to be right, " + c.Status
	case s.off[Cell{c.Language, c.Type}]:
		return ReasonCellOff, c.Language + " × " + c.Type
	case c.Judges >= 3 && c.Fooled == c.Judges && c.Status != schemas.StatusCertified:
		// A high fool rate and an uncertain error together pick out right answers.
		return ReasonFoolsAll, fmt.Sprintf("%d of %d", c.Fooled, c.Judges)
	}
	return "", ""
}

func (s *selection) add(c *Candidate) {
	k := Cell{c.Language, c.Type}
	if s.byCell[k] == nil {
		s.byCell[k] = newPool(k)
		s.pools = append(s.pools, s.byCell[k])
	}
	s.byCell[k].add(c)
	s.balance.remaining[ShapeOf(c)]++
}

// blocked says which cap keeps c out at present. Caps only fill up, so a blocked
// row stays so.
func (s *selection) blocked(c *Candidate) string {
	switch {
	case s.context[c.ContextID] >= s.PerContext:
		return ReasonOnePerCtx
	case s.MaxPerGolden > 0 && s.golden[goldenKey{c.Language, c.GoldenHash}] >= s.MaxPerGolden:
		return ReasonCapGolden
	case s.MaxPerRepo > 0 && s.repo[c.Repo] >= s.MaxPerRepo:
		return ReasonCapRepo
	}
	return ""
}

func (s *selection) run() (chosen []*Candidate) {
	slices.SortFunc(s.pools, func(a, b *pool) int {
		return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.cell.Language, b.cell.Language),
			cmp.Compare(a.cell.Type, b.cell.Type))
	})
	for _, p := range s.pools {
		p.rank()
	}
	active := slices.Clone(s.pools)
	for len(active) > 0 && len(chosen) < s.Rows {
		next := active[:0]
		for _, p := range active {
			if len(chosen) == s.Rows {
				break
			}
			c := p.draw(&s.balance, func(c *Candidate) bool { return s.blocked(c) != "" })
			if c == nil {
				continue
			}
			next = append(next, p)
			chosen = append(chosen, c)
			s.context[c.ContextID]++
			s.repo[c.Repo]++
			s.golden[goldenKey{c.Language, c.GoldenHash}]++
		}
		active = next
	}
	return chosen
}
