package curate

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"decoy/transforms/text"

	"github.com/zeebo/xxh3"
)

// SketchBytes is the width of a [Sketch] as a row: file (8), shard (4), shingles (4), values.
const SketchBytes = 16 + 4*sketchValues

const (
	sketchValues = 128
	// shingle is how many tokens make one element of a document's set.
	shingle = 5
	// With 32 bands of 4 values two documents meet in a band with probability 1 − (1 − J⁴)³²:
	// .9998 at a Jaccard of .7, .87 at .5. Pairs are checked exactly, so what meets in vain
	// costs time only.
	bandValues = 4
	bands      = sketchValues / bandValues
)

// Sketch is what near duplicates are found by: the smallest hashes of the document's
// shingles. File is [FileKeyOf], Shard where its text lies.
type Sketch struct {
	File     uint64
	Shard    uint32
	Shingles uint32 // how many different ones it has
	Values   [sketchValues]uint32
}

// Shingles are the hashes of the token 5-grams of a text, sorted, each once. Tokens are those
// of [text.Tokens] without line breaks, so white space does not count. A text of fewer tokens
// is one shingle, an empty one none.
func Shingles(source string) []uint64 {
	var out []uint64
	var last [shingle]uint64
	n := 0
	for _, t := range text.Tokens(source) {
		if t.Text == "\n" {
			continue
		}
		copy(last[:], last[1:])
		last[shingle-1] = xxh3.HashString(t.Text)
		if n++; n >= shingle {
			out = append(out, mixed(last))
		}
	}
	if n > 0 && n < shingle {
		out = append(out, mixed(last))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func mixed(words [shingle]uint64) (h uint64) {
	for _, w := range words {
		h = mix(h*0x9e3779b97f4a7c15 + w)
	}
	return h
}

// mix is the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// SketchOf sketches a set of shingles.
//
// It is the fast similarity sketch of Dahlgaard, Knudsen and Thorup (FOCS 2017): in round r
// each shingle falls into one of the 128 places with a value r + (0, 1), a place keeps the
// smallest, and rounds end when every place has one. Two sketches agree in a place with the
// probability of their Jaccard similarity, as MinHash does, for about one hash a shingle
// instead of 128. A value has the round in its upper 8 bits.
func SketchOf(file uint64, shard int, shingles []uint64) Sketch {
	s := Sketch{File: file, Shard: uint32(shard), Shingles: uint32(len(shingles))}
	for i := range s.Values {
		s.Values[i] = ^uint32(0)
	}
	if len(shingles) == 0 {
		return s
	}
	left := sketchValues
	put := func(place int, v uint32) {
		if s.Values[place] == ^uint32(0) {
			left--
		}
		s.Values[place] = min(s.Values[place], v)
	}
	for r := uint64(0); r < 2*sketchValues && left > 0; r++ {
		for _, x := range shingles {
			h := mix(x + r*0xd1342543de82ef95)
			place := int(h >> 57)
			if r >= sketchValues { // the place of this round gets all, so that every place has one
				place = int(r - sketchValues)
			}
			put(place, uint32(r)<<24|uint32(h)&0xffffff)
		}
	}
	return s
}

// Append appends the sketch as a row.
func (s Sketch) Append(rows []byte) []byte {
	be := binary.BigEndian
	rows = be.AppendUint32(be.AppendUint32(be.AppendUint64(rows, s.File), s.Shard), s.Shingles)
	for _, v := range s.Values {
		rows = be.AppendUint32(rows, v)
	}
	return rows
}

// ReadSketch reads a row.
func ReadSketch(row []byte) (s Sketch) {
	be := binary.BigEndian
	s.File, s.Shard, s.Shingles = be.Uint64(row), be.Uint32(row[8:]), be.Uint32(row[12:])
	for i := range s.Values {
		s.Values[i] = be.Uint32(row[16+4*i:])
	}
	return s
}

// band is the hash of a band's values.
func (s *Sketch) band(i int) uint64 {
	h := mix(uint64(i) + 1)
	for _, v := range s.Values[i*bandValues : (i+1)*bandValues] {
		h = mix(bits.RotateLeft64(h, 23) ^ uint64(v))
	}
	return h
}

// Jaccard is the similarity of two sets of sorted, different shingles: what both have over
// what either has. Of two empty sets it is 0: they say nothing.
func Jaccard(a, b []uint64) float64 {
	both := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch cmp.Compare(a[i], b[j]) {
		case 0:
			both++
			i++
			j++
		case -1:
			i++
		default:
			j++
		}
	}
	if either := len(a) + len(b) - both; either > 0 {
		return float64(both) / float64(either)
	}
	return 0
}
