package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"decoy/scripts/cluster"
)

// job is a submitted command.
type job struct {
	cmd   *exec.Cmd
	said  bytes.Buffer
	ended chan struct{}
	err   error
}

// submit starts a command with its pipelines on the cluster.
func submit(ctx context.Context, c *cluster.Cluster, args ...string) (*job, error) {
	j := &job{cmd: c.Command(ctx, "submit", args...), ended: make(chan struct{})}
	j.cmd.Stderr = &j.said
	if err := j.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		j.err = j.cmd.Wait()
		close(j.ended)
	}()
	return j, nil
}

// wait tells how the command ended and what it wrote.
func (j *job) wait() (said string, err error) {
	<-j.ended
	return strings.TrimSpace(j.said.String()), j.err
}

// kill kills a victim in the middle of a job: up to 4 s after its first worker is
// there, which is when the stage's own work begins. It reports whether the stage was
// still at work.
func kill(ctx context.Context, c *cluster.Cluster, j *job, victim, stage string) (bool, error) {
	old := map[int]bool{} // workers of an earlier job that are just ending
	for _, w := range c.Workers() {
		old[w.ID] = true
	}
	// A worker ends with the part of the job that it was started for, so one is looked
	// for again after the pause.
	workers, err := newWorkers(ctx, c, j, old)
	if err != nil || len(workers) == 0 {
		return false, err
	}
	select {
	case <-j.ended:
		return false, nil
	case <-time.After(time.Duration(rand.Int64N(int64(4 * time.Second)))):
	}
	if workers, err = newWorkers(ctx, c, j, old); err != nil || len(workers) == 0 {
		return false, err
	}
	if _, err := os.Stat(filepath.Join(stage, "manifest.json")); err == nil {
		return false, nil
	}
	ids, err := c.IDs()
	if err != nil {
		return false, err
	}
	id := ids[victim]
	switch victim {
	case "sdk-worker":
		id = workers[0]
	case launcher:
		id = j.cmd.Process.Pid // submit becomes it
	case "task-manager":
		id = ids[fmt.Sprintf("task-manager-%d", 1+rand.IntN(2))]
	}
	if id == 0 {
		return false, fmt.Errorf("no %s runs; victims are task-manager, sdk-worker, job-server and launcher", victim)
	}
	return syscall.Kill(id, syscall.SIGKILL) == nil, nil // else it had just ended
}

// newWorkers waits for a worker that is not old. There is none where the job ends.
func newWorkers(ctx context.Context, c *cluster.Cluster, j *job, old map[int]bool) ([]int, error) {
	for {
		var workers []int
		for _, w := range c.Workers() {
			if !old[w.ID] {
				workers = append(workers, w.ID)
			}
		}
		if len(workers) > 0 {
			return workers, nil
		}
		select {
		case <-j.ended:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
