// Package money says what a build will cost and what it has cost: estimates of paid stages
// from a sample of contexts ([Expect]), the ledgers as a person sees them ([LedgerStats],
// [VerifyLedgers], [ExportLedgers], [DeadLetters]), and the plan of a build on a fleet.
//
// # Scale
//
// Plan is the arithmetic of a build on a fleet; decoy estimate --runner dataflow prints
// it for any size. For the paper's pool of 2,473,312 negatives out of 100,000
// repositories, 10 TB unpacked and 40 % of it source, with MeasuredRates:
//
//	shards        2,000 of 50 repositories, 2 GB of source each
//	core hours    902: extract 855, walking over the rest 41, all other stages 6
//	workers       14 of 4 cores for 24 hours, 54 for 6
//	shuffled      33 MB: 8 graphs of 2,000 refs
//	written       4 TB of contexts, below 1 GB of all later records but the export
//	paid          one generator and three judges: 10.2 million requests, 7,083 a minute in
//	              24 hours; at L requests a minute the paid stages take 170,000 / L hours
//	dollars       91 for workers at Dataflow's list prices, and the models': some
//	              thousands, more than a hundred times as much
//	memory        1.2 GB of candidates in the one worker that selects
//
// So extraction decides how many workers there are, and the providers' limits how long
// it takes.
package money
