// Package inputs opens what a recipe names as input: files of this machine and
// objects of Beam's file systems.
//
// # Names
//
// A name with "://" belongs to the Beam file system of its scheme, which the
// command registers by an import (gs, s3); every other name is a file of this
// machine. In a URL the characters *?[ always make a glob, and the file system's
// own rules say what it matches. A local name that exists is a path, whatever
// characters it has.
//
// A spec that begins with "@" names a list: one spec a line, blank lines and lines
// that begin with # left out. Relative paths in a list are relative to its folder.
// A list cannot name a list, so no list can name itself. A local path that begins
// with "@" is written "./@…".
//
// # Reading
//
// [File] reads in sequence and keeps apart what a format's library cannot: whether
// an error came from the disk or network ([File.Failed]) or from bytes that make no
// sense. A file that ends before or behind its size is such a failure, since it was
// changed while it was read.
//
// Formats with a table of contents need random access. [File.At] gives it: a local
// file is read in place, a remote one is spooled to a temporary file, in the folder
// that TMPDIR names, which loses its name at once where the system allows it and at
// the latest on Close. So a killed process leaves no copy behind on Unix.
package inputs
