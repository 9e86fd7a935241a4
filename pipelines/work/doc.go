// Package work is what the work on a shard of any stage needs: its [Task], with the paths of
// what it reads and writes, the reporter of what fails over one record, counts, the record of
// a shard that has to stop for now ([Paid]). [Ordered] runs a function over a shard's records
// on all processors with the results in the order of the records, since prism runs a stage
// as one serial bundle.
//
// A stage's work is a struct that package flow runs (flow.Work): its fields are what all
// shards have in common, and travel to the workers.
package work
