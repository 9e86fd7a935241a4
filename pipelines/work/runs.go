package work

import (
	"iter"

	"decoy/schemas"
)

// maxRun bounds a run: so many elements with their windows are in each of Ordered's places.
const maxRun = 16

// Runs puts neighbours of one file together, at most 16, so that one goroutine has a file's
// windows, of which many are the same. id is an element's context id.
func Runs[T any](in iter.Seq2[T, error], id func(*T) string) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		var run []T
		for x, err := range in {
			if err != nil {
				if len(run) == 0 || yield(run, nil) {
					yield(nil, err)
				}
				return
			}
			if len(run) > 0 && (len(run) == maxRun || !schemas.SameFile(id(&run[0]), id(&x))) {
				if !yield(run, nil) {
					return
				}
				run = nil
			}
			run = append(run, x)
		}
		if len(run) > 0 {
			yield(run, nil)
		}
	}
}
