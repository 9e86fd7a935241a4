package limit

import (
	"container/heap"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// draws counts the runs of a test by its name, so that each run of -count has noise of
// its own, the same at every start.
var draws = map[string]uint64{}

// noise is the random numbers of a test's run.
func noise(t *testing.T) *rand.Rand {
	draws[t.Name()]++
	name := fnv.New64()
	name.Write([]byte(t.Name()))
	return rand.New(rand.NewPCG(draws[t.Name()], name.Sum64()))
}

// call is one that is under way in a simulation.
type call struct{ sent, back time.Time }

type calls []call

func (c calls) Len() int           { return len(c) }
func (c calls) Less(i, j int) bool { return c[i].back.Before(c[j].back) }
func (c calls) Swap(i, j int)      { c[i], c[j] = c[j], c[i] }
func (c *calls) Push(x any)        { *c = append(*c, x.(call)) }
func (c *calls) Pop() any          { n := len(*c); x := (*c)[n-1]; *c = (*c)[:n-1]; return x }

// server is a simulated one that always has as many calls as the account has slots.
// One goroutine on a virtual clock does it all, so that the same seed gives the same
// answers in the same order.
type server struct {
	account *Account
	under   calls
	latency func(inFlight int) time.Duration
}

// answer serves until stop says so, which sees the slots after each answer, and
// returns the number of answers and the least slots.
func (s *server) answer(stop func(answers, slots int) bool) (answers, least int) {
	least = math.MaxInt
	for {
		for len(s.under) < s.account.Slots() {
			now := time.Now()
			heap.Push(&s.under, call{now, now.Add(s.latency(len(s.under) + 1))})
		}
		c := heap.Pop(&s.under).(call)
		time.Sleep(time.Until(c.back))
		s.account.mu.Lock()
		s.account.holds(time.Since(c.sent))
		s.account.mu.Unlock()
		s.account.Succeeded("m", c.sent)
		answers++
		slots := s.account.Slots()
		least = min(least, slots)
		if stop(answers, slots) {
			return answers, least
		}
	}
}

func (s *server) answers(n int) (least int) {
	_, least = s.answer(func(answers, _ int) bool { return answers == n })
	return least
}

func (s *server) during(d time.Duration) (answers, least int) {
	end := time.Now().Add(d)
	return s.answer(func(int, int) bool { return !time.Now().Before(end) })
}

// simulated runs a test in a bubble of virtual time.
func simulated(t *testing.T, name string, test func(*testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

const ms = time.Millisecond

// steady are ways in which servers answer that have nothing to do with how much they
// are asked. random is the simulation's own.
var steady = map[string]func(random *rand.Rand) time.Duration{
	"the same":    func(*rand.Rand) time.Duration { return 2 * time.Second },
	"log-normal":  func(r *rand.Rand) time.Duration { return seconds(2 * math.Exp(0.6*r.NormFloat64())) },
	"exponential": func(r *rand.Rand) time.Duration { return seconds(3 * r.ExpFloat64()) },
	// A log-normal of which one answer in a hundred takes a hundred times the median.
	"heavy tail": func(r *rand.Rand) time.Duration { return seconds(math.Exp(2 * r.NormFloat64())) },
	// Pareto's with the index 1.1: the mean is eleven times the least, the variance infinite.
	"Pareto": func(r *rand.Rand) time.Duration { return seconds(min(600, 0.3*math.Pow(1-r.Float64(), -1/1.1))) },
	// Half a second, and a time for each of up to 512 tokens, of which most answers have few.
	"by length": func(r *rand.Rand) time.Duration {
		return 500*ms + 25*ms*time.Duration(min(512, 20+80*r.ExpFloat64()))
	},
	"fast and noisy":     func(r *rand.Rand) time.Duration { return seconds(0.01 * r.ExpFloat64()) },
	"fast, with hiccups": func(r *rand.Rand) time.Duration { return mixture(r, 0.9, ms, 300*ms) },
	"cached, rarely":     func(r *rand.Rand) time.Duration { return mixture(r, 0.01, 20*ms, 5*time.Second) },
	"cached, a tenth":    func(r *rand.Rand) time.Duration { return mixture(r, 0.1, 20*ms, 5*time.Second) },
	"cached, a quarter":  func(r *rand.Rand) time.Duration { return mixture(r, 0.25, 20*ms, 5*time.Second) },
	"cached, a third":    func(r *rand.Rand) time.Duration { return mixture(r, 0.33, 20*ms, 5*time.Second) },
	"cached, half":       func(r *rand.Rand) time.Duration { return mixture(r, 0.5, 20*ms, 5*time.Second) },
	"cached, most":       func(r *rand.Rand) time.Duration { return mixture(r, 0.9, 20*ms, 5*time.Second) },
}

// mixture is fast with a probability, and slow.
func mixture(r *rand.Rand, p float64, fast, slow time.Duration) time.Duration {
	if r.Float64() < p {
		return fast
	}
	return slow
}

func TestSteadyLatencyCutsNothing(t *testing.T) {
	const answers = 120_000
	for name, of := range steady {
		for _, slots := range []int{16, 64, 512} {
			simulated(t, fmt.Sprintf("%s/%d", name, slots), func(t *testing.T) {
				random := noise(t)
				s := server{account: New(Limits{Concurrency: slots}), latency: func(int) time.Duration { return of(random) }}
				if n := s.answers(answers); n < slots {
					t.Errorf("%d slots of %d", n, slots)
				}
			})
		}
	}
}

// TestLongerAnswersCutNothing: texts become longer, and latency with them, threefold in
// half an hour, up to a hundred times.
func TestLongerAnswersCutNothing(t *testing.T) {
	for _, slots := range []int{64, 256, 512} {
		simulated(t, fmt.Sprintf("%d", slots), func(t *testing.T) {
			random, begin := noise(t), time.Now()
			s := server{account: New(Limits{Concurrency: slots}), latency: func(int) time.Duration {
				growth := min(100, math.Pow(3, time.Since(begin).Hours()*2))
				return seconds(growth * math.Exp(0.6*random.NormFloat64()))
			}}
			if n := s.answers(120_000); n < slots {
				t.Errorf("%d slots of %d", n, slots)
			}
		})
	}
}

// TestAHiccupOfAllCutsNothing: every half minute nothing is answered for ten seconds.
func TestAHiccupOfAllCutsNothing(t *testing.T) {
	simulated(t, "", func(t *testing.T) {
		begin := time.Now()
		s := server{account: New(Limits{Concurrency: 64}), latency: func(int) time.Duration {
			in := time.Since(begin) % (30 * time.Second)
			if in > 20*time.Second {
				return 30*time.Second - in + 200*ms
			}
			return 200 * ms
		}}
		if n := s.answers(120_000); n < 64 {
			t.Errorf("%d slots of 64", n)
		}
	})
}

// TestRisingLatencyIsCut: a server works on as many calls at once as there are slots,
// then on an eighth of them, and everything else stands in its queue. The slots are cut
// within two groups of answers, what the server can do is done, and when it can do all
// again the slots come back.
func TestRisingLatencyIsCut(t *testing.T) {
	for kind, spread := range map[string]float64{"even": 0, "log-normal": 0.6} {
		for _, slots := range []int{16, 64, 512} {
			simulated(t, fmt.Sprintf("%s/%d", kind, slots), func(t *testing.T) {
				random, capacity := noise(t), slots
				s := server{account: New(Limits{Concurrency: slots})}
				s.latency = func(inFlight int) time.Duration {
					return seconds(max(1, float64(inFlight)/float64(capacity)) * math.Exp(spread*random.NormFloat64()))
				}
				if n := s.answers(20 * slots); n < slots {
					t.Fatalf("%d slots of %d while nothing is slow", n, slots)
				}
				capacity = slots / 8
				within := 2 * max(latencyGroup, latencyRounds*slots)
				n, _ := s.answer(func(answers, now int) bool { return now < slots || answers > within })
				if n > within {
					t.Fatalf("no cut after %d answers", n)
				}
				t.Logf("cut after %d answers", n)
				s.answers(4 * within)
				if now := s.account.Slots(); now > slots*3/4 {
					t.Errorf("%d slots of %d in the end", now, slots)
				}
				// An answer takes a second of the server, or with the noise a little more.
				answered, _ := s.during(2 * time.Minute)
				if rate := float64(answered) / 120 * math.Exp(spread*spread/2); rate < 0.8*float64(capacity) {
					t.Errorf("%.1f answers a second of %d", rate, capacity)
				}
				capacity = slots
				back := slots*slots + 4*within // a slot a round of answers, a quarter of the slots a group
				if n, _ = s.answer(func(answers, now int) bool { return now == slots || answers > back }); n > back {
					t.Errorf("%d slots of %d after %d answers that are fast again", s.account.Slots(), slots, n)
				}
			})
		}
	}
}

func TestRisingLatencyCutsToTheFloorAndBack(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits Limits
		floor  int
	}{
		{"no stated rate", Limits{Concurrency: 64}, 8},
		// 300 a minute at 10 s are 50 calls under way, and a quarter more.
		{"a stated rate", Limits{Concurrency: 256, Requests: 300}, 62},
		{"a rate that needs all", Limits{Concurrency: 64, Requests: 600}, 64},
	} {
		simulated(t, c.name, func(t *testing.T) {
			took := time.Second
			s := server{account: New(c.limits), latency: func(int) time.Duration { return took }}
			if _, n := s.during(5 * time.Minute); n < c.limits.Concurrency {
				t.Fatalf("%d slots while nothing is slow", n)
			}
			took = 10 * time.Second
			if _, n := s.during(14 * time.Minute); n != c.floor {
				t.Errorf("%d slots at the least, want the floor %d", n, c.floor)
			}
			// A model that stays slow is not held down for ever.
			s.during(30 * time.Minute)
			if n := s.account.Slots(); n < min(c.limits.Concurrency, 2*c.floor) {
				t.Errorf("%d slots after the horizon", n)
			}
		})
	}
}

func TestASlowModelBesideAFastOneCutsNothing(t *testing.T) {
	simulated(t, "", func(t *testing.T) {
		a := New(Limits{Concurrency: 32})
		for i := range 4000 {
			model, took := "fast", time.Second
			if i > 1000 && i%10 != 0 {
				model, took = "slow", 30*time.Second
			}
			sent := time.Now()
			time.Sleep(took)
			a.Succeeded(model, sent)
		}
		if a.Slots() != 32 {
			t.Errorf("%d slots of 32", a.Slots())
		}
	})
}
