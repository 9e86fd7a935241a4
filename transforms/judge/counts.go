package judge

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// The format of a count file, all integers as varints (encoding/binary):
//
//	"DNGR" version order tokens bytes
//	8 × section: (delta count)* 0     keys ascend; delta is to the last key, or to 0
//	8 × distinct                      entries of each section
//	checksum                          8 bytes, little endian, over totals, keys and counts
//
// Keys are never 0 and ascend, so a delta of 0 ends a section and each set of
// counts has one encoding. A section's length is unknown to a merge until it ends,
// which is why it is closed by a mark and counted afterwards.
const (
	magic = "DNGR"
	// countsVersion is the version of the format, the lexer and the hashes.
	//
	//	1: first.
	countsVersion = 1
)

type countsWriter struct {
	w        *bufio.Writer
	last     uint64
	distinct [sections]uint64
	section  int
	sum      uint64
	buf      [2 * binary.MaxVarintLen64]byte
}

// newCountsWriter writes the header. Errors of w surface in close: bufio keeps
// them.
func newCountsWriter(w io.Writer, tokens, bytes uint64) *countsWriter {
	c := &countsWriter{w: bufio.NewWriterSize(w, 1<<16)}
	c.w.WriteString(magic)
	for _, v := range []uint64{countsVersion, Order, tokens, bytes} {
		c.uvarint(v)
	}
	c.sum = chain(tokens, bytes)
	return c
}

func (c *countsWriter) uvarint(v uint64) {
	c.w.Write(binary.AppendUvarint(c.buf[:0], v))
}

func (c *countsWriter) entry(key, count uint64) {
	b := binary.AppendUvarint(c.buf[:0], key-c.last)
	c.w.Write(binary.AppendUvarint(b, count))
	c.last = key
	c.distinct[c.section]++
	c.sum = chain(chain(c.sum, key), count)
}

func (c *countsWriter) endSection() {
	c.uvarint(0)
	c.last = 0
	c.section++
}

func (c *countsWriter) close() error {
	for _, n := range c.distinct {
		c.uvarint(n)
	}
	c.w.Write(binary.LittleEndian.AppendUint64(c.buf[:0], c.sum))
	if err := c.w.Flush(); err != nil {
		return fmt.Errorf("write n-gram counts: %w", err)
	}
	return nil
}

