// Package cluster runs the Flink cluster of runners/flink for programs that measure,
// in a folder and on ports of its own. They are started in the root of the repository.
package cluster

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Cluster is one, started or not.
type Cluster struct {
	Run    string // folder of the scripts
	Binary string // the decoy that submits
	env    []string
}

// Command is a script of runners/flink with the cluster's settings.
func (c *Cluster) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	if c.env == nil {
		c.env = append(os.Environ(), "RUN="+c.Run, "JOB_PORT=0", "DECOY="+c.Binary,
			fmt.Sprintf("REST_PORT=%d", freePort()), fmt.Sprintf("RPC_PORT=%d", freePort()))
	}
	cmd := exec.CommandContext(ctx, filepath.Join("runners", "flink", name), args...)
	cmd.Env = c.env
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

// Start starts what is missing of the cluster.
func (c *Cluster) Start(ctx context.Context) error {
	if out, err := c.Command(ctx, "start", "2").CombinedOutput(); err != nil {
		return fmt.Errorf("runners/flink/start: %w: %s", err, out)
	}
	return nil
}

// Stop ends the cluster and tells how many processes of it are left.
func (c *Cluster) Stop() int {
	if out, err := c.Command(context.Background(), "stop").CombinedOutput(); err != nil {
		fmt.Printf("runners/flink/stop: %v: %s", err, out)
	}
	return len(c.Processes(func([]string) bool { return true }))
}

// Endpoint is the address of the job service.
func (c *Cluster) Endpoint() (string, error) {
	raw, err := os.ReadFile(filepath.Join(c.Run, "log", "job-server.log"))
	if err != nil {
		return "", err
	}
	_, rest, found := strings.Cut(string(raw), "JobService started on ")
	if !found {
		return "", fmt.Errorf("the job server of %s has not started", c.Run)
	}
	return strings.Fields(rest)[0], nil
}

// IDs are the processes that start started, by name: job-manager, task-manager-1, …
func (c *Cluster) IDs() (map[string]int, error) {
	files, err := filepath.Glob(filepath.Join(c.Run, "*.pid"))
	if err != nil {
		return nil, err
	}
	ids := map[string]int{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		first, _, _ := strings.Cut(string(raw), "\n")
		if ids[strings.TrimSuffix(filepath.Base(file), ".pid")], err = strconv.Atoi(first); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return ids, nil
}

// Process is a process of the cluster.
type Process struct {
	ID   int
	Args []string
}

// Processes are those that have the cluster's folder among their arguments.
func (c *Cluster) Processes(is func(args []string) bool) []Process {
	out, err := exec.Command("ps", "-axo", "pid=,args=").Output()
	if err != nil {
		return nil
	}
	var found []Process
	for _, line := range strings.Split(string(out), "\n") {
		f := strings.Fields(line)
		if len(f) < 2 || !strings.Contains(line, c.Run+"/") || !is(f[1:]) {
			continue
		}
		if id, err := strconv.Atoi(f[0]); err == nil {
			found = append(found, Process{id, f[1:]})
		}
	}
	return found
}

// Workers are the SDK processes that run a job's code.
func (c *Cluster) Workers() []Process {
	return c.Processes(func(args []string) bool { return strings.HasSuffix(args[0], "/worker") })
}
