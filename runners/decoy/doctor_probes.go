package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/oauth2/google"

	"decoy/io/bucket"
	"decoy/pipelines/recipe"

	"decoy/runners/dataflow"
)

// probePatience is how long one question of the doctor may take.
const probePatience = 3 * time.Second

// toolPatience is for programs that start a virtual machine or an interpreter.
const toolPatience = 10 * time.Second

// pythonPatience is for Python, which takes long to find its packages' versions on a
// cold disk.
const pythonPatience = 20 * time.Second

// tool is a program that answers with its version in one line.
func tool(ctx context.Context, name, remedy, program string, args ...string) finding {
	if _, err := exec.LookPath(program); err != nil {
		return missing(name, "no program "+program, remedy)
	}
	out, err := output(ctx, toolPatience, program, args...)
	if err != nil {
		return missing(name, strings.Join(append([]string{program}, args...), " ")+" fails or takes too long", remedy)
	}
	return found(name, oneLine(out))
}

func output(ctx context.Context, patience time.Duration, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// escapes are the colours of a terminal.
var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

func oneLine(text string) string {
	line, _, _ := strings.Cut(escapes.ReplaceAllString(strings.TrimSpace(text), ""), "\n")
	if len(line) > 160 {
		line = line[:160]
	}
	return strings.TrimSpace(line)
}

func (c *doctorCmd) local(ctx context.Context) []finding {
	all := []finding{
		found("decoy", fmt.Sprintf("built by %s for %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)),
		found("processors", fmt.Sprint(runtime.NumCPU())),
		memory(),
		tool(ctx, "Go", "needed to build workers: install Go 1.26", "go", "version"),
		tool(ctx, "C compiler", "needed to build: install gcc or clang", firstOf("cc", "gcc", "clang"), "--version"),
	}
	cgo, err := output(ctx, probePatience, "go", "env", "CGO_ENABLED")
	if err == nil && cgo == "1" {
		all = append(all, found("cgo", "on"))
	} else {
		all = append(all, missing("cgo", "off", "set CGO_ENABLED=1 and install a C compiler: parsers are in C"))
	}
	all = append(all, disk("temporary folder", os.TempDir()))
	if bucket.In(c.Out) {
		all = append(all, unneeded("output", c.Out+" is in a bucket"))
	} else {
		all = append(all, disk("output", c.Out))
	}
	if runtime.GOOS == "linux" {
		return append(all, found("prism", "its job interface is bound to the loopback device"))
	}
	return append(all, missing("prism", "its job interface listens on every interface",
		"use a firewall, or --runner=direct"))
}

func firstOf(names ...string) string {
	for _, n := range names {
		if _, err := exec.LookPath(n); err == nil {
			return n
		}
	}
	return names[0]
}

// memory is what Linux tells.
func memory() finding {
	raw, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return unneeded("memory", "not told by this system")
	}
	var total, free int64
	for line := range strings.Lines(string(raw)) {
		fmt.Sscanf(line, "MemTotal: %d kB", &total)
		fmt.Sscanf(line, "MemAvailable: %d kB", &free)
	}
	fact := fmt.Sprintf("%.1f GiB, of which %.1f are available", float64(total)/(1<<20), float64(free)/(1<<20))
	if free < 2<<20 {
		return missing("memory", fact, "a build takes some 2 GiB: end other programs")
	}
	return found("memory", fact)
}

// disk is the free space of the nearest folder that is there.
func disk(name, folder string) finding {
	for at := folder; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil || at == filepath.Dir(at) {
			free, err := freeBytes(at)
			fact := fmt.Sprintf("%s, %.1f GiB free", folder, float64(free)/(1<<30))
			switch {
			case err != nil:
				return missing(name, folder+": "+err.Error(), "choose another folder")
			case free < 2<<30:
				return missing(name, fact, "make room: the demo takes 2 GiB")
			}
			return found(name, fact)
		}
	}
}

func redisAnswers(ctx context.Context, l recipe.Limiter) error {
	o, err := redis.ParseURL(l.Redis)
	if err != nil {
		return fmt.Errorf("limiter.redis is no redis:// address")
	}
	if o.Password, err = l.Password().Read(ctx); err != nil {
		return err
	}
	o.MaxRetries = -1
	client := redis.NewClient(o)
	defer client.Close()
	return client.Ping(ctx).Err()
}

func (c *doctorCmd) flink(ctx context.Context) []finding {
	all := []finding{
		tool(ctx, "Java", "install a JDK 11 or 17", "java", "-version"),
		tool(ctx, "Maven", "install Maven: runners/flink/fetch needs it once", "mvn", "--version"),
		tool(ctx, "pip", "install pip: runners/flink/fetch needs it once", "python3", "-m", "pip", "--version"),
	}
	cache := os.Getenv("CACHE") // as runners/flink/settings.env has it
	if cache == "" {
		if dir, err := os.UserCacheDir(); err == nil {
			cache = filepath.Join(dir, "decoy", "flink")
		}
	}
	if entries, err := os.ReadDir(cache); err == nil && len(entries) > 0 {
		all = append(all, found("distribution", fmt.Sprintf("%s has %d entries", cache, len(entries))))
	} else {
		all = append(all, missing("distribution", cache+" is empty", "run runners/flink/fetch"))
	}
	conn, err := (&net.Dialer{Timeout: probePatience}).DialContext(ctx, "tcp", c.Jobs)
	if err == nil {
		conn.Close()
		all = append(all, found("job service", c.Jobs+" takes connections"))
	} else {
		all = append(all, missing("job service", "nothing answers at "+c.Jobs,
			"run runners/flink/start, or correct --job-service"))
	}
	return append(all, flinkCluster(ctx, c.FlinkREST))
}

// flinkCluster asks a cluster for its state.
func flinkCluster(ctx context.Context, rest string) finding {
	ctx, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	var o struct {
		Version  string `json:"flink-version"`
		Managers int    `json:"taskmanagers"`
		Slots    int    `json:"slots-total"`
	}
	const remedy = "run runners/flink/start, or correct --flink-rest"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(rest, "/")+"/overview", nil)
	if err != nil {
		return missing("cluster", "--flink-rest is no address", remedy)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return missing("cluster", "nothing answers at "+rest, remedy)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&o); err != nil || o.Version == "" {
		return missing("cluster", rest+" is no Flink", remedy)
	}
	return found("cluster", fmt.Sprintf("Flink %s, %d task managers, %d slots", o.Version, o.Managers, o.Slots))
}

