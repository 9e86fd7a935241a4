package pipelines

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/pipelines/money"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/panel/faultserver"
)

// inThreeRounds are fields of judge under which no cell stops before the last round.
const inThreeRounds = "rounds: [0.3, 0.6, 1.0], interval_width: 0.01"

// threeRounds is a recipe of two shards with a generator and a judge that ask the server,
// beside the built-in ones, and three rounds.
func threeRounds(t *testing.T, s *faultserver.Server) recipe.Recipe {
	t.Helper()
	r := judgedBy(t, s, inThreeRounds, "{name: ngram, provider: ngram}", asker(s, "jud", "provider: openai"))
	r.Shards = 2
	return r
}

// lean leaves out what makes a build longer and is the same in every stage.
func lean(r recipe.Recipe) recipe.Recipe {
	r.Extract.Languages = []schemas.Language{schemas.Go, schemas.TypeScript}
	r.Export.Formats, r.Export.Models = []string{"jsonl"}, nil
	return r
}

// answered counts, by request, the answers of a server that came whole.
func answered(s *faultserver.Server, from int) map[string]int {
	n := map[string]int{}
	for _, a := range s.Arrivals()[from:] {
		if a.Status == 200 {
			n[a.Model+"\x00"+a.User]++
		}
	}
	return n
}

func obliging(a faultserver.Arrival) faultserver.Step {
	if a.Judging() {
		return faultserver.OK(verdict)
	}
	return faultserver.OK(completion(renamed))
}

// TestResumeAfterEveryRecord: a build that is killed behind any of its done records, so in
// each stage, each round and behind each shard, goes on to the bytes of one that nobody
// disturbed, does nothing again that is recorded, and asks for nothing that is answered.
func TestResumeAfterEveryRecord(t *testing.T) {
	s := serve(t, obliging)
	c := pinned(t, 2)
	r := threeRounds(t, s)
	r = lean(r)
	whole := c.build(t, "direct", r)
	sent := len(s.Arrivals())
	all := recordsOf(t, whole)
	steps := map[string]int{}
	for _, x := range all {
		steps[x.stage]++
	}
	for _, stage := range schemas.Stages {
		if steps[stage] < r.Shards {
			t.Fatalf("%s has %d records: the test shows too little", stage, steps[stage])
		}
	}
	if !stands(t, whole, "judge/rounds/3.json") {
		t.Fatal("there is no third round: the test shows too little")
	}
	for n := range all {
		name := fmt.Sprintf("%d records, the next is %s", n, all[n].path)
		out := killedAfter(t, whole, all, n)
		before := map[string]int64{}
		for _, x := range recordsOf(t, out) {
			before[x.path] = x.at
		}
		if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sameBytes(t, name, whole, out)
		for _, x := range recordsOf(t, out) {
			// The sums of a round are added up again, out of what its shards have recorded.
			sums := strings.HasPrefix(x.done.Files[0].Name, "rounds/") &&
				!strings.Contains(x.done.Files[0].Name, "-of-")
			if at, was := before[x.path]; was && at != x.at && !sums {
				t.Errorf("%s: %s was done again", name, x.path)
			}
		}
		if n := len(s.Arrivals()) - sent; n != 0 {
			t.Fatalf("%s: %d requests were sent again", name, n)
		}
		if left := stray(t, out); left != nil {
			t.Errorf("%s: no record names %v", name, left)
		}
	}
}

// TestInterruptedWhileItAsks: a build is interrupted when half of what each phase asks for
// is answered: the generators, then each round of the judges. What is answered is not
// asked for again, but for calls that were under way.
func TestInterruptedWhileItAsks(t *testing.T) {
	var mu sync.Mutex
	var out string
	var interrupt func()
	var left int // answers until then
	var calm = map[int]int{}
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		mu.Lock()
		defer mu.Unlock()
		if interrupt == nil {
			calm[phase(out, a)]++
		} else if left--; left == 0 {
			interrupt()
		}
		return obliging(a)
	})
	c := pinned(t, 2)
	r := threeRounds(t, s)
	r = lean(r)
	const concurrency = 2
	r.Generate.Panel[1].Concurrency, r.Judge.Panel[1].Concurrency = concurrency, concurrency
	whole := t.TempDir()
	out = whole
	if err := c.open(t, whole, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}
	if len(calm) != 4 {
		t.Fatalf("requests by phase: %v, want those of the generators and of three rounds", calm)
	}
	first := len(s.Arrivals())
	out = t.TempDir()
	for p := range 4 {
		ctx, cancel := context.WithCancel(t.Context())
		mu.Lock()
		left, interrupt = calm[p]/2+1, cancel
		if p > 0 {
			left += calm[p-1] - calm[p-1]/2 - 1
		}
		mu.Unlock()
		if err := c.open(t, out, "direct", r).RunStages(ctx, schemas.Stages...); err == nil || ctx.Err() == nil {
			t.Fatalf("phase %d: %v, want that it was interrupted", p, err)
		}
		cancel()
		if p == 0 {
			nothingAfter(t, out, schemas.StageGenerate)
		} else {
			nothingAfter(t, out, schemas.StageJudge)
			if name := fmt.Sprintf("judge/rounds/%d.json", p); stands(t, out, name) {
				t.Errorf("round %d was interrupted and %s is there", p, name)
			}
		}
	}
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}
	twice := 0
	for _, n := range answered(s, first) {
		twice += n - 1
	}
	if twice > 4*concurrency*r.Shards {
		t.Errorf("%d answers came twice after four interrupts of at most %d calls each", twice, concurrency*r.Shards)
	}
	sameBytes(t, "an undisturbed build and one that was interrupted four times", whole, out)
}

