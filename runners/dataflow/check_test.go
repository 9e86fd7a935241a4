package dataflow

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"decoy/io/bucket/buckettest"
	"decoy/pipelines/recipe"

	"decoy/runners/dataflow/dataflowtest"
	"decoy/schemas"
	"decoy/transforms/credential/credentialtest"
	"decoy/transforms/panel"
)

const secret = "projects/proj-1/secrets/panel/versions/3"

// good is a launch that passes on the fakes.
func good(t *testing.T) (Launch, *buckettest.Bucket, *dataflowtest.Server, *credentialtest.Server) {
	t.Helper()
	b, api, secrets := buckettest.New(t), dataflowtest.New(t), credentialtest.New(t)
	secrets.Set(secret, "sk-K3Y/of+check&0001")
	r, err := recipe.Load("demo")
	if err != nil {
		t.Fatal(err)
	}
	r.Archives = []string{b.Address("archives/*.zip"), "https://example.org/a.zip", "@list"}
	member := panel.Member{Name: "a", Provider: panel.ProviderOpenAI, BaseURL: "https://api.example.org/v1", Model: "m", APIKeySecret: secret, RPM: 3000, TPM: 2_000_000, Concurrency: 256}
	r.Generate.Panel = append(r.Generate.Panel, member)
	return Launch{
		Project: "proj-1", Region: "europe-west4", Endpoint: api.URL, Staging: b.Address("staging"), Out: b.Address("out"),
		Worker: os.Args[0], Image: "europe-docker.pkg.dev/proj-1/decoy/beam-go:2.77.0", MachineType: "n2-standard-4", MaxWorkers: 8,
		Stages: schemas.Stages, Recipe: r, PaidOnWorkers: true,
	}, b, api, secrets
}

