// Command panel measures how a panel asks a provider: how many requests a second one
// core makes, and how much of a limit it uses without ever passing it.
//
//	go run ./scripts/bench/panel [-n 40000] [-seconds 190] [-peer 'PYTHON llm_curator.py']
//	go run ./scripts/bench/panel -redis redis://127.0.0.1:6379/0
//
// # What is measured
//
// The provider is transforms/panel/faultserver in a process of its own. Where there
// are two processors it is pinned to the second one and the asking process to the
// first.
//
//   - Speed: -n generator requests of some 3 KB (the prompt with a 1.7 KB file) at
//     zero latency, three about each context, 256 in flight, with the check for secrets, the ledger (fsync
//     included), parsing and the rules of validity on. The figure is requests a CPU
//     second of the asking process, user and system; the machine may be busy. The
//     best of -rounds counts.
//   - Limit: the server takes 3,000 requests in any 60 s and 50 more, answers after
//     20 ms, and the asking process may have 256 in flight. The share is what the
//     server accepted, divided by the limit times the time, from the first arrival on
//     for -seconds. Then the asking process is killed and started again at once: the
//     share of the minute after its first arrival is limit_share_after_restart, and
//     what the window refuses counts as http_429. lost are requests without an answer
//     at the end, and answers that the server gave twice but for what was in flight.
//   - Peer: a command that takes PROMPTS.jsonl N BASE_URL CONCURRENCY RPM (the
//     interface of curator's script), against a fresh server; peer_limit_share is its
//     share by the same rule.
//   - Redis: two asking processes, each told the whole limit of 30,000 a minute, share
//     one limiter for -n requests (100,000 take 200 s), without secrets and validity;
//     shared_share is what they used together while both were at work, and
//     shared_worst_window the largest share of any minute.
//
// The last line is one JSON object.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

const (
	concurrency = 256
	limitRPM    = 3000
	sharedRPM   = 30_000
	latency     = 20 * time.Millisecond
)

// result is the last line. A field that was not measured is null.
type result struct {
	ReqSCore      *float64 `json:"req_s_core"`
	CPUMsReq      *float64 `json:"cpu_ms_req"`
	LimitShare    *float64 `json:"limit_share"`
	AfterRestart  *float64 `json:"limit_share_after_restart"`
	HTTP429       int      `json:"http_429"`
	Lost          int      `json:"lost"`
	PeerShare     *float64 `json:"peer_limit_share"`
	Peer429       *int     `json:"peer_http_429"`
	SharedShare   *float64 `json:"shared_share"`
	SharedWorst   *float64 `json:"shared_worst_window"`
	SharedSeconds *float64 `json:"shared_seconds"`
}

