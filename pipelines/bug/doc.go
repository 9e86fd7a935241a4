// Package bug keeps a failure over one record from ending a build, and writes down what
// reproduces it. A [Site] is a function that stages call over one record; a [Reporter] takes
// its failures for a stage.
//
// # One record ends nothing
//
// What a stage calls over one file, commit, context, negative, answer or row is a pure
// function, and runs through [Contain]: if it panics or returns an error, the record is
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
// what else it takes, the least of a few sizes that fails: [Reproduce] (decoy bug) runs
// it again alone. What is too large (the names and n-grams of a language, an archive) it
// names. What looks like a secret is written over, and keys never come near it. Twenty
// bundles of one place are kept, those with the lowest names; all failures are counted,
// by place, in the manifests, run.json, the report's first lines and at the terminal.
// With --strict they make the end of a finished build an error.
//
// Not contained are errors of the environment (disk, network, credentials, a context
// that ends), ErrBudget and stopped members, and what concerns no single record:
// selection, the card. A panic there is an error with its place. A full stack, memory
// that is used up and faults in C end the process.
package bug
