// Package judging is the work of stage judge on one shard and round: the built-in n-gram
// judge, and paid judges by protocols.
//
//	contexts, negatives, ngrams → verdicts, tally (by round and shard); ledger
//
// # Judging
//
// Judge has rounds, each a graph over all shards. Between them the driver adds up the
// shards' tallies, which are small, and decides which cells go on; a round's file
// judge/rounds/K.json records that, with everything that was known then, so a build
// that is run again goes on inside of the round that it was in. Readers take the union
// of the rounds' verdicts. What a judge is asked by a protocol is an entry of
// Protocols: the requests for one candidate, and the opinion that their answers
// make. A judge is not asked about negatives of its own family, unless the recipe says
// so.
//
// How much a judge counts is decided in curate, from its golden controls: another
// judge.min_golden_acceptance asks for no verdict again.
package judging
