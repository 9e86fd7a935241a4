package curate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/text"
)

// Reasons of curate's rejects.
const (
	ReasonAbstain      schemas.Reason = "status_abstain"
	ReasonExists       schemas.Reason = "status_exists"
	ReasonCertified    schemas.Reason = "status_certified" // where the recipe does not accept it
	ReasonUnseen       schemas.Reason = "status_unseen"    // the same
	ReasonNoStatus     schemas.Reason = "status_missing"   // no certificate
	ReasonUnlabelled   schemas.Reason = "unlabelled"       // a sample whose error is not certain
	ReasonDuplicate    schemas.Reason = "duplicate"
	ReasonContaminated schemas.Reason = "contaminated"
	ReasonExcludedRepo schemas.Reason = "excluded_repo"
	ReasonCellOff      schemas.Reason = "cell_off"
	ReasonFoolsAll     schemas.Reason = "fools_all_judges"
	ReasonCapRepo      schemas.Reason = "cap_repo"
	ReasonCapGolden    schemas.Reason = "cap_golden"
	ReasonOnePerCtx    schemas.Reason = "one_per_context"
	ReasonNotRanked    schemas.Reason = "not_ranked"

	ReasonNearDuplicate schemas.Reason = "near_duplicate" // of a file that is kept
	ReasonCapKind       schemas.Reason = "cap_kind"
	ReasonCapCallee     schemas.Reason = "cap_callee"
	ReasonCapName       schemas.Reason = "cap_name"    // of an introduced name
	ReasonCapSamples    schemas.Reason = "cap_samples" // of samples that are no minimal pairs
	ReasonNoRepair      schemas.Reason = "no_repair"   // such a sample that nothing is known to mend
	ReasonTrimmed       schemas.Reason = "trimmed"     // below its cell's cutoff, see SelectConfig.MaxCandidates
	ReasonNoRecord      schemas.Reason = "no_record"   // a field does not fit a Record
)

// Reasons lists the reasons in the order of every table.
var Reasons = []schemas.Reason{
	ReasonExcludedRepo, ReasonContaminated, ReasonDuplicate, ReasonNoStatus, ReasonExists, ReasonAbstain, ReasonUnseen,
	ReasonCertified, ReasonUnlabelled,
	ReasonCellOff, ReasonFoolsAll, ReasonOnePerCtx, ReasonCapGolden, ReasonCapRepo, ReasonNotRanked,
	ReasonNearDuplicate, ReasonCapKind, ReasonCapCallee, ReasonCapName, ReasonTrimmed, ReasonNoRecord,
	ReasonCapSamples, ReasonNoRepair,
}

// Candidate is a negative as selection sees it.
type Candidate struct {
	ContextID    string           `json:"context_id"`
	NegativeID   string           `json:"negative_id"`
	Repo         string           `json:"repo"`
	Commit       string           `json:"commit"`
	Path         string           `json:"path"`
	License      string           `json:"license"`
	Group        string           `json:"group"` // of the repository, by Groups
	Language     schemas.Language `json:"language"`
	Type         schemas.Type     `json:"type"`
	Kind         schemas.Kind     `json:"kind"`
	Generator    string           `json:"generator"`
	Status       schemas.Status   `json:"status"`      // "" where there is no certificate
	GoldenHash   uint64           `json:"golden_hash"` // TextHash of the golden
	WindowHash   uint64           `json:"window_hash"` // WindowHash of the context
	TextHash     uint64           `json:"text_hash"`   // TextHash of the negative
	Golden       Side             `json:"golden"`      // of the chosen side, which may be a repair
	Text         Side             `json:"text"`
	FoolRate     *float64         `json:"fool_rate"`
	Fooled       int64            `json:"fooled"`
	Judges       int64            `json:"judges"`   // valid verdicts
	Weighted     *float64         `json:"weighted"` // fool rate with the judges' weights
	Low          *float64         `json:"low"`      // its lower Wilson bound; null where nobody judged
	Margin       *float64         `json:"margin"`
	GoldenScore  *float64         `json:"golden_score"` // log-probability of the golden, nats, where a judge says one
	Contaminated string           `json:"contaminated"` // evidence, "" for a clean context
	Invented     bool             `json:"invented"`
	Sampled      bool             `json:"sampled"`
	Free         bool             `json:"free,omitempty"`       // a sample that is no minimal pair
	Callee       string           `json:"callee,omitempty"`     // of the golden, where it is known
	Introduced   string           `json:"introduced,omitempty"` // the name that the negative brings in
}

// LenDiff is by how many characters the rejected side is longer.
func (c *Candidate) LenDiff() int { return c.Text.Chars - c.Golden.Chars }

// selected is the candidate's line of the selection.
func (c *Candidate) selected(split schemas.Split) schemas.Selected {
	neg, typ, gen, status := c.NegativeID, c.Type, c.Generator, c.Status
	return schemas.Selected{
		ContextID: c.ContextID, NegativeID: &neg, Repo: c.Repo, Group: c.Group, Language: c.Language, Type: &typ,
		Kind: c.Kind, Generator: &gen, Status: &status, FoolRate: c.FoolRate, Margin: c.Margin, Judges: c.Judges,
		Split: split,
	}
}

