// Command worker runs decoy's pipelines for a remote runner. It holds the DoFns of
// package pipelines and nothing of the command line: no DuckDB, no browser pages, no
// runners. Every worker machine fetches it, and a Flink job server sends it through
// the JVM's direct memory, so .ci/run holds its size below 70 MiB.
// runners/worker/build makes it.
//
// # Two ways to start it
//
// With --worker, by Beam's boot program, as in a container of Dataflow.
//
// With --provision_endpoint, by a runner itself: an environment of type PROCESS whose
// command is this file. It asks the runner for its endpoints and options, as the boot
// program does, and needs neither that program nor a copy of itself staged:
//
//	--environment_type=PROCESS --environment_config={"command":"/opt/decoy/worker"}
//
// Launcher and worker must be of one version: a task names the version of the code
// that made it, and another refuses it.
//
// # Ends
//
// A runner that is killed leaves its workers behind, and Flink kills only what it
// started itself. So a worker ends when its parent does.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/harness/init" // flags --worker, --id and endpoints
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/gcs"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"

	_ "decoy/pipelines"
)

var provision = flag.String("provision_endpoint", "", "Address of the runner's provision service.")

func init() {
	flag.String("artifact_endpoint", "", "Not used: nothing is fetched.") // Flink gives it
}

func main() {
	flag.Parse()
	go endWithParent(os.Getppid())
	if *provision != "" {
		if err := boot(*provision); err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			os.Exit(1)
		}
	}
	beam.Init() // runs the worker and returns only where --worker is not set
	fmt.Fprintln(os.Stderr, "worker: a runner starts this program, itself or through Beam's boot program; see the "+
		"comment of package runners/worker")
	os.Exit(2)
}

// boot sets what Beam's boot program would give the worker, as the container contract
// says (https://s.apache.org/beam-fn-api-container-contract).
func boot(endpoint string) error {
	id := strings.Trim(flag.Lookup("id").Value.String(), "'") // prism quotes it
	info, err := tools.ProvisionInfo(grpcx.WriteWorkerID(context.Background(), id), endpoint)
	if err != nil {
		return fmt.Errorf("ask the runner at %s what to do: %w", endpoint, err)
	}
	options, err := tools.ProtoToJSON(info.GetPipelineOptions())
	if err != nil {
		return fmt.Errorf("pipeline options: %w", err)
	}
	set := map[string]string{"worker": "true", "id": id, "options": options}
	if at := info.GetLoggingEndpoint().GetUrl(); at != "" {
		set["logging_endpoint"] = at
	}
	if at := info.GetControlEndpoint().GetUrl(); at != "" {
		set["control_endpoint"] = at
	}
	for name, value := range set {
		if err := flag.Set(name, value); err != nil {
			return err
		}
	}
	os.Setenv("STATUS_ENDPOINT", info.GetStatusEndpoint().GetUrl())
	os.Setenv("RUNNER_CAPABILITIES", strings.Join(info.GetRunnerCapabilities(), " "))
	return nil
}

// endWithParent ends the process once another has become its parent.
func endWithParent(parent int) {
	for os.Getppid() == parent {
		time.Sleep(500 * time.Millisecond)
	}
	os.Exit(1)
}
