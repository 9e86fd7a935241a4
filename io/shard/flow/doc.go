// Package flow makes the files of a build values of a Beam program: a step takes Refs,
// names of files that are whole, and gives Refs, so that a graph of all stages reads from
// top to bottom and any of its steps can be left out, resumed or composed anew.
//
//	contexts := flow.Run(s, extract, Extract{…}, flow.Inputs{Each: list(flow.Values(s, extract, sources))})
//	names := flow.Once(s, merge, Merge{…}, contexts)
//	negatives := flow.Run(s, generate, Generate{…}, flow.Inputs{Each: list(contexts), All: list(names)})
//	sealed := flow.Seal(s, generate, flow.Sealing{Options: …}, negatives)
//	pairs := flow.Join(s, shards, contexts, negatives, certificates) // → ParDo, GroupByKey: batches of rows
//	selection := flow.Write(s, curate, Selection{…}, pairs, batches)
//
// Package flowtest has a graph of all stages.
//
// # The rules
//
//   - Payload stays in files. A [Ref] is some hundred bytes; what else moves is a [batch.Batch]
//     of small rows.
//   - [Run] does the shards of a step that have no done record, and emits the recorded refs
//     of all. So a bundle may be tried again, and a whole graph run again, for the price of
//     reading records.
//   - A shard that cannot be done now ends well and without a ref ([ErrLater]): the job goes
//     on and everything that needs that shard does not happen. A shard of which there is
//     nothing to do ends with a ref that is Skipped ([ErrSkip]), and all goes on.
//   - What takes more than one shard stands behind a gate: [All], [Join], [Once], [Seal],
//     and Inputs.All of Run, let through the refs of all shards of a step, or nothing.
//     [Write] takes its shards from such a gate, so an empty shard is written, and none
//     where the gate is shut.
//   - A Reshuffle stands behind every Run, since two of them would else be fused into one
//     serial bundle, and before one that takes numbers or several collections.
//   - Files are found by the names in a Ref, never by what a folder holds.
//
// # Resuming
//
// [Begin], on the launcher and before the job, drops the records of another fingerprint and
// notes what is about to be written; the job needs nothing else to go on where another
// ended. Fingerprints are made of options and of the fingerprints of what is read, so the
// launcher knows those of all stages before it runs any. A step between refs and Write
// leaves no record and is computed again: where its stage is sealed, [Recorded] stands for
// it. What a job did and did not do is in the records ([Stage.Undone]), not in the end
// that its runner tells of: a job with a shard left for later ends as DONE.
//
// # Types
//
// A step's work is a struct with exported JSON fields ([Work], [Writer]) and travels as the
// field of a DoFn, which [Register] makes known to Beam by the name of the struct's type.
// Refs, orders and batches have coders of their own: concrete functions, for of a generic
// coder function registered for two types the last one would code both, which prism shows
// and the direct runner does not. A Ref is coded as JSON, so that a worker of another
// version can still read of which version it is, and refuse it.
//
// # Why not package shard
//
// io/columnar, io/warehouse and the programs of scripts/ that read a build's files link
// package shard and no Beam. Transforms import neither, and the worker links both.
package flow
