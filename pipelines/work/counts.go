package work

// Counts of manifests that warnings are made of.
func CountNegativesBy(generator string) string { return "negatives_by_" + generator }

func CountRejectsBy(generator string) string { return "rejects_by_" + generator }

func CountRows(split string) string { return "rows_" + split }

func CountRowsOf(split, language string) string {
	return "rows_" + split + "_" + language
}

func CountPairs(typ string) string { return "pairs_" + typ }
