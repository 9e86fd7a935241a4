package work

import (
	"context"
	"iter"
	"runtime"
	"sync"

	"decoy/schemas/contain"
)

// Ordered applies work to the elements of in with one goroutine a processor and
// hands the results to emit in the order of in, from the calling goroutine. Each
// goroutine makes its own tool (a parser, a scorer) with open. A bounded number of
// elements is in flight, so memory does not grow with the input. A panic in a goroutine
// of the pool is an error of its element: what a stage takes for a record's own, it
// contains in work.
func Ordered[T, Tool, R any](ctx context.Context, in iter.Seq2[T, error], open func() (Tool, func(), error),
	work func(Tool, T) (R, error), emit func(R) error) error {
	type job struct {
		element T
		err     error
		result  chan answer[R]
	}
	workers := runtime.GOMAXPROCS(0)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	jobs := make(chan job)
	queue := make(chan chan answer[R], 8*workers)
	var wg sync.WaitGroup
	defer wg.Wait()
	for range workers {
		tool, closeTool, err := open()
		if err != nil {
			close(jobs)
			return err
		}
		wg.Go(func() {
			defer closeTool()
			for j := range jobs {
				if j.err != nil {
					j.result <- answer[R]{err: j.err}
					continue
				}
				var r R
				err := contain.Do(func() (err error) {
					r, err = work(tool, j.element)
					return err
				})
				j.result <- answer[R]{r, err}
			}
		})
	}
	wg.Go(func() {
		defer close(jobs)
		defer close(queue)
		send := func(e T, err error) bool {
			result := make(chan answer[R], 1)
			select {
			case queue <- result:
			case <-ctx.Done():
				return false
			}
			select {
			case jobs <- job{e, err, result}:
			case <-ctx.Done():
				return false
			}
			return true
		}
		err := contain.Do(func() error {
			for e, err := range in {
				if !send(e, err) {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			var none T
			send(none, err)
		}
	})
	for result := range queue {
		select {
		case o := <-result:
			if o.err != nil {
				cancel()
				return o.err
			}
			if err := contain.Do(func() error { return emit(o.value) }); err != nil {
				cancel()
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

type answer[R any] struct {
	value R
	err   error
}
