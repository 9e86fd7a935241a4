package runners

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"golang.org/x/mod/modfile"
)

// scripts of flink/ that a person runs.
var flinkScripts = []string{
	"flink/fetch", "flink/start", "flink/stop", "flink/submit", "flink/verify", "flink/environment",
	"flink/keep",
	"flink/kubernetes/image", "flink/kubernetes/render", "../scripts/bench/runners/run",
}

func bash(t *testing.T, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	var said bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("bash %s: %v: %s", strings.Join(args, " "), err, said.String())
	}
	return string(out)
}

func TestFlinkScriptsParse(t *testing.T) {
	for _, script := range append(flinkScripts, "flink/cluster.bash", "flink/settings.env", "flink/kubernetes/settings.env") {
		bash(t, "-n", script)
		raw, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(script)
		if err != nil {
			t.Fatal(err)
		}
		if head := bytes.HasPrefix(raw, []byte("#!/usr/bin/env bash\n# ")); head != (info.Mode()&0o100 != 0) {
			t.Errorf("%s: a script says what it does below #!/usr/bin/env bash and is executable; a file that is sourced is neither", script)
		}
		if script != "flink/environment" && info.Mode()&0o100 != 0 && !bytes.Contains(raw, []byte("\nset -euo pipefail\n")) {
			t.Errorf("%s has no set -euo pipefail", script)
		}
	}
}

// settings are those of an env file, with nothing in the environment.
func settings(t *testing.T, files ...string) map[string]string {
	t.Helper()
	command := "set -a"
	for _, f := range files {
		command += "; source " + f
	}
	values := map[string]string{}
	for _, line := range strings.Split(bash(t, "-c", "env -i HOME=/root PATH=\"$PATH\" bash -c '"+command+"; env'"), "\n") {
		if name, value, ok := strings.Cut(line, "="); ok {
			values[name] = value
		}
	}
	return values
}

func TestFlinkSettingsAgreeWithTheModule(t *testing.T) {
	raw, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range mod.Require {
		if r.Mod.Path == "github.com/apache/beam/sdks/v2" {
			if got := "v" + settings(t, "flink/settings.env")["BEAM_VERSION"]; got != r.Mod.Version {
				t.Errorf("flink/settings.env: BEAM_VERSION is %s, go.mod has %s", got, r.Mod.Version)
			}
			return
		}
	}
	t.Fatal("go.mod does not require Beam")
}

// configuration is config.yaml.in with the settings of the given files.
func configuration(t *testing.T, files ...string) map[string]string {
	t.Helper()
	command := ""
	for _, f := range files {
		command += "source " + f + "; "
	}
	text := bash(t, "-c", command+"source flink/cluster.bash; fill <flink/config.yaml.in")
	var values map[string]string
	if err := yaml.Unmarshal([]byte(text), &values); err != nil {
		t.Fatalf("flink/config.yaml.in: %v", err)
	}
	return values
}

var mebibytes = regexp.MustCompile(`^([0-9]+)m$`)

