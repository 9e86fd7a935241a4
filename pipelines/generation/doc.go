// Package generation is the work of stage generate on one shard: negatives by the built-in
// rules and by paid generators.
//
//	contexts, symbols, names → negatives, rejects, unlabelled; ledger
//
// An answer is read and checked by one goroutine a processor; all answers for a context go to
// one of them, which parses its window once. Negatives of one context with one text are one.
package generation
