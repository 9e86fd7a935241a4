package gitrepo

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sort"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/klauspost/compress/zlib"

	"decoy/io/archives/inputs"
)

const (
	// maxDeltas is git's own bound of a chain of deltas (pack-objects.h,
	// OE_DEPTH_BITS). It also ends a cycle of deltas that name each other by id.
	maxDeltas = 4095
	// maxDeltaBytes bounds the deltas of one chain that wait for their base.
	maxDeltaBytes = 256 << 20
	packHead      = 12 // "PACK", version, count
	packTail      = 20 // checksum
)

// pack is a packfile with its index.
type pack struct {
	name   string
	number int // in its database
	file   io.ReaderAt
	size   int64
	index  *idxfile.MemoryIndex
	close  func() error
}

// openPack opens base.pack and base.idx and checks that they belong together,
// which tells a pack that was cut short.
func openPack(base string) (p *pack, err error) {
	index, err := readIndex(base + ".idx")
	if err != nil {
		return nil, err
	}
	f, size, err := openRegular(base + ".pack")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	p = &pack{name: base + ".pack", file: f, size: size, index: index, close: f.Close}
	var head [packHead]byte
	var tail [packTail]byte
	if p.size < packHead+packTail {
		return nil, corruptf("pack %q has %d bytes: it is cut short; run git fsck", p.name, p.size)
	}
	if err := p.readAt(head[:], 0); err != nil {
		return nil, err
	}
	if err := p.readAt(tail[:], p.size-packTail); err != nil {
		return nil, err
	}
	version := binary.BigEndian.Uint32(head[4:])
	if string(head[:4]) != "PACK" || version != 2 && version != 3 {
		return nil, corruptf("pack %q does not begin with a header of version 2 or 3", p.name)
	}
	if tail != index.PackfileChecksum {
		return nil, corruptf("pack %q does not end as its index says: it is cut short or another one; run git fsck",
			p.name)
	}
	return p, nil
}

// readIndex reads a pack's index.
func readIndex(path string) (idx *idxfile.MemoryIndex, err error) {
	defer guard("index "+path, &err)
	f, _, err := openRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, corruptf("%q is missing; run git index-pack on its pack", path)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	idx = idxfile.NewMemoryIndex()
	if err := idxfile.NewDecoder(f).Decode(idx); err != nil {
		return nil, corruptf("index %q: %v; run git index-pack on its pack", path, err)
	}
	return idx, nil
}

func (p *pack) Close() error { return p.close() }

// readAt tells a disk that does not read from a pack that ends early.
func (p *pack) readAt(b []byte, off int64) error {
	n, err := p.file.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		return corruptf("pack %q ends at byte %d; run git fsck", p.name, p.size)
	}
	return fmt.Errorf("read git pack %q: %w", p.name, err)
}

// offset is the place of an object. The library's own look-up keeps a map entry
// for every object that was ever asked for.
func (p *pack) offset(id plumbing.Hash) (off int64, ok bool, err error) {
	k := p.index.FanoutMapping[id[0]]
	if k < 0 || k >= len(p.index.Names) {
		return 0, false, nil
	}
	names := p.index.Names[k]
	n := len(names) / len(id)
	i := sort.Search(n, func(i int) bool { return bytes.Compare(names[i*len(id):(i+1)*len(id)], id[:]) >= 0 })
	if i == n || !bytes.Equal(names[i*len(id):(i+1)*len(id)], id[:]) {
		return 0, false, nil
	}
	place := binary.BigEndian.Uint32(p.index.Offset32[k][4*i:])
	if place&(1<<31) == 0 {
		return int64(place), true, nil
	}
	at := 8 * int(place&^(1<<31))
	if at+8 > len(p.index.Offset64) {
		return 0, false, corruptf("the index of pack %q names a place outside of its table", p.name)
	}
	wide := binary.BigEndian.Uint64(p.index.Offset64[at:])
	if wide >= uint64(p.size) {
		return 0, false, corruptf("the index of pack %q names a place behind its end", p.name)
	}
	return int64(wide), true, nil
}

// entry is one object of a pack as it is stored. A delta has the place of its base.
type entry struct {
	kind plumbing.ObjectType
	size int64 // inflated: of the delta where it is one
	base int64
	data int64 // place of the compressed bytes
}

func (e entry) isDelta() bool { return e.kind.IsDelta() }

// entry reads the head of an object (gitformat-pack).
func (p *pack) entry(off int64) (e entry, err error) {
	var buf [64]byte
	if off < packHead || off >= p.size-packTail {
		return e, corruptf("pack %q has no object at byte %d", p.name, off)
	}
	b := buf[:min(int64(len(buf)), p.size-packTail-off)]
	if err := p.readAt(b, off); err != nil {
		return e, err
	}
	broken := corruptf("pack %q: the head of the object at byte %d makes no sense", p.name, off)
	c, i := b[0], 1
	e.kind, e.size = plumbing.ObjectType(c>>4&7), int64(c&15)
	for shift := 4; c&0x80 != 0; shift += 7 {
		if i == len(b) || shift > 56 {
			return e, broken
		}
		c = b[i]
		i++
		e.size |= int64(c&0x7f) << shift
	}
	switch e.kind {
	case plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject, plumbing.TagObject:
	case plumbing.OFSDeltaObject:
		var back int64
		for first := true; ; first = false {
			if i == len(b) || back > p.size {
				return e, broken
			}
			c = b[i]
			i++
			if !first {
				back++
			}
			back = back<<7 | int64(c&0x7f)
			if c&0x80 == 0 {
				break
			}
		}
		if back <= 0 || back >= off {
			return e, broken
		}
		e.base = off - back
	case plumbing.REFDeltaObject:
		var id plumbing.Hash
		if copy(id[:], b[i:]) < len(id) {
			return e, broken
		}
		i += len(id)
		var ok bool
		if e.base, ok, err = p.offset(id); err != nil {
			return e, err
		} else if !ok {
			return e, corruptf("pack %q: the object at byte %d is a delta of %s, which the pack does not hold", p.name,
				off, id)
		}
	default:
		return e, broken
	}
	e.data = off + int64(i)
	return e, nil
}

