package flow_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"

	//lint:ignore SA1019 It is the second opinion on prism, in one process.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"decoy/io/bucket/buckettest"
	"decoy/io/shard"
	"decoy/io/shard/flow/flowtest"
)

var runners = []string{"direct", "prism"}

// runOnly is the environment variable by which this program runs a build that is to be
// killed and no tests: "RUNNER OUT RAN STEP".
const runOnly = "FLOW_TEST_BUILD"

func TestMain(m *testing.M) {
	flag.Parse()
	beam.Init()
	beamlog.SetLogger(quiet{})
	if words := strings.Fields(os.Getenv(runOnly)); len(words) == 4 {
		b := flowtest.Default(words[1])
		b.Trouble = flowtest.Trouble{Ran: words[2], Kill: words[3:]}
		if err := run(context.Background(), words[0], b); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// quiet keeps Beam's log from the tests' output.
type quiet struct{}

func (quiet) Log(context.Context, beamlog.Severity, int, string) {}

func run(ctx context.Context, runner string, b flowtest.Build) error {
	if err := b.Begin(ctx); err != nil {
		return err
	}
	_, err := beam.Run(context.Background(), runner, b.Pipeline())
	return err
}

// finished checks the bytes of a Default build.
func finished(t *testing.T, out string) {
	t.Helper()
	sum, files, err := flowtest.SumOf(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	if sum != flowtest.Sum {
		all, _ := flowtest.Files(t.Context(), out)
		t.Errorf("the sum of %d files is %s, want %s:\n%s", files, sum, flowtest.Sum,
			strings.Join(slices.Sorted(maps.Keys(all)), "\n"))
	}
}

// manifests are the stages that are sealed, and "card" if there is one.
func manifests(t *testing.T, out string) []string {
	t.Helper()
	found := []string{}
	for _, name := range flowtest.Stages {
		file := "manifest.json"
		if name == "card" {
			file = "card.json"
		}
		there, err := shard.Has(t.Context(), shard.Join(out, name, file))
		if err != nil {
			t.Fatal(err)
		}
		if there {
			found = append(found, name)
		}
	}
	return found
}

func TestSameBytesOnEachRunnerOnDiskAndInBucket(t *testing.T) {
	for _, runner := range runners {
		t.Run(runner, func(t *testing.T) {
			disk := flowtest.Default(t.TempDir())
			if err := run(t.Context(), runner, disk); err != nil {
				t.Fatal(err)
			}
			finished(t, disk.Out)
			bucket := flowtest.Default(buckettest.New(t).Address("out"))
			if err := run(t.Context(), runner, bucket); err != nil {
				t.Fatal(err)
			}
			finished(t, bucket.Out)
		})
	}
}

// sealedWithout are the stages that are sealed when a shard of a step was left for later.
var sealedWithout = map[string]string{
	"before": "", "extract": "", "names": "",
	"generate": "extract",
	"verify":   "extract generate judge",
	"judge-1":  "extract generate verify", "close-1": "extract generate verify",
	"judge-2": "extract generate verify", "close-2": "extract generate verify",
	"curate": "extract generate verify judge",
	"export": "extract generate verify judge curate",
	"card":   "extract generate verify judge curate export",
}

// neededBy are the steps that wait for all shards of a step: none of them may have begun.
var neededBy = map[string]string{
	"before":   "names generate verify judge-1 close-1 judge-2 close-2 curate export card",
	"extract":  "names generate verify judge-1 close-1 judge-2 close-2 curate export card",
	"names":    "generate verify judge-1 close-1 judge-2 close-2 curate export card",
	"generate": "close-1 judge-2 close-2 curate export card",
	"verify":   "curate export card",
	"judge-1":  "close-1 judge-2 close-2 curate export card",
	"close-1":  "judge-2 close-2 curate export card",
	"judge-2":  "close-2 curate export card",
	"close-2":  "curate export card",
	"curate":   "card", "export": "card", "card": "",
}

func TestShardLeftForLaterLeavesNothingThatNeedsItAndIsAllThatIsDoneAfter(t *testing.T) {
	for _, runner := range runners {
		for _, step := range flowtest.Steps {
			t.Run(runner+"/"+step, func(t *testing.T) {
				b := flowtest.Default(t.TempDir())
				b.Trouble = flowtest.Trouble{Ran: t.TempDir(), Stop: step}
				if err := run(t.Context(), runner, b); err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(manifests(t, b.Out), " "); got != sealedWithout[step] {
					t.Errorf("sealed %q, want %q", got, sealedWithout[step])
				}
				works, err := b.Trouble.Works()
				if err != nil {
					t.Fatal(err)
				}
				for _, later := range strings.Fields(neededBy[step]) {
					for work := range works {
						if strings.HasPrefix(work, later+"-0") {
							t.Errorf("%s was worked on though a shard of %s is missing", work, step)
						}
					}
				}
				left, err := undone(t.Context(), b, step)
				if err != nil || left != 1 {
					t.Errorf("the records say that %d shards of %s are left, want 1 (%v)", left, step, err)
				}

				b.Trouble.Stop = ""
				if err := run(t.Context(), runner, b); err != nil {
					t.Fatal(err)
				}
				finished(t, b.Out)
				if works, err = b.Trouble.Works(); err != nil {
					t.Fatal(err)
				}
				for work, n := range works {
					want := 1
					if work == flowtest.Victim(step) {
						want = 2
					}
					if n != want {
						t.Errorf("%s was worked on %d times, want %d", work, n, want)
					}
				}
			})
		}
	}
}

// undone is what a launcher asks of the records of a step.
func undone(ctx context.Context, b flowtest.Build, step string) (int, error) {
	left, err := b.Step(step).Undone(ctx)
	return len(left), err
}

func TestKilledProcessGoesOnWhereItWas(t *testing.T) {
	for _, runner := range runners {
		for i, step := range flowtest.Steps {
			if runner == "direct" && i%4 != 0 {
				continue // it differs less from one step to the next
			}
			t.Run(runner+"/"+step, func(t *testing.T) {
				b := flowtest.Default(t.TempDir())
				b.Trouble = flowtest.Trouble{Ran: t.TempDir(), Kill: []string{step}}
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(),
					fmt.Sprintf("%s=%s %s %s %s", runOnly, runner, b.Out, b.Trouble.Ran, step))
				if said, err := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 3 {
					t.Fatalf("it was to be killed: %v: %s", err, said)
				}
				before, err := b.Trouble.Works()
				if err != nil {
					t.Fatal(err)
				}
				// What was begun and has no record is done again, and nothing else.
				want := maps.Clone(before)
				for work := range before {
					done, err := b.Recorded(t.Context(), work)
					if err != nil {
						t.Fatal(err)
					}
					if !done {
						want[work]++
					}
				}
				if err := run(t.Context(), runner, b); err != nil {
					t.Fatal(err)
				}
				finished(t, b.Out)
				after, err := b.Trouble.Works()
				if err != nil {
					t.Fatal(err)
				}
				for work := range before {
					if after[work] != want[work] {
						t.Errorf("%s was worked on %d times, want %d", work, after[work], want[work])
					}
				}
			})
		}
	}
}

func TestFailedBundleIsTheErrorAndTheSameCommandGoesOn(t *testing.T) {
	for _, runner := range runners {
		t.Run(runner, func(t *testing.T) {
			b := flowtest.Default(t.TempDir())
			b.Trouble = flowtest.Trouble{Ran: t.TempDir(), Fail: []string{"verify", "curate"}}
			for _, step := range b.Trouble.Fail {
				if err := run(t.Context(), runner, b); err == nil ||
					!strings.Contains(err.Error(), "failed once: "+step) {
					t.Fatalf("error %v, want that of %s", err, step)
				}
			}
			if err := run(t.Context(), runner, b); err != nil {
				t.Fatal(err)
			}
			finished(t, b.Out)
		})
	}
}

func TestSecondRunOfFinishedBuildDoesAndWritesNothing(t *testing.T) {
	for _, runner := range runners {
		t.Run(runner, func(t *testing.T) {
			b := flowtest.Default(t.TempDir())
			if err := run(t.Context(), runner, b); err != nil {
				t.Fatal(err)
			}
			written := times(t, b.Out)
			b.Trouble.Ran = t.TempDir()
			if err := run(t.Context(), runner, b); err != nil {
				t.Fatal(err)
			}
			if works, err := b.Trouble.Works(); err != nil || len(works) > 0 {
				t.Errorf("worked on %v (%v), want nothing", works, err)
			}
			for name, at := range times(t, b.Out) {
				if written[name] != at {
					t.Errorf("%s was written anew", name)
				}
			}
		})
	}
}

// times are when the files below a folder were written.
func times(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	files, err := shard.Walk(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, f := range files {
		st, err := os.Stat(shard.Join(dir, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = st.ModTime().UnixNano()
	}
	return out
}

func TestRoundsOfAnotherRecipeGo(t *testing.T) {
	for _, runner := range runners {
		t.Run(runner, func(t *testing.T) {
			b := flowtest.Default(t.TempDir())
			b.Last = 3
			if err := run(t.Context(), runner, b); err != nil {
				t.Fatal(err)
			}
			if there, err := shard.Has(t.Context(), shard.Join(b.Out, "judge", "rounds/3.json")); err != nil || !there {
				t.Fatalf("three rounds leave no third record (%v)", err)
			}
			b.Last = 2
			if err := run(t.Context(), runner, b); err != nil {
				t.Fatal(err)
			}
			finished(t, b.Out)
		})
	}
}

func TestLostFileIsMadeAgainWithWhatItWasMadeFrom(t *testing.T) {
	for _, runner := range runners {
		t.Run(runner, func(t *testing.T) {
			b := flowtest.Default(t.TempDir())
			if err := run(t.Context(), runner, b); err != nil {
				t.Fatal(err)
			}
			if err := shard.Remove(t.Context(), shard.Join(b.Out, "extract",
				"contexts-00002-of-00004.jsonl.zst")); err != nil {
				t.Fatal(err)
			}
			b.Trouble.Ran = t.TempDir()
			if err := run(t.Context(), runner, b); err != nil {
				t.Fatal(err)
			}
			finished(t, b.Out)
			works, err := b.Trouble.Works()
			want := map[string]int{
				"before-00000": 1, "before-00001": 1, "before-00002": 1, "before-00003": 1, "extract-00002": 1,
			}
			if err != nil || !maps.Equal(works, want) {
				t.Errorf("worked on %v (%v), want %v", works, err, want)
			}
		})
	}
}
