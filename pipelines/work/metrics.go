package work

import "strings"

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

// Of are those of one stage.
func (m Metrics) Of(stage string) (out Metrics) {
	for name, n := range m.Counters {
		if strings.HasPrefix(name, stage+"/") {
			out.Add(Metrics{Counters: map[string]int64{name: n}})
		}
	}
	for name, d := range m.Distributions {
		if strings.HasPrefix(name, stage+"/") {
			out.Add(Metrics{Distributions: map[string]Distribution{name: d}})
		}
	}
	return out
}
