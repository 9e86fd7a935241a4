// Package export is the work of stage export: rows by split and format and the folders of
// trainers by shard, then the card, the attribution and the report of the build.
//
//	selection, contexts, negatives → rows, trainers' folders, sums of outcomes and costs (by shard)
//	small files of all shards      → README.md, ATTRIBUTION.jsonl, report.html
//
// # Samples that are no minimal pairs
//
// The pair of such a sample is its repair and the sample, unless the recipe asks for the golden
// (export.sample_pairs), and what both begin with is moved into the prompt. Supervised rows
// have the golden. Where the panel has a FIM endpoint, [Style] comes before all rows: if style
// alone tells the sides of these pairs apart (export.style_probe, by projects, at least
// [StylePairs] pairs), nothing is written.
//
// # Sums
//
// A shard sums up what the generators' requests and the verdicts have cost by cell, from the
// records that stand in the ledger, in the order of their keys: the same answers give the
// same bytes. One outcome a negative lies below export/parts: the report needs the pool and
// not only the selection.
package export
