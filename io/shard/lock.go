package shard

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
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

// Held is the lock on an OUT.
type Held struct{ file *os.File }

// Lock takes OUT for this process, creating it if absent. The lock is flock(2) on
// OUT/.lock: it ends with the process, however that dies, and what the file then
// still says is overwritten by the next holder.
func Lock(outDir string) (*Held, error) {
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

// sign overwrites the lock file with who holds it now.
func sign(f *os.File) error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	data, err := json.Marshal(holder{
		PID: os.Getpid(), Host: host,
		Since: time.Now().Format(time.RFC3339), Command: strings.Join(os.Args, " "),
	})
	if err != nil {
		return err
	}
	data = append(data, '\n')
	if _, err := f.WriteAt(data, 0); err != nil {
		return err
	}
	// What a dead holder left may have been longer.
	return f.Truncate(int64(len(data)))
}

func readHolder(f *os.File) string {
	var h holder
	data, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<20))
	if err != nil || json.Unmarshal(data, &h) != nil {
		return "another process"
	}
	return fmt.Sprintf("pid %d on %s since %s (%s)", h.PID, h.Host, h.Since, h.Command)
}

// Release gives OUT back. The file stays: removing it would let a third process
// lock a new file while a second holds the old one.
func (h *Held) Release() error {
	if err := h.file.Truncate(0); err != nil {
		h.file.Close()
		return fmt.Errorf("release %q: %w", h.file.Name(), err)
	}
	if err := h.file.Close(); err != nil {
		return fmt.Errorf("release %q: %w", h.file.Name(), err)
	}
	return nil
}
