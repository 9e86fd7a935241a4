// Package beamtest runs the pipelines of tests on the direct runner and on prism. Prism
// codes every element, the direct runner none: only a test that passes on both says that a
// PTransform works elsewhere.
package beamtest

import (
	"context"
	"flag"
	"os"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	//lint:ignore SA1019 It is the second opinion on prism, in one process.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct" // by name, below
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
)

// Main is a TestMain: Beam must be told when all types are registered.
func Main(m *testing.M) {
	flag.Parse()
	beam.Init()
	beamlog.SetLogger(quiet{})
	os.Exit(m.Run())
}

// quiet keeps Beam's log from the tests' output.
type quiet struct{}

func (quiet) Log(context.Context, beamlog.Severity, int, string) {}

// OnEach builds a pipeline for each runner and runs it.
func OnEach(t *testing.T, build func(s beam.Scope)) {
	t.Helper()
	for _, runner := range []string{"direct", "prism"} {
		p, s := beam.NewPipelineWithRoot()
		build(s)
		if _, err := beam.Run(context.Background(), runner, p); err != nil {
			t.Errorf("%s: %v", runner, err)
		}
	}
}
