package limit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
)

// SharedConfig names a Redis server that paces an account for several processes.
type SharedConfig struct {
	URL      string        // redis://host:port/db or rediss://…, without user and password
	Password string        // "" for none
	Patience time.Duration // a server that is away for so long is an error [5m]
}

// ValidateSharedURL refuses what is no address of a Redis server, or holds more. The
// error does not repeat it: someone may have put a password into it.
func ValidateSharedURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "redis" && u.Scheme != "rediss") || u.Host == "" || u.User != nil ||
		u.RawQuery != "" || u.Fragment != "" {
		return errors.New("it must be redis://host:port/db or rediss://host:port/db, without user, password and " +
			"query; name the variable with the password instead")
	}
	_, err = redis.ParseURL(raw)
	return err
}

// Shared is a limiter in a Redis server. Its methods may be called from any
// goroutine.
type Shared struct {
	client   *redis.Client
	limiter  *redis_rate.Limiter
	patience time.Duration
	begun    sync.Map // keys that this process has made sure of
}

// OpenShared makes the client. Nothing is sent.
func OpenShared(c SharedConfig) (*Shared, error) {
	if err := ValidateSharedURL(c.URL); err != nil {
		return nil, err
	}
	o, err := redis.ParseURL(c.URL)
	if err != nil {
		return nil, err
	}
	// A call that failed may have counted. Trying again is up to wait, which logs.
	o.Password, o.MaxRetries = c.Password, -1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = 2*time.Second, 2*time.Second, 2*time.Second
	if c.Patience == 0 {
		c.Patience = 5 * time.Minute
	}
	client := redis.NewClient(o)
	return &Shared{client: client, limiter: redis_rate.NewLimiter(client), patience: c.Patience}, nil
}

// Close ends the connections.
func (s *Shared) Close() error { return s.client.Close() }

// keyOf names an account's counter. An account's name holds a URL, which is nobody
// else's business.
func keyOf(account, what string) string {
	sum := sha256.Sum256([]byte(account))
	return "decoy:" + hex.EncodeToString(sum[:16]) + ":" + what
}

// requestLimit is how an account's requests are paced. GCRA lets at most rate·time +
// burst through in any time, so a window never holds more than the limit.
func requestLimit(l Limits) redis_rate.Limit {
	burst := max(1, math.Floor(l.Requests*burstShare))
	pace := paceShare
	if burst == 1 {
		pace = sharedPaceOfOne
	}
	return redis_rate.Limit{Rate: max(1, int(l.Requests)), Burst: int(burst),
		Period: time.Duration(float64(l.Window) / pace)}
}

// sharedPaceOfOne is the pace without a burst to make up for late wakes: a window
// holds at most floor(0.998·limit) + 1.
const sharedPaceOfOne = 0.998

// allowance is what a provider takes above its limit: a second's worth of a minute.
const allowance = 1.0 / 60

// tokenLimit is how n tokens are paced. A request larger than the burst is charged
// afterwards: the next one waits until it is paid. So a window holds at most
// pace·limit + burst + n, and the larger n is, the slower the pace.
func tokenLimit(l Limits, n float64) redis_rate.Limit {
	burst := math.Floor(l.Tokens * burstShare)
	pace := min(paceShare, max(0.5, 1+allowance-burstShare-n/l.Tokens))
	return redis_rate.Limit{Rate: max(1, int(l.Tokens)), Burst: int(max(1, burst, n)),
		Period: time.Duration(float64(l.Window) / pace)}
}

// wait returns when the account may send a request of so many tokens.
func (s *Shared) wait(ctx context.Context, account string, l Limits, tokens float64) error {
	if l.Tokens > 0 && tokens > 0 {
		if err := s.take(ctx, keyOf(account, "tokens"), tokenLimit(l, tokens), int(tokens)); err != nil {
			return err
		}
	}
	if l.Requests > 0 {
		return s.take(ctx, keyOf(account, "requests"), requestLimit(l), 1)
	}
	return nil
}

// Waits between tries of a server that is away.
const (
	awayFirst = 100 * time.Millisecond
	awayMost  = 5 * time.Second
	awayLog   = time.Minute
)

// take waits for n units. While the server is away nothing is sent.
func (s *Shared) take(ctx context.Context, key string, l redis_rate.Limit, n int) error {
	var since, logged time.Time
	delay := awayFirst
	for {
		r, err := s.ask(ctx, key, l, n)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && !since.IsZero():
			slog.Error("the shared limiter answers again", "redis", s.client.Options().Addr, "away",
				time.Since(since).Round(time.Second).String())
			since = time.Time{}
		}
		if err == nil {
			if r.Allowed >= n {
				return nil
			}
			delay = awayFirst
			if err := Sleep(ctx, max(r.RetryAfter, 100*time.Microsecond)); err != nil {
				return err
			}
			continue
		}
		s.begun.Delete(key) // who knows what it has lost
		if since.IsZero() {
			since = time.Now()
		}
		if time.Since(since) >= s.patience {
			return fmt.Errorf("the shared limiter at redis %s has not answered for %v (%w): start it, or mend "+
				"limiter.redis and limiter.password_env; nothing was sent without it, run again to go on",
				s.client.Options().Addr, s.patience, err)
		}
		if time.Since(logged) >= awayLog {
			logged = time.Now()
			slog.Error("the shared limiter does not answer; nothing is sent until it does", "redis",
				s.client.Options().Addr, "error", err.Error())
		}
		if err := Sleep(ctx, delay); err != nil {
			return err
		}
		delay = min(2*delay, awayMost)
	}
}

// begin lets an account that the server does not know start empty: its first request
// is earned like every other.
var begin = redis.NewScript(`
if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
local now = redis.call("TIME")
now = (now[1] - 1483228800) + (now[2] / 1000000)
redis.call("SET", KEYS[1], now + tonumber(ARGV[1]), "EX", math.ceil(tonumber(ARGV[1])) + 1)
return 1
`)

func (s *Shared) ask(ctx context.Context, key string, l redis_rate.Limit, n int) (*redis_rate.Result, error) {
	if _, ok := s.begun.Load(key); !ok {
		burst := l.Period.Seconds() / float64(l.Rate) * float64(l.Burst)
		// redis_rate's own prefix and epoch (2017-01-01), version 10.
		if err := begin.Run(ctx, s.client, []string{"rate:" + key}, burst).Err(); err != nil {
			return nil, err
		}
		s.begun.Store(key, true)
	}
	return s.limiter.AllowN(ctx, key, l, n)
}
