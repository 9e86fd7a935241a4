// Package verify shows, without running anything, that a negative is wrong at its
// place.
//
//	Repo, schemas.Context, schemas.Negative → schemas.Certificate
//
// # Sound before complete
//
// A wrong "certified" puts a right answer among the rejected ones, so every rule
// takes what it does not know for a reason not to refuse: a name that is bound
// anywhere around counts as bound, members of types that a name may mean count as
// members, a file that was not read may hold anything. An abstention costs yield
// only.
//
// Three things keep the rules honest, beside each rule's own care:
//
//   - The golden is the control. It is known to be right, so where the same rule
//     would refuse the golden's name, member, arguments or import, the world is not
//     closed here and the check abstains.
//   - Other uses are witnesses. A name that the window uses elsewhere without a
//     binding, a member that is called on the same receiver elsewhere, a module that
//     another statement imports: somebody wrote them, so they exist.
//   - The repository's imports test its packages. A package from which some file
//     imports what the archive does not hold has parts elsewhere, and is open.
//
// # Statuses
//
// exists: a declaration with that name and a fitting role and arity is visible at
// the place. certified: a closed world refuses it. unseen: the candidate types or
// modules are known and none has it, but something that is not read (a base class
// of another library, a header of the platform, a glob import, a later version of
// the standard library) could supply it. abstain: external or unresolved.
//
// Among several changed nodes the strongest refusal decides, because the code is
// wrong if any of it is.
//
// # Samples
//
// A negative that is no minimal pair with its golden (a sample that a model meant to be right)
// is checked as a whole ([Checker.Sample]). Every name that it reads, member that it reaches,
// call with its arguments, and import is a place at which something has to exist, by the rules
// above; and all of them count, not the strongest refusal. It is certified where one place
// alone is refused, in a closed world, and everything else is known to be there. A use of the
// same name on the same receiver, in the golden or elsewhere in the window, shows that it is.
// What no fact of the syntax explains (a key of a literal, what a macro is given), a local that
// is declared further down, a name that what follows asks for and the sample does not bind, a
// name that it binds a second time or that nothing reads, a type or method of its own: any of
// it leaves the sample undecided. So do two errors, and one that is of none of the types (a field that is not
// there). What cannot be known because of the one error (a member of an unknown variable) does
// not: the repair has to answer for it.
//
// The controls are stricter where the golden does not stand at the place: a refused member asks
// for another member of the same receiver in the window that is found, refused arguments for a
// call of the same callee that its declaration takes.
//
// # How it looks things up
//
// Golden and negative windows are both parsed; package syntax gives their facts,
// and the nodes that the completion changed are compared. What other files declare
// comes from the symbols of the repository ([Repo]). Where a window is a part of
// its file, or does not parse around the place, the symbol of the outermost
// declaration around the place says in which types and namespaces it stands.
//
// What differs between languages is data: one row a language in the table of
// worlds (what is visible without an import, whether members are visible bare, who
// can add members, what arguments a call may leave out), with one function a
// language that resolves a module path, and lists of the standard libraries under
// data/ (packed in lists.zip), each made as its first lines say: by data/make.sh from tool
// chains, those of other versions by scripts/names or from what is published of them
// (C#'s namespaces are written by hand and never certify).
//
//   - Names: scopes with the hoisting that syntax gives, imports, wildcard imports
//     resolved in the archive or by list, members of the types around with all
//     supertypes, the files of the package. C# and Java: a using or on-demand import
//     brings types, so it cannot supply a plain value. C++: a name is certified only
//     if every include resolves in the archive or is standard.
//   - Members: the receiver is self or this, a variable, parameter or field of a
//     written or constructed type, the result of functions that write it, a type, a
//     module, a literal. C# (extension methods) and Rust (traits) are unseen at best.
//   - Arguments: every declaration that the callee can mean must refuse count or
//     keywords; none may be decorated. A swap of arguments is not judged. JavaScript
//     ignores surplus arguments: behind the golden's own they are not judged, before
//     them, where they move the others, unseen at best, as TypeScript's checker objects
//     to them (error 2554); missing ones are legal.
//   - Imports: a path into the archive that is not there, a name that a module of
//     the archive or of the standard library lacks. Names that builds generate, and
//     paths that other files import too, are not judged.
//
// # What opens a world
//
// A construct that makes names without declaring them opens what it can reach and
// no more: a module with globals()[…] = … that module, setattr(C, n, v) the class C,
// window.x = … the one name x, a macro the file that calls it. The symbols of record
// open say so (syntax.Opening), and the settings of projects are read for what they
// give all files (fim.Settings): usings, precompiled headers, globals, the scripts of
// pages, modules of Python that are built of Rust or C++. A file knows modules and classes by other names too
// (import pkg as p, m = import_module(…), for c in (A, B)): what it sets on them is
// theirs, and a name set on an object of no known type may be any type's. One that
// makes a single known name makes it exist; one that may make any makes the check
// abstain. So does a file that was there and not read, whatever kept it from being
// read: too large, not UTF-8, minified, in
// another language of the package (supply.go). It opens its package, namespace,
// module, or whatever includes it.
//
// # Standard libraries
//
// The lists hold the union of versions and platforms: Python 2.7 to 3.15, Go 1.27,
// JDK 17 and 25, Rust 1.95 and 1.97, C++ 26. What none of them has is refused. A few
// names that are newer still are listed in the worlds.
//
// # Limits
//
// Types are followed only through written types, constructions and results: no
// inference, no flow, no generics. Code that is generated under an unusual name, by
// a tool that no file of the archive shows, is not seen. What an attribute of Rust makes
// is looked for under names that hold the item's or stand in the attribute. A class that
// is handed to a function of a library is taken to stay what it is. Ambient names of script
// hosts are a list.
//
// # What it costs
//
// A window is parsed once for all contexts that share it and come one after another, as
// they do where files are sorted by id. A negative is an incremental parse of it, whose
// walk takes what it shares with the golden's (package syntax). What is concluded about a
// repository is kept by language while its negatives come. Of some 0.5 ms a negative, at
// twelve a context, half is tree-sitter's parse near the change, which is several times
// dearer in a window that does not parse: its errors keep what is around them from being
// used again. scripts/bench/negatives measures it.
//
// This package shares no predicate with the generator of rules: what one believes
// wrong, the other has to find out by itself.
//
// # In a Beam program
//
// [Certify] is this package as a PTransform over single records, see package transforms.
package verify
