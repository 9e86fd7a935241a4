package work

import (
	"fmt"

	"decoy/schemas"
)

// PartsFolder holds the shards' parts of what is merged over all shards.
const PartsFolder = "parts/"

// ShinglesName begins the names of extract's files of shingles, which it writes where curate
// looks for near duplicates.
const ShinglesName = "shingles"

// ControlName begins the names of curate's files of the random arm, is the folder of its rows in the
// export, and counts it.
const ControlName = "control"

// NgramsName is the file of a language's n-grams of one fold, without its extension.
func NgramsName(lang schemas.Language, fold int) string {
	return fmt.Sprintf("ngrams-%s-%02d", lang, fold)
}

// ContextSize is what a context takes in memory: its texts and the struct around them.
func ContextSize(c schemas.Context) int {
	return 700 + len(c.Prefix) + len(c.Golden) + len(c.Suffix) + len(c.Path)
}