// header is the type and size of the object at off. The type of a delta is that
// of its base; its size stands in its first bytes.
func (p *pack) header(z *inflater, off int64) (h header, err error) {
	e, err := p.entry(off)
	if err != nil {
		return h, err
	}
	h.size = e.size
	if e.isDelta() {
		head := make([]byte, min(e.size, 20))
		if err := z.open(p, e); err != nil {
			return h, err
		}
		if _, err := io.ReadFull(z.z, head); err != nil {
			return h, corruptf("pack %q: the delta at byte %d: %v", p.name, off, err)
		}
		if _, h.size, err = deltaSizes(head); err != nil {
			return h, corruptf("pack %q: the delta at byte %d: %v", p.name, off, err)
		}
	}
	for n := 0; e.isDelta(); n++ {
		if n == maxDeltas {
			return h, p.tooDeep(off)
		}
		if e, err = p.entry(e.base); err != nil {
			return h, err
		}
	}
	h.kind = e.kind
	return h, nil
}

func (p *pack) tooDeep(off int64) error {
	return corruptf("pack %q: the object at byte %d stands on more than %d deltas", p.name, off, maxDeltas)
}

// read returns the object at off, whether of the cache or of the file. It goes
// down the chain of deltas without recursion: a chain may be a cycle. verified
// says that the content is known to have its id.
func (p *pack) read(z *inflater, cache *objectCache, off int64) (data []byte, kind plumbing.ObjectType, verified bool,
	err error) {
	type step struct {
		off   int64
		delta []byte
	}
	var chain []step
	waiting := 0
	for at := off; ; {
		if c, ok := cache.get(cacheKey{p.number, at}); ok {
			data, kind = c.data, c.kind
			verified = c.verified && at == off
			break
		}
		e, err := p.entry(at)
		if err != nil {
			return nil, 0, false, err
		}
		if e.size > maxObjectBytes {
			return nil, 0, false, corruptf("pack %q: the object at byte %d has %d bytes, at most %d are read", p.name,
				at, e.size, int64(maxObjectBytes))
		}
		if err := z.open(p, e); err != nil {
			return nil, 0, false, err
		}
		body, err := inputs.ReadExactly(z.z, e.size)
		if err != nil {
			return nil, 0, false, corruptf("pack %q: the object at byte %d: %v", p.name, at, err)
		}
		if !e.isDelta() {
			data, kind = body, e.kind
			cache.put(cacheKey{p.number, at}, data, kind)
			break
		}
		waiting += len(body)
		if len(chain) == maxDeltas || waiting > maxDeltaBytes {
			return nil, 0, false, p.tooDeep(off)
		}
		chain = append(chain, step{at, body})
		at = e.base
	}
	for i := len(chain) - 1; i >= 0; i-- {
		s := chain[i]
		from, to, err := deltaSizes(s.delta)
		if err == nil && (to > maxObjectBytes || from != int64(len(data))) {
			err = fmt.Errorf("from %d to %d bytes over a base of %d", from, to, len(data))
		}
		if err == nil {
			data, err = packfile.PatchDelta(data, s.delta)
		}
		if err != nil {
			return nil, 0, false, corruptf("pack %q: the delta at byte %d: %v", p.name, s.off, err)
		}
		cache.put(cacheKey{p.number, s.off}, data, kind)
	}
	return data, kind, verified, nil
}

// deltaSizes reads the two sizes with which a delta begins.
func deltaSizes(delta []byte) (from, to int64, err error) {
	a, n := binary.Uvarint(delta)
	if n > 0 {
		b, m := binary.Uvarint(delta[n:])
		if m > 0 && a <= maxSize && b <= maxSize {
			return int64(a), int64(b), nil
		}
	}
	return 0, 0, errors.New("its sizes make no sense")
}

const maxSize = 1 << 62

// inflater is a zlib reader that is used again and again.
type inflater struct {
	buf *bufio.Reader
	z   io.ReadCloser
}

func (i *inflater) open(p *pack, e entry) (err error) {
	src := io.NewSectionReader(p.file, e.data, p.size-packTail-e.data)
	if i.buf == nil {
		i.buf = bufio.NewReaderSize(src, 4096)
	} else {
		i.buf.Reset(src)
	}
	if i.z == nil {
		i.z, err = zlib.NewReader(i.buf)
	} else {
		err = i.z.(zlib.Resetter).Reset(i.buf, nil)
	}
	if err != nil {
		return corruptf("pack %q: compressed bytes at %d: %v", p.name, e.data, err)
	}
	return nil
}
