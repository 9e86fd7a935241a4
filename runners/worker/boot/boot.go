// Package boot makes a program its own boot program for a Beam runner: one that a runner
// starts itself, as the command of an environment of type PROCESS, asks the runner for its
// endpoints and options, as the container contract says
// (https://s.apache.org/beam-fn-api-container-contract), and needs nothing staged.
package boot

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/harness/init" // flags --worker, --id and endpoints
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
)

var provision = flag.String("provision_endpoint", "", "Address of the runner's provision service.")

func init() {
	flag.String("artifact_endpoint", "", "Not used: nothing is fetched.") // Flink gives it
}

// Started tells whether a runner started this process. Call it after flag.Parse.
func Started() bool { return *provision != "" }

// Worker sets what Beam's boot program would give the worker. Call it where Started, and
// beam.Init after it, which runs the worker.
func Worker() error {
	id := strings.Trim(flag.Lookup("id").Value.String(), "'") // prism quotes it
	info, err := tools.ProvisionInfo(grpcx.WriteWorkerID(context.Background(), id), *provision)
	if err != nil {
		return fmt.Errorf("ask the runner at %s what to do: %w", *provision, err)
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

// EndWithParent ends the process once another than this one has become its parent: a
// runner that is killed leaves its workers behind.
func EndWithParent(parent int) {
	for os.Getppid() == parent {
		time.Sleep(500 * time.Millisecond)
	}
	os.Exit(1)
}
