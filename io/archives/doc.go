// Package archives reads source files out of archives.
//
// # What
//
// [Resolve] turns what a recipe names (paths, globs, "module-cache") into an
// explicit list of [Source] values: every archive with its format, size, sha256
// and identity. [Walk] streams the regular files of one Source.
//
// A launcher resolves once and submits the list, so that every worker sees the
// same inputs. Both functions go over the archive from its first byte to its
// last; nothing is extracted to disk, and a tar is never held in memory.
//
// # Formats
//
// tar, gzipped tar and zip, told apart by their content, never by their name. A
// zip whose entries all lie below PATH@VERSION/ with a valid Go module path is a
// module zip.
//
// # Identity
//
// Repository and commit come from, in this order, each filling what is still
// empty:
//
//  1. the recipe's map ([ResolveConfig].Identities), then the file
//     ARCHIVE.identity.json with the fields repo and commit;
//  2. the commit that git archive leaves in the pax global header of a tar or in
//     the comment of a zip;
//  3. path and version of a Go module zip;
//  4. the root folder, unsplit: "flask-3.0.0" may be version 3.0.0 of flask or a
//     repository of that name, and a wrong split would merge repositories. An
//     archive without a root folder is named by its content, because its file
//     name is not content and must not reach an id.
//
// Entry paths are given without the root folder.
//
// # Trust
//
// An archive is hostile until read. Content never makes an error: what cannot be
// used is a [schemas.Reject] of stage extract with one of [Reasons], and the rest
// is still read. Errors are for the environment (a disk that does not read, a
// cancelled context) and for mistakes in what was asked (a missing file, a glob
// without a match, a broken identity file).
//
// Everything that ends the reading of an archive is decided by its bytes: sizes
// that entries claim, bytes unpacked, the size of the file. So the same archive
// gives the same files and rejects on any machine, and for any want function:
// paths, duplicates and limits are judged before want is asked, and only
// too_large, entry_corrupt and entry_unsupported depend on its answer. A caller
// that splits one archive by path therefore gets the other rejects in every part,
// and keeps those whose ID is its own.
//
// What was emitted before a limit or a break stays, and one reject says where
// reading stopped.
//
// # Limits
//
// See [Limits]. The ratio compares bytes unpacked with the size of the whole
// file, so that it is one number known before reading begins; below 64 MiB it is
// not applied, since small archives of generated text compress well. A zip's
// table of contents is read at once; it may take up to 256 MiB.
package archives
