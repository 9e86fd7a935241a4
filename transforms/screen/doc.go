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
// Doubt means no. Every folder from the archive's root to the file's own is asked. A
// folder's licence comes from its licence files; all folders that have one must be
// permissive, and the nearest gives the expression of the record. Permissive are
// the ids of [Permissive], recognised by google/licensecheck. Several texts in one
// file, as of a product with parts of others appended, are joined by AND: all must be
// permissive.
//
// What a licence file says beside these texts is a restriction (license_restricted)
// until it is known to be none: lines of copyright, titles, addresses, headings, and
// phrases that only say where a text belongs (see beside.go). What is left must be
// short, in Latin letters, and without any of the words with which one restricts. Where
// nothing is left, the texts may be any share of the file, else [MinCoverage] percent. A
// word about commerce or research in the gaps of an MIT or BSD pattern restricts too. A
// sentence that takes a folder out ("all content in the "ee/" directory is licensed …")
// refuses that folder alone.
//
// Several licence files in one folder are joined by AND too, unless each is named
// for its licence (LICENSE-MIT beside LICENSE-APACHE, or UNLICENSE): that is how a
// choice is offered, and the permissive ones are kept. Where one of them forbids
// (LICENSE-GPL beside LICENSE-MIT), the names alone do not tell a choice from parts of the
// product: the folder is refused, unless a manifest there states the choice ("MIT OR
// GPL-2.0", a list of npm) or the section of its README about the licence does ("dual
// licensed under the MIT and GPL licenses"). A short file that holds no
// licence text ("dual-licensed, see …") says nothing beside files that do. A
// folder licenses/ at the root speaks for the archive only where the root has no
// licence file, since else it mostly holds those of dependencies. But where LICENSES/
// has a text that is not permissive and is named for its SPDX id, as REUSE asks, files
// that do not tell their own licence are unclear.
//
// NOTICE, third-party lists and licences of documentation do not decide about source.
//
// A licence file, manifest or REUSE file that is a link is read through it, within the
// archive only; where it is a loop or leads out, what it would speak for is unclear. A
// licence file whose content is a bare path, as systems without links write them, is a
// link. The caller reads what [Licenses.Wanted] lists.
//
// # What a file says of itself
//
// SPDX-License-Identifier tags are read in all comments of a file, by [decoy/schemas/spdx]
// (the list and grammar of SPDX): they stand for the file, either way. Of an offered
// choice the permissive sides are taken, and the record's licence names these. Tags of
// snippets hold as well: all must be permissive. What is no expression is read as the
// names of licences, all of which hold ("MIT & GPL-3.0-only" forbids), and is unclear else.
//
// Prose refuses. It permits in one case: the whole text of a permissive licence, or
// Apache's header, in the comment that begins a file is that file's licence where no
// folder states one. The text of another licence in a head refuses, and so do names of
// licences that nobody lists.
//
// It is looked for in the comments of the first 60
// lines, and of the comment or docstring that begins the file up to line 400: names and
// addresses of copyleft and source-available licences where they are applied to
// something, fields (":license: GPL", "@license", __license__ = "GPL"), notices that forbid
// copying, commerce or training, trade secrets. Below, the FSF's and Mozilla's own words
// refuse. "All rights reserved" refuses where the head grants nothing and the licence
// files name other holders. A notice that offers a permissive choice does not refuse.
//
// REUSE 3.3: FILE.license, REUSE.toml with its precedences (nested ones too) and
// .reuse/dep5 are read; text between REUSE-IgnoreStart and REUSE-IgnoreEnd is not. More
// careful than there: a sidecar does not silence the tags inside of its file, and an
// override does not silence prose that forbids. A REUSE.toml that is broken makes what is
// below it unclear.
//
// # Terms
//
// Under [Terms] a company takes code of its own: Any takes all files and records what is
// found, [Unknown] where that is nothing; Own is the licence that the owner states for
// an archive, joined by AND with what the tags of a file say.
//
// # Attributes
//
// linguist-generated and linguist-vendored of .gitattributes stand above the rules here,
// either way, and filter=lfs makes a file an lfs_pointer as the pointer itself is one.
//
// # Manifests
//
// A package manifest ([IsManifest]: package.json, bower.json, deno.json, jsr.json,
// composer.json, library.json, Cargo.toml, pyproject.toml, setup.cfg, setup.py, PKG-INFO
// and METADATA, pom.xml, build.gradle and its .kts, vcpkg.json, conanfile.py, meson.build,
// nuspec, MSBuild projects with their Directory.Build.props, and the prose of README,
// COPYRIGHT and LICENSING, which permits nothing) that states a licence speaks for its
// folder and all below. One that is not permissive refuses, whatever licence files are
// there. A permissive one gives the
// expression only where no licence file does: it does not heal a file that is
// unclear or forbids. Of several permissive ones the nearest counts; those of one
// folder are joined by AND.
//
// A statement is an SPDX expression, the usual name of a licence, or the address of
// its text. A choice keeps its permissive sides. Names without the version that
// decides ("BSD", "Apache") and all that is not understood say nothing, as do
// manifests that do not parse; copyleft and proprietary names refuse at any version, and
// so does a name with a condition in it ("MIT (non-commercial use)"). A manifest that
// names a file with its licence ("SEE LICENSE IN X") states what that file does: it is
// looked for in the folder and those above, and is unclear where the archive lacks it.
// Manifests that are programs are read where they write a licence out.
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
// File looks at the path first, then for pointers, then at the size, then at bytes, so that a file is
// rejected for the cheapest reason that holds and later checks may assume text.
//
// # Limits
//
// The time to read a manifest grows with its size, which is bounded: TOML goes
// through the library's parser alone, since its decoder is quadratic in the keys, and
// with a bound on brackets, since the parser recurses.
//
// Marks of generation, and most prose about licences, are looked for in the comments of the
// first lines only, because code about licences or generators names them too; a file
// whose head speaks of another project's copyleft licence is lost. The
// comment finder knows the comment signs of our eight languages, not their
// grammars: a mark in a multi-line string at the start of a file counts.
package screen
