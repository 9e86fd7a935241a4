package pipelines

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"google.golang.org/protobuf/proto"

	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
)

// everything is what Beam and slog log at all levels.
type everything struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (e *everything) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.b.Write(p)
}

// Log keeps a message of Beam.
func (e *everything) Log(_ context.Context, _ beamlog.Severity, _ int, msg string) {
	fmt.Fprintln(e, msg)
}

// TestAKeyIsInNoLogAndNoJob: neither in what is logged at debug level nor in what is
// handed to a runner.
func TestAKeyIsInNoLogAndNoJob(t *testing.T) {
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		switch {
		case a.N%5 == 0:
			return faultserver.EchoAuth(500)
		case a.N%7 == 0:
			return faultserver.EchoAuth(400)
		case a.Judging():
			return faultserver.OK(verdict)
		}
		return faultserver.OK(completion(renamed))
	})
	var logged everything
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	beamlog.SetLogger(&logged)
	defer func() { slog.SetDefault(before); beamlog.SetLogger(quiet{}) }()

	b := ordinary(t, 2).open(t, t.TempDir(), "prism", asked(t, s))
	b.Log = func(format string, a ...any) { fmt.Fprintf(&logged, format+"\n", a...) }
	run, jobs := b.Run, []byte(nil)
	b.Run = func(ctx context.Context, p *beam.Pipeline, j Job) (work.Metrics, error) {
		edges, _, err := p.Build()
		if err != nil {
			return work.Metrics{}, err
		}
		job, err := graphx.Marshal(edges, &graphx.Options{Environment: &pipepb.Environment{Urn: "test"}})
		if err != nil {
			return work.Metrics{}, err
		}
		raw, err := proto.Marshal(job)
		jobs = append(append(jobs, raw...), '\n')
		if err != nil {
			return work.Metrics{}, err
		}
		return run(ctx, p, j)
	}
	if err := b.RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}
	plain := unpacked(jobs, 0)
	for where, text := range map[string][]byte{"a log": logged.b.Bytes(), "a job": plain} {
		if bytes.Contains(text, []byte(apiKey)) {
			t.Errorf("the key is in %s", where)
		}
	}
	// The test shows something only if it reads what a job holds.
	if !bytes.Contains(plain, []byte(keyEnv)) {
		t.Error("the jobs do not name the variable: the test shows too little")
	}
	if !strings.Contains(logged.b.String(), "level=DEBUG") && !strings.Contains(logged.b.String(), "level=INFO") {
		t.Error("nothing is logged: the test shows too little")
	}
}

var inBase64 = regexp.MustCompile(`[A-Za-z0-9+/]{24,}={0,2}`)

// unpacked is b and all that stands in it as base64, again and again: Beam nests its
// descriptions so.
func unpacked(b []byte, depth int) []byte {
	out := bytes.Clone(b)
	if depth == 5 {
		return out
	}
	for _, text := range inBase64.FindAll(b, -1) {
		text = bytes.TrimRight(text, "=")
		// Bytes before it may look like a part of it.
		for skip := range min(4, len(text)) {
			part := text[skip:]
			part = part[:len(part)-map[bool]int{true: 1}[len(part)%4 == 1]]
			if raw, err := base64.RawStdEncoding.DecodeString(string(part)); err == nil {
				out = append(append(out, '\n'), unpacked(raw, depth+1)...)
			}
		}
	}
	return out
}