func run(ctx context.Context) error {
	mode := flag.String("mode", "", "internal: serve or ask")
	n := flag.Int("n", 40_000, "requests at zero latency, or through the shared limiter")
	rounds := flag.Int("rounds", 3, "rounds at zero latency")
	seconds := flag.Int("seconds", 190, "seconds under the limit")
	peer := flag.String("peer", "", "command of the peer, such as 'python3 llm_curator.py'")
	redis := flag.String("redis", "", "URL of a Redis server: measure two processes that share a limiter instead")
	var s serving
	var a asking
	s.flags()
	a.flags()
	flag.Parse()
	switch *mode {
	case "serve":
		return s.run()
	case "ask":
		a.rpm = s.rpm
		return a.run(ctx)
	}
	work, err := os.MkdirTemp("", "decoy-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	b := bench{work: work}
	if *redis != "" {
		err = b.shared(ctx, *redis, *n)
	} else {
		for range *rounds {
			err = errors.Join(err, b.speed(ctx, *n))
		}
		if err == nil && *seconds > 0 {
			err = b.limit(ctx, *seconds)
		}
		if err == nil && *peer != "" {
			err = b.peer(ctx, *peer, *seconds)
		}
	}
	if err != nil {
		return err
	}
	raw, err := json.Marshal(b.result)
	fmt.Println(string(raw))
	return err
}

type bench struct {
	work   string
	dirs   int
	result result
}

// child is a process of this program.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// start starts this program in a mode, on one processor.
func (b *bench) start(ctx context.Context, processor int, mode string, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := append([]string{self, "-mode", mode}, args...)
	if _, err := exec.LookPath("taskset"); err == nil && runtime.NumCPU() > 1 {
		command = append([]string{"taskset", "-c", fmt.Sprint(processor % runtime.NumCPU())}, command...)
	}
	c := &child{cmd: exec.CommandContext(ctx, command[0], command[1:]...)}
	c.cmd.Env = append(os.Environ(), keyEnv+"=sk-bench")
	c.cmd.Stderr = os.Stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	return c, c.cmd.Start()
}

// end closes a child's input and reads its last line as JSON.
func (c *child) end(into any) error {
	c.in.Close()
	raw, err := io.ReadAll(c.out)
	if err := errors.Join(err, c.cmd.Wait()); err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// serve starts a server and returns its base URL.
func (b *bench) serve(ctx context.Context, args ...string) (*child, string, error) {
	c, err := b.start(ctx, 1, "serve", args...)
	if err != nil {
		return nil, "", err
	}
	url, err := c.out.ReadString('\n')
	if err != nil {
		return nil, "", fmt.Errorf("the server did not start: %w", err)
	}
	return c, strings.TrimSpace(url), nil
}

func (b *bench) dir() string {
	b.dirs++
	return filepath.Join(b.work, fmt.Sprint(b.dirs))
}

func (b *bench) speed(ctx context.Context, n int) error {
	server, url, err := b.serve(ctx)
	if err != nil {
		return err
	}
	asked, err := b.start(ctx, 0, "ask", "-url", url, "-requests", fmt.Sprint(n), "-ledger", b.dir(), "-cpuprofile",
		os.Getenv("BENCH_CPUPROFILE"))
	if err != nil {
		return err
	}
	var got report
	if err := asked.end(&got); err != nil {
		return err
	}
	var seen log
	if err := server.end(&seen); err != nil {
		return err
	}
	ms := got.CPUSeconds * 1000 / float64(n)
	fmt.Printf("speed: %d requests in %.2f s of CPU, %.2f s in all: %.3f ms a request, %.0f a core second\n", n,
		got.CPUSeconds, got.Seconds, ms, 1000/ms)
	if b.result.CPUMsReq == nil || ms < *b.result.CPUMsReq {
		rate := 1000 / ms
		b.result.CPUMsReq, b.result.ReqSCore = &ms, &rate
	}
	b.result.Lost += n - got.Valid
	return nil
}

func (b *bench) limit(ctx context.Context, seconds int) error {
	server, url, err := b.serve(ctx, "-rpm", fmt.Sprint(limitRPM), "-latency", latency.String())
	if err != nil {
		return err
	}
	const after = 70
	n := limitRPM * (seconds + after) / 60
	args := []string{"-url", url, "-rpm", fmt.Sprint(limitRPM), "-requests", fmt.Sprint(n), "-ledger", b.dir()}
	first, err := b.start(ctx, 0, "ask", args...)
	if err != nil {
		return err
	}
	time.Sleep(time.Duration(seconds+5) * time.Second)
	if err := first.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = first.cmd.Wait() // it was killed
	killed := time.Now()
	second, err := b.start(ctx, 0, "ask", args...)
	if err != nil {
		return err
	}
	var got report
	if err := second.end(&got); err != nil {
		return err
	}
	var seen log
	if err := server.end(&seen); err != nil {
		return err
	}
	share := seen.share(limitRPM, 0, time.Duration(seconds)*time.Second)
	restarted := seen.share(limitRPM, killed.UnixNano(), time.Minute)
	b.result.LimitShare, b.result.AfterRestart = &share, &restarted
	b.result.HTTP429 += seen.Throttled
	b.result.Lost += n - got.Valid + max(0, len(seen.Accepted)-n-concurrency)
	fmt.Printf("limit: share %.4f in %d s, %.4f in the minute after the restart; %d accepted for %d requests, %d "+
		"answers of 429, %.0f in the worst minute\n",
		share, seconds, restarted, len(seen.Accepted), n, seen.Throttled, seen.worst(time.Minute))
	return nil
}

func (b *bench) peer(ctx context.Context, command string, seconds int) error {
	server, url, err := b.serve(ctx, "-rpm", fmt.Sprint(limitRPM), "-latency", latency.String())
	if err != nil {
		return err
	}
	n := limitRPM * seconds / 60
	prompts := filepath.Join(b.work, "prompts.jsonl")
	if err := writePrompts(prompts, n); err != nil {
		return err
	}
	args := append(strings.Fields(command), prompts, fmt.Sprint(n), url, fmt.Sprint(concurrency), fmt.Sprint(limitRPM))
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	failed := cmd.Run()
	var seen log
	if err := server.end(&seen); err != nil {
		return err
	}
	if failed != nil {
		fmt.Fprintf(os.Stderr, "bench: the peer failed, its share is null: %v\n", failed)
		return nil
	}
	share := seen.share(limitRPM, 0, min(time.Duration(seconds)*time.Second, seen.span()))
	b.result.PeerShare, b.result.Peer429 = &share, &seen.Throttled
	return nil
}

// cpuSeconds is what this process has used.
func cpuSeconds() (float64, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(u.Utime) + seconds(u.Stime), nil
}
