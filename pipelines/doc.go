// Package pipelines is the build: it joins readers, pure functions and writers into stages.
// A file named for a stage holds its graph, and a package below the work on one shard:
//
//	archives ─ extract ─ generate ─ verify ─ judge ─ curate ─ export ─ report.html
//
//	recipe                the YAML file: fields, defaults, checks
//	bug                   what fails over one record, and the bundles that reproduce it
//	work                  a shard's task: paths, counts, the record of one that waits, work in order
//	join                  what a shard of several stages holds together
//	ask                   paid requests: ledgers, limiters, trials, the order of asking
//	money                 estimates, ledgers as a person sees them, the plan for a fleet
//	extraction generation verification judging curation export   the work of a stage
//
// What is left here is the build's own: whose OUT it is, which shards are to be done, the
// budget, warnings, run.json.
//
// # A job
//
// The stages of a build that pay for nothing are one Beam pipeline (job.graph), and a stage
// that pays is one of its own: its estimate stands before it, its share of the budget is
// known, and a fleet does not wait at the rate of an account. Before a job the launcher makes
// the fingerprints of its stages, which follow from options and from each other, and the
// folders of what is not done (stage.prepare); then a stage follows behind the manifest of
// those that it reads, which the graph writes too. Only report.html and run.json, which show
// times, are left to the launcher. The end of a job is not believed: what is done is what
// has its manifest.
//
// A stage is steps over files as values (package flow): a step's work is a struct that does
// one shard, from the files that its refs name to files of its own, and gives a ref. The
// payload (prefix, golden, suffix) never goes through a shuffle: files of a shard are sorted
// by context id, so joins are merges; curate's small rows go through shuffles in batches
// (package curation). The graphs stand in the files named for the stages.
// Judge's rounds are all in the graph: what is known after one is what the next one reads,
// and those behind the last one have nothing to do.
//
// Inside a shard the work runs on all processors (work.Ordered): Beam's prism runs a
// stage as one serial bundle, so parallelism must be inside the DoFn. Results are
// emitted in the order of the input, so the number of processors changes no byte.
//
// # Done
//
// A shard is done when its done record bears the stage's fingerprint: the hash of
// its options, of the content of what it reads and of the versions in package
// schemas. The record is written last. So a build may be killed anywhere and run
// again: shards that are done are not done again, half-written files are removed
// under the lock before anything starts, and the bytes at the end are the same. A
// changed recipe changes fingerprints from the first stage that it touches on.
//
// What lies between refs and the files of curate's selection leaves no record: a job that was
// killed there computes it again, for the shards that are not written.
//
// Where a stage is done again, the manifests and records of those behind it in its job go
// before the job begins, and the files that they name stay until they are written over.
//
// # What is not ours
//
// OUT is new, empty, or a build: a marker that is written first says so (shard.Owner),
// and builds of versions that wrote none are known by their records (madeEarlier). A
// stage removes what its own records name, and what shards wrote that were killed: names
// of the stage (stageFiles) with a number of shards that .begun.json says it was begun
// with. Before it is begun with a number, no file may stand under these names, so that
// none is written over that a user put there; report.html and run.json are looked at in
// the same way.
//
// OUT/.build.json says whose build OUT holds: the recipe's name and the inputs by content.
// A command with another name or other inputs (added, gone or changed) has to say
// --replace, unless nothing is done yet. The ledger outlives that: an answer is found by
// its request's key in the ledger of the repository's shard, so the same requests in the
// same number of shards are never paid again. Another version of the code may ask for other
// things, so it pays only with --replace where one has paid before it (checkCode).
//
// # Money
//
// Before a paid stage sends anything the build shows what it will ask and cost
// (Build.Estimate, from a fixed sample of contexts). budget_usd is a cap over
// everything that the ledgers of OUT hold, what killed runs may have spent included,
// and what is reserved for calls under way, in all stages, shards and runs. What nobody
// has spent is divided among the shards that are to be done; one that reaches its share
// records that below STAGE/_budget and ends without a done record, the others go on, and
// what they leave over is divided again as long as that ends a shard. Then the build ends
// with panel.ErrBudget. A share that is less than one call reserves sends nothing: with a
// small budget take fewer shards.
//
// A build that is interrupted, or fails, waits for its shards in this process until the
// calls under way have their records, and holds OUT so long (package ask).
//
// A request that failed for good is a dead letter in the ledger and a reject of its
// stage. With Replay the shards that have some are done again, and so is what later
// stages made of them; only the dead letters are sent.
//
// An export shard sums up what the generators' requests and the verdicts have cost by
// cell, from the records that stand in the ledger, in the order of their keys: the
// same answers give the same bytes. What interrupted runs paid twice or without a
// bill is in the report alone.
//
// A member that gives nothing useful is given up (package panel); its record in
// STAGE/_gaveup/MEMBER.json stops all workers' shards, and later runs before they send
// anything, until the member's entry in the recipe changes or --replay lifts it. Requests
// are sent in the order of a hash of their context's id (ask.Order).
//
// # Nothing, and too little
//
// Extract without contexts, generate without negatives, curate without pairs and export
// without rows end the build at that stage: an EmptyError with the largest reasons and
// the remedies that packages keep beside their reasons. No later stage is begun, so
// nothing is paid for, and a stage that is run alone looks at those before it. What is
// lopsided (an empty split, a language without validation rows, a type without rows, a
// member that gave nothing) goes on with a warning, at the terminal and in the first
// lines of the report. Both are found from OUT, so a build that was done before says the
// same again.
//
// # Memory
//
// A shard of extract holds at most 32 MiB of contexts, of candidates for max_per_repo
// and of symbols each; what is over it goes to sorted runs on disk (shard.Sorter), so
// neither a large repository nor many small ones fill the memory; a process extracts
// two shards at a time, each on all processors. An archive above
// 1 GiB is read by several tasks before its shard, each over the paths that its hash
// gives it, and files of rows, which mix repositories, are partitioned by shard
// first; neither changes a byte of what comes out. To put requests into their order,
// generate and judge hold 8 MiB of a shard's contexts and else sort on disk, which takes
// twice a shard's size there for a while. generate and verify hold the symbols
// of a shard's repositories; judge the n-grams of the languages it has met, up to
// 40 million. curate holds all candidates on one worker, 136 bytes each. So the number of shards is chosen such
// that a shard has some dozens of repositories.
//
// # On a cluster
//
// A graph's elements are refs, so a remote runner moves kilobytes: workers read and write
// OUT, which they must share (one host's disk, a network file system, or a
// bucket). A runner may start a task again, or twice at once: both attempts write the
// same bytes under the same names, and one that finds the shard's done record ends.
// DoFns report Beam counters and distributions by stage (Metrics), which run.json
// keeps.
//
// # Where this differs from the design
//
//   - Symbols have flags and records of kind "file": a closed world cannot be told
//     from an open one without the list of what was there and not read.
//   - Names and n-grams are written by shard below extract/parts and merged by
//     language in the same graph, in place of a shuffle of every name.
//   - DoFns are registered by reflection, not with package register: see
//     scripts/LOG.md for what that costs to compile.
//   - A shard of the export counts what became of its negatives in integers (OutcomeSum),
//     margins in 64ths of a nat and costs in billionths of a dollar: the report needs the
//     pool and not only the selection.
package pipelines
