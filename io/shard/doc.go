// Package shard reads and writes the files of a build: the JSON Lines files of
// the stages, their done records and manifests, the lock on OUT, and the store of
// immutable segments that the ledger uses.
//
// Every file access of decoy below OUT goes through this package, so that object
// storage (gs://) can be added inside it and nowhere else. Today all paths are
// local.
//
// # Whole files only
//
// A file is written under a temporary name in its own folder
// ("contexts-00007-of-00128.jsonl.zst.tmp-PID-RANDOM", which no pattern for
// finished files matches), flushed, synced, closed and then renamed. A reader
// never sees half a file, and two attempts at the same file do not disturb each
// other: both write the same bytes and the last rename wins. What a killed process
// leaves is a temporary file, which [CleanTemp] removes.
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
// its files are there with their sizes; [Verify] also reads and hashes them.
//
// # Limits
//
// A line is at most 64 MiB. A name in a [Dir] is created with link(2), which file
// systems without hard links (FAT, some FUSE mounts) refuse. flock(2) does not
// reach across machines on every network file system: OUT belongs to one launcher.
package shard
