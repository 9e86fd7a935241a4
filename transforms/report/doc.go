// Package report renders OUT/report.html: what a build did, for the person who has
// to decide whether its rows are worth training on.
//
// # What and why
//
// A build ends in files that nobody reads whole. The report answers what one would
// ask next: is every cell filled, where did the rest go, are the negatives wrong
// and hard, and what do real pairs look like. So it shows counts with their losses,
// rates with n and interval, and thirty pairs as they stand in their files.
//
// [Render] is a pure function of [Data]; the caller gathers the data and samples
// the pairs. What can be derived is derived here, from the same lists that are
// shown (totals, rates of rows and columns, what a step of the funnel lost without
// a reason), so that no two figures of the page can disagree.
//
// # Format
//
// One HTML file without any reference to a network: style sheet inline, charts as
// inline SVG, the fonts those of the system, no script. It is read on a phone
// (tables scroll by themselves), in print (bars are SVG, which browsers print;
// closed sections open) and in the dark. Colour never stands alone: shares are
// written out, deletions are struck through and insertions underlined.
//
// The page is well-formed XML as well, which the test uses to prove that no tag is
// left open and that no attribute names a host.
//
// # Safety
//
// Everything comes from strangers' repositories. html/template escapes it; control
// and direction-changing characters are spelled out ([visible]), since a pair whose
// bytes read in another order than they are shown would deceive the reader
// (Boucher & Anderson, "Trojan Source", 2021).
//
// # Pairs
//
// A pair is shown as the diff a reviewer would read: the last lines of the prefix,
// the golden in its line and the negative in its line, the first lines of the
// suffix. Inside of the two, changed tokens are marked. Tokens are words, runs of
// white space and single characters, aligned by their longest common subsequence.
//
// # Limits
//
// The report holds times and memory, so its bytes do not repeat. Lines are cut at
// 2,000 bytes for display; the export's rows are not.
package report
