// Package fim turns a source file into fill-in-the-middle contexts, symbols and
// names.
//
//	schemas.Blob → []schemas.Context, []schemas.Symbol, []schemas.Name, []schemas.Reject
//
// # Spans
//
// A call span begins at the called name (after the receiver's dot, after "new ")
// and runs to the end of the call, as in the Delulu benchmark. An import span is
// the whole lines of an import statement without the last newline, indentation
// included; lines on which anything but imports and a comment stands are none.
// Line, lines and random spans are general rows. Lengths are in characters: call
// 13–817, import 4–817, general 1–817 (the bounds of the paper's data, arXiv
// 2606.03130).
//
// Random spans begin and end between words in the middle of lines; half of those
// that begin after a space take the space into the middle, because tokenizers
// join a space to the word after it and a cut between the two trains on token
// starts that never occur.
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
// C++ files somewhere.
//
// # Sampling
//
// Candidates are taken in the order of a hash of the file's content and the span,
// so a file gives the same spans wherever it is met; no two spans of one kind
// overlap. Rejected candidates are reported once a file, kind and reason, with
// their number.
package fim
