package curate

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
	"decoy/schemas/batch"
)

// GeneralRow is a [General] in 60 bytes, as Record is a Candidate.
//
//	0–15 context id   16–23 repository   24–31 file   32–39 GoldenHash   40–47 WindowHash
//	48–51 characters of the golden   52–55 folder   56 language   57 kind   58 1 where it is contaminated
//	59 split, 1 more than its number
type GeneralRow []byte

// GeneralBytes is the width of a GeneralRow.
const GeneralBytes = 60

// AppendGeneral appends the row of a general context. A field that does not fit is an error
// that names it.
func AppendGeneral(rows []byte, g *General) ([]byte, error) {
	r := make(GeneralRow, GeneralBytes)
	if n, err := hex.Decode(r[:16], []byte(g.ContextID)); len(g.ContextID) != 32 || n != 16 || err != nil {
		return rows, fmt.Errorf("context %q: an id must be 32 hex digits", g.ContextID)
	}
	language, kind := slices.Index(schemas.Languages, g.Language), slices.Index(kinds, g.Kind)
	if language < 0 || kind < 0 {
		return rows, fmt.Errorf("context %s: language %q and kind %q must be among %v and %v", g.ContextID, g.Language,
			g.Kind, schemas.Languages, kinds)
	}
	if g.GoldenChars < 0 || g.GoldenChars >= 1<<32 {
		return rows, fmt.Errorf("context %s: golden_chars is %d: a row holds 0 to %d", g.ContextID, g.GoldenChars,
			uint32(1<<32-1))
	}
	be := binary.BigEndian
	be.PutUint64(r[16:], schemas.Key64(g.Repo))
	be.PutUint64(r[24:], FileKeyOf(g.Repo, g.Commit, g.Path))
	be.PutUint64(r[32:], g.GoldenHash)
	be.PutUint64(r[40:], g.WindowHash)
	be.PutUint32(r[48:], uint32(g.GoldenChars))
	be.PutUint32(r[52:], folder32(g.Repo, g.Path))
	r[56], r[57] = byte(language), byte(kind)
	if g.Contaminated != "" {
		r[58] = 1
	}
	return append(rows, r...), nil
}

// Repo is [schemas.Key64] of the repository's name.
func (r GeneralRow) Repo() uint64 { return binary.BigEndian.Uint64(r[16:]) }

// File is [FileKeyOf] of the row's file.
func (r GeneralRow) File() uint64 { return binary.BigEndian.Uint64(r[24:]) }

// ContextID is the context's id in hex.
func (r GeneralRow) ContextID() string { return hex.EncodeToString(r[:16]) }

// General is the context as far as the row knows it.
func (r GeneralRow) General(names Names) General {
	g := General{
		ContextID: r.ContextID(), Repo: names.Of(r.Repo()), Language: schemas.Languages[r[56]], Kind: kinds[r[57]],
		GoldenChars: int(binary.BigEndian.Uint32(r[48:])), GoldenHash: binary.BigEndian.Uint64(r[32:]),
		WindowHash: binary.BigEndian.Uint64(r[40:]), folder: binary.BigEndian.Uint32(r[52:]),
	}
	if r[58] != 0 {
		g.Contaminated = "contaminated: the evidence is with whoever screened it"
	}
	return g
}

// Selected is the line of the selection that a selected row stands for. Group finds the group
// of a repository, as [Splits.Group] does.
func (r GeneralRow) Selected(names Names, group func(repo string) string) schemas.Selected {
	g := r.General(names)
	return schemas.Selected{
		ContextID: g.ContextID, Repo: g.Repo, Group: group(g.Repo), Language: g.Language, Kind: g.Kind,
		Split: schemas.Splits[r[59]-1],
	}
}

// GeneralReject is the reject of a GeneralRow in 42 bytes.
//
//	0–15 context id   16–23 repository   24 reason, by its number in Reasons   25 language
//	26–41 the other context's id, or the other file and zero
type GeneralReject []byte

// GeneralRejectBytes is the width of a GeneralReject.
const GeneralRejectBytes = 42

// Repo is [schemas.Key64] of the repository's name.
func (x GeneralReject) Repo() uint64 { return binary.BigEndian.Uint64(x[16:]) }

// Survivor is the number of the file that the row's file is like, 0 where it went for another
// reason.
func (x GeneralReject) Survivor() uint64 {
	if Reasons[x[24]] != ReasonNearDuplicate {
		return 0
	}
	return binary.BigEndian.Uint64(x[26:])
}

// Reject is the reject as it is written, word for word that of [SelectGeneral]. The evidence of
// a contaminated row is with whoever screened it.
func (x GeneralReject) Reject(names Names) schemas.Reject {
	r := schemas.Reject{
		Stage: schemas.StageCurate, ID: hex.EncodeToString(x[:16]), Reason: Reasons[x[24]],
		Language: schemas.Languages[x[25]],
	}
	switch r.Reason {
	case ReasonExcludedRepo:
		r.Detail = names.Of(x.Repo())
	case ReasonDuplicate:
		r.Detail = "of " + hex.EncodeToString(x[26:42])
	case ReasonNearDuplicate:
		r.Detail = nearDetail(hex.EncodeToString(x[26:34]))
	}
	return r
}

