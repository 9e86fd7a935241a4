package bucket

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"decoy/io/bucket/buckettest"
)

var quick = Terms{Renew: 20 * time.Millisecond, GiveUp: 20 * time.Second, Stale: time.Minute}

func TestLease(t *testing.T) {
	s, b := fake(t, "gs://b/out")
	ctx := t.Context()
	for name, f := range faults { // of every request in turn
		for at := range 3 {
			b.Next(append([]buckettest.Fault{buckettest.Pass, buckettest.Pass, buckettest.Pass}[:at], f)...)
			l, err := s.Acquire(ctx, ".lock", []byte("first"), quick)
			if err != nil {
				t.Fatal(err)
			}
			for b.Left() > 0 { // renewals meet what is left
				time.Sleep(quick.Renew)
			}
			b.Next()
			var held *HeldError
			if _, err := s.Acquire(ctx, ".lock", []byte("second"), quick); !errors.As(err, &held) || string(held.Content) != "first" || held.Left <= 0 || held.Left > quick.Stale {
				t.Errorf("%s at %d: error %v, %+v", name, at, err, held)
			}
			if err := l.Lost().Err(); err != nil {
				t.Errorf("%s at %d: lost, %v", name, at, context.Cause(l.Lost()))
			}
			b.Next(f)
			if err := l.Release(ctx); err != nil {
				t.Errorf("%s at %d: %v", name, at, err)
			}
			b.Next()
			if names, err := s.List(ctx, ""); err != nil || len(names) > 0 {
				t.Errorf("%s at %d: left behind: %v, %v", name, at, names, err)
			}
		}
	}
}

func TestStaleLease(t *testing.T) {
	s, b := fake(t, "gs://b/out")
	b.Create("out/.lock", []byte("dead"), time.Now().Add(-quick.Stale/2))
	var held *HeldError
	if _, err := s.Acquire(t.Context(), ".lock", nil, quick); !errors.As(err, &held) || held.Age < quick.Stale/2 {
		t.Errorf("error %v", err)
	}
	b.Create("out/.lock", []byte("dead"), time.Now().Add(-quick.Stale-time.Second))
	l, err := s.Acquire(t.Context(), ".lock", []byte("new"), quick)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Release(t.Context()); err != nil {
		t.Error(err)
	}
	// Of several that see a stale lease one takes it.
	b.Create("out/.lock", []byte("dead"), time.Now().Add(-quick.Stale-time.Second))
	won := make(chan *Lease, 8)
	for range cap(won) {
		go func() {
			l, err := s.Acquire(context.Background(), ".lock", []byte("new"), quick)
			if err != nil && !errors.As(err, new(*HeldError)) {
				t.Error(err)
			}
			won <- l
		}()
	}
	holders := 0
	for range cap(won) {
		if l := <-won; l != nil {
			holders++
			defer l.Release(context.Background())
		}
	}
	if holders != 1 {
		t.Errorf("%d hold the lease", holders)
	}
}

func TestLostLease(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(s *Store, b *buckettest.Bucket)
		by      string
	}{
		"taken":   {func(_ *Store, b *buckettest.Bucket) { b.Create("out/.lock", []byte("other"), time.Time{}) }, "other"},
		"removed": {func(s *Store, _ *buckettest.Bucket) { s.Delete(context.Background(), ".lock") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, b := fake(t, "gs://b/out")
			l, err := s.Acquire(t.Context(), ".lock", []byte("me"), quick)
			if err != nil {
				t.Fatal(err)
			}
			c.happens(s, b)
			<-l.Lost().Done()
			var taken *TakenError
			if cause := context.Cause(l.Lost()); !errors.As(cause, &taken) || string(taken.By) != c.by {
				t.Errorf("cause %v", cause)
			}
			if err := l.Release(t.Context()); err != nil {
				t.Error(err)
			}
			if got, err := s.Get(t.Context(), ".lock"); c.by != "" && string(got) != c.by || c.by == "" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("after the release: %q, %v", got, err)
			}
		})
	}
	t.Run("out of reach", func(t *testing.T) {
		s, b := fake(t, "gs://b/out")
		l, err := s.Acquire(t.Context(), ".lock", []byte("me"), Terms{Renew: 10 * time.Millisecond, GiveUp: 500 * time.Millisecond, Stale: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		b.Always(buckettest.Random(1, 1, buckettest.Status(503)))
		<-l.Lost().Done()
		if cause := context.Cause(l.Lost()); !strings.Contains(cause.Error(), "could not be renewed") {
			t.Errorf("cause %v", cause)
		}
	})
	t.Run("taken before the release", func(t *testing.T) {
		s, b := fake(t, "gs://b/out")
		slow := quick
		slow.Renew = time.Hour
		l, err := s.Acquire(t.Context(), ".lock", []byte("me"), slow)
		if err != nil {
			t.Fatal(err)
		}
		b.Create("out/.lock", []byte("other"), time.Time{})
		if err := l.Release(t.Context()); !errors.As(err, new(*TakenError)) {
			t.Errorf("error %v", err)
		}
	})
}