// WriteTo writes the counts in the format of ngrams-LANG-FOLD. The bytes depend on
// nothing but the counts.
func (c *Counter) WriteTo(w io.Writer) (int64, error) {
	if c.err != nil {
		return 0, c.err
	}
	n := &countingWriter{w: w}
	cw := newCountsWriter(n, c.tokens, c.bytes)
	for i := range c.tables {
		t := &c.tables[i]
		keys := make([]uint64, 0, t.n)
		for _, k := range t.keys {
			if k != 0 {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		for _, k := range keys {
			cw.entry(k, uint64(t.get(k)))
		}
		cw.endSection()
	}
	err := cw.close()
	return n.n, err
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// countsReader streams a count file: next gives the entries of a section, then
// ok = false at its end; after the last section it checks the end of the file.
type countsReader struct {
	r             *bufio.Reader
	tokens, bytes uint64
	last          uint64
	distinct      [sections]uint64
	section       int
	sum           uint64
}

func newCountsReader(r io.Reader) (*countsReader, error) {
	c := &countsReader{r: bufio.NewReaderSize(r, 1<<16)}
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(c.r, head); err != nil || string(head) != magic {
		return nil, errors.New("read n-gram counts: no such file format (its first bytes are not \"DNGR\"): remove " +
			"the stage's output and run it again")
	}
	var version, order uint64
	for _, v := range []*uint64{&version, &order, &c.tokens, &c.bytes} {
		if err := c.uvarint(v); err != nil {
			return nil, err
		}
	}
	if version != countsVersion || order != Order {
		return nil, fmt.Errorf("read n-gram counts: version %d, order %d; this program reads version %d, order %d: "+
			"run extract again", version, order, countsVersion, Order)
	}
	c.sum = chain(c.tokens, c.bytes)
	return c, nil
}

func (c *countsReader) uvarint(v *uint64) error {
	u, err := binary.ReadUvarint(c.r)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("read n-gram counts: section %d after %d entries: %w: the file is damaged, run extract again",
			c.section, c.distinct[min(c.section, sections-1)], err)
	}
	*v = u
	return nil
}

func (c *countsReader) damaged(what string) error {
	return fmt.Errorf("read n-gram counts: section %d: %s: the file is damaged, run extract again", c.section, what)
}

func (c *countsReader) next() (key, count uint64, ok bool, err error) {
	var delta uint64
	if err := c.uvarint(&delta); err != nil {
		return 0, 0, false, err
	}
	if delta == 0 {
		c.last = 0
		c.section++
		if c.section == sections {
			return 0, 0, false, c.trailer()
		}
		return 0, 0, false, nil
	}
	key = c.last + delta
	if key < c.last {
		return 0, 0, false, c.damaged("keys do not ascend")
	}
	if err := c.uvarint(&count); err != nil {
		return 0, 0, false, err
	}
	if count == 0 {
		return 0, 0, false, c.damaged("a count is 0")
	}
	c.last = key
	c.distinct[c.section]++
	c.sum = chain(chain(c.sum, key), count)
	return key, count, true, nil
}

func (c *countsReader) trailer() error {
	for i, want := range c.distinct {
		var n uint64
		if err := c.uvarint(&n); err != nil {
			return err
		}
		if n != want {
			return c.damaged(fmt.Sprintf("its order %d has %d entries, its trailer says %d", i+1, want, n))
		}
	}
	var sum [8]byte
	if _, err := io.ReadFull(c.r, sum[:]); err != nil {
		return c.damaged("no checksum")
	}
	if binary.LittleEndian.Uint64(sum[:]) != c.sum {
		return c.damaged("wrong checksum")
	}
	if _, err := c.r.ReadByte(); !errors.Is(err, io.EOF) {
		return c.damaged("bytes after the end")
	}
	return nil
}

// Merge writes the sum of count files to w: the shards of one fold become
// ngrams-LANG-FOLD. It streams, with one entry a reader in memory. Merging in any
// grouping gives the same bytes as counting everything at once.
func Merge(w io.Writer, readers ...io.Reader) error {
	in := make([]*countsReader, len(readers))
	var tokens, bytes uint64
	for i, r := range readers {
		c, err := newCountsReader(r)
		if err != nil {
			return fmt.Errorf("merge input %d: %w", i, err)
		}
		in[i] = c
		tokens += c.tokens
		bytes += c.bytes
	}
	out := newCountsWriter(w, tokens, bytes)
	for range sections {
		if err := mergeSection(out, in); err != nil {
			return err
		}
		out.endSection()
	}
	return out.close()
}

// mergeSection merges the present section of all inputs. There are as many inputs
// as shards, a few hundred at most, so a binary heap of heads is enough.
func mergeSection(out *countsWriter, in []*countsReader) error {
	h := make(heads, 0, len(in))
	read := func(i int) (head, bool, error) {
		key, count, ok, err := in[i].next()
		if err != nil {
			return head{}, false, fmt.Errorf("merge input %d: %w", i, err)
		}
		return head{key, count, i}, ok, nil
	}
	for i := range in {
		x, ok, err := read(i)
		if err != nil {
			return err
		}
		if ok {
			h = append(h, x)
		}
	}
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
	for len(h) > 0 {
		key, sum := h[0].key, uint64(0)
		for len(h) > 0 && h[0].key == key {
			sum += h[0].count
			x, ok, err := read(h[0].input)
			if err != nil {
				return err
			}
			if ok {
				h[0] = x
			} else {
				h[0] = h[len(h)-1]
				h = h[:len(h)-1]
			}
			h.down(0)
		}
		out.entry(key, sum)
	}
	return nil
}

type head struct {
	key, count uint64
	input      int
}

// heads is a binary heap by key. Equal keys are summed, so their order is free.
type heads []head

func (h heads) down(i int) {
	for {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < len(h) && h[c].key < h[least].key {
				least = c
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
