package jobs

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"

	"decoy/io/shard/flow"

	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
)

// ours is the stage of a metric's namespace.
func ours(namespace string) (stage string, ok bool) {
	return strings.CutPrefix(namespace, flow.MetricsPrefix)
}

// frame is what follows an error's text where it crossed the JVM.
var frame = regexp.MustCompile(`\n\s*(at [\w$.]+[(/]|Caused by: |\.\.\. \d+ more|Suppressed: )`)

// ownError finds our part of an error that crossed Beam, which wraps it as text in
// lines about bundles. ok is false where it is none of ours: a panic, or a failure of
// Beam itself.
func ownError(text string) (own string, ok bool) {
	const mark = "] failed:\n" // DoFn[UID:6, …, Name: decoy/pipelines.shardFn] failed:
	if i := strings.LastIndex(text, mark); i >= 0 {
		own = text[i+len(mark):]
		if end := frame.FindStringIndex(own); end != nil {
			own = own[:end[0]]
		}
		own = strings.TrimSpace(own)
		return own, !strings.HasPrefix(own, "panic:")
	}
	if end := frame.FindStringIndex(text); end != nil {
		text = text[:end[0]]
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, line := range lines {
		if strings.HasPrefix(line, "panic: ") { // its frames follow
			return line, false
		}
	}
	return strings.TrimSpace(lines[len(lines)-1]), false
}

// cancelError is what is to be said of a job that could not be cancelled.
type cancelError struct{ error }

func cancelled(err error) error {
	if c, ok := err.(cancelError); ok {
		return c
	}
	return nil
}

// quiet is Beam's log, which is for its developers: below errors it stays silent.
type quiet struct{}

// Log prints Beam's errors.
func (quiet) Log(_ context.Context, sev beamlog.Severity, _ int, msg string) {
	if sev >= beamlog.SevError {
		fmt.Fprintln(os.Stderr, "beam:", msg)
	}
}

// catchLog keeps what prism logs about a failure, to be shown only where the failure
// does not say it itself.
//
// Prism keeps the logger of the moment it was started, so there is one for the process.
func catchLog() *lastLog {
	said.reset()
	slog.SetDefault(slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelError})))
	return &said
}

// lastLog keeps the end of a log. It may be written from several goroutines.
type lastLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

var said lastLog

func (l *lastLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Reset()
}

func (l *lastLog) Write(p []byte) (int, error) {
	const most = 64 << 10
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Write(p)
	l.b.Next(max(0, l.b.Len()-most))
	return len(p), nil
}

func (l *lastLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
