package judge

// Kappa is how far judges agree beyond chance, over the negatives on which they have
// valid verdicts: 1 is always, 0 what chance would give. It is nil where there is no
// such negative, and where all verdicts are alike, so that chance explains everything.
type Kappa struct {
	A         string   `json:"a"` // "" where it is over all judges
	B         string   `json:"b"`
	Negatives int64    `json:"negatives"`
	Kappa     *float64 `json:"kappa"`
}

// Cohen is the kappa of each pair of judges (Cohen 1960), over the negatives on which
// both have a valid verdict.
func (t *Tally) Cohen() []Kappa {
	out := make([]Kappa, 0, len(t.Pairs))
	for _, p := range t.Pairs {
		n := p.Both + p.OnlyA + p.OnlyB + p.Neither
		k := Kappa{A: p.A, B: p.B, Negatives: n}
		// In counts, so that nothing is rounded: n² times observed and expected.
		a, b := p.Both+p.OnlyA, p.Both+p.OnlyB
		expected := a*b + (n-a)*(n-b)
		if n*n > expected {
			k.Kappa = rounded(float64(n*(p.Both+p.Neither)-expected) / float64(n*n-expected))
		}
		out = append(out, k)
	}
	return out
}

// Fleiss is the kappa over all judges. Judges miss verdicts (an answer that cannot be
// read, a generator of the judge's own family), so it is the form for unequal numbers
// of judges (Fleiss & Cuzick 1979), over the negatives with at least two valid
// verdicts: with x_i of n_i fooled and p_i = x_i/n_i,
//
//	κ = 1 − Σ n_i p_i (1−p_i) / (Σ (n_i−1) · p (1−p)),  p = Σ x_i / Σ n_i
//
// which is Fleiss' (1971) where all n_i are equal. Nothing is filled in.
func (t *Tally) Fleiss() Kappa {
	var k Kappa
	var verdicts, fooled int64
	apart := 0.0
	for _, v := range t.Votes {
		if v.Judges < 2 {
			continue
		}
		k.Negatives += v.Negatives
		verdicts += v.Judges * v.Negatives
		fooled += v.Fooled * v.Negatives
		apart += float64(v.Negatives*v.Fooled*(v.Judges-v.Fooled)) / float64(v.Judges)
	}
	if fooled > 0 && fooled < verdicts {
		p := float64(fooled) / float64(verdicts)
		k.Kappa = rounded(1 - apart/(float64(verdicts-k.Negatives)*float64(p*(1-p))))
	}
	return k
}

func rounded(x float64) *float64 {
	x = round(x)
	return &x
}

// ControlRate is a judge's share of accepted golden controls. Chance is what a judge
// that guesses would accept.
type ControlRate struct {
	Judge    string  `json:"judge"`
	Protocol string  `json:"protocol"`
	Valid    int64   `json:"valid"`
	Accepted int64   `json:"accepted"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Chance   float64 `json:"chance"`
}

// Controls lists the judges that have golden controls.
func (t *Tally) Controls() []ControlRate {
	var out []ControlRate
	for _, c := range t.Judges {
		if c.Type != "" || c.Valid() == 0 {
			continue
		}
		low, high := Wilson(float64(c.Fooled), float64(c.Valid()))
		r := ControlRate{Judge: c.Judge, Protocol: c.Protocol, Valid: c.Valid(), Accepted: c.Fooled, Low: round(low),
			High: round(high), Chance: 0.5}
		if c.Protocol == ProtocolPairwise {
			r.Chance = 0.25 // both orders
		}
		out = append(out, r)
	}
	return out
}

// Weights are the weights of judges in fool rates that rank, by their golden controls:
// a judge whose acceptance is below least, whatever chance had to do with it, counts
// with the part of least that it may reach, high/least with the upper end of the 95 %
// Wilson interval. All others count fully, also those without controls. A judge that
// takes goldens for wrong takes everything for wrong: its low fool rates are not the
// negatives' doing. There is no step, so no small
// change of counts moves much.
func Weights(controls []ControlRate, least float64) map[string]float64 {
	w := map[string]float64{}
	for _, c := range controls {
		w[c.Judge] = 1
		if c.High < least {
			w[c.Judge] = round(c.High / least)
		}
	}
	return w
}

// Protocols of verdicts.
const (
	ProtocolSingle   = "single"   // is this passage right? The golden is not shown
	ProtocolPairwise = "pairwise" // which of the two did the developer write? Both orders are asked
	ProtocolLogProb  = "logprob"  // which is likelier under a FIM model?
	ProtocolNGram    = "ngram"    // which is likelier under the built-in model?
)
