// Package docs reads the documents of a measurement, and scores what was removed of them.
package docs

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
	"decoy/schemas/batch"
	"decoy/transforms/curate"
)

// Doc is a document.
type Doc struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Read reads one JSON object a line.
func Read(path string) (out []Doc, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var d Doc
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			return nil, fmt.Errorf("read %s, line %d: %w", path, len(out)+1, err)
		}
		out = append(out, d)
	}
	return out, lines.Err()
}

// Key is a document's number.
func Key(id string) uint64 { return schemas.Key64(id) }

// Lookup finds shingles in a file of documents, which it holds once it has read it.
type Lookup struct {
	Path string

	text map[uint64]string
}

// Shingles finds them.
func (l *Lookup) Shingles(ctx context.Context, documents []curate.Document) (out [][]uint64, err error) {
	if l.text == nil {
		docs, err := Read(l.Path)
		if err != nil {
			return nil, err
		}
		l.text = make(map[uint64]string, len(docs))
		for _, d := range docs {
			l.text[Key(d.ID)] = d.Text
		}
	}
	for _, d := range documents {
		out = append(out, curate.Shingles(l.text[d.File]))
	}
	return out, ctx.Err()
}

// SketchFn sketches a file of documents.
type SketchFn struct{ Path string }

// ProcessElement sketches those whose line is an element's number, modulo 16; order is another
// number, by which they are shuffled.
func (f *SketchFn) ProcessElement(order int, emit func(batch.Batch)) error {
	docs, err := Read(f.Path)
	if err != nil {
		return err
	}
	if order != 0 {
		slices.SortFunc(docs, func(a, b Doc) int {
			by := fmt.Sprint(order)
			return cmp.Compare(schemas.Key64(a.ID, by), schemas.Key64(b.ID, by))
		})
	}
	for part := range slices.Chunk(docs, 512) {
		var rows []byte
		for _, d := range part {
			k := Key(d.ID)
			rows = curate.SketchOf(k, int(k%16), curate.Shingles(d.Text)).Append(rows)
		}
		emit(batch.Batch{Rows: rows})
	}
	return nil
}

func init() {
	beam.RegisterDoFn(&SketchFn{})
	curate.RegisterLookup[*Lookup]()
}

var word = regexp.MustCompile(`\w+`)

// Words are the shingles of the peers: lower-cased word 5-grams.
func Words(text string) []uint64 {
	w := word.FindAllString(strings.ToLower(text), -1)
	var out []uint64
	for i := range max(1, len(w)-4) {
		out = append(out, schemas.Key64(w[i:min(len(w), i+5)]...))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Pair is two documents by line, with their similarity.
type Pair struct {
	A, B    int
	Jaccard float64
}

// Pairs are all pairs at a threshold or above, found by counting what they share. A shingle in
// more than 2000 documents is not counted with, only in the similarity.
func Pairs(sets [][]uint64, threshold float64) (out []Pair) {
	holders := map[uint64][]int32{}
	for i, s := range sets {
		for _, h := range s {
			holders[h] = append(holders[h], int32(i))
		}
	}
	for i, s := range sets {
		seen := map[int32]int{}
		for _, h := range s {
			if of := holders[h]; len(of) <= 2000 {
				for _, j := range of {
					if int(j) > i {
						seen[j]++
					}
				}
			}
		}
		for j, n := range seen {
			if 3*n < min(len(s), len(sets[j])) {
				continue
			}
			if x := curate.Jaccard(s, sets[j]); x >= threshold {
				out = append(out, Pair{i, int(j), x})
			}
		}
	}
	return out
}

// Score is how well a removal did. Recall is of all pairs at .7 or above: not both were kept.
// Precision is of removed documents: another one is at .7 or above.
type Score struct {
	Removed   int     `json:"removed"`
	Recall    float64 `json:"recall_at_0.7"`
	Precision float64 `json:"precision_at_0.7"`
}

// Rate scores a removal.
func Rate(docs []Doc, pairs []Pair, removed map[string]bool) Score {
	s := Score{Removed: len(removed), Recall: 1, Precision: 1}
	like := map[string]bool{}
	found := 0
	for _, p := range pairs {
		a, b := docs[p.A].ID, docs[p.B].ID
		like[a], like[b] = true, true
		if removed[a] || removed[b] {
			found++
		}
	}
	if len(pairs) > 0 {
		s.Recall = float64(found) / float64(len(pairs))
	}
	right := 0
	for id := range removed {
		if like[id] {
			right++
		}
	}
	if len(removed) > 0 {
		s.Precision = float64(right) / float64(len(removed))
	}
	return s
}
