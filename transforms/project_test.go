package transforms_test

import (
	"testing"

	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local"

	"decoy/transforms/beamtest"
)

// project is what the example reads.
var project = []sourceFile{
	{"example.org/store", "store/store.go", `package store

import (
	"testing"

	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local"

	"decoy/transforms/beamtest"
)

// Store keeps counts by name.
type Store struct{ counts map[string]int }

func (s *Store) Put(name string, n int) { s.counts[name] = n }

func (s *Store) Count(name string) int { return s.counts[name] }

func Render(s *Store, names []string) string {
	s.Put("all", len(names))
	joined := strings.Join(names, ", ")
	return fmt.Sprintf("%s: %d", joined, s.Count("all"))
}
`},
}

func TestMain(m *testing.M) { beamtest.Main(m) }
