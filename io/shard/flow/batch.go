package flow

import "decoy/schemas/batch"

// Batch is small rows, the only thing beside refs that moves between steps.
type Batch = batch.Batch

// Batcher collects rows by key into batches.
type Batcher = batch.Batcher

// NewBatcher emits batches through a DoFn's emitter.
func NewBatcher(emit func(int, Batch)) *Batcher { return batch.NewBatcher(emit) }
