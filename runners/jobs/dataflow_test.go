package jobs

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/extworker"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/runnerlib"
	df "google.golang.org/api/dataflow/v1b3"
	"google.golang.org/protobuf/proto"

	"decoy/io/bucket/buckettest"
	"decoy/io/discovery"
	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/runners/dataflow/dataflowtest"
	"decoy/schemas"
	"decoy/transforms/credential/credentialtest"
)

const image = "europe-docker.pkg.dev/proj-1/decoy/beam-go:2.77.0"

// cloud is Google Cloud as far as a submission sees it.
type cloud struct {
	bucket *buckettest.Bucket
	api    *dataflowtest.Server
	worker string // a file larger than one request of an upload
}

// setFlags sets flags of Beam for the length of a test.
func setFlags(t *testing.T, flags map[string]string) {
	t.Helper()
	for name, value := range flags {
		f := flag.Lookup(name)
		if f == nil {
			t.Fatalf("no flag %s", name)
		}
		old := f.Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { flag.Set(name, old) })
	}
}

func googleCloud(t *testing.T) cloud {
	t.Helper()
	c := cloud{bucket: buckettest.New(t), api: dataflowtest.New(t), worker: filepath.Join(t.TempDir(), "worker-elf")}
	credentialtest.New(t)
	noise := make([]byte, 17<<20)
	random := rand.NewChaCha8([32]byte{})
	random.Read(noise)
	if err := os.WriteFile(c.worker, noise, 0o777); err != nil {
		t.Fatal(err)
	}
	setFlags(t, map[string]string{
		"runner": "dataflow", "dataflow_endpoint": c.api.URL, "project": "proj-1", "region": "europe-west4",
		"staging_location": c.bucket.Address("staging"), "temp_location": c.bucket.Address("temp"),
		"worker_binary": c.worker, "sdk_container_image": image, "worker_machine_type": "n2-standard-4",
		"num_workers": "2", "max_num_workers": "8", "disk_size_gb": "50", "autoscaling_algorithm": "THROUGHPUT_BASED",
		"no_use_public_ips": "true", "use_public_ips": "false", "service_account_email": "worker@proj-1.iam.gserviceaccount.com",
		"labels": `{"team":"corpus"}`, "job_name": "", "async": "false", "job_timeout": "10m",
		"environment_type": "", // a test that ran on prism has set it
	})
	return c
}

