package work

import (
	"context"
	"sync"

	"decoy/io/shard"
	"decoy/schemas"
)

// Rejects collects rejects of several goroutines.
type Rejects struct {
	mu   sync.Mutex
	List []schemas.Reject
}

// Add takes a reject, from any goroutine.
func (l *Rejects) Add(r schemas.Reject) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.List = append(l.List, r)
}

// Write writes the rejects of a stage that has none but of internal errors. Without any
// there is no file.
func (l *Rejects) Write(ctx context.Context, path string, d *schemas.Done) error {
	if len(l.List) == 0 {
		return nil
	}
	schemas.SortRejects(l.List)
	if d.Counts == nil {
		d.Counts = map[string]int64{}
	}
	if d.Rejects == nil {
		d.Rejects = map[schemas.Reason]int64{}
	}
	Tally{d.Counts, d.Rejects}.Count(l.List)
	f, err := shard.WriteAll(ctx, path, l.List)
	d.Files = append(d.Files, f)
	return err
}
