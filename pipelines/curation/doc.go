// Package curation is stage curate as a graph: refs of the stages before come in, refs of the
// selection go out, and what moves between is small rows in batches.
//
//	contexts, negatives, certificates, verdicts (refs by shard) ─ Join
//	    Rows        a shard → records, general rows, repositories, sketches, lines
//	    curate.NearDuplicates, Leave   where the recipe has a threshold
//	    curate.Distinct, GroupRepos
//	    Select      curate.SelectRows by way of files, parts/candidates
//	    curate.SelectGeneralRows
//	    Lines       rows → lines by shard, with the names that they need
//	    selection, rejects (by shard)
//	    Report      counts, groups, members, distances → shift.json
//
// Records know repositories by number; a shard's lines say the names of those that it writes.
// Contexts are screened against benchmarks where they are read (curate.Screen), so a record
// has one bit of it, and the evidence goes to the writer on its own way. The weights of judges
// are read by each worker from the record of the last closed round, so the launcher need not
// have seen the end of judging.
//
// Near duplicates are looked for among files that have rows: one without any would take
// another's rows for nothing. They leave before exact duplicates are found; the other way
// round, the copy that was kept may leave with its file, and both are lost.
//
// What fails over one record is a reject with a bundle (package bug), as everywhere. A failure
// over the records of several repositories together ends the job.
package curation
