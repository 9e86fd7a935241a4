package judge

import "math"

// product is a product of probabilities as mantissa · 2^exponent, which neither
// underflows nor takes a logarithm a factor.
type product struct {
	mantissa float64
	exponent int
}

// one is the product of nothing.
var one = product{1, 0}

func (p *product) mul(f float64) {
	m, e := math.Frexp(float64(p.mantissa * f))
	p.mantissa, p.exponent = m, p.exponent+e
}

// ln is the natural logarithm of the product, not rounded.
func (p product) ln() float64 {
	return ln(p.mantissa) + float64(float64(p.exponent)*math.Ln2)
}

// round rounds to 1e-6, so that a margin's text is short and the same everywhere.
func round(x float64) float64 {
	r := math.Round(x*1e6) / 1e6
	if r == 0 {
		return 0 // not -0
	}
	return r
}

// ln is the natural logarithm of a finite x > 0, by the same operations on every
// architecture (math.Log is assembly on some): with x = f·2^k, √½ ≤ f < √2 and
// s = (f-1)/(f+1), ln f = 2(s + s³/3 + s⁵/5 + …). |s| < 0.172, so 12 terms are
// exact to the last bits.
func ln(x float64) float64 {
	f, k := math.Frexp(x)
	if f < math.Sqrt2/2 {
		f *= 2
		k--
	}
	s := (f - 1) / (f + 1)
	s2 := float64(s * s)
	sum := 0.0
	for n := 23; n >= 1; n -= 2 {
		sum = float64(sum*s2) + 1/float64(n)
	}
	return float64(2*s*sum) + float64(float64(k)*math.Ln2)
}