// phase is 0 for generators and the round, from 1, for judges: by the rounds whose sums
// are written.
func phase(out string, a faultserver.Arrival) int {
	if !a.Judging() {
		return 0
	}
	rounds, err := filepath.Glob(filepath.Join(out, "judge", "rounds", "[0-9].json"))
	if err != nil {
		panic(err) // the pattern is right
	}
	return len(rounds) + 1
}

// TestAFailedJob: the launcher dies before or behind a build's job.
func TestAFailedJob(t *testing.T) {
	c := pinned(t, 2)
	r := lean(pinnedRecipe(t, inRounds))
	whole := c.build(t, "direct", r)
	dead := errors.New("the launcher is gone")
	for _, behind := range []bool{false, true} {
		out := t.TempDir()
		failed := map[string]bool{}
		for ended := false; !ended; {
			b := c.open(t, out, "direct", r)
			run := b.Run
			b.Run = func(ctx context.Context, p *beam.Pipeline, j Job) (m work.Metrics, err error) {
				if j.Stage != "extract-export" { // whatever is done: a second launch takes up the job that runs
					t.Errorf("the job's name is %s", j.Stage)
				}
				name := j.Stages[0] // the first that is not done
				if behind || failed[name] {
					m, err = run(ctx, p, j)
				}
				if err == nil && !failed[name] {
					failed[name], err = true, dead
				}
				return m, err
			}
			err := b.RunStages(t.Context(), schemas.Stages...)
			if ended = err == nil; !ended && !errors.Is(err, dead) {
				t.Fatal(err)
			}
		}
		if len(failed) == 0 {
			t.Error("no job failed: the test shows nothing")
		}
		sameBytes(t, fmt.Sprintf("an undisturbed build and one with the failed jobs %v", failed), whole, out)
	}
}

// TestFaultsRoundsAndABudget: members that fail in every way, three rounds, and a budget
// that stops the build in the generators and in the rounds. With a higher one it goes on
// to the bytes of a build without a budget, and nothing is answered twice.
func TestFaultsRoundsAndABudget(t *testing.T) {
	var mu sync.Mutex
	run, tries := 0, map[string]int{} // of each request in the whole build and its resumptions
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		mu.Lock()
		key := fmt.Sprint(run, a.Schema, a.Model, a.User)
		a.Try = tries[key]
		tries[key]++
		mu.Unlock()
		if a.Judging() {
			return []faultserver.Step{
				faultserver.OK(verdict), faultserver.Prose(verdict), faultserver.Fence(verdict), faultserver.Refusal(),
				faultserver.WrongJSON(),
				faultserver.Each(faultserver.Throttle("10ms"), faultserver.OK(verdict))(a),
				faultserver.Each(faultserver.Status(500, "busy"), faultserver.OK(verdict))(a),
			}[hashed(a.User)%7]
		}
		return faultserver.Each(faults[hashed(a.User)%len(faults)].steps...)(a)
	})
	c := pinned(t, 3)
	r := threeRounds(t, s)
	free := c.build(t, "direct", r)
	whole := paid(t, free, r.Shards)
	first := len(s.Arrivals())
	run++

	out := t.TempDir()
	where := map[string]bool{}
	for _, share := range []float64{0.2, 0.5, 0.7, 0.8, 0.9} {
		usd := whole * share
		r.BudgetUSD = &usd
		if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...); !errors.Is(err,
			panel.ErrBudget) {
			t.Fatalf("%v of what it costs: %v, want ErrBudget", share, err)
		}
		if got := paid(t, out, r.Shards); got > usd+cent {
			t.Errorf("paid %v of %v", got, usd)
		}
		stage := schemas.StageGenerate
		if stands(t, out, "generate/manifest.json") {
			stage = schemas.StageJudge
			rounds, _ := filepath.Glob(filepath.Join(out, "judge", "rounds", "[0-9].json"))
			where[fmt.Sprint("judge after round ", len(rounds))] = true
		}
		where[stage] = true
		nothingAfter(t, out, stage)
	}
	if !where[schemas.StageGenerate] || !where[schemas.StageJudge] || len(where) < 4 {
		t.Errorf("the budget stopped it in %v: the test shows too little", where)
	}
	r.BudgetUSD = new(float64)
	*r.BudgetUSD = 10 * whole
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}
	a, b := answered(s, 0), answered(s, first)
	for key, n := range b {
		if a[key] != 2*n {
			t.Errorf("%d answers without a budget, %d with one: %.200s", a[key]-n, n, key)
		}
	}
	if len(a) != len(b) {
		t.Errorf("%d requests were answered without a budget, %d with one", len(a), len(b))
	}
	sameBytes(t, "a build and one that its budget stopped five times", free, out)
}

