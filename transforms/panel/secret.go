package panel

import (
	"strings"
	"sync"

	"github.com/zeebo/xxh3"

	"decoy/schemas"
)

// maxChecked bounds how many texts are remembered.
const maxChecked = 4096

// checks remembers what Config.Check said: the requests about one context share its
// window, and looking for secrets in it costs more than all else that a request takes.
type checks struct {
	check func(string) error
	mu    sync.Mutex
	seen  map[xxh3.Uint128]func() error
}

func (c *checks) text(text string) error {
	key := xxh3.HashString128(text)
	c.mu.Lock()
	found := c.seen[key]
	if found == nil {
		if len(c.seen) >= maxChecked {
			clear(c.seen)
		}
		found = sync.OnceValue(func() error { return c.check(text) })
		c.seen[key] = found
	}
	c.mu.Unlock()
	return found()
}

// request checks all of a request that comes from files or models.
func (c *checks) request(r Request) error {
	for _, text := range r.sources {
		if err := c.text(text); err != nil {
			return err
		}
	}
	if r.said != nil {
		return c.text(r.said.text)
	}
	return nil
}

// window is a context as its file has it.
func window(c schemas.Context) string { return c.Prefix + c.Golden + c.Suffix }

// joined is what a model wrote with the rest of its lines: with the window as it was,
// all that a prompt about it holds.
func joined(c schemas.Context, text string) string {
	rest, _, _ := strings.Cut(c.Suffix, "\n")
	return c.Prefix[strings.LastIndexByte(c.Prefix, '\n')+1:] + text + rest
}
