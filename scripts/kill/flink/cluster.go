package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// cluster is the one of runners/flink with a folder and ports of its own.
type cluster struct {
	run, binary string
	environment []string
}

func (c *cluster) script(ctx context.Context, name string, args ...string) *exec.Cmd {
	if c.environment == nil {
		c.environment = append(os.Environ(), "RUN="+c.run, "JOB_PORT=0", "DECOY="+c.binary,
			fmt.Sprintf("REST_PORT=%d", freePort()), fmt.Sprintf("RPC_PORT=%d", freePort()))
	}
	cmd := exec.CommandContext(ctx, filepath.Join("runners", "flink", name), args...)
	cmd.Env = c.environment
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	return cmd
}

func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err) // a machine without a loopback interface
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// start starts what is missing of the cluster.
func (c *cluster) start(ctx context.Context) error {
	if out, err := c.script(ctx, "start", "2").CombinedOutput(); err != nil {
		return fmt.Errorf("runners/flink/start: %w: %s", err, out)
	}
	return nil
}

// stop ends the cluster and tells how many processes of it are left.
func (c *cluster) stop() int {
	if out, err := c.script(context.Background(), "stop").CombinedOutput(); err != nil {
		fmt.Printf("runners/flink/stop: %v: %s", err, out)
	}
	return len(c.processes(func([]string) bool { return true }))
}

// process is a process of the cluster.
type process struct {
	id, parent int
	args       []string
}

// processes are those that have the cluster's folder among their arguments.
func (c *cluster) processes(is func(args []string) bool) []process {
	out, err := exec.Command("ps", "-axo", "pid=,ppid=,args=").Output()
	if err != nil {
		return nil
	}
	var found []process
	for _, line := range strings.Split(string(out), "\n") {
		f := strings.Fields(line)
		if len(f) < 3 || !strings.Contains(line, c.run+"/") || !is(f[2:]) {
			continue
		}
		id, _ := strconv.Atoi(f[0])
		parent, _ := strconv.Atoi(f[1])
		found = append(found, process{id, parent, f[2:]})
	}
	return found
}

// workers are the SDK processes that run a job's code.
func (c *cluster) workers() []process {
	return c.processes(func(args []string) bool { return strings.HasSuffix(args[0], "/worker") })
}

// prism runs the binary without the cluster.
func (c *cluster) prism(ctx context.Context, args ...string) (said string, err error) {
	out, err := exec.CommandContext(ctx, c.binary, args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// job is a submitted command.
type job struct {
	cmd   *exec.Cmd
	said  bytes.Buffer
	ended chan struct{}
	err   error
	once  sync.Once
}

// submit starts a command with its pipelines on the cluster.
func (c *cluster) submit(ctx context.Context, args ...string) (*job, error) {
	j := &job{cmd: c.script(ctx, "submit", args...), ended: make(chan struct{})}
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

// kill kills a victim in the middle of a job. It reports whether the job still ran.
func (c *cluster) kill(ctx context.Context, j *job, victim, stage string) (bool, error) {
	old := map[int]bool{} // workers of an earlier job that are just ending
	for _, w := range c.workers() {
		old[w.id] = true
	}
	var workers []process
	for len(workers) == 0 {
		select {
		case <-j.ended:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
		for _, w := range c.workers() {
			if !old[w.id] {
				workers = append(workers, w)
			}
		}
	}
	// The stage's own work comes right after its worker; how long it takes is not known.
	select {
	case <-j.ended:
		return false, nil
	case <-time.After(time.Duration(rand.Int64N(int64(4 * time.Second)))):
	}
	if _, err := os.Stat(filepath.Join(stage, "manifest.json")); err == nil {
		return false, nil
	}
	var id int
	switch victim {
	case "sdk-worker":
		id = workers[0].id
	case "task-manager", "job-server":
		names, err := filepath.Glob(filepath.Join(c.run, victim+"*.pid"))
		if err != nil || len(names) == 0 {
			return false, fmt.Errorf("no %s runs", victim)
		}
		raw, err := os.ReadFile(names[rand.IntN(len(names))])
		if err != nil {
			return false, err
		}
		first, _, _ := strings.Cut(string(raw), "\n")
		if id, err = strconv.Atoi(first); err != nil {
			return false, err
		}
	default:
		return false, fmt.Errorf("unknown victim %q: use task-manager, sdk-worker or job-server", victim)
	}
	if err := syscall.Kill(id, syscall.SIGKILL); err != nil {
		return false, nil // it had just ended
	}
	return true, nil
}
