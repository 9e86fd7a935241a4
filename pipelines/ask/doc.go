// Package ask sends a shard's paid requests: it opens the panel over the stage's ledger
// ([Open]), with the limiter that processes share and the trials by which a useless member is
// given up, puts requests into the order of a hash of their context's id ([Order]), and lets a
// build that is interrupted wait for the records of calls under way ([Begin], [Streams]).
package ask
