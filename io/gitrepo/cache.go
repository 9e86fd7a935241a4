package gitrepo

import (
	"container/list"

	"github.com/go-git/go-git/v5/plumbing"
)

// cacheKey is the place of an object: the pack's number and the byte in it.
type cacheKey struct {
	pack int
	off  int64
}

type cached struct {
	key      cacheKey
	data     []byte
	kind     plumbing.ObjectType
	verified bool // the content is known to have the object's id
}

// objectCache keeps the objects of packs that were read last, up to a number of
// bytes. It is what makes chains of deltas cheap: neighbours in history share
// them. The library's caches know objects by id, which an object in the middle of
// a chain gets only by hashing it.
type objectCache struct {
	most, bytes int64
	order       *list.List // of *cached, the last used in front
	at          map[cacheKey]*list.Element
}

func newObjectCache(most int64) *objectCache {
	return &objectCache{most: most, order: list.New(), at: map[cacheKey]*list.Element{}}
}

func (c *objectCache) get(k cacheKey) (*cached, bool) {
	e, ok := c.at[k]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached), true
}

// entryOverhead stands for the map and the list, so that many tiny objects are
// bounded too.
const entryOverhead = 200

func (c *objectCache) put(k cacheKey, data []byte, kind plumbing.ObjectType) {
	size := int64(cap(data)) + entryOverhead
	if _, ok := c.at[k]; ok || size > c.most/4 {
		return
	}
	c.at[k] = c.order.PushFront(&cached{key: k, data: data, kind: kind})
	for c.bytes += size; c.bytes > c.most; {
		last := c.order.Remove(c.order.Back()).(*cached)
		delete(c.at, last.key)
		c.bytes -= int64(cap(last.data)) + entryOverhead
	}
}

func (c *objectCache) verify(k cacheKey) {
	if e, ok := c.at[k]; ok {
		e.Value.(*cached).verified = true
	}
}