// GeneralSelect says which general rows SelectGeneralRows takes.
type GeneralSelect struct {
	Share        float64 // of all target tokens, see GeneralTokens
	MaxPerRepo   int     // rows of one repository; 0 is no cap
	MaxPerGolden int     // rows with one golden text in one language; 0 is no cap
	Excluded     []string
	Ratios       Ratios // as in SelectConfig
	Fallback     Fallback
}

// Validate names the field that is out of range.
func (c GeneralSelect) Validate() error {
	if _, err := GeneralTokens(0, c.Share); err != nil {
		return err
	}
	if err := c.Fallback.Validate(); err != nil {
		return err
	}
	return c.Ratios.Validate()
}

func init() {
	beam.RegisterDoFn(&generalFn{})
}

// SelectGeneralRows chooses general rows beside selected pairs, by the rule of [SelectGeneral].
// Rows of files that are members of near duplicates go first.
//
//	PCollection<batch.Batch> of GeneralRow, PCollection<Group>, PCollection<batch.Batch> of Record (the
//	selected pairs), PCollection<batch.Batch> of Member → PCollection<batch.Batch> of GeneralRow (with a
//	split), PCollection<batch.Batch> of GeneralReject
//
// Groups by one key: all rows must fit in memory of one worker, some 300 bytes each, and groups,
// pairs and members as side inputs. Each row comes out of exactly one side.
func SelectGeneralRows(s beam.Scope, c GeneralSelect,
	rows, groups, pairs, members beam.PCollection) (selected, rejected beam.PCollection) {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	s = s.Scope("curate.SelectGeneralRows")
	all := beam.GroupByKey(s, beam.AddFixedKey(s, rows))
	return beam.ParDo2(s, &generalFn{Config: c}, all, beam.SideInput{Input: groups}, beam.SideInput{Input: pairs},
		beam.SideInput{Input: members})
}

type generalFn struct{ Config GeneralSelect }

// ProcessElement selects among the rows of the one key.
func (f *generalFn) ProcessElement(ctx context.Context, _ int, batches func(*batch.Batch) bool,
	groups func(*Group) bool, pairs, members func(*batch.Batch) bool, emit, reject func(batch.Batch)) error {
	c := f.Config
	gs := allGroups(groups)
	names, err := NamesOf(gs)
	if err != nil {
		return err
	}
	splits, err := NewSplitsWith(gs, c.Ratios, c.Fallback)
	if err != nil {
		return err
	}
	wanted, err := GeneralTokens(goldenTokens(pairs), c.Share)
	if err != nil {
		return err
	}
	survivor := survivors(members)
	kept, out := newRowWriter(emit), newRowWriter(reject)
	by := map[string]GeneralRow{}
	var rows []General
	for b := range batch.All(batches) {
		for row := range b.Each(GeneralBytes) {
			r := GeneralRow(row)
			if s, ok := survivor[r.File()]; ok {
				var other [16]byte
				binary.BigEndian.PutUint64(other[:], s)
				out.add(appendGeneralReject(r, ReasonNearDuplicate, other[:]))
				continue
			}
			g := r.General(names)
			by[g.ContextID] = r
			rows = append(rows, g)
		}
	}
	selected, rejects := SelectGeneral(rows, GeneralConfig{
		Tokens: wanted, MaxPerRepo: c.MaxPerRepo, MaxPerGolden: c.MaxPerGolden, Excluded: c.Excluded, Splits: splits,
	})
	for _, x := range selected {
		r := slices.Clone(by[x.ContextID])
		r[59] = byte(slices.Index(schemas.Splits, x.Split) + 1)
		kept.add(r)
	}
	for _, x := range rejects {
		var other []byte
		if x.Reason == ReasonDuplicate {
			if other, err = hex.DecodeString(x.Detail[len("of "):]); err != nil {
				return err
			}
		}
		out.add(appendGeneralReject(by[x.ID], x.Reason, other))
	}
	kept.flush()
	out.flush()
	return ctx.Err()
}

// goldenTokens estimates the target tokens of the contexts of selected pairs, each once.
func goldenTokens(pairs func(*batch.Batch) bool) (tokens int) {
	seen := map[[16]byte]bool{}
	for b := range batch.All(pairs) {
		for row := range b.Each(RecordBytes) {
			if id := [16]byte(row[16:32]); !seen[id] {
				seen[id] = true
				golden, _ := Record(row).sides()
				tokens += TargetTokens(golden.Chars)
			}
		}
	}
	return tokens
}

func appendGeneralReject(r GeneralRow, reason schemas.Reason, other []byte) []byte {
	x := make(GeneralReject, GeneralRejectBytes)
	copy(x, r[:16])
	copy(x[16:24], r[16:24])
	x[24], x[25] = byte(slices.Index(Reasons, reason)), r[56]
	copy(x[26:], other)
	return x
}
