package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8/cwriter"

	"decoy/pipelines"
)

// Colours of what is wrong, as terminals have them (ECMA-48, 8.3.117).
const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

// coloured reports whether standard error is a terminal that shows colours. NO_COLOR is
// no-color.org's.
func coloured() bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && cwriter.IsTerminal(int(os.Stderr.Fd()))
}

// painted is a text in the colour of its level.
func painted(level, text string, colours bool) string {
	if !colours {
		return text
	}
	colour := yellow
	if level == pipelines.LevelError {
		colour = red
	}
	return colour + text + reset
}

// fail prints an error, in red to a person.
func fail(a ...any) {
	fmt.Fprintln(os.Stderr, painted(pipelines.LevelError, strings.TrimSuffix(fmt.Sprintln(a...), "\n"), coloured()))
}

// ended shows an error that ends a command to a program, which may not look at what is
// printed for people.
func ended(c console, err error) error {
	if j, ok := c.(*jsonConsole); ok && err != nil {
		j.Warn(pipelines.LevelError, err.Error())
	}
	return err
}

func warnLine(w io.Writer, start time.Time, level, text string, colours bool) {
	fmt.Fprintf(w, "%6.1fs  %s\n", time.Since(start).Seconds(), painted(level, level+": "+text, colours))
}

func (c *lineConsole) Warn(level, text string) { warnLine(c.w, c.start, level, text, false) }

func (c *jsonConsole) Warn(level, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write(event{Level: level, Message: text})
}

func (c *barConsole) Warn(level, text string) {
	warnLine(c.pool, c.start, level, text, coloured())
}
