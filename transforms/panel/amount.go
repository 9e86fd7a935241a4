package panel

import (
	"fmt"
	"math"
)

// amount is a number of calls with what they cost, or may cost at most. Tokens are
// counted where the price is unknown.
type amount struct {
	calls   int64
	usd     float64
	in, out int64
}

func (a amount) plus(b amount) amount {
	return amount{a.calls + b.calls, a.usd + b.usd, a.in + b.in, a.out + b.out}
}

// minus leaves nothing where no call is left: sums of floats leave a rest.
func (a amount) minus(b amount) amount {
	if a.calls <= b.calls {
		return amount{}
	}
	return amount{a.calls - b.calls, max(0, a.usd-b.usd), max(0, a.in-b.in), max(0, a.out-b.out)}
}

func (a amount) times(n int64) amount {
	return amount{a.calls * n, a.usd * float64(n), a.in * n, a.out * n}
}

// within reports whether no part of a is above that of b, but for what sums of floats
// are off by.
func (a amount) within(b amount) bool {
	return a.calls <= b.calls && a.usd <= b.usd*(1+1e-9)+1e-12 && a.in <= b.in && a.out <= b.out
}

// above is the larger of each part.
func (a amount) above(b amount) amount {
	return amount{max(a.calls, b.calls), max(a.usd, b.usd), max(a.in, b.in), max(a.out, b.out)}
}

// fit is how many calls of a, and at most n, have room in usd.
func (a amount) fit(n int64, usd float64) int64 {
	if a.usd > 0 {
		n = int64(min(float64(n), math.Floor(usd/a.usd)))
	}
	return max(0, n)
}

// worst is what a call can cost at most.
func (c *client) worst(r Request) amount {
	in, out := c.bound(r)
	if usd := c.cost(in, out); usd != nil {
		return amount{calls: 1, usd: *usd}
	}
	return amount{calls: 1, in: in, out: out}
}

// Dollars shows an amount of money to the cent, and what is below ten cents to two digits
// that say something: a sum that was spent never reads as none.
func Dollars(usd float64) string {
	decimals := 2
	if usd > 0 && usd < 0.1 {
		decimals = 1 - int(math.Floor(math.Log10(usd)))
	}
	return fmt.Sprintf("%.*f", decimals, usd)
}
