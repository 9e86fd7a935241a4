// Package text holds what all of decoy reads plain text with, so that two steps never
// disagree on where a token ends or how far apart two texts are.
//
// # Two grains
//
// [Tokens] lexes code as the n-gram judge counts it: operators of several bytes, short
// strings and line breaks are single tokens, and a long word is cut. Hashes of duplicates
// and of contamination, and every stored count, are made of these tokens: a change of one
// byte here changes them all.
//
// [Cut] is finer: words and single characters, so that a change inside of a string or of
// an operator is a small change. Repairing a negative's white space (package valid) and
// showing a pair as a diff (package report) need that grain. They differ in two points,
// which are the fields of [Grain].
//
// # Distances
//
// [Align] is the longest common subsequence of two lists of tokens. [Similarity] is 1 minus
// the Levenshtein distance over the longer length; the distance is that of
// github.com/agnivade/levenshtein, which io/warehouse and pipelines/recipe call for the
// nearest name: a package that only wants the distance needs nothing from here.
//
// # What is elsewhere
//
// SPDX expressions have one reader, decoy/schemas/spdx. It is not here because io reads
// licences of data sets with it, and io imports no transform.
//
// Three readers of words are no lexers of code, and stay with their packages: screen reads
// the prose of licences, rules takes a name apart at its case changes, and screen's phrases
// know the word bytes of regular expressions (\w), which have no "$" and end at ASCII.
package text
