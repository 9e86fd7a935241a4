package shard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"decoy/io/bucket"
)

const lockName = ".lock"

// lockPatience is how long Lock waits for a holder that is just letting go, or
// that has the lock and has not yet written who it is.
const lockPatience = 200 * time.Millisecond

// holder says who holds an OUT.
type holder struct {
	PID     int    `json:"pid"`
	Host    string `json:"host"`
	Since   string `json:"since"`
	Command string `json:"command"`
}

// LockTerms are the times of a lock in a bucket, a variable so that a test can make
// them short. A holder that died is in the way for Stale.
var LockTerms = bucket.Terms{Renew: 15 * time.Second, GiveUp: 90 * time.Second, Stale: 2 * time.Minute}

// Held is the lock on an OUT, as a file or in a bucket.
type Held struct {
	file  *os.File
	lease *bucket.Lease
}

// Lock takes OUT for this process, creating it if absent. The lock is flock(2) on
// OUT/.lock: it ends with the process, however that dies, and what the file then
// still says is overwritten by the next holder. In a bucket it is a lease, which can be
// lost: Context tells.
func Lock(ctx context.Context, outDir string) (*Held, error) {
	if bucket.In(outDir) {
		return lease(ctx, outDir)
	}
	if err := os.MkdirAll(outDir, 0o755); err != nil {
		return nil, fmt.Errorf("create output folder %q: %w", outDir, withRemedy(err))
	}
	f, err := os.OpenFile(filepath.Join(outDir, lockName), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock output folder %q: %w", outDir, withRemedy(err))
	}
	if err := acquire(f, outDir); err != nil {
		f.Close()
		return nil, err
	}
	if err := sign(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock output folder %q: %w", outDir, withRemedy(err))
	}
	return &Held{file: f}, nil
}

func acquire(f *os.File, outDir string) error {
	for deadline := time.Now().Add(lockPatience); ; time.Sleep(lockPatience / 10) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EINTR):
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return fmt.Errorf("lock output folder %q: flock: %w", outDir, err)
		case time.Now().After(deadline):
			return fmt.Errorf("%q is in use by %s; wait for it or stop it", outDir, readHolder(f))
		}
	}
}

// lease takes an OUT in a bucket.
func lease(ctx context.Context, outDir string) (*Held, error) {
	me, err := signature()
	if err != nil {
		return nil, err
	}
	s, name := bucket.At(Join(outDir, lockName))
	l, err := s.Acquire(ctx, name, me, LockTerms)
	var held *bucket.HeldError
	switch {
	case errors.As(err, &held):
		return nil, fmt.Errorf("%q is in use by %s; wait for it or stop it; if it is dead, its lock is free in %v",
			outDir, describe(held.Content), max(held.Left, 0).Round(time.Second))
	case err != nil:
		return nil, fmt.Errorf("lock output folder %q: %w", outDir, err)
	}
	return &Held{lease: l}, nil
}

// signature says who holds the lock now.
func signature() ([]byte, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	data, err := json.Marshal(holder{
		PID: os.Getpid(), Host: host,
		Since: time.Now().Format(time.RFC3339), Command: strings.Join(os.Args, " "),
	})
	return append(data, '\n'), err
}

// sign overwrites the lock file with who holds it now.
func sign(f *os.File) error {
	data, err := signature()
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(data, 0); err != nil {
		return err
	}
	// What a dead holder left may have been longer.
	return f.Truncate(int64(len(data)))
}

func readHolder(f *os.File) string {
	data, _ := io.ReadAll(io.NewSectionReader(f, 0, 1<<20)) // what cannot be read describes nobody
	return describe(data)
}

func describe(signature []byte) string {
	var h holder
	if json.Unmarshal(signature, &h) != nil {
		return "another process"
	}
	return fmt.Sprintf("pid %d on %s since %s (%s)", h.PID, h.Host, h.Since, h.Command)
}

// ErrLost is the cause of a context whose lock another process took.
var ErrLost = errors.New("this build no longer holds its output folder and stops; what is done is kept")

// Context is ctx, cancelled when the lock is lost; its cause is then ErrLost and says to
// whom.
func (h *Held) Context(ctx context.Context) (context.Context, context.CancelFunc) {
	if h.lease == nil {
		return context.WithCancel(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(h.lease.Lost(), func() { cancel(h.lost()) })
	return ctx, func() { stop(); cancel(nil) }
}

// lost says to whom the lock was lost.
func (h *Held) lost() error {
	err := context.Cause(h.lease.Lost())
	var taken *bucket.TakenError
	if errors.As(err, &taken) && len(taken.By) > 0 {
		err = fmt.Errorf("%w: %s", err, describe(taken.By))
	}
	return fmt.Errorf("%w: %w", ErrLost, err)
}

// Release gives OUT back. The file stays: removing it would let a third process
// lock a new file while a second holds the old one.
func (h *Held) Release(ctx context.Context) error {
	if h.lease != nil {
		// A build that was cancelled gives its folder back too: the next one would else wait
		// until the lease is stale.
		ctx, stop := Lasting(ctx)
		defer stop()
		return h.lease.Release(ctx)
	}
	if err := h.file.Truncate(0); err != nil {
		h.file.Close()
		return fmt.Errorf("release %q: %w", h.file.Name(), err)
	}
	if err := h.file.Close(); err != nil {
		return fmt.Errorf("release %q: %w", h.file.Name(), err)
	}
	return nil
}

// Locked tells whether a lock file says who held a folder: a process that was killed
// there, or one that runs, has written it.
func Locked(ctx context.Context, outDir string) (bool, error) {
	raw, err := ReadFile(ctx, Join(outDir, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var h holder
	if json.Unmarshal(raw, &h) != nil {
		return false, nil
	}
	_, err = time.Parse(time.RFC3339, h.Since)
	return err == nil && h.PID > 0 && h.Host != "" && h.Command != "", nil
}