func (c *Candidate) reject(reason schemas.Reason, detail string) schemas.Reject {
	return schemas.Reject{Stage: schemas.StageCurate, ID: c.NegativeID, Reason: reason, Detail: detail,
		Language: c.Language, Type: c.Type, Generator: c.Generator}
}

// Side is the outline of one side of a pair: all that the probe sees of it.
type Side struct {
	Chars    int   `json:"chars"`
	Blanks   int   `json:"blanks"` // spaces and tabs
	Newlines int   `json:"newlines"`
	Last     uint8 `json:"last"` // class of the last character, below LastClasses
}

// LastClasses is the number of classes of a last character: none, lower case,
// upper case, digit, closing bracket, opening bracket, quote, semicolon or comma,
// white space, any other.
const LastClasses = 10

// Outline measures one side.
func Outline(text string) Side {
	s := Side{Chars: utf8.RuneCountInString(text)}
	for i := range len(text) {
		switch text[i] {
		case ' ', '\t':
			s.Blanks++
		case '\n':
			s.Newlines++
		}
	}
	if text != "" {
		s.Last = lastClass(text[len(text)-1])
	}
	return s
}

func lastClass(c byte) uint8 {
	switch {
	case c >= 'a' && c <= 'z' || c == '_' || c >= 0x80:
		return 1
	case c >= 'A' && c <= 'Z':
		return 2
	case c >= '0' && c <= '9':
		return 3
	case strings.IndexByte(")]}>", c) >= 0:
		return 4
	case strings.IndexByte("([{<", c) >= 0:
		return 5
	case strings.IndexByte("\"'`", c) >= 0:
		return 6
	case c == ';' || c == ',':
		return 7
	case strings.IndexByte(" \t\r\n", c) >= 0:
		return 8
	}
	return 9
}

// aroundGolden is how many tokens on each side of the golden identify a place.
const aroundGolden = 32

// words are the texts of the tokens of src without line breaks.
func words(src string) []string {
	var out []string
	for _, t := range text.Tokens(src) {
		if t.Text != "\n" {
			out = append(out, t.Text)
		}
	}
	return out
}

// TextHash hashes a golden or negative without its white space.
func TextHash(text string) uint64 { return schemas.Key64(words(text)...) }

// WindowHash identifies the place of a golden: its tokens and 32 on each side. The
// counts of tokens are part of it, so the joints cannot move.
func WindowHash(prefix, golden, suffix string) uint64 {
	p, g, s := words(tailOf(prefix)), words(golden), words(headOf(suffix))
	p = p[max(0, len(p)-aroundGolden):]
	s = s[:min(len(s), aroundGolden)]
	parts := []string{fmt.Sprint(len(p), len(g), len(s))}
	return schemas.Key64(slices.Concat(parts, p, g, s)...)
}

// nearBytes of the window are lexed to find aroundGolden tokens. It is cut at a
// line start: what a lexer reads in the middle of a line depends on where it began.
const nearBytes = 2048

func tailOf(s string) string {
	if len(s) <= nearBytes {
		return s
	}
	s = s[len(s)-nearBytes:]
	return s[strings.IndexByte(s, '\n')+1:]
}

func headOf(s string) string {
	if len(s) <= nearBytes {
		return s
	}
	return s[:nearBytes]
}

// DuplicateKey is the same for negatives that are duplicates of each other.
func DuplicateKey(c *Candidate) uint64 {
	return schemas.Key64(string(c.Language), string(c.Type), fmt.Sprint(c.WindowHash, c.GoldenHash, c.TextHash))
}

// Dedup resolves one group of candidates with the same [DuplicateKey]: the smallest
// negative id is kept, the others name it. The group must not be empty.
func Dedup(group []Candidate) (kept Candidate, rejects []schemas.Reject) {
	g := slices.Clone(group)
	slices.SortFunc(g, byID)
	for i := range g[1:] {
		rejects = append(rejects, g[i+1].reject(ReasonDuplicate, "of "+g[0].NegativeID+" in "+g[0].Repo))
	}
	return g[0], rejects
}

// DedupAll groups candidates by key in memory and resolves each group. Both results
// are sorted by negative id.
func DedupAll(candidates []Candidate) (kept []Candidate, rejects []schemas.Reject) {
	groups := map[uint64][]Candidate{}
	for i := range candidates {
		k := DuplicateKey(&candidates[i])
		groups[k] = append(groups[k], candidates[i])
	}
	for _, g := range groups {
		k, r := Dedup(g)
		kept = append(kept, k)
		rejects = append(rejects, r...)
	}
	slices.SortFunc(kept, byID)
	sortRejects(rejects)
	return kept, rejects
}

func byID(a, b Candidate) int {
	return cmp.Or(cmp.Compare(a.NegativeID, b.NegativeID), cmp.Compare(a.ContextID, b.ContextID))
}

func sortRejects(r []schemas.Reject) {
	slices.SortFunc(r, func(a, b schemas.Reject) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Reason, b.Reason))
	})
}
