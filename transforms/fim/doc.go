// Package fim turns a source file into fill-in-the-middle contexts, symbols and
// names, and the settings of projects into the symbols that all of their files share
// (Settings).
//
//	schemas.Blob → []schemas.Context, []schemas.Symbol, []schemas.Name, []schemas.Reject
//
// # Spans
//
// What a kind's golden is as it is found; lengths in characters. The indentation is in
// the prefix.
//
//   - import (4–817): the lines of an import statement, from the first visible
//     character to before the last newline; lines on which anything but imports and a
//     comment stands are none.
//   - call (13–817): from the called name (after the receiver's dot, after "new ") to
//     the end of the call, as in the Delulu benchmark; the same of a Rust macro, of
//     an annotation or attribute with arguments, and of a JSX component's tag up to
//     its ">".
//   - argument (1–400): one argument of a call, with its keyword.
//   - identifier (2–64): a called name, or a bare name that is read.
//   - statement (1–817): one statement of the body of a function, a branch or a loop.
//   - block (1–817): the inside of such a body, from its first statement to its last.
//   - line, lines and random ("general", 1–817): general rows.
//
// The bounds are those of the paper's data (arXiv 2606.03130), and hold of the golden in
// whatever cut. Random spans begin and end between words in the middle of lines; half of
// those that begin after a space take the space into the middle, because tokenizers join a
// space to the word after it and a cut between the two trains on token starts that never
// occur.
//
// # Cuts and forms
//
// A context says by which rule its golden was cut out, since users' editors, Delulu and
// HumanEval-Infilling cut in different ways, and a model is to meet them all:
//
//   - cursor: as found. All kinds but random; the only cut of call, argument, identifier,
//     statement and block.
//   - line: the whole lines, with their indentation and the last newline, as in
//     HumanEval-Infilling (arXiv 2207.14255), so that the prefix ends in a newline or is
//     empty. Of import, line and lines, in the shares of Config.Cuts.
//   - character: inside of a line. The cut of random.
//
// A call's form says where its golden begins and ends, in the shares of Config.CallForms:
//
//   - name, or the head of the name's path (Rust's a::b::f(, C++'s ns::f(), or expression:
//     the receiver (x.y.f(), or "new".
//   - call, or statement: behind the ";" that stands at the call's end and ends the
//     statement whose last expression the call is. The ";" of a for loop's head ends none.
//
// A hash of the file's content and the span picks the cut and the form. What a span does
// not have (a receiver, a last newline), what would make the golden too long, or, of an
// edit, what the commit did not add, is not taken in.
//
// # Types
//
// Which of the four types a golden can carry follows from what stands in it, such
// that the built-in rules, package valid and package verify can all make something
// of it: method where a called name is in it, parameter where an argument list is
// whole or the golden is an argument with a keyword, undefinedvariable where a
// variable is read that neither the language nor an import supplies. What a macro's
// tokens or an annotation's arguments read are variables, but its name and its
// arguments are not checked by anyone, so they carry no method and no parameter. A
// candidate that can carry nothing (a literal, a member that is not called, a type)
// is not taken. What a cut or form takes in (a receiver, a path, a ";") adds no type: a
// negative changes what the candidate was found as.
//
// # Windows
//
// At most PrefixBytes before and SuffixBytes after the span; what one side does
// not use goes to the other; the whole file where it fits; otherwise cut at line
// starts. The enclosing declaration must lie whole in the window, and the head of
// the file for imports, or the span is a reject.
//
// # Errors in the tree
//
// A span counts only where its enclosing declaration parses without an ERROR or
// MISSING node. The test is by declaration because macros break the parse of most
// C++ files somewhere. Result says how many of a file's declarations are lost.
//
// # Sampling
//
// Candidates are taken in the order of a hash of the file's content and the span, so
// a file gives the same spans wherever it is met; a round over the kinds takes one of
// each, so that a small MaxPerFile holds all of them. No two spans of one kind
// overlap, and no two are the same bytes. Rejected candidates are reported once a
// file, kind and reason, with their number.
//
// # Edits
//
// Edited takes the spans that lie inside of what a commit added, from the file after
// it: the golden is what a developer wrote.
//
// # Cost
//
// All that is done for a candidate before it is chosen is constant, apart from its
// text: the candidates are a heap of hashes, of which a few are taken out; the
// declaration around a span and what stands in it are found by binary search. Cuts and
// forms are made of what is taken out alone.
//
// # In a Beam program
//
// [Extract] is this package as a PTransform over single files: package transforms says how it
// composes with the others.
package fim
