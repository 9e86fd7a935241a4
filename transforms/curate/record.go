package curate

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"path"
	"slices"

	"decoy/schemas"
)

// Record is a [Candidate] in 136 bytes: the row that moves through the transforms of this
// package, in batches. Names are hashes ([schemas.Key64] of a repository, of a file's
// repository, commit and path) or numbers in a table ([Words]); what only a person reads
// (licence, path) stays in the shard files.
//
//	bytes      what
//	0–15       negative id          16–31  context id
//	32–39      repository           40–47  file
//	48–55      GoldenHash           56–63  DuplicateKey
//	64–67      callee               68–71  introduced name (0: none)
//	72–79      Low   80–87 Margin   88–95  Weighted (float64 bits; flags say which are set)
//	96–103     characters of golden and negative, 4 bytes each
//	104–111    blanks and line breaks of golden, then of negative, 2 bytes each
//	112–115    fooled and judges    116–121 language, type, kind, generator, status, flags
//	122        classes of the last characters, 4 bits each      123  split, 1 more than its number
//	124–127    folder               128–131 GoldenScore as float32, NaN for none  132–135 zero
//
// Numbers are big-endian, so that the order of bytes is that of negative id, context id.
type Record []byte

// RecordBytes is the width of a Record.
const RecordBytes = 136

// Where the numbers stand that records are grouped by.
const (
	fileAt = 40
	keyAt  = 56
)

const (
	flagJudged = 1 << iota
	flagMargin
	flagWeighted
	flagRate
	flagInvented
	flagSampled
	flagContaminated
	flagFree
)

// The words by which a field of a record is looked up.
var (
	languageWords = schemas.Strings(schemas.Languages)
	typeWords     = schemas.Strings(schemas.Types)
	kindWords     = schemas.Strings(kinds)
)

// kinds lists the kinds of span; a Record has a kind's number.
var kinds = []schemas.Kind{
	schemas.KindImport, schemas.KindCall, schemas.KindArgument, schemas.KindIdentifier, schemas.KindStatement,
	schemas.KindBlock, schemas.KindLine, schemas.KindLines, schemas.KindRandom,
}

// Kinds are the kinds of span that a selection may bound, see Config.Kinds.
func Kinds() []schemas.Kind { return slices.Clone(kinds) }

// Words gives numbers to the words that are not the same in every build.
type Words struct {
	Generators []string `json:"generators"` // at most 255, in any fixed order
}

// Validate names the field that is out of range.
func (w Words) Validate() error {
	if len(w.Generators) == 0 || len(w.Generators) > 255 {
		return fmt.Errorf("curate: generators has %d names: give the names of the panel's members, 1 to 255",
			len(w.Generators))
	}
	return nil
}

// FileKeyOf is the number of a file in a Record.
func FileKeyOf(repo, commit, path string) uint64 { return schemas.Key64(repo, commit, path) }

