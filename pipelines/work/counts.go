package work

import "decoy/schemas"

// Counts of manifests that warnings are made of: CountNegativesBy those of a generator.
func CountNegativesBy(generator string) string { return "negatives_by_" + generator }

// CountRejectsBy counts rejects of a generator.
func CountRejectsBy(generator string) string { return "rejects_by_" + generator }

// CountRows counts selected rows of a split.
func CountRows(split schemas.Split) string { return "rows_" + string(split) }

// CountRowsOf counts selected rows of a split in a language.
func CountRowsOf(split schemas.Split, language schemas.Language) string {
	return "rows_" + string(split) + "_" + string(language)
}

// CountPairs counts selected pairs of a type.
func CountPairs(typ schemas.Type) string { return "pairs_" + string(typ) }
