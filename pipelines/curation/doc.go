// Package curation is the work of stage curate: small rows of every shard, and the selection
// among those of all shards in one worker, whose memory holds all candidates (package
// transforms/curate says how much that is).
//
//	contexts, negatives, certificates, verdicts → small rows (by shard)
//	small rows of all shards                    → selection, rejects (by shard), shift.json
package curation
