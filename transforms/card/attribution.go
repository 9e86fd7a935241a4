package card

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
)

// AttributionRow is one line of ATTRIBUTION.jsonl: a file that exported rows were
// taken from, its licence, and how many contexts it gave.
type AttributionRow struct {
	Repo     string `json:"repo"`
	Commit   string `json:"commit"`
	Path     string `json:"path"`
	License  string `json:"license"`
	Contexts int64  `json:"contexts"`
}

// Attribution writes ATTRIBUTION.jsonl. rows may name a file more than once, in any
// order: give one row a context with Contexts 1, or a sum for each shard.
func Attribution(rows iter.Seq[AttributionRow]) ([]byte, error) {
	type file struct{ repo, commit, path string }
	sums := map[file]AttributionRow{}
	for r := range rows {
		k := file{r.Repo, r.Commit, r.Path}
		if r.Repo == "" || r.Path == "" {
			return nil, fmt.Errorf("attribution: a row of repo %q has path %q; both must be known to name the source",
				r.Repo, r.Path)
		}
		if was, ok := sums[k]; ok {
			if was.License != r.License {
				return nil, fmt.Errorf("attribution: %s of %s@%s has two licences, %q and %q", r.Path, r.Repo, r.Commit,
					min(was.License, r.License), max(was.License, r.License))
			}
			r.Contexts += was.Contexts
		}
		sums[k] = r
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, r := range slices.SortedFunc(maps.Values(sums), func(a, b AttributionRow) int {
		return cmp.Or(cmp.Compare(a.Repo, b.Repo), cmp.Compare(a.Commit, b.Commit), cmp.Compare(a.Path, b.Path))
	}) {
		if err := enc.Encode(r); err != nil {
			return nil, fmt.Errorf("attribution of %s in %s: %w", r.Path, r.Repo, err)
		}
	}
	return b.Bytes(), nil
}