// googleCredentials says whose the credentials are, and never what they are.
func googleCredentials(ctx context.Context) finding {
	const name = "credentials"
	ctx, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	got, err := google.FindDefaultCredentials(ctx, "https://www.googleapis.com/auth/cloud-platform")
	if err != nil {
		return missing(name, "none", "log in with gcloud auth application-default login, or name a key file in "+
			"GOOGLE_APPLICATION_CREDENTIALS")
	}
	var file struct {
		Type  string `json:"type"`
		Email string `json:"client_email"`
	}
	if len(got.JSON) == 0 || json.Unmarshal(got.JSON, &file) != nil {
		return found(name, "of this machine's service account")
	}
	return found(name, strings.TrimSpace(strings.ReplaceAll(file.Type, "_", " ")+" "+file.Email))
}

func (c *doctorCmd) dataflow(ctx context.Context) []finding {
	l := fromFlags()
	all := []finding{googleCredentials(ctx)}
	for _, f := range []struct{ name, value, flag string }{
		{"project", l.Project, "--project"}, {"region", l.Region, "--region"},
		{"staging", l.Staging, "--staging_location"}, {"image", l.Image, "--sdk_container_image"},
	} {
		if f.value == "" {
			all = append(all, missing(f.name, "not given", "give "+f.flag+" after --"))
		} else {
			all = append(all, found(f.name, f.value))
		}
	}
	if l.Worker == "" && flag.Lookup("worker_binary") != nil {
		return append(all, missing("worker", "not given", "build one with runners/worker/build and "+
			"give --worker_binary after --"))
	}
	n, err := dataflow.ReadNeeds(l.Worker)
	if err != nil {
		return append(all, missing("worker", oneLine(err.Error()), "build one with runners/worker/build"))
	}
	needs := "static"
	if n.GLIBC != "" {
		needs = "needs glibc " + n.GLIBC + ", the image has " + dataflow.ImageGLIBC
	}
	return append(all, found("worker", fmt.Sprintf("%s, linux/%s, %s", l.Worker, n.Arch, needs)))
}

func (c *doctorCmd) bigQuery(ctx context.Context) []finding {
	all := []finding{googleCredentials(ctx)}
	if c.Dataset == "" {
		return append(all, missing("dataset", "not given", "give --dataset=bigquery://PROJECT/DATASET"))
	}
	if u, err := url.Parse(c.Dataset); err != nil || u.Scheme != "bigquery" || u.Host == "" ||
		strings.Trim(u.Path, "/") == "" {
		return append(all, missing("dataset", c.Dataset+" is none", "give --dataset=bigquery://PROJECT/DATASET"))
	}
	return append(all, found("dataset", c.Dataset))
}

const packagesScript = `
import sys, importlib.metadata as m
print("Python", sys.version.split()[0])
for p in ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "llamafactory"):
    try:
        print(p, m.version(p))
    except m.PackageNotFoundError:
        print(p)
`

func (c *doctorCmd) train(ctx context.Context) (all []finding) {
	gpus, err := output(ctx, probePatience, "nvidia-smi", "--query-gpu=name,driver_version,memory.total",
		"--format=csv,noheader")
	if err != nil || gpus == "" {
		all = append(all, missing("GPU", "no nvidia-smi", "install the driver, or train on another "+
			"machine with --launcher slurm"))
	} else {
		all = append(all, found("GPU", fmt.Sprintf("%d: %s", strings.Count(gpus, "\n")+1, oneLine(gpus))))
	}
	out, err := output(ctx, pythonPatience, c.Python, "-c", packagesScript)
	if err != nil {
		return append(all, missing("Python", "no "+c.Python, "install Python 3.11, or name another in --python"))
	}
	for line := range strings.Lines(out) {
		name, version, _ := strings.Cut(strings.TrimSpace(line), " ")
		if version == "" {
			all = append(all, missing(name, "not installed", "pip install -r scripts/train/requirements.txt"))
		} else {
			all = append(all, found(name, version))
		}
	}
	return all
}
