// Package shard reads and writes the files of a build: the JSON Lines files of
// the stages, their done records and manifests, the lock on OUT, and the store of
// immutable segments that the ledger uses.
//
// Every file access of decoy below OUT goes through this package, which alone knows
// whether a path lies on a disk or, as gs://BUCKET/FOLDER, in a bucket (package
// bucket). [Join] makes paths for both.
//
// # Whole files only
//
// A file is written under a temporary name in its own folder
// ("contexts-00007-of-00128.jsonl.zst.decoy-tmp-PID-RANDOM", which no pattern for
// finished files matches), flushed, synced, closed and then renamed. A reader
// never sees half a file, and two attempts at the same file do not disturb each
// other: both write the same bytes and the last rename wins. What a killed process
// leaves is a temporary file, which [CleanTemp] removes.
//
// In a bucket an object appears whole when its upload ends, so there is no temporary
// name and no rename: [Raw] collects the bytes in a local scratch file, from which the
// upload can be begun again after a cut connection, and Commit uploads them. The scratch
// file has no name, so nothing of it outlives the process. The sorted runs of a [Sorter]
// have names in TMPDIR; those of a killed process are left to whoever cleans that folder.
//
// # Format
//
// One JSON object a line, in the order of the struct's fields, HTML escaping off,
// inside one zstd frame (klauspost/compress, fastest level). One compressor
// goroutine a file: parallelism is between shards, and the bytes then depend on
// the records alone. An empty shard is an empty zstd frame, never an empty file,
// so that a file cut to nothing is an error and not a shard without records.
//
// Strings must be UTF-8; encoding/json replaces what is not by U+FFFD, so extract
// rejects such files before they come here.
//
// # Order
//
// Files of one shard sort by (context id, id), so a join of two of them is [Merge],
// which holds one key's records in memory and refuses unsorted input.
//
// # Done
//
// STAGE/_done/00007.json is written after all files of shard 7 have their final
// names. [ReadDone] believes it only if its fingerprint is the present one and all
// its files are there with their sizes; [Verify] also reads and hashes them. [Records]
// asks that of all shards at once, in a bucket with one listing of each folder in place
// of a request for each file.
//
// # Whose folder
//
// An [Owner] is a folder that decoy wants to write to: OUT, the folder of a load, that of
// a training run. It does so only where the folder is absent (and its parent is there),
// or holds nothing but what a system or git leaves in an empty folder, or is decoy's by
// the file .decoy.json, which is written before anything else, or was made by a version
// that wrote no such file (Owner.Earlier; what is its own is noted first). All else is a
// [Refusal].
//
// Files are removed by name alone: decoy's own temporary names, and else only names that
// its records hold: a manifest,
// a done record, or [Leftover], which takes over the names of records that go before
// their files do ([Outdate]) and is emptied when these are gone ([Sweep]). So a process
// may be killed at any moment and no file is forgotten or taken for decoy's that is not.
//
// # Lock
//
// On a disk the lock is flock(2) on OUT/.lock and cannot be lost. In a bucket it is a
// lease on the object OUT/.lock: its holder renews it, one that nobody renews is free
// after [LockTerms].Stale, and a holder who finds it taken must stop, which
// [Held.Context] tells. Whoever knows that a holder is dead may delete the object.
//
// # Limits
//
// A line is at most 64 MiB. A name in a [Dir] is created with link(2), which file
// systems without hard links (FAT, some FUSE mounts) refuse. flock(2) does not
// reach across machines on every network file system: OUT belongs to one launcher.
// For a bucket, TMPDIR must have room for each file while it is written, for sorted
// runs, and for each Parquet file while it is read.
package shard