// build is one of a small repository, all in the bucket.
func (c cloud) build(t *testing.T) *pipelines.Build {
	t.Helper()
	license, err := os.ReadFile("../../transforms/screen/testdata/licenses/MIT.txt")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	var code strings.Builder
	code.WriteString("package part\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\n")
	for i := range 12 {
		fmt.Fprintf(&code, "func handle%d(first, second string) string {\n\tjoined := strings.Join([]string{first, second, \"x%[1]d\"}, \",\")\n\treturn fmt.Sprintf(\"%%s-%[1]d\", joined)\n}\n\n", i)
	}
	for _, f := range []struct{ name, text string }{{"LICENSE", string(license)}, {"go.mod", "module example.org/owner/repo\n"}, {"part.go", code.String()}} {
		w, err := z.Create("example.org/owner/repo@v1.0.0/" + f.name)
		if err == nil {
			_, err = w.Write([]byte(f.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	c.bucket.Create("archives/repo.zip", b.Bytes(), time.Now())
	r, err := recipe.Load("demo")
	if err != nil {
		t.Fatal(err)
	}
	r.Archives, r.Rows, r.Shards = []string{c.bucket.Address("archives/repo.zip")}, nil, 2
	out := &pipelines.Build{Out: c.bucket.Address("out"), Recipe: r, Workers: 8, Run: quick.Run, Log: t.Logf}
	if err := out.Resolve(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out
}

// options are the part of a job's sdkPipelineOptions that the service reads.
type options struct {
	Options struct {
		PipelineURL       string `json:"pipelineUrl"`
		PipelineProtoHash string `json:"pipelineProtoHash"`
		Region            string
		TempLocation      string
		Experiments       []string
	} `json:"options"`
}

func optionsOf(t *testing.T, j *df.Job) options {
	t.Helper()
	var o options
	if err := json.Unmarshal(j.Environment.SdkPipelineOptions, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// perform does the work of a job: it runs the staged pipeline in this process.
func perform(t *testing.T, j *dataflowtest.Job) work.Metrics {
	model, err := shard.ReadFile(t.Context(), optionsOf(t, &j.Job).Options.PipelineURL)
	if err != nil {
		t.Error(err)
		return work.Metrics{}
	}
	staged := &pipepb.Pipeline{}
	if err := proto.Unmarshal(model, staged); err != nil {
		t.Error(err)
		return work.Metrics{}
	}
	ctx := context.Background()
	run := func() (*job, error) {
		client, err := inProcess()
		if err != nil {
			return nil, err
		}
		workers, err := extworker.StartLoopback(ctx, 0)
		if err != nil {
			return nil, err
		}
		environment, err := graphx.CreateEnvironment(ctx, graphx.URNEnvExternal, workers.EnvironmentConfig)
		if err != nil {
			return nil, err
		}
		environment.Dependencies = nil
		for id := range staged.Components.Environments {
			staged.Components.Environments[id] = environment
		}
		// runnerlib.Prepare would make this process's flags options of its next submission.
		prepared, err := client.Prepare(ctx, &jobpb.PrepareJobRequest{Pipeline: staged, JobName: j.Name})
		if err != nil {
			return nil, err
		}
		token, err := runnerlib.Stage(ctx, prepared.GetPreparationId(), prepared.GetArtifactStagingEndpoint().GetUrl(), "", prepared.GetStagingSessionToken())
		if err != nil {
			return nil, err
		}
		id, err := runnerlib.Submit(ctx, client, prepared.GetPreparationId(), token)
		return &job{service: service{client: client}, id: id, pipeline: staged, close: func() { workers.Stop(ctx) }}, err
	}
	ran, err := run()
	if err != nil {
		t.Error(err)
		return work.Metrics{}
	}
	defer ran.close()
	m, err := ran.wait(ctx, pipelines.Job{})
	if err != nil {
		t.Error(err)
	}
	return m
}

// told are what the service would tell of a job.
func told(m work.Metrics) (updates []*df.MetricUpdate) {
	for name, n := range m.Counters {
		stage, name, _ := strings.Cut(name, "/")
		context := map[string]string{"namespace": flow.MetricsPrefix + stage, "step": "e4"}
		updates = append(updates, &df.MetricUpdate{Name: &df.MetricStructuredName{Name: name, Origin: "user", Context: context}, Scalar: float64(n)})
		tentative := map[string]string{"namespace": context["namespace"], "step": "e4", "tentative": "true"}
		updates = append(updates, &df.MetricUpdate{Name: &df.MetricStructuredName{Name: name, Origin: "user", Context: tentative}, Scalar: float64(n + 1)})
	}
	for name, d := range m.Distributions {
		stage, name, _ := strings.Cut(name, "/")
		context := map[string]string{"namespace": flow.MetricsPrefix + stage, "step": "e4"}
		updates = append(updates, &df.MetricUpdate{Name: &df.MetricStructuredName{Name: name, Origin: "user", Context: context},
			Distribution: map[string]any{"count": d.Count, "sum": d.Sum, "min": d.Min, "max": d.Max}})
	}
	return updates
}

// TestASubmission runs a stage on the fakes and looks at each field of the job.
func TestASubmission(t *testing.T) {
	const key = "sk-proj-K3Y/of+launch&0001"
	t.Setenv("A_KEY", key)
	c := googleCloud(t)
	var did work.Metrics
	c.api.Script(func(j *dataflowtest.Job) {
		did = perform(t, j)
		j.Metrics = told(did)
		j.States = []string{"JOB_STATE_QUEUED", "JOB_STATE_RUNNING", "JOB_STATE_DONE"}
	})
	b := c.build(t)
	var shown []int
	b.Progress = func(_ string, done, _ int) { shown = append(shown, done) }
	if err := b.RunStages(t.Context(), schemas.StageExtract); err != nil {
		t.Fatal(err)
	}
	m, err := shard.ReadManifest(t.Context(), c.bucket.Address("out/extract"))
	if err != nil || m.Counts["contexts"] == 0 {
		t.Fatalf("%v, %v", m.Counts, err)
	}
	if _, err := shard.ReadFile(t.Context(), c.bucket.Address("out/"+recordName)); err == nil {
		t.Error("the job is over and its record is still there")
	}
	if n := shown[len(shown)-1]; n != 2+len(schemas.Languages) {
		t.Errorf("progress ends at %d", n)
	}
	raw, err := shard.ReadFile(t.Context(), c.bucket.Address("out/run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var info pipelines.RunInfo
	if err := json.Unmarshal(raw, &info); err != nil {
		t.Fatal(err)
	}
	if got := info.Stages[0].Metrics; got.Counters["extract/contexts"] != m.Counts["contexts"] || fmt.Sprint(got) != fmt.Sprint(did) {
		t.Errorf("metrics %+v, of the workers %+v, manifest %v", got, did, m.Counts)
	}

	b.DryRun, b.Run = true, Plan(t.Output(), t.Output())
	if err := b.RunStages(t.Context(), schemas.StageExtract); err != nil {
		t.Errorf("a plan of what is done: %v", err)
	}
	jobs := c.api.Jobs()
	if len(jobs) != 1 {
		t.Fatalf("%d jobs", len(jobs))
	}
	checkJob(t, c, jobs[0])
	for _, secret := range []string{key, credentialtest.Token, "PRIVATE KEY"} {
		if bytes.Contains(jobs[0].Raw, []byte(secret)) {
			t.Errorf("the job holds %s", secret)
		}
	}
}

// hash is the SHA-256 of a file.
func hash(t *testing.T, path string) string {
	t.Helper()
	raw, err := shard.ReadFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

func checkJob(t *testing.T, c cloud, got *dataflowtest.Job) {
	t.Helper()
	j := got.Job
	pool := j.Environment.WorkerPools[0]
	o := optionsOf(t, &j).Options
	staged := regexp.MustCompile(`^` + regexp.QuoteMeta(c.bucket.Address("staging")) + `/go-\d+-\d+/(worker|model)$`)
	for _, f := range []struct {
		field     string
		got, want any
	}{
		{"projectId", j.ProjectId, "proj-1"},
		{"name", regexp.MustCompile(`^decoy-extract-[0-9a-f]{12}$`).MatchString(j.Name), true},
		{"type", j.Type, "JOB_TYPE_BATCH"},
		{"steps", len(j.Steps), 0},
		{"labels", fmt.Sprint(j.Labels["team"], " ", j.Labels["decoy-stage"], " ", len(j.Labels["decoy-build"])), "corpus extract 12"},
		{"workerPools", len(j.Environment.WorkerPools), 1},
		{"kind", pool.Kind, "harness"},
		{"workerHarnessContainerImage", pool.WorkerHarnessContainerImage, image},
		{"sdkHarnessContainerImages", len(pool.SdkHarnessContainerImages), 1},
		{"containerImage", pool.SdkHarnessContainerImages[0].ContainerImage, image},
		{"useSingleCorePerContainer", pool.SdkHarnessContainerImages[0].UseSingleCorePerContainer, false},
		{"machineType", pool.MachineType, "n2-standard-4"},
		{"numWorkers", pool.NumWorkers, int64(2)},
		{"maxNumWorkers", pool.AutoscalingSettings.MaxNumWorkers, int64(8)},
		{"algorithm", pool.AutoscalingSettings.Algorithm, "AUTOSCALING_ALGORITHM_BASIC"},
		{"diskSizeGb", pool.DiskSizeGb, int64(50)},
		{"ipConfiguration", pool.IpConfiguration, "WORKER_IP_PRIVATE"},
		{"packages", len(pool.Packages), 1},
		{"package", pool.Packages[0].Name, "worker"},
		{"package location", staged.MatchString(pool.Packages[0].Location), true},
		{"tempStoragePrefix", j.Environment.TempStoragePrefix, c.bucket.Address("temp")},
		{"serviceAccountEmail", j.Environment.ServiceAccountEmail, "worker@proj-1.iam.gserviceaccount.com"},
		{"pipelineUrl", staged.MatchString(o.PipelineURL), true},
		{"region", o.Region, "europe-west4"},
		{"tempLocation", o.TempLocation, c.bucket.Address("temp")},
	} {
		if f.got != f.want {
			t.Errorf("%s is %v, want %v", f.field, f.got, f.want)
		}
	}
	for _, e := range []string{"beam_fn_api", "use_runner_v2", "use_unified_worker", "use_portable_job_submission"} {
		if !slices.Contains(j.Environment.Experiments, e) || !slices.Contains(o.Experiments, e) {
			t.Errorf("experiment %s is missing of %v and %v", e, j.Environment.Experiments, o.Experiments)
		}
	}
	// What was staged is what was built.
	worker := hash(t, c.worker)
	if pool.Packages[0].Sha256 != worker || hash(t, pool.Packages[0].Location) != worker {
		t.Error("the staged worker is another than the file")
	}
	model, err := shard.ReadFile(t.Context(), o.PipelineURL)
	if err != nil || hash(t, o.PipelineURL) != o.PipelineProtoHash {
		t.Error("the staged pipeline is not the one of the hash")
	}
	var pipeline pipepb.Pipeline
	if err := proto.Unmarshal(model, &pipeline); err != nil {
		t.Fatal(err)
	}
	if n := len(pipeline.GetComponents().GetEnvironments()); n != 1 {
		t.Errorf("%d environments", n)
	}
	for id, e := range pipeline.GetComponents().GetEnvironments() {
		var docker pipepb.DockerPayload
		if err := proto.Unmarshal(e.GetPayload(), &docker); err != nil {
			t.Fatal(err)
		}
		var artifact pipepb.ArtifactUrlPayload
		if err := proto.Unmarshal(e.GetDependencies()[0].GetTypePayload(), &artifact); err != nil {
			t.Fatal(err)
		}
		if docker.GetContainerImage() != image || len(e.GetDependencies()) != 1 || artifact.GetUrl() != pool.Packages[0].Location || artifact.GetSha256() != worker {
			t.Errorf("environment %s has image %s and artifacts %v", id, docker.GetContainerImage(), e.GetDependencies())
		}
		if pool.SdkHarnessContainerImages[0].EnvironmentId != id || !slices.Equal(pool.SdkHarnessContainerImages[0].Capabilities, e.GetCapabilities()) {
			t.Errorf("environment %s is not the one of the pool", id)
		}
	}
	// Nothing of this machine.
	here, _ := os.Getwd()
	host, _ := os.Hostname()
	for _, local := range []string{here, os.TempDir() + "/", "worker-elf", c.api.URL, os.Getenv("GOOGLE_APPLICATION_CREDENTIALS")} {
		if bytes.Contains(got.Raw, []byte(local)) || bytes.Contains(model, []byte(local)) {
			for _, raw := range [][]byte{got.Raw, model} {
				if at := bytes.Index(raw, []byte(local)); at >= 0 {
					t.Errorf("the job or its pipeline holds %s: %q", local, raw[max(0, at-80):min(len(raw), at+80)])
				}
			}
		}
	}
	if len(host) > 5 && bytes.Contains(got.Raw, []byte(host)) {
		t.Errorf("the job holds this host's name")
	}
	// The published API knows every field and value.
	api := discovery.Read(t, "dataflow/v1b3/dataflow-api.json")
	if bad := api.Message("Job", got.Raw); len(bad) > 0 {
		t.Error(bad)
	}
	for _, mutant := range [][2]string{
		{`"machineType"`, `"machinType"`}, {"WORKER_IP_PRIVATE", "WORKER_IP_PRIVAT"}, {`"numWorkers":2`, `"numWorkers":"2"`}, {"JOB_TYPE_BATCH", "BATCH"},
	} {
		wrong := bytes.Replace(got.Raw, []byte(mutant[0]), []byte(mutant[1]), 1)
		if bytes.Equal(wrong, got.Raw) {
			t.Errorf("the job has no %s", mutant[0])
		}
		if api != nil && len(api.Message("Job", wrong)) == 0 {
			t.Errorf("%s is taken", mutant[1])
		}
	}
}

// varying is what differs between any two submissions.
var varying = regexp.MustCompile(`go-\d+-\d+|"[0-9a-f]{64}"`)

func TestAPlanIsTheJobThatIsSubmitted(t *testing.T) {
	c := googleCloud(t)
	b := c.build(t)
	var printed bytes.Buffer
	b.Run, b.DryRun = Plan(&printed, t.Output()), true
	before := c.objects(t)
	if err := b.RunStages(t.Context(), schemas.StageExtract); !errors.Is(err, ErrPlanned) {
		t.Fatal(err)
	}
	if now := c.objects(t); !slices.Equal(now, before) || len(c.api.Jobs()) > 0 {
		t.Errorf("a plan left %v and %d jobs", now, len(c.api.Jobs()))
	}
	b.Run, b.DryRun = quick.Run, false
	if err := b.RunStages(t.Context(), schemas.StageExtract); err == nil || !strings.Contains(err.Error(), "did not finish") { // the job says DONE and did nothing
		t.Fatal(err)
	}
	jobs := c.api.Jobs()
	if len(jobs) != 1 {
		t.Fatalf("%d jobs", len(jobs))
	}
	worker := hash(t, c.worker)
	plain := func(raw []byte) string {
		var b bytes.Buffer
		if err := json.Compact(&b, raw); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if hash := `"sha256":"` + worker + `"`; !strings.Contains(text, hash) {
			t.Errorf("no %s", hash)
		}
		return varying.ReplaceAllStringFunc(text, func(v string) string {
			if v[0] == '"' {
				return `"hash"`
			}
			return "go-N"
		})
	}
	if a, b := sortedDisplayData(t, plain(printed.Bytes())), sortedDisplayData(t, plain(jobs[0].Raw)); a != b {
		t.Errorf("printed:\n%s\nsubmitted:\n%s", a, b)
	}
}

// sortedDisplayData puts a list in order that Beam makes of a map.
func sortedDisplayData(t *testing.T, job string) string {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(job), &v); err != nil {
		t.Fatal(err)
	}
	list := v["environment"].(map[string]any)["sdkPipelineOptions"].(map[string]any)["display_data"].([]any)
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func (c cloud) objects(t *testing.T) []string {
	t.Helper()
	files, err := shard.Walk(t.Context(), c.bucket.Address(""))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	return names
}
