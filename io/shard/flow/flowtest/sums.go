package flowtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"decoy/io/shard"
)

// Default is the build whose bytes are Sum on every runner.
func Default(out string) Build { return Build{Out: out, Shards: 4, Rows: 40, Last: 2} }

// Sum is the sha256 over the names and contents of all files of a finished Default build
// but done records, and of manifests but for what says which version of decoy wrote them.
const Sum = "019fa26dd90d54a58fb29244a7c29422c7990cd0278f777e982035042b21ad7b"

// versions are the lines of a manifest that each version of decoy writes otherwise.
var versions = regexp.MustCompile(`(?m)^  "(?:fingerprint|code_version|schema_version)": .*\n`)

// Files are the sha256 of what Sum is over, by name.
func Files(ctx context.Context, out string) (map[string]string, error) {
	files, err := shard.Walk(ctx, out)
	sums := map[string]string{}
	for _, f := range files {
		if strings.Contains(f.Name, "/_done/") {
			continue
		}
		raw, err := shard.ReadFile(ctx, shard.Join(out, f.Name))
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(f.Name, "/manifest.json") {
			raw = versions.ReplaceAll(raw, nil)
		}
		sum := sha256.Sum256(raw)
		sums[f.Name] = hex.EncodeToString(sum[:])
	}
	return sums, err
}

// SumOf is the sum of a build's files, as Sum, and their number.
func SumOf(ctx context.Context, out string) (sum string, files int, err error) {
	sums, err := Files(ctx, out)
	if err != nil {
		return "", 0, err
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(h, "%s  %s\n", sums[name], name)
	}
	return hex.EncodeToString(h.Sum(nil)), len(sums), nil
}