// Append appends the record of a candidate to rows. Ids must be 32 hex digits. A field that
// does not fit is an error that names it: such a row must become a reject, never a wrong row.
func (w Words) Append(rows []byte, c *Candidate) ([]byte, error) {
	r := make(Record, RecordBytes)
	for i, id := range []string{c.NegativeID, c.ContextID} {
		if n, err := hex.Decode(r[16*i:16*i+16], []byte(id)); len(id) != 32 || n != 16 || err != nil {
			return rows, fmt.Errorf("candidate %q of context %q: an id must be 32 hex digits", c.NegativeID,
				c.ContextID)
		}
	}
	be := binary.BigEndian
	be.PutUint64(r[32:], schemas.Key64(c.Repo))
	be.PutUint64(r[fileAt:], FileKeyOf(c.Repo, c.Commit, c.Path))
	be.PutUint64(r[48:], c.GoldenHash)
	be.PutUint64(r[keyAt:], DuplicateKey(c))
	be.PutUint32(r[64:], name32(c.Callee))
	be.PutUint32(r[68:], name32(c.Introduced))
	var flags byte
	for i, v := range []*float64{c.Low, c.Margin, c.Weighted} {
		if v != nil {
			be.PutUint64(r[72+8*i:], math.Float64bits(*v))
			flags |= flagJudged << i
		}
	}
	for i, v := range []bool{c.FoolRate != nil, c.Invented, c.Sampled, c.Contaminated != "", c.Free} {
		if v {
			flags |= flagRate << i
		}
	}
	for _, f := range []struct {
		name  string
		v, at int
		wide  int
	}{
		{"golden.chars", c.Golden.Chars, 96, 4}, {"text.chars", c.Text.Chars, 100, 4},
		{"golden.blanks", c.Golden.Blanks, 104, 2}, {"golden.newlines", c.Golden.Newlines, 106, 2},
		{"text.blanks", c.Text.Blanks, 108, 2}, {"text.newlines", c.Text.Newlines, 110, 2},
		{"fooled", int(c.Fooled), 112, 2}, {"judges", int(c.Judges), 114, 2},
	} {
		if f.v < 0 || f.v >= 1<<(8*f.wide) {
			return rows, fmt.Errorf("candidate %s: %s is %d: a record holds 0 to %d", c.NegativeID, f.name, f.v,
				1<<(8*f.wide)-1)
		}
		if f.wide == 4 {
			be.PutUint32(r[f.at:], uint32(f.v))
		} else {
			be.PutUint16(r[f.at:], uint16(f.v))
		}
	}
	for i, f := range []struct {
		name, v string
		among   []string
	}{
		{"language", string(c.Language), languageWords}, {"type", string(c.Type), typeWords},
		{"kind", string(c.Kind), kindWords}, {"generator", c.Generator, w.Generators},
	} {
		n := slices.Index(f.among, f.v)
		if n < 0 {
			return rows, fmt.Errorf("candidate %s: %s is %q, which is none of %v", c.NegativeID, f.name, f.v, f.among)
		}
		r[116+i] = byte(n)
	}
	if c.FoolRate != nil && c.Judges == 0 {
		return rows, fmt.Errorf("candidate %s: fool_rate is %v of 0 judges: a record holds a rate of 1 judge or more",
			c.NegativeID, *c.FoolRate)
	}
	status := slices.Index(schemas.Statuses, c.Status)
	if status < 0 && c.Status != "" {
		return rows, fmt.Errorf("candidate %s: status is %q, which is none of %v", c.NegativeID, c.Status,
			schemas.Statuses)
	}
	r[120], r[121] = byte(status+1), flags
	if c.Golden.Last >= LastClasses || c.Text.Last >= LastClasses {
		return rows, fmt.Errorf("candidate %s: a class of a last character is not below %d", c.NegativeID, LastClasses)
	}
	r[122] = c.Golden.Last<<4 | c.Text.Last
	be.PutUint32(r[124:], folder32(c.Repo, c.Path))
	be.PutUint32(r[128:], math.Float32bits(score32(c.GoldenScore)))
	return append(rows, r...), nil
}

// name32 is a name's number in a Record, 0 for none.
func name32(name string) uint32 {
	if name == "" {
		return 0
	}
	return max(1, uint32(schemas.Key64(name)))
}

// score32 is a score as a record holds it, NaN for none.
func score32(score *float64) float32 {
	if score == nil {
		return float32(math.NaN())
	}
	return float32(*score)
}

// folder32 is the number of a file's folder.
func folder32(repo, file string) uint32 { return uint32(schemas.Key64(repo, path.Dir(file))) }

func (r Record) u64(at int) uint64 { return binary.BigEndian.Uint64(r[at:]) }
func (r Record) u32(at int) int    { return int(binary.BigEndian.Uint32(r[at:])) }
func (r Record) u16(at int) int    { return int(binary.BigEndian.Uint16(r[at:])) }

// Repo is [schemas.Key64] of the repository's name.
func (r Record) Repo() uint64 { return r.u64(32) }

// File is [FileKeyOf] of the row's file.
func (r Record) File() uint64 { return r.u64(fileAt) }

// Key is the row's [DuplicateKey].
func (r Record) Key() uint64 { return r.u64(keyAt) }

// NegativeID is the negative's id in hex.
func (r Record) NegativeID() string { return hex.EncodeToString(r[:16]) }

// ContextID is the context's id in hex.
func (r Record) ContextID() string { return hex.EncodeToString(r[16:32]) }

