package pipelines

import (
	"fmt"
	"slices"

	"decoy/transforms/report"
)

// Levels of a warning: an error is red, a warning yellow.
const (
	LevelError   = report.LevelError
	LevelWarning = report.LevelWarning
)

// Warn tells a person what is wrong with a build that goes on, once: at the terminal
// and, if the report is written by this run, in its first lines.
func (b *Build) Warn(level, format string, a ...any) {
	w := report.Warning{Level: level, Text: fmt.Sprintf(format, a...)}
	if slices.Contains(b.warnings, w) {
		return
	}
	b.warnings = append(b.warnings, w)
	if b.Warned != nil {
		b.Warned(level, w.Text)
	} else {
		b.Log("%s: %s", level, w.Text)
	}
}
