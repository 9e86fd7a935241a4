// Package edits decides which commits and which of their lines show what a
// developer wrote. It is the pure half of edit mode: package gitrepo reads
// histories, package fim finds spans, and this one says where spans may lie.
//
// # Commits
//
// [Reject] drops commits that show no writing: merges, reverts, mass reformatting,
// code of others, bots, and commits too large to have been written at one time. Its
// thresholds are the constants of reject.go. They are shares of what the commit
// changed, so a commit that reformats one function while it fixes another stays.
// [Kind] says in one word what a message claims.
//
// # Lines
//
// [Added] gives the lines that a change wrote, as byte ranges of the file after
// it. A line that differs from one it replaces in white space alone was not
// written but indented, and is left out.
//
// # One context a line's history
//
// A line that is changed ten times could give ten contexts that differ in a word:
// near duplicates that no hash finds. [Lineage] follows the used lines of every
// file along the history. A line that replaces a used line is used, as is every
// line of a hunk that replaces one, because a hunk does not say which of its lines
// became which. A line that is inserted between used lines is free. So no two
// contexts come from one line's history, and a few that could be taken are not.
//
// All commits go through Lineage, also those that Reject drops: they move lines.
// Where the content of a change was not read (too large, no text, too many files)
// the file counts as used if any line of it was; where a commit's changes are
// unknown every file does. A rename keeps the history, with changes too, as far
// as gitrepo finds it. A line that is cut in one file and pasted into another, or
// deleted and written again later, begins a new history: the diff does not show
// that it is the same.
//
// Memory is two numbers for each run of used lines; a file without any costs
// nothing.
package edits
