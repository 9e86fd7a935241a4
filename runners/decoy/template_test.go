package main

import (
	"encoding/json"
	"flag"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	df "google.golang.org/api/dataflow/v1b3"

	"decoy/io/discovery"
)

// TestTheFlexTemplate: the specification is what the API takes, and each parameter is a
// flag that the command takes, with an example that its expressions accept.
func TestTheFlexTemplate(t *testing.T) {
	raw, err := exec.Command("../dataflow/template/spec", "europe-docker.pkg.dev/p/decoy/launcher:1").Output()
	if err != nil {
		t.Fatal(err)
	}
	var spec df.ContainerSpec
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(&spec); err != nil {
		t.Fatal(err)
	}
	api := discovery.Read(t, "dataflow/v1b3/dataflow-api.json")
	if bad := api.Message("ContainerSpec", raw); len(bad) > 0 {
		t.Error(bad)
	}
	if api != nil && len(api.Message("ContainerSpec", []byte(strings.Replace(string(raw), `"GO"`, `"GOLANG"`, 1)))) == 0 {
		t.Error("a wrong language is taken")
	}
	examples := map[string]string{
		"recipe": "demo", "archives": "gs://b/a/*.zip,https://example.org/x.tar.gz", "out": "gs://my-bucket/build", "shards": "128", "rows": "100000", "budget": "25.5",
		"worker_binary": "/template/worker", "sdk_container_image": "europe-docker.pkg.dev/p/decoy/beam-go:2.77.0", "worker_machine_type": "n2-standard-4", "max_num_workers": "20",
	}
	// What the launcher adds.
	args := []string{"--runner=DataflowRunner", "--project=my-project", "--region=europe-west4", "--staging_location=gs://b/s", "--template_location=gs://b/t", "--job_name=decoy"}
	for _, p := range spec.Metadata.Parameters {
		example, ok := examples[p.Name]
		matches := func(r string) bool { return regexp.MustCompile(r).MatchString(example) }
		if !ok || !slices.ContainsFunc(p.Regexes, matches) || p.HelpText == "" || p.Label == "" {
			t.Errorf("parameter %s: example %q, expressions %q", p.Name, example, p.Regexes)
		}
		args = append(args, "--"+p.Name+"="+example)
	}
	own, toBeam := splitBeam(template(args))
	var c cli
	parser, err := kong.New(&c, outFlags())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(own); err != nil {
		t.Errorf("%v: %v", own, err)
	}
	if c.Build.Out != examples["out"] || c.Build.Recipe != "demo" || len(c.Build.Archives) != 2 || *c.Build.Budget != 25.5 {
		t.Errorf("%+v", c.Build)
	}
	for _, a := range toBeam {
		name, _, _ := strings.Cut(strings.TrimPrefix(a, "--"), "=")
		if flag.Lookup(name) == nil {
			t.Errorf("Beam has no flag %s", name)
		}
	}
	if len(own)+len(toBeam) != 1+len(args) {
		t.Errorf("%v, %v of %v", own, toBeam, args)
	}
}
