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
// # Without a server
//
// A judge by protocol logprob may be offline: Build.ExportScores writes what the ledger does
// not hold of the next round, Build.ImportScores brings the scores (package scorefiles), and
// the stage then finds every answer in the ledger. It does not begin before all are there, so
// that no other judge is paid for a round that cannot end. Nothing else is different: the same
// numbers from a server make the same verdicts.
//
// How much a judge counts is decided in curate, from its golden controls: another
// judge.min_golden_acceptance asks for no verdict again.
package judging
