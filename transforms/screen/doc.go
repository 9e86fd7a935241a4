// Package screen decides which source files may become training data. Its
// functions are pure: bytes in, a reason out.
//
// # Parts
//
//   - [Licenses] decides by the licence texts of one archive and the head of a
//     file.
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
// # Order of checks
//
// File looks at the path first, then at the size, then at bytes, so that a file is
// rejected for the cheapest reason that holds and later checks may assume text.
//
// # Limits
//
// Marks of generation and licence notices are looked for in the comments of the
// first lines only, because code about licences or generators names them too. The
// comment finder knows the comment signs of our eight languages, not their
// grammars: a mark in a multi-line string at the start of a file counts.
package screen
