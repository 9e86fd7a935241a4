package valid

import (
	"strings"
	"testing"
)

// A golden of a few lines and a negative that changes two of its names.
const benchGolden = "rows, err := db.QueryContext(ctx, \"select id, name from users where id = ?\", id)\n" +
	"\tif err != nil {\n\t\treturn nil, fmt.Errorf(\"query users: %w\", err)\n\t}\n\tdefer rows.Close()\n"

var benchText = strings.NewReplacer("QueryContext", "QueryRowContext", "Close", "Discard").Replace(benchGolden)

func BenchmarkCompare(b *testing.B) {
	for b.Loop() {
		compare(benchGolden, benchText)
	}
}
