package main

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
)

// TestAFullDisk builds on a real file system that is too small, again and again with
// more room each time. A run that meets its end says so in one line that names the
// file; the last one completes, nothing that was recorded is paid again, and the bytes
// are those of an undisturbed build.
func TestAFullDisk(t *testing.T) {
	if out, err := exec.Command("unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/mnt").CombinedOutput(); err != nil {
		t.Skipf("a file system cannot be mounted here: %v %s", err, out)
	}
	s := faultserver.New(faultserver.Options{Latency: time.Millisecond, Plan: faultserver.Each(faultserver.OK(answered))})
	defer s.Close()
	dir := t.TempDir()
	recipe, calm, full := filepath.Join(dir, "recipe.yaml"), filepath.Join(dir, "calm"), filepath.Join(dir, "full")
	const concurrency = 8
	member := fmt.Sprintf("provider: openai, base_url: %q, concurrency: %d, timeout: 5s", s.URL(), concurrency)
	yaml := fmt.Sprintf("name: disk\narchives: [%q]\nshards: 2\nextract: {kinds: {import: 1, call: 4, general: 1}, prefix_bytes: 2048, suffix_bytes: 1024}\ngenerate: {panel: [{name: gen, model: m1, %s}]}\njudge: {panel: [{name: ngram, provider: ngram}, {name: jud, model: m2, %s}]}\ncurate: {rows: 50}\n", repository(t, 12), member, member)
	if err := os.WriteFile(recipe, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := process(t, nil, "build", "--quiet", "--recipe", recipe, "--out", calm).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	once := map[string]int{}
	for _, a := range s.Arrivals() {
		once[a.User+a.System]++
	}
	calls := s.Served()

	// The mount is gone with the shell, so all runs are made in one.
	script := `
mount -t tmpfs -o size=64k none /mnt || exit 99
for size in $4; do
	mount -o remount,size=$size /mnt || exit 99
	"$1" build --quiet --recipe "$2" --out /mnt/out >"$3.log" 2>&1
	rc=$?
	echo "RUN $size $rc $(wc -l <"$3.log") $(cat "$3.log" | tr '\n' '~')"
	[ $rc = 0 ] && break
done
cp -r /mnt/out "$3"`
	cmd := exec.CommandContext(t.Context(), "unshare", "-Urm", "sh", "-c", script, "sh", os.Args[0], recipe, full, strings.Join(sizes(t, calm), " "))
	cmd.Env = append(os.Environ(), asCommand+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	runs := 0
	stages := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		rest, ok := strings.CutPrefix(line, "RUN ")
		if !ok {
			t.Errorf("the shell says %q", line)
			continue
		}
		f := strings.SplitN(rest, " ", 4)
		runs++
		if f[1] == "0" {
			continue
		}
		stage, _, _ := strings.Cut(strings.TrimPrefix(f[3], "decoy: "), ":")
		stages[stage] = true
		if f[1] != "1" || f[2] != "1" || !strings.Contains(f[3], "/mnt/out") || !strings.Contains(f[3], "free space") {
			t.Errorf("run %d with %s: exit code %s, %s lines: %s", runs, f[0], f[1], f[2], f[3])
		}
	}
	t.Logf("%d runs, full in %v", runs, sorted(stages))
	if !stages["generate"] || !stages["judge"] {
		t.Error("the disk was never full while answers were paid: the test shows too little")
	}
	again := 0
	seen := map[string]int{}
	for _, a := range s.Arrivals()[calls:] {
		if seen[a.User+a.System]++; seen[a.User+a.System] > once[a.User+a.System] {
			again++
		}
	}
	if again > concurrency*runs {
		t.Errorf("%d calls were made again in %d runs; what is not committed is at most %d for each", again, runs, concurrency)
	}
	t.Logf("%d calls, %d of them again", len(s.Arrivals())-calls, again)
	diff, _ := exec.Command("diff", "-rq", "-x", "ledger", "-x", "_done", "-x", "run.json", "-x", "report.html", calm, full).CombinedOutput() // it fails where it has something to say
	if len(diff) > 0 {
		t.Errorf("the bytes differ:\n%s", diff)
	}
}

// sizes are those of a disk that fills up in each stage of a build, at several points of
// those that pay, and one in which there is room.
func sizes(t *testing.T, out string) (all []string) {
	t.Helper()
	const page = 4096
	before := 4.0
	for _, stage := range schemas.Stages {
		pages := 0.0
		err := filepath.WalkDir(filepath.Join(out, stage), func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err == nil {
				pages += math.Ceil(float64(info.Size()) / page)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range map[bool][]float64{true: {0.1, 0.25, 0.4, 0.55, 0.7, 0.85}, false: {0.5}}[stage == schemas.StageGenerate || stage == schemas.StageJudge] {
			all = append(all, fmt.Sprint(int((before+part*pages)*page)))
		}
		before += pages
	}
	return append(all, "64m")
}
