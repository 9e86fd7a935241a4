// Package schemas defines decoy's records, the files' layout on disk, ids and
// versions. It imports nothing of ours; every other package imports it.
//
// # Records
//
// A record is a Go struct with a json tag a field. The json name is the name
// everywhere: in JSON Lines, as a tf.train.Feature, as a Parquet column and in
// BigQuery. A pointer field is nullable. [Fields] reads a record's columns from
// its struct, so that no second definition exists.
//
// # Words
//
// A word of the domain is a type: [Language], [Type], [Kind], [Origin], [Cut], [Status],
// [Reason], [Answer], [Split]. A function that takes one takes no other. On disk it is its
// text; it is converted where it comes from or goes to text: a flag, a count, a path, a table.
//
// # Identity
//
// Ids are hashes of content, never counters: the same input gives the same id on
// any runner and at any parallelism. An id begins with 16 hex digits of its file, so
// that files sorted by id have a file's records side by side; every other order is
// that of [Key64] of its purpose and the id. Variable-length parts are length-prefixed
// before hashing, so ("ab","c") and ("a","bc") differ.
//
// # Files
//
// A stage writes its files below OUT/STAGE. A shard of a stage is done when
// OUT/STAGE/_done/00007.json ([Done]) exists with the fingerprint of the present
// options; that file is written last. The stage's [Manifest] is assembled from
// the done records.
package schemas
