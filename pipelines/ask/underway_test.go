package ask

import (
	"context"
	"errors"
	"testing"
)

// TestNothingAsksAfterItsJob: what asks when the job has ended is ended and waited for,
// what would begin then does not, and the next job of the same OUT asks again.
func TestNothingAsksAfterItsJob(t *testing.T) {
	out := t.TempDir()
	end := Begin(out)
	began, written := make(chan struct{}), false
	go func() {
		_ = UnderWay(t.Context(), out, func(ctx context.Context) error {
			close(began)
			<-ctx.Done()
			written = true // end happens after it
			return ctx.Err()
		})
	}()
	<-began
	end()
	if !written {
		t.Error("the job was over before what it asked")
	}
	asked := false
	send := func(context.Context) error { asked = true; return nil }
	if err := UnderWay(t.Context(), out, send); !errors.Is(err, context.Canceled) || asked {
		t.Errorf("asked after the job: %v, error %v", asked, err)
	}
	end = Begin(out)
	if err := UnderWay(t.Context(), out, send); err != nil || !asked {
		t.Errorf("the next job: asked %v, error %v", asked, err)
	}
	end()
	if asked = false; UnderWay(t.Context(), t.TempDir(), send) != nil || !asked {
		t.Error("a process that works for another one's job does not ask")
	}
}
