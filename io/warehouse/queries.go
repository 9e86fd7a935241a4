package warehouse

import (
	"cmp"
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

//go:embed sql/*.sql
var files embed.FS

// Query is one question. About is its first line, Name its file's.
type Query struct {
	Name, About, SQL string
}

// Queries lists the questions by name.
func Queries() []Query {
	entries, err := files.ReadDir("sql")
	if err != nil {
		panic(fmt.Sprintf("warehouse: embedded queries: %v", err))
	}
	var out []Query
	for _, e := range entries {
		text, err := files.ReadFile("sql/" + e.Name())
		if err != nil {
			panic(fmt.Sprintf("warehouse: embedded query %s: %v", e.Name(), err))
		}
		first, _, _ := strings.Cut(string(text), "\n")
		out = append(out, Query{
			Name:  strings.TrimSuffix(e.Name(), ".sql"),
			About: strings.TrimSpace(strings.TrimPrefix(first, "--")),
			SQL:   string(text),
		})
	}
	return out
}

// Choose gives the named queries, all where none is named.
func Choose(names []string) ([]Query, error) {
	if len(names) == 0 {
		return Queries(), nil
	}
	var out []Query
	for _, name := range names {
		q, err := find(name)
		if err != nil {
			return nil, err
		}
		out = append(out, q)
	}
	return out, nil
}

func find(name string) (Query, error) {
	all := Queries()
	for _, q := range all {
		if q.Name == name {
			return q, nil
		}
	}
	slices.SortStableFunc(all, func(a, b Query) int {
		return cmp.Compare(levenshtein.ComputeDistance(name, a.Name), levenshtein.ComputeDistance(name, b.Name))
	})
	return Query{}, fmt.Errorf("no query %q; the nearest are %s, %s and %s", name, all[0].Name, all[1].Name,
		all[2].Name)
}
