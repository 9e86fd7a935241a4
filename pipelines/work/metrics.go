package work

import (
	"context"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/pipelines/bug"
	"decoy/schemas"
)

// Metrics is what a stage's graph counted, as the runner tells it after the run: by
// "STAGE/NAME" the counters and distributions that DoFns reported. A runner that
// tries a bundle again may have counted it twice: the manifest is what holds.
type Metrics struct {
	Counters      map[string]int64        `json:"counters,omitempty"`
	Distributions map[string]Distribution `json:"distributions,omitempty"`
}

// Distribution sums up reported values.
type Distribution struct {
	Count int64 `json:"count"`
	Sum   int64 `json:"sum"`
	Min   int64 `json:"min"`
	Max   int64 `json:"max"`
}

// Add adds what another graph counted.
func (m *Metrics) Add(o Metrics) {
	for name, n := range o.Counters {
		if m.Counters == nil {
			m.Counters = map[string]int64{}
		}
		m.Counters[name] += n
	}
	for name, d := range o.Distributions {
		if m.Distributions == nil {
			m.Distributions = map[string]Distribution{}
		}
		m.Distributions[name] = m.Distributions[name].Plus(d)
	}
}

// Plus is the distribution of the values of both.
func (d Distribution) Plus(o Distribution) Distribution {
	switch {
	case d.Count == 0:
		return o
	case o.Count == 0:
		return d
	}
	return Distribution{d.Count + o.Count, d.Sum + o.Sum, min(d.Min, o.Min), max(d.Max, o.Max)}
}

// MetricsPrefix begins the namespace of every metric of ours.
const MetricsPrefix = "decoy/"

// ShardsMetric is the counter of the units of work that a stage has done.
const ShardsMetric = "shards"

// RecordDone writes a shard's done record and counts it in the runner's metrics:
// counters shards, what the record counts and reject_REASON, distributions shard_ms
// (milliseconds) and shard_bytes.
func RecordDone(ctx context.Context, stageDir string, d schemas.Done, began time.Time) error {
	if err := shard.WriteDone(stageDir, d); err != nil {
		return err
	}
	CountDone(ctx, d)
	beam.NewDistribution(MetricsPrefix+d.Stage, "shard_ms").Update(ctx, time.Since(began).Milliseconds())
	return nil
}

// CountDone counts a shard in the runner's metrics, also one that an attempt did whose
// metrics the runner has dropped with it.
func CountDone(ctx context.Context, d schemas.Done) {
	namespace := MetricsPrefix + d.Stage
	beam.NewCounter(namespace, ShardsMetric).Inc(ctx, 1)
	for name, n := range d.Counts {
		if strings.HasPrefix(name, bug.InternalAt) {
			continue // reject_internal_error counts them; places are no names of metrics
		}
		beam.NewCounter(namespace, name).Inc(ctx, n)
	}
	for reason, n := range d.Rejects {
		beam.NewCounter(namespace, "reject_"+reason).Inc(ctx, n)
	}
	var bytes int64
	for _, f := range d.Files {
		bytes += f.Bytes
	}
	beam.NewDistribution(namespace, "shard_bytes").Update(ctx, bytes)
}
