package main

import (
	"context"
	"fmt"
	"time"
)

// shared lets two processes send n requests together through one limiter. The server
// refuses what is above the limit.
func (b *bench) shared(ctx context.Context, redis string, n int) error {
	server, url, err := b.serve(ctx, "-rpm", fmt.Sprint(sharedRPM))
	if err != nil {
		return err
	}
	var asked []*child
	for i := range 2 {
		c, err := b.start(ctx, i, "ask", "-url", url, "-rpm", fmt.Sprint(sharedRPM), "-limiter", redis, "-light",
			"-requests", fmt.Sprint(n/2), "-shard", fmt.Sprint(i), "-ledger", b.dir())
		if err != nil {
			return err
		}
		asked = append(asked, c)
	}
	valid := 0
	for _, c := range asked {
		var got report
		if err := c.end(&got); err != nil {
			return err
		}
		valid += got.Valid
	}
	var seen log
	if err := server.end(&seen); err != nil {
		return err
	}
	// One of the two ends first. Until nine tenths are done both are at work.
	d := (seen.span() * 9 / 10).Truncate(time.Second)
	share, worst, seconds := seen.share(sharedRPM, 0, d), seen.worst(time.Minute)/sharedRPM, d.Seconds()
	b.result.SharedShare, b.result.SharedWorst, b.result.SharedSeconds = &share, &worst, &seconds
	b.result.HTTP429, b.result.Lost = seen.Throttled, n/2*2-valid
	fmt.Printf("shared: share %.4f in %.0f s by two processes, %d answers of 429, worst minute %.4f of the limit\n",
		share, seconds, seen.Throttled, worst)
	return nil
}
