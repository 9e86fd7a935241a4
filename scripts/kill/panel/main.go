// Command panel kills a paid generation with SIGKILL at random moments, a hundred
// times, and counts what was paid twice.
//
//	go build -o /tmp/decoy ./runners/decoy
//	go run ./scripts/kill/panel [-kills 100] [-archives GLOB] /tmp/decoy
//
// A fault server in this process plays the provider (20 ms a request); the binary
// extracts, then generates with this provider as its only generator, is killed and
// started again until it has been killed so often and then ends by itself. The
// answer names the request, so the ledger tells which requests were answered and
// kept, and the server's log tells which came again.
//
// Each start checks the answers of the ledger again, which is most of its time; windows
// are small so that it is not more. Some 10,000 requests and five to ten minutes on
// two cores.
//
//   - requests that were in the ledger at a kill and reached the server afterwards: 0
//   - requests that reached the server more than once: in flight at a kill; at most
//     the concurrency for each kill
//   - files of generate that differ from those of a run that nobody disturbed: 0
//     (the order of the ledger's segments differs; it is not compared)
//
// The last line is one JSON object; the exit status is 0 only if all of it holds.
//
//	go run ./scripts/kill/panel -budget 1.5 /tmp/decoy
//
// kills a generation that has a budget, so many times what it costs without a kill, and
// whose provider cuts every ninth call off and bills it; then it runs until the budget
// ends it. After each kill and at the end
//
//   - what the server has billed is at most what the ledgers count: forgotten_usd is 0;
//   - what the ledgers count, and so what was billed, is at most the budget. The bound
//     that has to hold is weaker, the budget and what was in flight once.
//
// What the ledgers count above what was billed is the price of not knowing: a kill
// counts at most its slots, each with the most that a call can cost.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"decoy/scripts/kill/outcome"
	"decoy/transforms/panel/faultserver"
)

const shards = 4

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "kill:", err)
		os.Exit(1)
	}
}

// result is the last line.
type result struct {
	Kills     int `json:"kills"`
	Requests  int `json:"requests"`
	Arrivals  int `json:"arrivals"`
	PaidAgain int `json:"recorded_and_paid_again"`
	InFlight  int `json:"in_flight_paid_again"`
	Allowed   int `json:"in_flight_allowed"`
	Files     int `json:"files"`
	Differing int `json:"differing"`
}

