package curate_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"decoy/transforms/curate"
)

// BenchmarkSketch sketches a document of 300 words, 2 KB.
func BenchmarkSketch(b *testing.B) {
	text := strings.Join(program(rand.New(rand.NewPCG(1, 1)), 300), " + ")
	b.SetBytes(int64(len(text)))
	b.Run("shingles", func(b *testing.B) {
		for b.Loop() {
			curate.Shingles(text)
		}
	})
	set := curate.Shingles(text)
	b.Run("values", func(b *testing.B) {
		for b.Loop() {
			curate.SketchOf(1, 0, set)
		}
	})
}
