package bucket

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
)

// Terms are the times of a lease.
type Terms struct {
	Renew  time.Duration // between two writes of the holder
	GiveUp time.Duration // without a write that succeeded, after which the holder has lost it
	Stale  time.Duration // since the last write, after which another may take it
}

// Lease is an object that one process holds by writing it again and again.
type Lease struct {
	store   *Store
	name    string
	object  *storage.ObjectHandle
	content Content
	terms   Terms
	token   string

	generation int64 // that this process wrote last

	lost context.Context // with its cause
	lose context.CancelCauseFunc
	stop context.CancelFunc
	over sync.WaitGroup
}

// HeldError is the error of a lease that another process holds.
type HeldError struct {
	Content []byte        // what it wrote
	Age     time.Duration // of its last write
	Left    time.Duration // until it is stale
}

// Error says how fresh the lease is; who reads the content can say more.
func (e *HeldError) Error() string { return fmt.Sprintf("held, renewed %v ago", e.Age) }

// TakenError is the loss of a lease whose generation is gone.
type TakenError struct {
	By []byte // what another process wrote, empty if the object was removed
}

func (e *TakenError) Error() string {
	if len(e.By) == 0 {
		return "its object was removed"
	}
	return "another process took it over"
}

// takeovers is how often Acquire looks again at a lease that changes under it.
const takeovers = 8

// Acquire takes a lease, or one that is stale. The error is a *HeldError while another
// process holds it.
func (s *Store) Acquire(ctx context.Context, name string, data []byte, terms Terms) (*Lease, error) {
	o, err := s.object(name)
	if err != nil {
		return nil, fmt.Errorf("acquire: %w", err)
	}
	l := &Lease{store: s, name: name, object: o, content: content(data), terms: terms, token: rand.Text()}
	failed := func(err error) (*Lease, error) {
		return nil, fmt.Errorf("acquire %s: %w", s.address(name), s.known(ctx, err))
	}
	before := int64(0)
	for range takeovers {
		asked := time.Now()
		there, err := l.write(ctx, before)
		if err != nil {
			return failed(err)
		}
		if there == nil {
			l.lost, l.lose = context.WithCancelCause(context.Background())
			hold, stop := context.WithCancel(context.Background())
			l.stop = stop
			l.over.Go(func() { l.hold(hold, asked) })
			return l, nil
		}
		if before = there.Generation; before == 0 {
			continue // it was given back meanwhile
		}
		now, err := s.now(ctx, name)
		if err != nil {
			return failed(err)
		}
		if age := now.Sub(there.Updated); age < terms.Stale {
			by, _ := s.Get(ctx, name) // if it is gone, nothing is known of it
			return nil, &HeldError{Content: by, Age: age, Left: terms.Stale - age}
		}
	}
	return failed(errors.New("others take it and give it back again and again"))
}

// write writes the lease in place of a generation. There is what stands at its place
// instead, with generation 0 for nothing, and nil where the lease is this process's.
func (l *Lease) write(ctx context.Context, before int64) (there *storage.ObjectAttrs, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.terms.GiveUp)
	defer cancel()
	wrote, there, err := write(ctx, l.object, before, map[string]string{tokenKey: l.token}, l.content)
	if err != nil {
		return nil, err
	}
	if there != nil && there.Metadata[tokenKey] == l.token { // the answer got lost
		wrote, there = there, nil
	}
	if wrote != nil {
		l.generation = wrote.Generation
	}
	return there, nil
}

// now is the server's time, as it dates an object.
func (s *Store) now(ctx context.Context, name string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	name += "-clock-" + rand.Text()
	o, err := s.object(name)
	if err != nil {
		return time.Time{}, err
	}
	wrote, there, err := write(ctx, o, 0, nil, content(nil))
	if err != nil {
		return time.Time{}, err
	}
	if wrote == nil {
		wrote = there // no one else writes this name
	}
	return wrote.Updated, s.Delete(ctx, name)
}

// hold renews the lease until it is given back or lost. last is when the write that
// succeeded last had begun.
func (l *Lease) hold(ctx context.Context, last time.Time) {
	tick := time.NewTicker(l.terms.Renew)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		within, cancel := context.WithDeadline(ctx, last.Add(l.terms.GiveUp))
		there, err := l.write(within, l.generation)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && there == nil:
			last = now
		case err == nil:
			taken := &TakenError{}
			if there.Generation != 0 {
				taken.By, _ = l.store.Get(ctx, l.name)
			}
			l.lose(fmt.Errorf("%s was lost: %w", l.store.address(l.name), taken))
			return
		case time.Since(last) >= l.terms.GiveUp:
			l.lose(fmt.Errorf("%s was lost: it could not be renewed for %v: %w", l.store.address(l.name),
				l.terms.GiveUp, l.store.known(ctx, err)))
			return
		}
	}
}

// Lost is done when the lease is lost; its cause says why.
func (l *Lease) Lost() context.Context { return l.lost }

// Release gives the lease back. One that is lost is left to its holder.
func (l *Lease) Release(ctx context.Context) error {
	l.stop()
	l.over.Wait()
	if l.lost.Err() != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, l.terms.GiveUp)
	defer cancel()
	var refused *googleapi.Error
	err := l.object.If(storage.Conditions{GenerationMatch: l.generation}).Delete(ctx)
	if errors.As(err, &refused) && refused.Code == http.StatusPreconditionFailed {
		// Either a write whose answer was not awaited, or somebody else's.
		var there *storage.ObjectAttrs
		if there, err = l.object.Attrs(ctx); err == nil {
			if there.Metadata[tokenKey] != l.token {
				by, _ := l.store.Get(ctx, l.name)
				return fmt.Errorf("%s was lost: %w", l.store.address(l.name), &TakenError{by})
			}
			err = l.object.If(storage.Conditions{GenerationMatch: there.Generation}).Delete(ctx)
		}
	}
	if err != nil && !errors.Is(err, storage.ErrObjectNotExist) { // a first try's answer got lost
		return fmt.Errorf("release %s: %w", l.store.address(l.name), l.store.known(ctx, err))
	}
	return nil
}