func run(ctx context.Context) error {
	kills := flag.Int("kills", 100, "how often the process is killed")
	archives := flag.String("archives", "module-cache:github.com/apache/beam/sdks/v2,module-cache:github.com/google/flatbuffers,module-cache:google.golang.org/protobuf", "what to extract, by commas")
	budget := flag.Float64("budget", 0, "give it a budget of so many times what it costs, and count money instead")
	concurrency := flag.Int("concurrency", 64, "calls in flight; with -budget a kill counts so many as paid")
	flag.Parse()
	if flag.NArg() != 1 {
		return fmt.Errorf("usage: panel [-kills N] [-archives GLOB] BINARY")
	}
	work, err := os.MkdirTemp("", "decoy-kill-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	k := &killer{binary: flag.Arg(0), work: work, archives: *archives, slots: *concurrency}
	k.server = faultserver.New(faultserver.Options{Latency: 20 * time.Millisecond, Plan: k.plan(*budget > 0)})
	defer k.server.Close()
	if err := k.recipe(); err != nil {
		return err
	}
	if err := k.command(ctx, "extract", "calm").Run(); err != nil {
		return fmt.Errorf("extract: %w", err)
	}
	if err := os.CopyFS(filepath.Join(work, "killed", "extract"),
		os.DirFS(filepath.Join(work, "calm", "extract"))); err != nil {
		return err
	}
	start := time.Now()
	if err := k.command(ctx, "generate", "calm").Run(); err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	k.span = time.Since(start)
	k.mark()
	r := result{Kills: *kills, Requests: k.served(), Allowed: *kills * k.slots}
	fmt.Printf("%d requests in %v without a kill\n", r.Requests, k.span.Round(time.Millisecond))
	if *budget > 0 {
		return k.withBudget(ctx, *kills, *budget)
	}
	if err := k.kill(ctx, *kills, &r); err != nil {
		return err
	}
	files, differ, err := outcome.Differing(filepath.Join(work, "calm", "generate"),
		filepath.Join(work, "killed", "generate"))
	if err != nil {
		return err
	}
	r.Files, r.Differing = files, len(differ)
	for _, name := range differ {
		fmt.Println("differs:", name)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	fmt.Println(string(raw))
	if r.PaidAgain > 0 || r.InFlight > r.Allowed || r.Differing > 0 {
		return fmt.Errorf("not all of it holds")
	}
	return nil
}

type killer struct {
	binary, work, archives string
	server                 *faultserver.Server
	bill                   till
	slots                  int
	span                   time.Duration
	seen                   int // arrivals before the present run of one output folder
}

func (k *killer) recipe() error {
	text := fmt.Sprintf(`name: kill
archives: [%s]
shards: %d
extract: {kinds: {import: 2, call: 4}, max_per_repo: 2200, prefix_bytes: 1024, suffix_bytes: 512}
generate: {panel: [{name: paid, provider: openai, base_url: %q, model: m, concurrency: %d, max_tokens: 100, timeout: 5s, usd_per_mtok: {in: %d, out: %d}}]}
`, k.archives, shards, k.server.URL(), k.slots, inPrice, outPrice)
	return os.WriteFile(filepath.Join(k.work, "recipe.yaml"), []byte(text), 0o666)
}

// plan is what the provider does.
func (k *killer) plan(bills bool) func(faultserver.Arrival) faultserver.Step {
	if bills {
		return k.bill.plan
	}
	return faultserver.Each(faultserver.OK(outcome.Answer))
}

func (k *killer) command(ctx context.Context, stage, out string, flags ...string) *exec.Cmd {
	args := append([]string{stage, "--quiet", "--recipe", filepath.Join(k.work, "recipe.yaml"),
		"--out", filepath.Join(k.work, out)}, flags...)
	cmd := exec.CommandContext(ctx, k.binary, args...)
	cmd.Stderr = os.Stderr
	return cmd
}

// mark begins a new count of arrivals.
func (k *killer) mark() { k.seen = k.server.Served() }

func (k *killer) served() int { return k.seen }

// kill runs generate and kills it, until it has been killed so often; then it lets it
// end.
func (k *killer) kill(ctx context.Context, kills int, r *result) error {
	recorded := outcome.Recorded{}
	for done := 0; ; {
		cmd := k.command(ctx, "generate", "killed")
		if err := cmd.Start(); err != nil {
			return err
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		// So short that enough is left for a hundred of them. Most kills are counted from
		// the first request of the run: a start takes longer than what is left of it.
		pause := time.Duration(float64(k.span) / float64(kills) * (0.5 + rand.Float64()))
		// A run that is behind gets more time, so that the kills are spread over all requests.
		behind := float64(done) / float64(kills) / max(0.01, float64(len(recorded))/float64(r.Requests))
		pause = time.Duration(float64(pause) * min(5, max(0.5, behind)))
		if done == kills {
			pause = time.Hour
		} else if done%10 != 9 {
			k.arrival(ended)
		}
		select {
		case err := <-ended:
			if err != nil {
				return fmt.Errorf("generate after %d kills: %w", done, err)
			}
			if done < kills {
				fmt.Printf("the run ended after %d kills\n", done)
				r.Kills = done
			}
			return k.count(ctx, recorded, r)
		case <-time.After(pause):
			if err := cmd.Process.Kill(); err != nil {
				return err
			}
			<-ended
			done++
			if err := k.record(ctx, recorded); err != nil {
				return err
			}
			if done%10 == 0 {
				fmt.Printf("%d kills, %d requests recorded\n", done, len(recorded))
			}
		}
	}
}

// arrival waits for the next request, or until the run has ended. It puts the end back.
func (k *killer) arrival(ended chan error) {
	for before := k.server.Served(); k.server.Served() == before; {
		select {
		case err := <-ended:
			ended <- err
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// record notes what is in the ledger, and how many requests had come by then. Calls of
// the dead process have reached the server before it is asked.
func (k *killer) record(ctx context.Context, recorded outcome.Recorded) error {
	time.Sleep(50 * time.Millisecond)
	return recorded.Record(ctx, filepath.Join(k.work, "killed", "generate"), shards, k.server.Served())
}

// count compares the ledger's history with the server's.
func (k *killer) count(ctx context.Context, recorded outcome.Recorded, r *result) error {
	if err := k.record(ctx, recorded); err != nil {
		return err
	}
	p := recorded.Count(k.server.Arrivals()[k.seen:], k.seen)
	r.PaidAgain, r.Arrivals, r.InFlight = p.Again, p.Arrivals, p.Arrivals-p.Requests
	if p.Requests != r.Requests || len(recorded) != r.Requests {
		return fmt.Errorf("%d requests reached the server and %d are in the ledger, of %d", p.Requests, len(recorded),
			r.Requests)
	}
	return nil
}
