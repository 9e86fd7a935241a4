package fim

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"decoy/schemas"
)

// span is a candidate middle.
type span struct {
	start, end int
	kind       schemas.Kind
	keyword    bool  // an argument that names its parameter
	call       int32 // one more than the index of the call that it is, 0 for none
	key        uint64
}

func (s span) overlaps(o span) bool { return s.start < o.end && o.start < s.end }

// finder finds the candidates of one key of Config.Kinds.
type finder struct {
	key  string
	find func(*source) []span
}

// finders are in the order in which a round takes a span of each.
var finders = []finder{
	{string(schemas.KindImport), imports}, {string(schemas.KindCall), calls}, {string(schemas.KindArgument), arguments},
	{string(schemas.KindIdentifier), identifiers},
	{string(schemas.KindStatement), statements}, {string(schemas.KindBlock), blocks}, {"general", generals},
}

func kindKeys() string {
	var keys []string
	for _, f := range finders {
		keys = append(keys, f.key)
	}
	return strings.Join(keys, ", ")
}

// Lengths in characters, by kind.
var lengths = map[schemas.Kind][2]int{
	schemas.KindImport:     {4, 817},
	schemas.KindCall:       {13, 817},
	schemas.KindArgument:   {1, 400},
	schemas.KindIdentifier: {2, 64},
	schemas.KindStatement:  {1, 817},
	schemas.KindBlock:      {1, 817},
	schemas.KindLine:       {1, 817},
	schemas.KindLines:      {1, 817},
	schemas.KindRandom:     {1, 817},
}

// fits reports whether a text has the length of a kind. Most texts are decided by
// their bytes.
func fits(src []byte, kind schemas.Kind) bool {
	l := lengths[kind]
	if len(src) < l[0] || len(src) > utf8.UTFMax*l[1] {
		return false
	}
	n := utf8.RuneCount(src)
	return n >= l[0] && n <= l[1]
}

// keys gives spans their places in a file's order: schemas.Key64 of "span", the
// seed, the kind, start and end, without a string for each.
type keys struct {
	buf  []byte
	kind schemas.Kind
	head int
	seed string
}

func (k *keys) of(s span) uint64 {
	if k.kind != s.kind {
		k.buf = k.buf[:0]
		for _, p := range []string{"span", k.seed, string(s.kind)} {
			k.buf = append(binary.LittleEndian.AppendUint32(k.buf, uint32(len(p))), p...)
		}
		k.kind, k.head = s.kind, len(k.buf)
	}
	b := k.buf[:k.head]
	for _, at := range [2]int{s.start, s.end} {
		b = binary.LittleEndian.AppendUint32(b, 4)
		b = binary.LittleEndian.AppendUint32(b, uint32(at))
	}
	k.buf = b
	return xxh3.Hash(b)
}

// queue gives candidates in the order of their keys. Few of many are asked for, so
// they are a heap and not sorted.
type queue []span

func newQueue(s []span, seed string) queue {
	k := keys{seed: seed}
	for i := range s {
		s[i].key = k.of(s[i])
	}
	q := queue(s)
	for i := len(q)/2 - 1; i >= 0; i-- {
		q.down(i)
	}
	return q
}

func (q queue) before(i, j int) bool {
	a, b := &q[i], &q[j]
	if a.key != b.key {
		return a.key < b.key
	}
	return a.start < b.start || a.start == b.start && a.end < b.end
}

func (q queue) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(q) {
			return
		}
		if c+1 < len(q) && q.before(c+1, c) {
			c++
		}
		if !q.before(c, i) {
			return
		}
		q[i], q[c] = q[c], q[i]
		i = c
	}
}

// next takes the first span out.
func (q *queue) next() span {
	old := *q
	first, last := old[0], len(old)-1
	old[0] = old[last]
	*q = old[:last]
	q.down(0)
	return first
}
