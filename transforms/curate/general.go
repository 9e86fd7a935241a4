package curate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"decoy/schemas"
)

// General is a context of a general kind, as selection sees it.
type General struct {
	ContextID    string           `json:"context_id"`
	Repo         string           `json:"repo"`
	Group        string           `json:"group"`
	Language     schemas.Language `json:"language"`
	Kind         schemas.Kind     `json:"kind"`
	GoldenChars  int              `json:"golden_chars"`
	GoldenHash   uint64           `json:"golden_hash"`
	WindowHash   uint64           `json:"window_hash"`
	Contaminated string           `json:"contaminated"`
	// Commit and Path name the file: near duplicates and the splits by folder go by it.
	Commit string `json:"commit,omitempty"`
	Path   string `json:"path,omitempty"`
	folder uint32 // of Path, where a row says it
}

func (g *General) folderOf() uint32 {
	if g.folder != 0 {
		return g.folder
	}
	return folder32(g.Repo, g.Path)
}

// charsPerToken is about what code tokenizers of 32 to 150 thousand entries make of
// code. Shares need no better: both sides are estimated alike.
const charsPerToken = 3.5

// TargetTokens estimates the trained tokens of a golden: its text and the stop.
func TargetTokens(chars int) int { return int(math.Ceil(float64(chars)/charsPerToken)) + 1 }

// GeneralTokens is how many target tokens of general rows make up share of all
// target tokens beside pairs whose goldens have so many. Count a golden once a
// context.
func GeneralTokens(goldenTokens int, share float64) (int, error) {
	if !(share >= 0 && share < 1) {
		return 0, fmt.Errorf("export.general_share is %v: give a share of 0 or more and below 1", share)
	}
	return int(math.Round(float64(goldenTokens) * share / (1 - share))), nil
}

// GeneralConfig says which general rows to take.
type GeneralConfig struct {
	Tokens       int // target tokens wanted
	MaxPerRepo   int // rows of one repository; 0 is no cap
	MaxPerGolden int // rows with one golden text in one language; 0 is no cap
	Excluded     []string
	Splits       *Splits
}

type goldenKey struct {
	language schemas.Language
	hash     uint64
}

// SelectGeneral takes general rows until they hold the wanted number of target
// tokens. The language with the fewest tokens so far is served next, so languages
// get equal shares as far as they have rows; in a language rows come by a hash of
// their id. Copies of one place count once. Both results are sorted by id.
func SelectGeneral(rows []General, c GeneralConfig) (selected []schemas.Selected, rejects []schemas.Reject) {
	if c.Splits == nil {
		c.Splits = &Splits{}
	}
	queues := generalQueues(rows)
	reject := func(g *General, reason schemas.Reason, detail string) {
		rejects = append(rejects, schemas.Reject{Stage: schemas.StageCurate, ID: g.ContextID, Reason: reason,
			Detail: detail, Language: g.Language})
	}
	repo, golden, place := map[string]int{}, map[goldenKey]int{}, map[uint64]string{}
	tokens := 0
	for tokens < c.Tokens {
		var q *generalQueue
		for _, x := range queues {
			if len(x.rows) > 0 && (q == nil || x.tokens < q.tokens) {
				q = x
			}
		}
		if q == nil {
			break
		}
		g := q.rows[0]
		q.rows = q.rows[1:]
		gk := goldenKey{g.Language, g.GoldenHash}
		first, seen := place[g.WindowHash]
		switch {
		case slices.Contains(c.Excluded, g.Repo):
			reject(g, ReasonExcludedRepo, g.Repo)
		case g.Contaminated != "":
			reject(g, ReasonContaminated, g.Contaminated)
		case seen:
			reject(g, ReasonDuplicate, "of "+first)
		case c.MaxPerRepo > 0 && repo[g.Repo] >= c.MaxPerRepo:
			reject(g, ReasonCapRepo, "")
		case c.MaxPerGolden > 0 && golden[gk] >= c.MaxPerGolden:
			reject(g, ReasonCapGolden, "")
		default:
			n := TargetTokens(g.GoldenChars)
			tokens += n
			q.tokens += n
			repo[g.Repo]++
			golden[gk]++
			place[g.WindowHash] = g.ContextID
			selected = append(selected, schemas.Selected{ContextID: g.ContextID, Repo: g.Repo, Group: g.Group,
				Language: g.Language, Kind: g.Kind, Split: c.Splits.ofRow(g.Repo, g.folderOf(), g.Language)})
		}
	}
	for _, q := range queues {
		for _, g := range q.rows {
			reject(g, ReasonNotRanked, "")
		}
	}
	slices.SortFunc(selected, func(a, b schemas.Selected) int { return cmp.Compare(a.ContextID, b.ContextID) })
	sortRejects(rejects)
	return selected, rejects
}

type generalQueue struct {
	language schemas.Language
	rows     []*General
	tokens   int
}

// generalQueues has one queue a language, in hash order, sorted by language.
func generalQueues(rows []General) []*generalQueue {
	by := map[schemas.Language]*generalQueue{}
	var out []*generalQueue
	for i := range rows {
		g := &rows[i]
		if by[g.Language] == nil {
			by[g.Language] = &generalQueue{language: g.Language}
			out = append(out, by[g.Language])
		}
		by[g.Language].rows = append(by[g.Language].rows, g)
	}
	slices.SortFunc(out, func(a, b *generalQueue) int { return cmp.Compare(a.language, b.language) })
	for _, q := range out {
		slices.SortFunc(q.rows, func(a, b *General) int {
			return cmp.Or(cmp.Compare(schemas.Key64("general", a.ContextID), schemas.Key64("general", b.ContextID)),
				cmp.Compare(a.ContextID, b.ContextID))
		})
	}
	return out
}
