// Package archives reads source files out of archives.
//
// # What
//
// [Resolve] turns what a recipe names (paths, URLs of Beam file systems, globs,
// "@FILE" lists, "module-cache") into an explicit list of [Source] values: every
// archive with its format, size, sha256 and identity. [Walk] streams the regular
// files of one Source, [Split] cuts a large one into parts that are walked side by
// side.
//
// A launcher resolves once and submits the list, so that every worker sees the
// same inputs. Nothing is extracted to disk, and a tar is never held in memory.
//
// # Formats
//
// tar, tar.gz, tar.zst, tar.bz2 and zip, told apart by their content, never by their
// name. GitHub tarballs and zipballs, npm tarballs, Python source distributions, wheels,
// jars, NuGet packages and crates are among these. A format that is not read (xz, 7z,
// rar, packages of Linux …) is named in the reject, with what to do about it. A zip whose
// entries all lie below PATH@VERSION/ with a valid Go module path is a module zip.
//
// An archive in an archive is an entry like any other and is not opened. A link is a
// reject, and [WalkLinks] tells what it names; nothing is followed.
//
// # Local and remote
//
// Package inputs opens archives. A tar is streamed, from a file system of Beam too,
// and Resolve reads it once: hash, root folder and identity come from one pass. A zip
// needs random access, so a remote one is spooled to a temporary file, which goes
// when the reading ends, in Resolve and again in every Walk: as tar it costs less.
// Resolve reads a local zip at its table of contents and once from end to end.
//
// # Identity
//
// Repository and commit come from, in this order, each filling what is still
// empty:
//
//  1. the recipe's map ([ResolveConfig].Identities; it alone can state a licence), then the file
//     ARCHIVE.identity.json with the fields repo and commit, beside the archive;
//  2. the commit that git archive leaves in the pax global header of a tar or in
//     the comment of a zip, as GitHub's have it; the repository is then the root
//     folder, whatever manifests lie in it;
//  3. path and version of a Go module zip;
//  4. the manifest of a package at the root, where the root folder shows that the
//     archive was packed by the package manager:
//     pypi:NAME of PKG-INFO, if the folder begins with NAME-;
//     cargo:NAME of Cargo.toml, if the folder is NAME-VERSION, with the commit of
//     .cargo_vcs_info.json unless the folder was dirty;
//     npm:NAME of package.json, if the folder is "package" or the last part of NAME.
//     The version stands for a commit that is not known;
//  5. the root folder, unsplit: "flask-3.0.0" may be version 3.0.0 of flask or a
//     repository of that name, and a wrong split would merge repositories. An
//     archive without a root folder is named by its content, because its file
//     name is not content and must not reach an id.
//
// The prefix of 4 keeps namespaces apart: npm, PyPI and crates have different
// packages of one name, and none of them is the repository owner/name. All npm
// tarballs share the root "package", so that without 4 they would be one repository.
// The first manifest of its name counts, in the folder of the first one found.
//
// Entry paths are given without the root folder.
//
// # Trust
//
// An archive is hostile until read. Content never makes an error: what cannot be
// used is a [schemas.Reject] of stage extract with one of [Reasons], and the rest
// is still read. Errors are for the environment (a disk or network that does not
// read, a file that changed, a cancelled context) and for mistakes in what was asked
// (a missing file, a glob without a match, a broken identity file).
//
// Everything that ends the reading of an archive is decided by its bytes: sizes
// that entries claim, bytes unpacked, the size of the file. So the same archive
// gives the same files and rejects on any machine, and for any want function:
// paths, duplicates and limits are judged before want is asked, and only
// too_large, entry_corrupt and entry_unsupported depend on its answer.
//
// What was emitted before a limit or a break stays, and one reject says where
// reading stopped. A tar header that claims more bytes than follow breaks the archive
// there. One that claims fewer gives a file that is too short: only the next header,
// which makes no sense, shows it. Names that differ by case alone are different
// files, since nothing is written to a disk that could mix them up.
//
// # Limits
//
// See [Limits]. The ratio compares bytes unpacked with the size of the whole
// file, so that it is one number known before reading begins; below 64 MiB it is
// not applied, since small archives of generated text compress well. The holes of a
// sparse file count as bytes unpacked where the file is small enough to be read.
//
// # Memory
//
// A walk holds one file, the hashes of the paths seen (56 MB a million, shared by
// the parts of a split archive), for tar.zst a window of at most 128 MiB, and for zip
// the table of contents, at most 128 MiB as written and about 0.6 GB a million
// entries as read. Measured over generated tars of 10 GiB: at most 146 MiB for the
// whole process.
package archives
