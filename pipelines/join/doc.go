// Package join reads what several stages have written of one shard. All files of a shard
// are sorted by context id, so a join is a merge, and memory holds one context with what
// hangs on it; the symbols of a shard's repositories are held whole ([Repositories]).
//
//	contexts + negatives                            → [ContextNegatives]
//	contexts + negatives + certificates + verdicts  → [Judged] negatives by context ([Shard])
//	rounds of verdicts                              → one sequence ([Verdicts])
package join
