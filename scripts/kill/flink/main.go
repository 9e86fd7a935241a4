// Command flink kills processes of a Flink cluster with SIGKILL in the middle of a
// stage, and looks at what comes of the stage.
//
//	go build -o /tmp/decoy ./runners/decoy
//	go run ./scripts/kill/flink [-whole 2] [-runs 3] [-stages extract,generate,curate] \
//	    [-victims task-manager,sdk-worker,job-server,launcher] /tmp/decoy
//
// A build on prism that nobody disturbs comes first. Then whole builds without paid members
// are submitted, each one job: a task manager or an SDK process dies once in each stage, and
// the job has to go on to its end by itself. Then each run has an output folder
// with the undisturbed stages before its own, submits its stage to the cluster (two task
// managers, all of their slots), kills its victim at a random moment of the stage's
// work, and starts what is missing of the cluster again, as a supervisor would. Where
// the stage fails, the same command runs again until it is done. A fault server in this
// process plays the only generator of generate.
//
//   - the files of the stage are those of the undisturbed build
//   - a stage that fails says why in one line, and the same command ends it
//   - requests that were in the ledger at the kill and came again: 0
//   - requests that came more than once: in flight at the kill, at most the concurrency
//
// It starts a cluster of its own by runners/flink/start and stops it. About a minute a
// run on two cores. The last line is one JSON object; the exit status is 0 only if all
// of it holds.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"decoy/schemas"
	"decoy/scripts/cluster"
	"decoy/scripts/kill/outcome"
	"decoy/transforms/panel/faultserver"
)

const (
	concurrency = 16
	shards      = 8
	latency     = 100 * time.Millisecond
	tries       = 4 // starts of a command until it has to be done

	launcher = "launcher" // the victim that leaves its job to whoever comes next
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "kill:", err)
		stop()
		os.Exit(1)
	}
}

// result is the last line.
type result struct {
	OK    bool           `json:"ok"`
	Kills map[string]int `json:"kills"` // by stage and victim
	// Whole are the builds as one job, each launched once, with what was killed in which stage.
	Whole        []map[string]string `json:"one_job_killed"`
	WentOn       int                 `json:"jobs_that_went_on"`
	Resumed      int                 `json:"jobs_that_failed_and_resumed"`
	Files        int                 `json:"files_compared"`
	Differing    int                 `json:"differing"`
	Requests     int                 `json:"requests"`
	PaidAgain    int                 `json:"recorded_and_paid_again"`
	InFlight     int                 `json:"in_flight_paid_again"`
	MostInFlight int                 `json:"most_in_flight_of_a_kill"`
	Allowed      int                 `json:"in_flight_allowed_of_a_kill"`
	Orphans      int                 `json:"processes_left"`
	Seconds      float64             `json:"seconds"`
	SecondsCalm  float64             `json:"seconds_prism"`
}

func run(ctx context.Context) (err error) {
	runs := flag.Int("runs", 3, "runs of each stage and victim")
	whole := flag.Int("whole", 2, "builds as one job with a kill in each stage")
	stages := flag.String("stages", "extract,generate,curate", "stages, by commas")
	victims := flag.String("victims", "task-manager,sdk-worker,job-server,launcher", "what is killed, by commas")
	archives := flag.String("archives", "module-cache:github.com/alecthomas/kong,module-cache:github.com/google/flatbuffers,module-cache:github.com/rs/zerolog", "what to build from, by commas")
	flag.Parse()
	if flag.NArg() != 1 {
		return fmt.Errorf("usage: flink [flags] BINARY")
	}
	binary, err := filepath.Abs(flag.Arg(0))
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "decoy-kill-")
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			os.RemoveAll(work)
		} else {
			fmt.Printf("what there is of it is in %s\n", work)
		}
	}()
	server := faultserver.New(faultserver.Options{Latency: latency,
		Plan: faultserver.Each(faultserver.OK(outcome.Answer))})
	defer server.Close()
	k := &killer{work: work, server: server, cluster: &cluster.Cluster{Run: filepath.Join(work, "run"), Binary: binary}}
	if err := os.WriteFile(k.recipe(), fmt.Appendf(nil, recipe, *archives, shards, server.URL(), concurrency),
		0o666); err != nil {
		return err
	}
	start := time.Now()
	if err := k.calm(ctx); err != nil {
		return err
	}
	k.result.SecondsCalm = time.Since(start).Seconds()
	fmt.Printf("undisturbed on prism: %.0f s\n", k.result.SecondsCalm)
	k.result.Kills = map[string]int{}
	if err := k.cluster.Start(ctx); err != nil {
		return err
	}
	defer k.cluster.Stop()
	start = time.Now()
	for n := range *whole {
		if err := k.whole(ctx, *archives, n); err != nil {
			return err
		}
	}
	for n := range *runs {
		for _, victim := range strings.Split(*victims, ",") {
			for _, stage := range strings.Split(*stages, ",") {
				if err := k.one(ctx, stage, victim, n); err != nil {
					return fmt.Errorf("%s, %s killed, run %d: %w", stage, victim, n+1, err)
				}
			}
		}
	}
	r := &k.result
	r.Seconds = time.Since(start).Seconds()
	r.Orphans = k.cluster.Stop()
	r.OK = r.Differing == 0 && r.PaidAgain == 0 && r.MostInFlight <= r.Allowed && r.Orphans == 0
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	fmt.Println(string(raw))
	if !r.OK {
		return fmt.Errorf("not all of it holds")
	}
	return nil
}