// Split is the split of a selected row, "" before.
func (r Record) Split() schemas.Split {
	if r[123] == 0 {
		return ""
	}
	return schemas.Splits[r[123]-1]
}

// cell is the number of the row's cell, see cellOf.
func (r Record) cell() int { return int(r[116])*len(schemas.Types) + int(r[117]) }

func (r Record) float(i int) *float64 {
	if r[121]&(flagJudged<<i) == 0 {
		return nil
	}
	v := math.Float64frombits(r.u64(72 + 8*i))
	return &v
}

// goldenScore is the score of the golden, NaN where there is none.
func (r Record) goldenScore() float32 { return math.Float32frombits(uint32(r.u32(128))) }

// rate is the fool rate, nil where there is none.
func (r Record) rate() *float64 {
	if r[121]&flagRate == 0 {
		return nil
	}
	rate := float64(r.u16(112)) / float64(r.u16(114))
	return &rate
}

func (r Record) sides() (golden, text Side) {
	golden = Side{Chars: r.u32(96), Blanks: r.u16(104), Newlines: r.u16(106), Last: r[122] >> 4}
	text = Side{Chars: r.u32(100), Blanks: r.u16(108), Newlines: r.u16(110), Last: r[122] & 15}
	return golden, text
}

// Candidate is the candidate as far as the record knows it: without commit, path, licence,
// window and text hash. A repository that names does not know is written as its number.
func (w Words) Candidate(r Record, names Names) Candidate {
	c := w.outline(r)
	c.Repo, c.NegativeID, c.ContextID = names.Of(r.Repo()), r.NegativeID(), r.ContextID()
	return c
}

// outline is Candidate without ids and repository, which cost three strings.
func (w Words) outline(r Record) Candidate {
	c := Candidate{
		Language: schemas.Languages[r[116]], Type: schemas.Types[r[117]], Kind: kinds[r[118]],
		Generator: w.Generators[r[119]], GoldenHash: r.u64(48), Low: r.float(0), Margin: r.float(1),
		Weighted: r.float(2), Fooled: int64(r.u16(112)), Judges: int64(r.u16(114)),
		Invented: r[121]&flagInvented != 0, Sampled: r[121]&flagSampled != 0,
		Free: r[121]&flagFree != 0,
	}
	c.Golden, c.Text = r.sides()
	if r[120] > 0 {
		c.Status = schemas.Statuses[r[120]-1]
	}
	c.FoolRate = r.rate()
	if v := float64(r.goldenScore()); !math.IsNaN(v) {
		c.GoldenScore = &v
	}
	if r[121]&flagContaminated != 0 {
		c.Contaminated = "contaminated: the evidence is in the rejects of Decontaminate"
	}
	return c
}

// Names finds repositories by the numbers that stand in records.
type Names map[uint64]string

// NamesOf are the names in groups. Two names of one number are an error.
func NamesOf(groups []Group) (Names, error) {
	n := Names{}
	for _, g := range groups {
		for _, r := range g.Repos {
			k := schemas.Key64(r)
			if other, ok := n[k]; ok && other != r {
				return nil, fmt.Errorf("repositories %q and %q have one hash: leave one of them out", r, other)
			}
			n[k] = r
		}
	}
	return n, nil
}

// Of is the name of a repository.
func (n Names) Of(repo uint64) string {
	if name, ok := n[repo]; ok {
		return name
	}
	return fmt.Sprintf("repository %016x", repo)
}

func cellOf(n int) Cell {
	return Cell{schemas.Languages[n/len(schemas.Types)], schemas.Types[n%len(schemas.Types)]}
}

func compareCells(a, b Cell) int {
	return cmp.Or(cmp.Compare(a.Language, b.Language), cmp.Compare(a.Type, b.Type))
}

// compareBytes compares pairs of byte strings, the first difference decides.
func compareBytes(pairs ...[]byte) int {
	for i := 0; i+1 < len(pairs); i += 2 {
		if c := bytes.Compare(pairs[i], pairs[i+1]); c != 0 {
			return c
		}
	}
	return 0
}

func compareRecords(a, b Record) int { return bytes.Compare(a[:32], b[:32]) }
