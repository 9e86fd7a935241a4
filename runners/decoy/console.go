package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/cwriter"
	"github.com/vbauerster/mpb/v8/decor"

	"decoy/transforms/panel"
)

// console shows how far a command is: bars to a person at a terminal, lines to a
// log, JSON objects to a program.
type console interface {
	// Log shows one message.
	Log(format string, a ...any)
	// Warn shows what is wrong and does not end the command.
	Warn(level, text string)
	// Progress shows that done of a stage's total units are done.
	Progress(stage string, done, total int)
	// Panel shows what the panel does, at most once a second; last is the end.
	Panel(all []panel.Usage, last bool)
	// Close ends what is shown.
	Close()
}

func (c common) console() console {
	start := time.Now()
	switch {
	case c.JSON:
		return &jsonConsole{w: os.Stdout, start: start}
	case c.Quiet:
		return &lineConsole{w: io.Discard, start: start}
	case cwriter.IsTerminal(int(os.Stderr.Fd())):
		return &barConsole{start: start, pool: mpb.New(mpb.WithOutput(os.Stderr), mpb.WithWidth(40))}
	}
	return &lineConsole{w: os.Stderr, start: start}
}

// lineConsole writes a line a message and none for progress: a log is read
// afterwards.
type lineConsole struct {
	w     io.Writer
	start time.Time
	shown time.Time // the panel
}

func (c *lineConsole) Log(format string, a ...any) {
	fmt.Fprintf(c.w, "%6.1fs  %s\n", time.Since(c.start).Seconds(), fmt.Sprintf(format, a...))
}
func (*lineConsole) Progress(string, int, int) {}
func (*lineConsole) Close()                    {}

// event is one line of --json.
type event struct {
	Seconds float64 `json:"seconds"`
	Level   string  `json:"level,omitempty"` // "warning" or "error"
	Message string  `json:"message,omitempty"`
	Stage   string  `json:"stage,omitempty"`
	Done    *int    `json:"done,omitempty"`
	Total   int     `json:"total,omitempty"`

	Panel *panelEvent `json:"panel,omitempty"`
}

// jsonConsole writes one JSON object a line: a message, or a stage's progress where
// it has changed.
type jsonConsole struct {
	w     io.Writer
	start time.Time

	mu    sync.Mutex
	last  event
	panel map[string]panelSeen // by stage and member
}

func (c *jsonConsole) write(e event) {
	e.Seconds = float64(time.Since(c.start).Milliseconds()) / 1000
	raw, err := json.Marshal(e)
	if err != nil {
		return // no event has a value that JSON lacks
	}
	fmt.Fprintln(c.w, string(raw))
}

func (c *jsonConsole) Log(format string, a ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write(event{Message: fmt.Sprintf(format, a...)})
}

func (c *jsonConsole) Progress(stage string, done, total int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last.Stage == stage && *c.last.Done == done {
		return
	}
	c.last = event{Stage: stage, Done: &done, Total: total}
	c.write(c.last)
}

func (*jsonConsole) Close() {}

// barConsole has a bar for each stage; messages scroll above them.
type barConsole struct {
	start time.Time
	pool  *mpb.Progress

	mu    sync.Mutex
	stage string
	bar   *mpb.Bar
	panel map[string]*panelBar // by stage and member
}

func (c *barConsole) Log(format string, a ...any) {
	fmt.Fprintf(c.pool, "%6.1fs  %s\n", time.Since(c.start).Seconds(), fmt.Sprintf(format, a...))
}

func (c *barConsole) Progress(stage string, done, total int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stage != stage {
		c.end()
		c.stage = stage
		c.bar = c.pool.AddBar(int64(total),
			mpb.PrependDecorators(decor.Name(stage, decor.WC{W: 9, C: decor.DindentRight})),
			mpb.AppendDecorators(decor.CountersNoUnit("%d of %d", decor.WCSyncSpace),
				decor.Elapsed(decor.ET_STYLE_GO, decor.WCSyncSpace)))
	}
	c.bar.SetCurrent(int64(done))
}

// end leaves the last stage's bar as it is: whole, or where it stopped.
func (c *barConsole) end() {
	if c.bar != nil && !c.bar.Completed() {
		c.bar.Abort(false)
	}
}

func (c *barConsole) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end()
	for _, line := range c.panel {
		line.bar.Abort(false)
	}
	c.pool.Wait()
}
