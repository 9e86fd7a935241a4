package main

import (
	"fmt"
	"os"
)

// alerter is a console that shows what went wrong in red.
type alerter interface {
	Alert(format string, a ...any)
}

// alert is how a console shows it: as a message where it has no colours.
func alert(c console) func(format string, a ...any) {
	if a, ok := c.(alerter); ok {
		return a.Alert
	}
	return c.Log
}

// Alert shows a message in red, unless NO_COLOR is set (no-color.org).
func (c *barConsole) Alert(format string, a ...any) {
	text := fmt.Sprintf(format, a...)
	if os.Getenv("NO_COLOR") == "" {
		text = "\x1b[31m" + text + "\x1b[0m"
	}
	c.Log("%s", text)
}
