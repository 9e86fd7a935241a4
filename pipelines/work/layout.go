package work

import (
	"fmt"

	"decoy/schemas"
)

// PartsFolder holds the shards' parts of what is merged over all shards.
const PartsFolder = "parts/"

func NgramsName(lang string, fold int) string { return fmt.Sprintf("ngrams-%s-%02d", lang, fold) }

// Sizes of records in memory: their texts and the structs around them.
func ContextSize(c schemas.Context) int {
	return 700 + len(c.Prefix) + len(c.Golden) + len(c.Suffix) + len(c.Path)
}
