// Package transforms is the folder of decoy's pure functions, each in the package of its
// noun, and of the PTransforms over single records that other Beam programs can use:
//
//	fim.Extract      Blob → Context, Symbol, LanguageName, Reject
//	rules.Generate   Context, Symbol, LanguageName → Negative, Reject
//	valid.Check      Proposal → Negative, Reject          (negatives of one's own making)
//	verify.Certify   Context, Negative, Symbol → Certificate, Reject
//	judge.Count      Blob → FoldCounts
//	judge.Score      FoldCounts, Context, Negative → Verdict, Reject
//
// The example is a whole program: files of one's own in, certified pairs to a sink of one's
// own out.
//
// # Records or files
//
// decoy's own builds keep payload in the files of shards (io/shard/flow) and move small rows
// in batches: a row as an element of its own costs a runner some forty times the time, and a
// build resumes from its files. The PTransforms here take and give single records, so they
// compose with anything, restart with their job, and fit where the records of a corpus fit
// through a runner's shuffles. Both call the same functions: where no cap, licence or
// duplicate bites the results are equal, which a test in package pipelines shows.
//
// # Elements
//
// Elements are the structs of package schemas in Beam's row coding, which knows no
// difference between a nil and an empty list.
package transforms
