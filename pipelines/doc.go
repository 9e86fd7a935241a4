// Package pipelines joins readers, pure functions and writers into stages. One file
// a stage holds its graph and the work on one shard:
//
//	archives ─ extract ─ generate ─ verify ─ judge ─ curate ─ export ─ report.html
//
// # A stage
//
// A stage is a Beam pipeline over shard numbers, Reshuffled, so that a runner may
// spread them; one registered DoFn does a shard from its files to its files. The
// payload (prefix, golden, suffix) never goes through a shuffle: files of a shard
// are sorted by context id, so joins are merges. Curate's small rows go through files
// too: a group of shard numbers says when they are there.
//
// Inside a shard the work runs on all processors (ordered): Beam's prism runs a
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
// The files of curate's selection are written by one worker; its done record is
// that of the stage.
//
// # Rights
//
// Before extract reads the sources of an archive it surveys what there is about their
// licences ([Survey]); package screen decides. Code of one's own is taken with
// extract.licenses: any, or with a license in the archive's entry of identities: rows,
// attribution and card then say so, and the card claims no permissive terms.
//
// # One record ends nothing
//
// What a stage calls over one file, commit, context, negative, answer or row is a pure
// function, and runs through contained: if it panics or returns an error, the record is
// a reject internal_error of the stage, whose detail begins with the place in the code
// (FOLDER/FILE.go:LINE, the innermost frame of ours), and the tools that it held are
// replaced. The index of one repository, and its group, are such records too; so is an
// archive, a repository or a file of rows whose reader panics. What is lost is what
// hangs on the record: a file whose reading failed is listed as unread, so that worlds
// with it are open; a negative without a certificate is not selected. The rejects repeat
// from run to run. verify, judge and export have a file of rejects only where there are
// some.
//
// A bundle below OUT/bugs, named by place and record, holds the record's content and
// what else it takes, the least of a few sizes that fails: Reproduce (decoy bug) runs
// it again alone. What is too large (the names and n-grams of a language, an archive) it
// names. What looks like a secret is written over, and keys never come near it. Twenty
// bundles of one place are kept, those with the lowest names; all failures are counted,
// by place, in the manifests, run.json, the report's first lines and at the terminal.
// With Build.Strict they make the end of a finished build an error.
//
// Not contained are errors of the environment (disk, network, credentials, a context
// that ends), ErrBudget and stopped members, and what concerns no single record:
// selection, the card. A panic there is an error with its place. A full stack, memory
// that is used up and faults in C end the process.
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
// same number of shards are never paid again.
//
// # Judging
//
// Judge has rounds, each a graph over all shards. Between them the driver adds up the
// shards' tallies, which are small, and decides which cells go on; a round's file
// judge/rounds/K.json records that, with everything that was known then, so a build
// that is run again goes on inside of the round that it was in. Readers take the union
// of the rounds' verdicts. What a judge is asked by a protocol is an entry of
// Protocols: the requests for one candidate, and the opinion that their answers
// make. A judge is not asked about negatives of its own family, unless the recipe says
// so.
//
// How much a judge counts is decided in curate, from its golden controls: another
// judge.min_golden_acceptance asks for no verdict again.
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
// calls under way have their records, and holds OUT so long (underway.go).
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
// are sent in the order of a hash of their context's id (order.go).
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
// 40 million. curate holds all candidates. So the number of shards is chosen such
// that a shard has some dozens of repositories.
//
// # On a cluster
//
// A graph's elements are work orders, so a remote runner moves kilobytes: workers read
// and write OUT, which they must share (one host's disk, a network file system, or a
// bucket). A runner may start a task again, or twice at once: both attempts write the
// same bytes under the same names, and one that finds the shard's done record ends.
// DoFns report Beam counters and distributions by stage (Metrics), which run.json
// keeps.
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
//	shuffled      33 MB: 8 graphs of 2,000 work orders
//	written       4 TB of contexts, below 1 GB of all later records but the export
//	paid          one generator and three judges: 10.2 million requests, 7,083 a minute in
//	              24 hours; at L requests a minute the paid stages take 170,000 / L hours
//	dollars       91 for workers at Dataflow's list prices, and the models': some
//	              thousands, more than a hundred times as much
//	memory        1.2 GB of candidates in the one worker that selects
//
// So extraction decides how many workers there are, and the providers' limits how long
// it takes.
//
// # Where this differs from the design
//
//   - Symbols have flags and records of kind "file": a closed world cannot be told
//     from an open one without the list of what was there and not read.
//   - Names and n-grams are written by shard below extract/parts and merged by
//     language in the same graph, in place of a shuffle of every name.
//   - DoFns are registered by reflection, not with package register: see
//     scripts/LOG.md for what that costs to compile.
//   - The export keeps one outcome a negative below export/parts: the report needs
//     the pool and not only the selection.
package pipelines