const recipe = `name: kill
archives: [%s]
shards: %d
extract: {kinds: {import: 2, call: 4}, max_per_repo: 150, prefix_bytes: 1024, suffix_bytes: 512}
generate: {panel: [{name: paid, provider: openai, base_url: %q, model: m, concurrency: %d, max_tokens: 100, timeout: 5s}]}
curate: {rows: 200}
`

type killer struct {
	work    string
	server  *faultserver.Server
	cluster *cluster.Cluster
	result  result
}

func (k *killer) recipe() string { return filepath.Join(k.work, "recipe.yaml") }

func (k *killer) out(name string) string { return filepath.Join(k.work, name) }

// calm is the undisturbed build.
func (k *killer) calm(ctx context.Context) error {
	return k.undisturbed(ctx, k.recipe(), k.out("calm"))
}

func (k *killer) undisturbed(ctx context.Context, recipe, out string) error {
	cmd := exec.CommandContext(ctx, k.cluster.Binary, "build", "--quiet", "--recipe", recipe, "--out", out)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("the undisturbed build: %w: %s", err, said)
	}
	return nil
}

// one is one run.
func (k *killer) one(ctx context.Context, stage, victim string, n int) error {
	out := k.out(fmt.Sprintf("%s-%s-%d", stage, victim, n))
	for _, before := range schemas.Stages {
		if before == stage {
			break
		}
		if err := os.CopyFS(filepath.Join(out, before), os.DirFS(filepath.Join(k.out("calm"), before))); err != nil {
			return err
		}
	}
	defer os.RemoveAll(out)
	first, recorded := k.server.Served(), outcome.Recorded{}
	args := []string{stage, "--quiet", "--recipe", k.recipe(), "--out", out}
	if stage == schemas.StageGenerate {
		args = append(args, "--workers", "2", "--paid-on-workers")
	}
	start, killed, failures := time.Now(), false, 0
	for try := 1; ; try++ {
		job, err := submit(ctx, k.cluster, args...)
		if err != nil {
			return err
		}
		if !killed {
			if killed, err = kill(ctx, k.cluster, job, victim, filepath.Join(out, stage)); err != nil {
				return err
			}
			if killed && stage == schemas.StageGenerate {
				time.Sleep(time.Second) // what a killed process sent has come, and its orphans are gone
				if err := recorded.Record(ctx, filepath.Join(out, stage), shards, k.server.Served()); err != nil {
					return err
				}
			}
			if err := k.cluster.Start(ctx); err != nil {
				return err
			}
		}
		said, err := job.wait()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && killed {
			break
		}
		if err == nil { // it was over before its moment
			if err := os.RemoveAll(filepath.Join(out, stage)); err != nil {
				return err
			}
			first = k.server.Served()
			continue
		}
		failures++
		fmt.Printf("%s, %s killed: start %d failed: %s\n", stage, victim, try, said)
		if lines := strings.Count(said, "\n"); said == "" && victim != launcher || lines > 0 {
			return fmt.Errorf("the cause of a failure is not one line but %d", lines+1)
		}
		if failures == tries {
			return fmt.Errorf("it failed %d times", tries)
		}
	}
	files, differ, err := outcome.Differing(filepath.Join(k.out("calm"), stage), filepath.Join(out, stage))
	if err != nil {
		return err
	}
	r := &k.result
	r.Kills[stage+" "+victim]++
	r.Files += files
	r.Differing += len(differ)
	if failures == 0 {
		r.WentOn++
	} else {
		r.Resumed++
	}
	var p outcome.Paid
	if stage == schemas.StageGenerate {
		p = recorded.Count(k.server.Arrivals()[first:], first)
		r.Requests += p.Requests
		r.PaidAgain += p.Again
		r.InFlight += p.Arrivals - p.Requests
		r.MostInFlight = max(r.MostInFlight, p.Arrivals-p.Requests)
		r.Allowed = concurrency
	}
	fmt.Printf("%s, %s killed: %.0f s, %d failed starts, %d files, differing %v, %d requests, %d recorded at the "+
		"kill and paid again, %d in flight\n",
		stage, victim, time.Since(start).Seconds(), failures, files, differ, p.Requests, p.Again, p.Arrivals-p.Requests)
	return nil
}
