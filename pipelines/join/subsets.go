package join

import (
	"path"

	"decoy/schemas"
)

// Repo is the symbols of a repository.
type Repo struct {
	Symbols []schemas.Symbol `json:"symbols"`
}

// SymbolsOf are subsets of a repository's symbols in ascending size: none, those of a
// file, those of the files beside it, all.
func SymbolsOf(all []schemas.Symbol, file string) [][]schemas.Symbol {
	within := func(keep func(string) bool) []schemas.Symbol {
		out := []schemas.Symbol{}
		for _, s := range all {
			if keep(s.Path) {
				out = append(out, s)
			}
		}
		return out
	}
	folder := path.Dir(file)
	return [][]schemas.Symbol{
		{},
		within(func(p string) bool { return p == file }),
		within(func(p string) bool { return path.Dir(p) == folder }),
		all,
	}
}
