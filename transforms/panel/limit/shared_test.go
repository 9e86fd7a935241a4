package limit

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// redisServer starts a server on a free port of this machine and returns its URL and
// how to stop it.
func redisServer(t *testing.T, address string, args ...string) (at string, stop func()) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("there is no redis-server here (Debian: apt-get install redis-server)")
	}
	if address == "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address = l.Addr().String()
		l.Close()
	}
	host, port, _ := net.SplitHostPort(address)
	cmd := exec.Command(path, append([]string{"--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", t.TempDir()}, args...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() { cmd.Process.Kill(); cmd.Wait() })
	t.Cleanup(stop)
	for range 500 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return address, stop
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("redis-server does not answer")
	return "", nil
}

func openShared(t *testing.T, at, password string) *Shared {
	t.Helper()
	s, err := OpenShared(SharedConfig{URL: "redis://" + at + "/0", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// sharedAccount is an account as another process has it.
func sharedAccount(t *testing.T, s *Shared, l Limits) *Account {
	t.Helper()
	var r Accounts
	a, err := r.Join("account", l, s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestProcessesShareOneLimit(t *testing.T) {
	at, _ := redisServer(t, "")
	const window = time.Second
	for name, c := range map[string]struct {
		limits Limits
		tokens int64
	}{
		"few requests":  {Limits{Requests: 50, Concurrency: 8, Window: window}, 1},
		"requests":      {Limits{Requests: 600, Concurrency: 64, Window: window}, 1},
		"tokens":        {Limits{Tokens: 100_000, Concurrency: 64, Window: window}, 1000},
		"large, tokens": {Limits{Tokens: 10_000, Concurrency: 64, Window: window}, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			openShared(t, at, "").client.FlushAll(t.Context())
			ctx, cancel := context.WithTimeout(t.Context(), 3*window)
			defer cancel()
			var mu sync.Mutex
			var got []arrival
			var wg sync.WaitGroup
			for range 3 { // processes, each with a connection of its own
				a := sharedAccount(t, openShared(t, at, ""), c.limits)
				for range 4 {
					wg.Go(func() {
						for {
							leave, err := a.Enter(ctx, c.tokens)
							if err != nil {
								return
							}
							mu.Lock()
							got = append(got, arrival{time.Now(), c.tokens})
							mu.Unlock()
							leave()
						}
					})
				}
			}
			wg.Wait()
			r, k := worst(got, window)
			// A provider takes a second of a minute more, here a sixtieth of a second.
			if most := c.limits.Requests * (1 + allowance); most > 0 && float64(r) > most {
				t.Errorf("%d requests in a window, limit %v", r, c.limits.Requests)
			}
			if most := c.limits.Tokens * (1 + allowance); most > 0 && float64(k) > most {
				t.Errorf("%d tokens in a window, limit %v", k, c.limits.Tokens)
			}
			if len(got) == 0 {
				t.Error("nothing was sent")
			}
		})
	}
}

func TestLimitsOfRedisRateHoldTheWindowByArithmetic(t *testing.T) {
	for rpm := 1.0; rpm < 20_000; rpm++ {
		l := Limits{Requests: rpm, Window: time.Minute}
		r := requestLimit(l)
		emission := r.Period.Seconds() / float64(r.Rate)
		inWindow := int(60/emission) + r.Burst
		if float64(inWindow) > rpm && rpm > 1 || 60/emission < 0.99*rpm {
			t.Fatalf("rpm %v: %d in a window, %v a minute", rpm, inWindow, 60/emission)
		}
	}
	l := Limits{Tokens: 200_000, Window: time.Minute}
	for n := 1.0; n < 0.4*l.Tokens; n += 100 {
		r := tokenLimit(l, n)
		perMinute := 60 * float64(r.Rate) / r.Period.Seconds()
		if perMinute+l.Tokens*burstShare+n > l.Tokens*(1+allowance)+1 {
			t.Fatalf("%v tokens: %v a minute", n, perMinute)
		}
		if n < 0.017*l.Tokens && perMinute < 0.99*l.Tokens {
			t.Fatalf("%v tokens: only %v a minute", n, perMinute)
		}
	}
}

func TestASharedAccountStartsEmpty(t *testing.T) {
	at, _ := redisServer(t, "")
	l := Limits{Requests: 4000, Concurrency: 64, Window: 20 * time.Second} // burst 16, 5 ms each
	s := openShared(t, at, "")
	var got []*int
	start := time.Now()
	for range 3 {
		a := sharedAccount(t, openShared(t, at, ""), l)
		if _, err := a.Enter(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		got = append(got, nil)
	}
	if earned := time.Since(start).Seconds() * 200; float64(len(got)) > earned+1 {
		t.Errorf("%d requests of a new account in the time of %.1f", len(got), earned)
	}
	if n, err := s.client.Keys(t.Context(), "*").Result(); err != nil || len(n) != 1 || strings.Contains(n[0], "account") {
		t.Errorf("keys %v, %v", n, err)
	}
}

func TestWhileRedisIsAwayNothingIsSent(t *testing.T) {
	at, stop := redisServer(t, "", "--requirepass", "hunter2")
	s := openShared(t, at, "hunter2")
	a := sharedAccount(t, s, Limits{Requests: 60_000, Concurrency: 4})
	enter := func(ctx context.Context) error {
		leave, err := a.Enter(ctx, 1)
		if err == nil {
			leave()
		}
		return err
	}
	if err := enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := enter(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("sent without the limiter: %v", err)
	}
	entered := make(chan error)
	go func() { entered <- enter(t.Context()) }()
	_, stop = redisServer(t, at, "--requirepass", "hunter2")
	if err := <-entered; err != nil {
		t.Fatal(err)
	}
	stop()
	s.patience = 300 * time.Millisecond
	err := enter(t.Context())
	if err == nil || !strings.Contains(err.Error(), at) || !strings.Contains(err.Error(), "limiter.redis") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error = %v, want the address and what to do", err)
	}
}

func TestSharedURLs(t *testing.T) {
	for url, ok := range map[string]bool{
		"redis://localhost:6379/0": true, "rediss://cache.example:6380/2": true, "redis://localhost": true,
		"localhost:6379": false, "redis://u:hunter2@h:6379/0": false, "http://h": false, "redis://h/0?password=hunter2": false, "redis://h:6379/x": false, "": false,
	} {
		err := ValidateSharedURL(url)
		if (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error repeats a password: %v", err)
		}
	}
}