// TestReplayInRounds: judges fail in some requests of every round. Replayed when they no
// longer do, the build has the bytes of one that met no fault: what a round makes of its
// dead letters' answers reaches the rounds behind it.
func TestReplayInRounds(t *testing.T) {
	var faulty atomic.Bool
	dead := func(a faultserver.Arrival) bool { return hashed(a.User)%4 == 0 }
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		if faulty.Load() && dead(a) {
			return faultserver.Status(400, "I do not like this text")
		}
		return obliging(a)
	})
	c := pinned(t, 3)
	r := threeRounds(t, s)
	r = lean(r)
	r.Judge.IntervalWidth = 0.6 // what is answered decides which cells go on
	want := c.build(t, "direct", r)
	faulty.Store(true)
	out := t.TempDir()
	b := c.open(t, out, "direct", r)
	if err := b.RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}
	letters, err := money.DeadLetters(t.Context(), out)
	if err != nil || len(letters) < 5 {
		t.Fatalf("%d dead letters, %v: the test shows too little", len(letters), err)
	}
	faulty.Store(false)
	had := answered(s, 0)
	sent := len(s.Arrivals())
	b = c.open(t, out, "direct", r)
	b.Replay = true
	if err := b.RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}
	for _, a := range s.Arrivals()[sent:] {
		if !dead(a) && had[a.Model+"\x00"+a.User] > 1 { // once in each build
			t.Errorf("a request that was answered is sent again: %.100s", a.User)
		}
	}
	sameBytes(t, "a build and one whose dead letters were replayed", want, out)
}

// TestRoundsOfAnEarlierRecipe: a build is killed in a round, and goes on under a recipe
// with other rounds: nothing of the earlier ones is left, or counts.
func TestRoundsOfAnEarlierRecipe(t *testing.T) {
	c := pinned(t, 3)
	earlier := lean(pinnedRecipe(t, inRounds))
	earlier.Judge.IntervalWidth = 0.01
	whole := c.build(t, "direct", earlier)
	all := recordsOf(t, whole)
	for _, rounds := range [][]float64{{1}, {0.5, 1}, {0.2, 0.4, 0.9}} {
		r := earlier
		r.Judge.Rounds = rounds
		fresh := c.build(t, "direct", r)
		for n, x := range all {
			// Behind each round, and inside of the next.
			if x.stage != schemas.StageJudge || !strings.HasPrefix(x.done.Files[0].Name, "rounds/") {
				continue
			}
			for _, n := range []int{n + 1, n + 2} {
				if n >= len(all) {
					continue
				}
				out := killedAfter(t, whole, all, n)
				if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
					t.Fatal(err)
				}
				what := fmt.Sprintf("rounds %v after %d records of %v", rounds, n, earlier.Judge.Rounds)
				sameBytes(t, what, fresh, out)
				if left := stray(t, out); left != nil {
					t.Errorf("%s: no record names %v", what, left)
				}
			}
		}
	}
}

