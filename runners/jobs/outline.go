package jobs

import (
	"fmt"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamgraph "github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph"
)

// Outline is a pipeline as a person reads it: its scopes, a line each, below those that they
// stand in, in the order in which the program made them. What is the runner's craft (the
// coders of a Reshuffle, the keys of a GroupByKey) is left out.
func Outline(p *beam.Pipeline) (string, error) {
	edges, _, err := p.Build()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	shown := map[*beamgraph.Scope]bool{}
	var show func(s *beamgraph.Scope) int
	show = func(s *beamgraph.Scope) (depth int) {
		if s.Parent == nil {
			return 0
		}
		depth = show(s.Parent)
		if !shown[s] && !craft[scopeName(s)] {
			fmt.Fprintf(&b, "%s%s\n", strings.Repeat("  ", depth), scopeName(s))
		}
		shown[s] = true
		return depth + 1
	}
	for _, e := range edges {
		show(e.Scope())
	}
	return b.String(), nil
}

// craft are scopes that say nothing about a program.
var craft = map[string]bool{"CoGBK": true, "Reshuffle": true, "Flatten": true, "Impulse": true}

// scopeName is a scope's own name, without what Beam adds to tell two of a name apart.
func scopeName(s *beamgraph.Scope) string {
	name, _, _ := strings.Cut(s.Label, "'")
	return name
}
