// Package generation is the work of stage generate on one shard: negatives by the built-in
// rules and by paid generators.
//
//	contexts, symbols, names → negatives, rejects, unlabelled; ledger
//
// An answer is read and checked by one goroutine a processor; all answers for a context go to
// one of them, which parses its window once. Negatives of one context with one text are one.
//
// # Samples of a FIM endpoint
//
// A sample was meant to be right. It is a negative
//
//   - as a minimal pair with its golden, by the rules of package valid, whose certificate stage
//     verify makes (Minimal is true); or
//   - however it differs from the golden, where verify certifies exactly one error in it
//     ([verify.Checker.Sample]). Minimal is false, Repair is the same text with that error
//     mended, if a text is found of which verify knows that all it brings in is there.
//
// All others are unlabelled, with the reason: never chosen, never rejected. The counts of the
// stage say how many samples came by which way.
package generation