// TestAStoppedShardStopsWhatReadsIt: a shard of each stage cannot be done. Its stage has no
// manifest, and what reads the stage, or the whole, does not begin.
func TestAStoppedShardStopsWhatReadsIt(t *testing.T) {
	c := pinned(t, 4)
	r := lean(pinnedRecipe(t, inRounds))
	r.Judge.IntervalWidth = 0.01
	whole := c.build(t, "direct", r)
	all := recordsOf(t, whole)
	var archive string // of a repository of shard 1
	for i := range 4 {
		if schemas.Shard(pinnedRepo(i), 2) == 1 {
			archive = filepath.Join(c.dir, owners[i]+".zip")
		}
	}
	of1 := func(stage, what string) string { return shard.Path("", stage, what, 1, 2) }
	for _, x := range []struct{ stage, reads string }{
		{schemas.StageExtract, archive},
		{schemas.StageGenerate, of1(schemas.StageExtract, "contexts")},
		{schemas.StageVerify, of1(schemas.StageGenerate, "negatives")},
		{schemas.StageJudge, of1(schemas.StageGenerate, "negatives")},
		{schemas.StageCurate, of1(schemas.StageVerify, "certificates")},
		{schemas.StageExport, of1(schemas.StageCurate, "selection")},
	} {
		n := 0
		for n < len(all) && all[n].stage != x.stage {
			n++
		}
		out := killedAfter(t, whole, all, n)
		path := x.reads
		if path != archive {
			path = filepath.Join(out, x.reads)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b := c.open(t, out, "direct", r)
		if path == archive { // of other bytes it would be a reject
			remove(t, "", path)
		} else {
			put(t, path, strings.Repeat("x", len(raw))) // its size stays
		}
		if err := b.RunStages(t.Context(), schemas.Stages...); err == nil {
			t.Errorf("%s: it ended well", x.stage)
		}
		nothingAfter(t, out, x.stage)
		for round := range 3 {
			if name := fmt.Sprintf("judge/rounds/%d.json", round+1); x.stage == schemas.StageJudge &&
				stands(t, out, name) {
				t.Errorf("%s is there", name)
			}
		}
		put(t, path, string(raw))
		if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
			t.Errorf("%s: %v", x.stage, err)
		}
		sameBytes(t, x.stage+" of one shard failed", whole, out)
	}
}

// TestAStoppedMemberStopsRounds: a member cannot be asked about a shard, for the generators
// and in each round. The others go on, the shard ends well and is not done: no later round
// begins, nor what reads the stage. The shard that was done before stays so.
func TestAStoppedMemberStopsRounds(t *testing.T) {
	c := pinned(t, 4)
	var mu sync.Mutex
	var out string
	down, lucky := -1, -1 // the phase in which it refuses, and the shard that it serves first
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		mu.Lock()
		defer mu.Unlock()
		if phase(out, a) != down || a.Model != "m-gen" && a.Model != "m-jud" {
			return obliging(a)
		}
		of := shardOf(a.User, 2)
		if lucky < 0 {
			lucky = of
		}
		if of == lucky {
			return obliging(a)
		}
		return faultserver.Status(401, "who are you?")
	})
	r := lean(threeRounds(t, s))
	t.Setenv(keyEnv+"_OTHER", apiKey)
	for _, members := range []*[]panel.Member{&r.Generate.Panel, &r.Judge.Panel} {
		other := (*members)[1]
		other.Name, other.Model, other.APIKeyEnv = other.Name+"2", other.Model+"2", keyEnv+"_OTHER"
		*members = append(*members, other)
	}
	whole := c.build(t, "direct", r)
	for p := range 4 {
		out, down, lucky = t.TempDir(), p, -1
		first := len(s.Arrivals())
		err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...)
		if !errors.Is(err, panel.ErrStopped) {
			t.Fatalf("phase %d: %v, want that a member is stopped", p, err)
		}
		stage, what := schemas.StageGenerate, "negatives"
		if p > 0 {
			stage, what = schemas.StageJudge, "verdicts"
		}
		if p > 1 {
			what = fmt.Sprint("verdicts-r", p)
		}
		nothingAfter(t, out, stage)
		for later := max(p, 1); later <= 3; later++ {
			if name := fmt.Sprintf("judge/rounds/%d.json", later); stands(t, out, name) {
				t.Errorf("phase %d stopped and %s is there", p, name)
			}
			files, err := filepath.Glob(filepath.Join(out, "judge", fmt.Sprintf("verdicts-r%d-*", later+1)))
			if err != nil || len(files) > 0 {
				t.Errorf("phase %d stopped and there are %v, %v", p, files, err)
			}
		}
		if name := shard.Path("", stage, what, 1-lucky, 2); stands(t, out, name) {
			t.Errorf("phase %d: the shard that was refused has written %s", p, name)
		}
		if name := shard.Path("", stage, what, lucky, 2); !stands(t, out, name) {
			t.Errorf("phase %d: the shard that was served has not written %s: the test shows too little (%v)", p, name,
				err)
		}
		mu.Lock()
		down = -1
		mu.Unlock()
		if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
			t.Fatal(err)
		}
		for key, n := range answered(s, first) {
			if n > 1 {
				t.Errorf("phase %d: %d answers to one request: %.100s", p, n, key)
			}
		}
		sameBytes(t, fmt.Sprintf("an undisturbed build and one that stopped in phase %d", p), whole, out)
	}
}