func TestChecks(t *testing.T) {
	patience := probePatience
	probePatience = 5 * time.Second
	t.Cleanup(func() { probePatience = patience })
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	member := func(l *Launch) *panel.Member { return &l.Recipe.Generate.Panel[len(l.Recipe.Generate.Panel)-1] }
	for _, c := range []struct {
		why    string
		change func(*Launch)
		before func(*buckettest.Bucket, *dataflowtest.Server, *credentialtest.Server)
		name   string // of the check that is not ok, "" for none
		state  string
		says   string
	}{
		{why: "all is right"},
		{why: "no project", change: func(l *Launch) { l.Project = "" }, name: "project", says: "--project"},
		{why: "a project's title", change: func(l *Launch) { l.Project = "My Project" }, name: "project", says: "is not one"},
		{why: "a zone", change: func(l *Launch) { l.Region = "europe-west4-a" }, name: "region", says: "--region"},
		{why: "a local output", change: func(l *Launch) { l.Out = "/tmp/out" }, name: "output", says: "is in no bucket"},
		{why: "no staging", change: func(l *Launch) { l.Staging, l.Temp = "", l.Out }, name: "staging", says: "--staging_location"},
		{why: "an absent bucket", change: func(l *Launch) { l.Temp = "gs://no-such-bucket/temp" }, name: "temp", says: "buckets create gs://no-such-bucket"},
		{why: "a bucket that refuses", name: "output", says: "roles/storage.objectAdmin", before: func(b *buckettest.Bucket, _ *dataflowtest.Server, _ *credentialtest.Server) {
			b.Always(func(r *http.Request) buckettest.Fault {
				if strings.HasPrefix(r.URL.Path, "/upload/") {
					return buckettest.Status(403)
				}
				return nil
			})
		}},
		{why: "Dataflow refuses", name: "Dataflow", says: "roles/dataflow.developer", before: func(_ *buckettest.Bucket, api *dataflowtest.Server, _ *credentialtest.Server) {
			api.Fault(dataflowtest.List, 403)
		}},
		{why: "no worker", change: func(l *Launch) { l.Worker = "" }, name: "worker", says: "runners/worker/build"},
		{why: "an absent worker", change: func(l *Launch) { l.Worker = "/nowhere/worker" }, name: "worker", says: "runners/worker/build"},
		{why: "a script for a worker", change: func(l *Launch) { l.Worker = script }, name: "worker", says: "no program for Linux"},
		{why: "machines of another architecture", change: func(l *Launch) { l.MachineType = "t2a-standard-4" }, name: "worker", says: "linux/arm64"},
		{why: "no image", change: func(l *Launch) { l.Image = "" }, name: "image", says: "Containerfile"},
		{why: "the latest image", change: func(l *Launch) { l.Image = "gcr.io/p/beam:latest" }, name: "image", says: "changes under a running job"},
		{why: "an image without a tag", change: func(l *Launch) { l.Image = "host:5000/p/beam" }, name: "image", says: "names no version"},
		{why: "an image by digest", change: func(l *Launch) { l.Image = "gcr.io/p/beam@sha256:" + strings.Repeat("0a", 32) }},
		{why: "no machine type", change: func(l *Launch) { l.MachineType = "" }, name: "machine type", says: "--worker_machine_type"},
		{why: "a bad machine type", change: func(l *Launch) { l.MachineType = "big" }, name: "machine type", says: "is not one"},
		{why: "no bound of workers", change: func(l *Launch) { l.MaxWorkers, l.Workers = 0, 8 }, name: "workers", says: "--max_num_workers"},
		{why: "fewer shares than workers", change: func(l *Launch) { l.Workers = 4 }, name: "share of limits", says: "up to 8 workers"},
		{why: "rpm", change: func(l *Launch) { member(l).RPM = 6 }, name: "limits of a", says: "--max_num_workers=6"},
		{why: "tpm", change: func(l *Launch) { member(l).TPM = 40_000 }, name: "limits of a", says: "tpm allows 5 workers"},
		{why: "concurrency", change: func(l *Launch) { member(l).Concurrency = 2 }, name: "limits of a", says: "concurrency allows 2 workers"},
		{why: "rpm and tpm with a limiter", change: func(l *Launch) {
			member(l).RPM, member(l).TPM, l.Recipe.Limiter.Redis = 6, 40_000, "redis://10.0.0.2:6379/0"
		}},
		{why: "a limiter's password in a variable", change: func(l *Launch) {
			l.Recipe.Limiter = recipe.Limiter{Redis: "redis://10.0.0.2:6379/0", PasswordEnv: "P"}
		}, name: "password of the limiter", says: "limiter.password_secret"},
		{why: "a key in a variable", change: func(l *Launch) { member(l).APIKeyEnv, member(l).APIKeySecret = "A_KEY", "" }, name: "key of a", says: "api_key_secret: projects/P/secrets/S/versions/V"},
		{why: "the launcher asks, without a key", change: func(l *Launch) {
			member(l).APIKeyEnv, member(l).APIKeySecret, l.PaidOnWorkers = "DECOY_NO_SUCH_KEY", "", false
		}, name: "key of a", says: "DECOY_NO_SUCH_KEY is not set"},
		{why: "the launcher asks, and has the key", change: func(l *Launch) {
			member(l).APIKeyEnv, member(l).APIKeySecret, l.PaidOnWorkers = "PATH", "", false
		}},
		{why: "the launcher asks: limits are not divided", change: func(l *Launch) {
			member(l).RPM, member(l).APIKeyEnv, member(l).APIKeySecret, l.PaidOnWorkers = 6, "PATH", "", false
		}},
		{why: "a key in both", change: func(l *Launch) { member(l).APIKeyEnv = "A_KEY" }},
		{why: "an absent secret", change: func(l *Launch) { member(l).APIKeySecret = "projects/proj-1/secrets/no/versions/1" }, name: "key of a", says: "is not there"},
		{why: "a secret that one may not see", name: "key of a", state: Unknown, says: "may not look", before: func(_ *buckettest.Bucket, _ *dataflowtest.Server, s *credentialtest.Server) {
			s.Next(403)
		}},
		{why: "a key in a variable, and no paid stage", change: func(l *Launch) {
			member(l).APIKeyEnv, member(l).APIKeySecret, l.Stages = "A_KEY", "", []string{schemas.StageExtract}
		}},
		{why: "local archives", change: func(l *Launch) { l.Recipe.Archives = []string{"module-cache", "gs://b/a.zip"} }, name: "archives", says: "1 are on this machine alone"},
		{why: "local archives, and no extract", change: func(l *Launch) { l.Recipe.Archives, l.Stages = []string{"a.zip"}, []string{schemas.StageVerify} }},
	} {
		t.Run(c.why, func(t *testing.T) {
			l, b, api, secrets := good(t)
			if c.before != nil {
				c.before(b, api, secrets)
			}
			if c.change != nil {
				c.change(&l)
			}
			b.Next()
			found := false
			for _, k := range l.Check(t.Context()) {
				if k.State == OK {
					continue
				}
				want := c.state
				if want == "" {
					want = Missing
				}
				if k.Name == c.name && k.State == want && strings.Contains(k.String(), c.says) && !strings.Contains(k.String(), "\n") {
					found = true
				} else if c.why != "no project" || k.Name != "Dataflow" {
					t.Errorf("%s", k)
				}
				if strings.Contains(k.String(), "K3Y") {
					t.Errorf("a key is shown: %s", k)
				}
			}
			if found != (c.name != "") {
				t.Errorf("found %v", found)
			}
			wrote, removed := 0, 0
			for _, r := range b.Seen() {
				if strings.Contains(r, ".decoy-check-") && strings.HasPrefix(r, "DELETE") {
					removed++
				} else if strings.HasPrefix(r, "POST /upload") {
					wrote++
				}
			}
			if wrote != removed && c.why != "a bucket that refuses" || len(api.Jobs()) > 0 {
				t.Errorf("%d objects were written, %d removed, %d jobs", wrote, removed, len(api.Jobs()))
			}
		})
	}
}

func TestNewer(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{{"2.36", "2.36", false}, {"2.4", "2.36", false}, {"2.38", "2.36", true}, {"2.2.5", "2.2", true}, {"", "2.36", false}, {"2.34", "", true}} {
		if newer(c.a, c.b) != c.want {
			t.Errorf("%q %q", c.a, c.b)
		}
	}
}
