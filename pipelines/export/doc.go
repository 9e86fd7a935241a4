// Package export is the work of stage export: rows by split and format and the folders of
// trainers by shard, then the card, the attribution and the report of the build.
//
//	selection, contexts, negatives → rows, trainers' folders, sums of outcomes and costs (by shard)
//	small files of all shards      → README.md, ATTRIBUTION.jsonl, report.html
//
// A shard sums up what the generators' requests and the verdicts have cost by cell, from the
// records that stand in the ledger, in the order of their keys: the same answers give the
// same bytes. One outcome a negative lies below export/parts: the report needs the pool and
// not only the selection.
package export
