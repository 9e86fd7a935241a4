package judge

import (
	"math/bits"

	"github.com/zeebo/xxh3"
)

const (
	// Order is the order of the token model, and of the spelling model over bytes.
	Order = 4
	// sections of a count file: token n-grams of order 1 to 4, then byte n-grams of
	// order 1 to 4. A key holds its section in its hash, so one table holds all.
	sections = 2 * Order
)

// Symbols of the spelling model beyond the 256 bytes.
const (
	startSymbol = 256
	stopSymbol  = 257
)

// endToken closes every file: with it each n-gram that is a context has exactly as
// many continuations as occurrences. No lexed token has an empty text.
const endToken = ""

// tokenKey is the key of a token as a 1-gram.
func tokenKey(text string) uint64 { return chain(0x9e3779b97f4a7c15, xxh3.HashString(text)) }

// symbolKey is the key of a byte or symbol as a 1-gram of the spelling model.
func symbolKey(symbol int) uint64 { return chain(0xc2b2ae3d27d4eb4f, uint64(symbol)+1) }

// chain is the key of the n-gram whose first n-1 parts have key left and whose
// last part has 1-gram key right. It is not commutative, and never 0.
func chain(left, right uint64) uint64 {
	hi, lo := bits.Mul64(left^0xa0761d6478bd642f, bits.RotateLeft64(right, 29)^0xe7037ed1a0b428db)
	h := hi ^ lo
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	h ^= h >> 32
	if h == 0 {
		return 1
	}
	return h
}

// endings calls f with the key of each n-gram that ends at the last of keys, from
// order 1 up: at most Order of them, fewer at the start of a text.
func endings(keys []uint64, f func(order int, key uint64)) {
	for n := 1; n <= min(Order, len(keys)); n++ {
		f(n, gram(keys[len(keys)-n:]))
	}
}

// gram is the key of the n-gram of 1-gram keys.
func gram(keys []uint64) uint64 {
	h := keys[0]
	for _, k := range keys[1:] {
		h = chain(h, k)
	}
	return h
}

// spellingKeys are the 1-gram keys of a token's spelling, with start and stop.
func spellingKeys(text string, buf []uint64) []uint64 {
	buf = append(buf[:0], symbolKeys[startSymbol])
	for i := range len(text) {
		buf = append(buf, symbolKeys[text[i]])
	}
	return append(buf, symbolKeys[stopSymbol])
}

// symbolKeys holds symbolKey of every symbol.
var symbolKeys = func() (k [stopSymbol + 1]uint64) {
	for i := range k {
		k[i] = symbolKey(i)
	}
	return k
}()