func mib(t *testing.T, values map[string]string, key string) int {
	t.Helper()
	m := mebibytes.FindStringSubmatch(values[key])
	if m == nil {
		t.Fatalf("%s: %q is not a number of mebibytes as 256m", key, values[key])
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// workerMiB is what a worker binary may have (runners/worker).
const workerMiB = 70

func TestFlinkMemory(t *testing.T) {
	for name, files := range map[string][]string{
		"local":      {"flink/settings.env"},
		"kubernetes": {"flink/kubernetes/settings.env", "flink/settings.env"},
	} {
		t.Run(name, func(t *testing.T) {
			c := configuration(t, files...)
			if off := mib(t, c, "taskmanager.memory.task.off-heap.size"); off < 3*workerMiB {
				t.Errorf("task off-heap memory is %d MiB: below three times the worker binary, whose staging then ends the task manager", off)
			}
			heap := mib(t, c, "taskmanager.memory.process.size")
			for _, part := range []string{
				"memory.managed.size", "memory.task.off-heap.size", "memory.framework.heap.size", "memory.framework.off-heap.size",
				"memory.network.max", "memory.jvm-metaspace.size", "memory.jvm-overhead.max",
			} {
				heap -= mib(t, c, "taskmanager."+part)
			}
			if heap < 1024 {
				t.Errorf("%d MiB of heap are left for tasks: below 1024 a task manager hangs or dies when rows are grouped", heap)
			}
			// One death in each stage of a job, and some more.
			const restarts = "restart-strategy.exponential-delay.attempts-before-reset-backoff"
			for key, want := range map[string]string{
				restarts:                                       "16",
				"cluster.uncaught-exception-handling":          "FAIL",
				"restart-strategy.type":                        "exponential-delay",
				"jobmanager.execution.failover-strategy":       "region",
				"taskmanager.memory.jvm-overhead.min":          c["taskmanager.memory.jvm-overhead.max"],
				"heartbeat.timeout":                            "10000",
				"classloader.resolve-order":                    "parent-first",
				"taskmanager.network.sort-shuffle.min-buffers": "128",
				"taskmanager.runtime.large-record-handler":     "true",
			} {
				if c[key] != want {
					t.Errorf("%s is %q, want %q", key, c[key], want)
				}
			}
			if !strings.Contains(c["env.java.opts.all"], "-XX:+ExitOnOutOfMemoryError") {
				t.Error("env.java.opts.all has no -XX:+ExitOnOutOfMemoryError: a process without memory hangs")
			}
		})
	}
}

func TestKubernetesManifests(t *testing.T) {
	text := bash(t, "flink/kubernetes/render", "cluster") + "---\n" + bash(t, "flink/kubernetes/render", "build")
	if strings.Contains(text, "$") {
		t.Errorf("a setting was not filled in: %s", text[strings.Index(text, "$"):][:40])
	}
	s := settings(t, "flink/kubernetes/settings.env", "flink/settings.env")
	byKind := map[string]map[string]any{}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var doc map[string]any
		if decoder.Decode(&doc) != nil {
			break
		}
		byKind[doc["kind"].(string)] = doc
		if ns := at(doc, "metadata", "namespace"); ns != s["NAMESPACE"] {
			t.Errorf("%s is in namespace %v", doc["kind"], ns)
		}
	}
	for _, kind := range []string{"FlinkDeployment", "Deployment", "Service", "NetworkPolicy", "Job"} {
		if byKind[kind] == nil {
			t.Fatalf("no %s is rendered", kind)
		}
	}
	// Flink takes it from who submits.
	server := at(byKind["Deployment"], "spec", "template", "spec", "containers", 0, "args", 0).(string)
	const large = "taskmanager.runtime.large-record-handler"
	setting := large + ": " + configuration(t, "flink/settings.env")[large]
	if !strings.Contains(server, setting) || !strings.Contains(server, "--flink-conf-dir") {
		t.Errorf("the job server does not say %q", setting)
	}
	flink := byKind["FlinkDeployment"]
	line, _, _ := strings.Cut(s["FLINK_VERSION"], ".")
	if v := at(flink, "spec", "flinkVersion").(string); !strings.HasPrefix(v, "v"+line+"_") || !strings.HasPrefix(s["FLINK_VERSION"], strings.ReplaceAll(v[1:], "_", ".")+".") {
		t.Errorf("flinkVersion is %s, FLINK_VERSION %s", v, s["FLINK_VERSION"])
	}
	images := map[any]bool{
		at(flink, "spec", "image"): true,
		at(byKind["Deployment"], "spec", "template", "spec", "containers", 0, "image"): true,
		at(byKind["Job"], "spec", "template", "spec", "containers", 0, "image"):        true,
	}
	if len(images) != 1 || !images[s["IMAGE"]] {
		t.Errorf("images: %v, want %s alone", images, s["IMAGE"])
	}
	want := configuration(t, "flink/kubernetes/settings.env", "flink/settings.env")
	got := at(flink, "spec", "flinkConfiguration").(map[string]any)
	for key, value := range got {
		if value != want[key] { // strings: what the operator's schema asks for
			t.Errorf("flinkConfiguration: %s is %#v, config.yaml.in says %q", key, value, want[key])
		}
	}
	if len(got) < 20 || got["taskmanager.host"] != nil {
		t.Errorf("flinkConfiguration has %d keys: it is not the first part of config.yaml.in", len(got))
	}
	if m := at(flink, "spec", "taskManager", "resource", "memory"); m != s["TM_MEMORY"] {
		t.Errorf("the task manager's memory is %v, TM_MEMORY %s", m, s["TM_MEMORY"])
	}
	if label, allowed := at(byKind["Job"], "spec", "template", "metadata", "labels", "app"), at(byKind["NetworkPolicy"], "spec", "ingress", 0, "from", 0, "podSelector", "matchLabels", "app"); label != allowed {
		t.Errorf("the build's pod is %v, the job server takes connections from %v", label, allowed)
	}
}

// at is the value below keys and indices.
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

// TestFlinkWithoutACluster checks what the scripts say where nothing runs.
func TestFlinkWithoutACluster(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash here")
	}
	env := append(os.Environ(), "RUN="+filepath.Join(t.TempDir(), "run"), "CACHE="+filepath.Join(t.TempDir(), "cache"))
	for _, c := range []struct {
		args []string
		rc   int
		says string
	}{
		{[]string{"flink/stop"}, 0, "nothing runs in"},
		{[]string{"flink/submit", "build"}, 1, "no job server runs in"},
		{[]string{"flink/submit"}, 2, "runners/flink/submit COMMAND"},
		{[]string{"flink/start", "many"}, 2, "runners/flink/start [TASK_MANAGERS]"},
		{[]string{"flink/kubernetes/render", "all"}, 2, "kubectl apply"},
	} {
		cmd := exec.Command("bash", c.args...)
		cmd.Env = env
		out, _ := cmd.CombinedOutput()
		if rc := cmd.ProcessState.ExitCode(); rc != c.rc || !strings.Contains(string(out), c.says) {
			t.Errorf("%v: exit %d, %q; want %d, %q", c.args, rc, out, c.rc, c.says)
		}
	}
}
