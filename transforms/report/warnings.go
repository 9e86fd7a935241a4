package report

// Levels of a warning.
const (
	LevelError   = "error"
	LevelWarning = "warning"
)

// Warning is something wrong with a build that a reader must not miss.
type Warning struct {
	Level string
	Text  string
}
