package pipelines

import (
	"context"
	"errors"

	"decoy/io/shard"
)

// hold makes OUT decoy's and takes it, if the checks allow that, and ends what a process
// that is gone left working there (Build.EndPrevious). The context that it returns ends when the
// lock is lost, and release, which is to be deferred, then says that
// in place of what failed because of it.
func hold(ctx context.Context, out string, endPrevious func(context.Context, string) error,
	checks ...func(context.Context) error) (_ context.Context, release func(*error), err error) {
	if err := claim(ctx, out); err != nil {
		return nil, nil, err
	}
	lock, err := shard.Lock(ctx, out)
	if err != nil {
		return nil, nil, err
	}
	ctx, end := lock.Context(ctx)
	// A command that is refused leaves the job of the build that is there alone.
	for _, do := range append(checks, func(ctx context.Context) error {
		if endPrevious == nil {
			return nil
		}
		return endPrevious(ctx, out)
	}) {
		if err := do(ctx); err != nil {
			end()
			return nil, nil, errors.Join(err, lock.Release(ctx))
		}
	}
	return ctx, func(err *error) {
		if lost(ctx) {
			*err = context.Cause(ctx)
		}
		end()
		*err = errors.Join(*err, lock.Release(ctx))
	}, nil
}

// lost tells whether a context from hold ended because the lock was lost.
func lost(ctx context.Context) bool { return errors.Is(context.Cause(ctx), shard.ErrLost) }
