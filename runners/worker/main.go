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
// command is this file (package boot). It needs neither Beam's boot program nor a copy of
// itself staged:
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
	"flag"
	"fmt"
	"os"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/gcs"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local"

	"decoy/pipelines"
	"decoy/runners/worker/boot"
)

func main() {
	pipelines.ReserveHeap()
	flag.Parse()
	go boot.EndWithParent(os.Getppid())
	if boot.Started() {
		if err := boot.Worker(); err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			os.Exit(1)
		}
	}
	beam.Init() // runs the worker and returns only where --worker is not set
	fmt.Fprintln(os.Stderr, "worker: a runner starts this program, itself or through Beam's boot program; see the "+
		"comment of package runners/worker")
	os.Exit(2)
}
