package work

import "decoy/schemas"

// Counts of manifests that warnings are made of: CountNegativesBy those of a generator.
func CountNegativesBy(generator string) string { return "negatives_by_" + generator }

// CountRejectsBy counts rejects of a generator.
func CountRejectsBy(generator string) string { return "rejects_by_" + generator }

// CountRows counts selected rows of a split.
func CountRows(split string) string { return "rows_" + split }

// CountRowsOf counts selected rows of a split in a language.
func CountRowsOf(split string, language schemas.Language) string {
	return "rows_" + split + "_" + string(language)
}

// CountPairs counts selected pairs of a type.
func CountPairs(typ string) string { return "pairs_" + typ }
