package curate

import (
	"fmt"
	"math"

	"decoy/schemas"
)

// Ratios are the shares of the splits. They sum to 1.
type Ratios struct {
	Train      float64 `json:"train" yaml:"train"`
	Validation float64 `json:"validation" yaml:"validation"`
	Test       float64 `json:"test" yaml:"test"`
}

// Validate names the field that is out of range.
func (r Ratios) Validate() error {
	for _, f := range []struct {
		name string
		v    float64
	}{{"train", r.Train}, {"validation", r.Validation}, {"test", r.Test}} {
		if !(f.v >= 0 && f.v <= 1) {
			return fmt.Errorf("curate.split.%s is %v: give a share from 0 to 1", f.name, f.v)
		}
	}
	if sum := r.Train + r.Validation + r.Test; math.Abs(sum-1) > 1e-9 {
		return fmt.Errorf("curate.split: train, validation and test sum to %v: make them sum to 1", sum)
	}
	return nil
}

// minGroups is the number of groups that a language needs to be split at all.
const minGroups = 3

// Splits says where each repository goes.
type Splits struct {
	group map[string]string        // repository → group id
	split map[string]schemas.Split // group id → split
	Notes []string                 // for the card, by language
	Red   []string                 // those of Notes that must not be overlooked: of languages that fall back

	ratios   Ratios
	fallback map[schemas.Language]Fallback // of languages that are split more finely than by group
}

// Fallback says how a language of fewer than three groups is split.
type Fallback string

const (
	ToTrain      Fallback = ""           // it is not: all of it goes to train
	ByRepository Fallback = "repository" // by module, so versions of one module stay together
	ByFolder     Fallback = "folder"     // by module, and by folder where there are too few modules
)

// Validate names the values that are allowed.
func (f Fallback) Validate() error {
	if f != ToTrain && f != ByRepository && f != ByFolder {
		return fmt.Errorf("curate.Fallback is %q: give %q, %q, or leave it out", f, ByRepository, ByFolder)
	}
	return nil
}

// NewSplits places each group by a hash of its owner key. A language with fewer
// than three groups goes to train; since a group must not stand in two splits, its
// groups go to train as a whole, in all of their languages. So adding the third
// group of a language may move the first two.
func NewSplits(groups []Group, ratios Ratios) (*Splits, error) {
	return NewSplitsWith(groups, ratios, ToTrain)
}

// NewSplitsWith is NewSplits with a fallback. Rows of a language that falls back leave their
// groups, in that language only, so kin may stand in two splits: each such language has a note
// that says so, and belongs in red on the card. How many modules have a language is not known,
// only how many are in groups that have it.
func NewSplitsWith(groups []Group, ratios Ratios, fallback Fallback) (*Splits, error) {
	if err := ratios.Validate(); err != nil {
		return nil, err
	}
	if err := fallback.Validate(); err != nil {
		return nil, err
	}
	s := &Splits{
		group: map[string]string{}, split: map[string]schemas.Split{}, ratios: ratios,
		fallback: map[schemas.Language]Fallback{},
	}
	count := map[schemas.Language]int{}
	modules := map[schemas.Language]map[string]bool{}
	for _, g := range groups {
		for _, l := range g.Languages {
			count[l]++
			if modules[l] == nil {
				modules[l] = map[string]bool{}
			}
			for _, r := range g.Repos {
				modules[l][ModuleKey(r)] = true
			}
		}
	}
	for l, n := range count {
		switch {
		case n >= minGroups || fallback == ToTrain:
		case len(modules[l]) >= minGroups:
			s.fallback[l] = ByRepository
		case fallback == ByFolder:
			s.fallback[l] = ByFolder
		}
	}
	for _, g := range groups {
		for _, r := range g.Repos {
			s.group[r] = g.ID
		}
		s.split[g.ID] = place(g.OwnerKey, ratios)
		for _, l := range g.Languages {
			if count[l] < minGroups && s.fallback[l] == ToTrain {
				s.split[g.ID] = schemas.SplitTrain
			}
		}
	}
	type part struct {
		language schemas.Language
		split    schemas.Split
	}
	in := map[part]int{}
	for _, g := range groups {
		for _, l := range g.Languages {
			in[part{l, s.split[g.ID]}]++
		}
	}
	for _, l := range schemas.Languages {
		if f := s.fallback[l]; f != ToTrain {
			s.Red = append(s.Red, fmt.Sprintf("%s: split by %s and not by group, since its repositories form only "+
				"%s: kin may stand on both sides of a split", l, f, plural(count[l], "group")))
			s.Notes = append(s.Notes, s.Red[len(s.Red)-1])
			continue
		}
		if n := count[l]; n > 0 && n < minGroups {
			s.Notes = append(s.Notes, fmt.Sprintf("%s: all rows are in train, since its repositories form only %s", l,
				plural(n, "group")))
			continue
		}
		for i, sp := range schemas.Splits {
			share := []float64{ratios.Train, ratios.Validation, ratios.Test}[i]
			if count[l] > 0 && share > 0 && in[part{l, sp}] == 0 {
				s.Notes = append(s.Notes, fmt.Sprintf("%s: no rows in %s, since none of its %s falls there", l,
					sp, plural(count[l], "group")))
			}
		}
	}
	return s, nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func place(ownerKey string, r Ratios) schemas.Split {
	u := float64(schemas.Key64("split", ownerKey)>>11) / (1 << 53)
	switch {
	case u < r.Train:
		return schemas.SplitTrain
	case u < r.Train+r.Validation:
		return schemas.SplitValidation
	case r.Test > 0:
		return schemas.SplitTest
	case r.Validation > 0: // the shares' sum is 1 to within rounding
		return schemas.SplitValidation
	}
	return schemas.SplitTrain
}

// Group is the id of a repository's group: the repository itself where Groups has
// not seen it.
func (s *Splits) Group(repo string) string {
	if g, ok := s.group[repo]; ok {
		return g
	}
	return repo
}

// Of is the split of a repository. One that Groups has not seen goes to train,
// where it cannot leak into a test.
func (s *Splits) Of(repo string) schemas.Split {
	if sp, ok := s.split[s.group[repo]]; ok {
		return sp
	}
	return schemas.SplitTrain
}

// OfRow is the split of a row: that of its repository, or by repository or folder where its
// language falls back. Path is the row's file.
func (s *Splits) OfRow(repo, path string, language schemas.Language) schemas.Split {
	return s.ofRow(repo, folder32(repo, path), language)
}

func (s *Splits) ofRow(repo string, folder uint32, language schemas.Language) schemas.Split {
	switch s.fallback[language] {
	case ByRepository:
		return place(ModuleKey(repo), s.ratios)
	case ByFolder:
		return place(fmt.Sprintf("%s %08x", ModuleKey(repo), folder), s.ratios)
	}
	return s.Of(repo)
}
