// Package screen decides which source files may become training data. Its
// functions are pure: bytes in, a reason out.
//
// # Parts
//
//   - [Licenses] decides by the licence texts and package manifests of one archive,
//     or by what a data set states, and by the head of a file.
//   - [Language] names the language of a file, [MaybeSource] says from the path
//     alone whether it can be one of ours.
//   - [File] finds what makes a file useless for completion: somebody else's code,
//     code that no person wrote, and bytes that are no clean text.
//
// # Licences
//
// Every folder from the archive's root to the file's own is asked. A folder's
// licence comes from its licence files; all folders that have one must be
// permissive, and the nearest gives the expression of the record. Permissive are
// the ids of [Permissive], recognised by google/licensecheck in at least
// [MinCoverage] percent of the text. Several texts in one file, as of a product
// with parts of others appended, are joined by AND: all must be permissive.
//
// Several licence files in one folder are joined by AND too, unless each is named
// for its licence (LICENSE-MIT beside LICENSE-APACHE, or UNLICENSE): that is how a
// choice is offered, and the permissive ones are kept. A short file that holds no
// licence text ("dual-licensed, see …") says nothing beside files that do. A
// folder licenses/ (REUSE) at the root speaks for the archive only where the root
// has no licence file, since else it mostly holds those of dependencies.
//
// NOTICE, third-party lists and licences of documentation do not decide about
// source. The head of a file overrides: an SPDX-License-Identifier either way, a
// copyleft or proprietary notice against the file.
//
// # Manifests
//
// A package manifest ([IsManifest]: package.json, Cargo.toml, pyproject.toml,
// setup.cfg, pom.xml, nuspec, and MSBuild projects with their Directory.Build.props)
// that states a licence speaks for its folder and all below. One that is not
// permissive refuses, whatever licence files are there. A permissive one gives the
// expression only where no licence file does: it does not heal a file that is
// unclear or forbids. Of several permissive ones the nearest counts; those of one
// folder are joined by AND.
//
// A statement is an SPDX expression, the usual name of a licence, or the address of
// its text. A choice keeps its permissive sides. Names without the version that
// decides ("BSD", "Apache") and all that is not understood say nothing, as do
// manifests that do not parse; copyleft and proprietary names refuse at any version.
// Several licences are a choice in the lists of npm and Maven. Python's classifiers
// do not say which they are: beside a field that is understood they are a choice,
// alone they are joined by AND. A permissive field beside a list that only forbids
// refuses. A Cargo package may take the licence of the nearest workspace above it.
// Parent poms and variables of MSBuild are not resolved.
//
// For rows of a data set whose column states the licence ([Stated]) the statement
// stands for all files of the archive; what is not understood is unclear there.
//
// # Order of checks
//
// File looks at the path first, then at the size, then at bytes, so that a file is
// rejected for the cheapest reason that holds and later checks may assume text.
//
// # Limits
//
// The time to read a manifest grows with its size, which is bounded: TOML goes
// through the library's parser alone, since its decoder is quadratic in the keys, and
// with a bound on brackets, since the parser recurses.
//
// Marks of generation and licence notices are looked for in the comments of the
// first lines only, because code about licences or generators names them too. The
// comment finder knows the comment signs of our eight languages, not their
// grammars: a mark in a multi-line string at the start of a file counts.
package screen
