// Package work is what a worker does with a shard of any stage: it reads the work order
// ([Task]), finds the stage's function, records that the shard is done, or that it has to
// stop for now, and counts for the runner. [Ordered] runs a function over a shard's records
// on all processors with the results in the order of the records, since prism runs a stage
// as one serial bundle.
//
//	PCollection<string> (tasks in JSON) → PCollection<int> (the shards done)
package work
