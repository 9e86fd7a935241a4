package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"decoy/schemas"
	"decoy/scripts/kill/outcome"
)

// unpaid is a build without paid members, which is one job.
const unpaid = `name: kill
archives: [%s]
shards: %d
extract: {kinds: {import: 2, call: 4}, max_per_repo: 400, prefix_bytes: 2048, suffix_bytes: 1024}
judge: {rounds: [0.5, 1.0], panel: [{name: ngram, provider: ngram}]}
curate: {rows: 200}
`

// whole runs a whole build as one job, kills a victim once in each of its stages, and wants
// the job to go on to its end: no second launch.
func (k *killer) whole(ctx context.Context, archives string, n int) error {
	recipe, calm, out := k.out("unpaid.yaml"), k.out("calm-unpaid"), k.out(fmt.Sprint("whole-", n))
	if err := os.WriteFile(recipe, fmt.Appendf(nil, unpaid, archives, shards), 0o666); err != nil {
		return err
	}
	if _, err := os.Stat(calm); err != nil {
		if err := k.undisturbed(ctx, recipe, calm); err != nil {
			return err
		}
	}
	defer os.RemoveAll(out)
	start := time.Now()
	job, err := submit(ctx, k.cluster, "build", "--quiet", "--recipe", recipe, "--out", out)
	if err != nil {
		return err
	}
	killed := map[string]string{}
	for i, stage := range schemas.Stages {
		if !k.begun(ctx, job, filepath.Join(out, stage)) {
			continue
		}
		victim := []string{"task-manager", "sdk-worker"}[(i+n)%2]
		id, err := k.victim(victim)
		if err != nil {
			return err
		}
		if id == 0 || sealed(filepath.Join(out, stage)) || syscall.Kill(id, syscall.SIGKILL) != nil {
			continue
		}
		killed[stage] = victim
		k.result.Kills["one job, "+stage+" "+victim]++
		if err := k.cluster.Start(ctx); err != nil {
			return err
		}
	}
	said, err := job.wait()
	if err != nil {
		return fmt.Errorf("one job, killed in %v: it did not go on: %s", killed, said)
	}
	files, differ := 0, 0
	for _, stage := range schemas.Stages {
		n, bad, err := outcome.Differing(filepath.Join(calm, stage), filepath.Join(out, stage))
		if err != nil {
			return err
		}
		files, differ = files+n, differ+len(bad)
		for _, name := range bad {
			fmt.Printf("%s/%s differs\n", stage, name)
		}
	}
	k.result.WentOn++
	k.result.Files += files
	k.result.Differing += differ
	k.result.Whole = append(k.result.Whole, killed)
	fmt.Printf("one job, killed in %v: %.0f s, %d files, %d differing\n", killed, time.Since(start).Seconds(), files,
		differ)
	return nil
}

// begun waits until a stage has written something. It is false where the job ends first.
func (k *killer) begun(ctx context.Context, j *job, stage string) bool {
	for {
		if files, _ := filepath.Glob(filepath.Join(stage, "[^.]*")); len(files) > 0 {
			return true
		}
		select {
		case <-j.ended:
			return false
		case <-ctx.Done():
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func sealed(stage string) bool {
	_, err := os.Stat(filepath.Join(stage, "manifest.json"))
	return err == nil
}

// victim is a process of the cluster, 0 where there is none of the kind now.
func (k *killer) victim(kind string) (int, error) {
	if kind == "sdk-worker" {
		for _, w := range k.cluster.Workers() {
			return w.ID, nil
		}
		return 0, nil
	}
	ids, err := k.cluster.IDs()
	return ids["task-manager-1"], err
}
