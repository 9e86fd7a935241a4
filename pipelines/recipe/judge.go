package recipe

import (
	"slices"
	"strings"

	"decoy/transforms/judge"
	"decoy/transforms/panel"
)

// Judge is the part of judge.
type Judge struct {
	Panel []panel.Member `yaml:"panel" json:"panel"`
	// Protocol is that of paid members: single, pairwise or logprob. Where a FIM model is at
	// hand, logprob is the one to take: with provider fim and the base_url of a server, or
	// with offline: true, a model and its fim_model, and decoy judge --export and --import.
	Protocol string  `yaml:"protocol" json:"protocol"`
	Goldens  float64 `yaml:"goldens" json:"goldens"` // share of contexts with a golden control
	// Rounds are ascending shares of a cell (generator × type × language) that have
	// been asked about after each round. A cell stops after the round in which the
	// Wilson interval of its fool rate is narrower than IntervalWidth.
	Rounds        []float64 `yaml:"rounds" json:"rounds"`
	IntervalWidth float64   `yaml:"interval_width" json:"interval_width"`
	// OwnFamily lets a judge judge what a model of its own family made.
	OwnFamily bool `yaml:"own_family" json:"own_family"`
	// MinGoldenAcceptance is the share of golden controls below which a judge counts
	// less (judge.Weights). Curate uses it, so no verdict depends on it.
	MinGoldenAcceptance float64 `yaml:"min_golden_acceptance" json:"-"`
}

func defaultJudge() Judge {
	return Judge{
		Panel: []panel.Member{{Name: "ngram", Provider: panel.ProviderNGram}}, Protocol: "single", Goldens: 0.1,
		Rounds: []float64{1}, IntervalWidth: 0.1, MinGoldenAcceptance: 0.5,
	}
}

// Families are those of the generators, by name.
func (r Generate) Families() map[string]string {
	out := map[string]string{}
	for _, m := range r.Panel {
		out[m.Name] = m.Kin()
	}
	return out
}

// checkJudge checks the part of judge, but for its members' own fields.
func (r *Recipe) checkJudge(bad func(string, ...any)) {
	j := r.Judge
	protocol, ok := judge.Protocols[j.Protocol]
	if !ok {
		bad("judge.protocol: %q is not one of %s", j.Protocol, strings.Join(judge.ProtocolNames(), ", "))
	}
	for i, m := range r.Generate.Panel {
		if m.Offline {
			bad("generate.panel[%d].offline: %s writes nothing, since offline members only score what is there; put "+
				"it into judge.panel, or give it a base_url", i, m.Name)
		}
	}
	families := r.Generate.Families()
	for i, m := range j.Panel {
		switch {
		case !ok || !m.Paid():
		case protocol.FIM && m.Provider != panel.ProviderFIM:
			bad("judge.panel[%d]: protocol %s asks for log-probabilities, which only provider %s has; %s is of "+
				"provider %s", i, j.Protocol, panel.ProviderFIM, m.Name, m.Provider)
		case !protocol.FIM && m.Provider == panel.ProviderFIM:
			bad("judge.panel[%d]: %s is of provider %s, which judges with protocol logprob and no other", i, m.Name,
				m.Provider)
		}
		judges := j.OwnFamily || len(families) == 0
		for _, f := range families {
			judges = judges || f != m.Kin()
		}
		if !judges {
			bad("judge.panel[%d]: %s judges nothing, since all generators are of its family %s; set "+
				"judge.own_family: true, or name another family", i, m.Name, m.Kin())
		}
	}
	share := func(field string, v float64) {
		if !(v >= 0 && v <= 1) {
			bad("judge.%s: %v is not between 0 and 1", field, v)
		}
	}
	share("goldens", j.Goldens)
	share("interval_width", j.IntervalWidth)
	share("min_golden_acceptance", j.MinGoldenAcceptance)
	ascending := slices.IsSortedFunc(j.Rounds, func(a, b float64) int {
		if a > b {
			return 1
		}
		return -1
	})
	if n := len(j.Rounds); n == 0 || !(j.Rounds[0] > 0) || !(j.Rounds[n-1] <= 1) || !ascending {
		bad("judge.rounds: %v are not ascending shares above 0 and up to 1, like [0.01, 0.04, 0.16, 0.64, 1.0]",
			j.Rounds)
	}
}
