package gitrepo

import (
	"cmp"
	"context"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/zeebo/xxh3"
)

const (
	// minSimilar is git's own threshold of a rename with changes: half of the lines
	// of the longer file are lines of the other.
	minSimilar = 0.5
	// maxRenames bounds the files on either side that are compared.
	maxRenames = 50
)

// similarRenames joins files that went with files that came and share half of
// their lines. Without it the lines of a file that was moved and touched would
// look new.
func (h *history) similarRenames(ctx context.Context, files []fileChange) ([]fileChange, error) {
	var gone, came []int
	for i, f := range files {
		switch {
		case f.reason != "" || h.cfg.Want != nil && !h.cfg.Want(f.key()):
		case f.path == "":
			gone = append(gone, i)
		case f.oldPath == "":
			came = append(came, i)
		}
	}
	if len(gone) == 0 || len(came) == 0 || len(gone) > maxRenames || len(came) > maxRenames {
		return files, nil
	}
	old, err := h.lineCounts(ctx, files, gone, func(f fileChange) plumbing.Hash { return f.oldID })
	if err != nil {
		return nil, err
	}
	new, err := h.lineCounts(ctx, files, came, func(f fileChange) plumbing.Hash { return f.id })
	if err != nil {
		return nil, err
	}
	type match struct {
		score      float64
		gone, came int
	}
	var found []match
	for g := range gone {
		for c := range came {
			if s := old[g].similarity(new[c]); s >= minSimilar {
				found = append(found, match{s, gone[g], came[c]})
			}
		}
	}
	slices.SortFunc(found, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.gone, b.gone), cmp.Compare(a.came, b.came))
	})
	joined := map[int]bool{}
	for _, m := range found {
		if joined[m.gone] || joined[m.came] {
			continue
		}
		joined[m.gone], joined[m.came] = true, true
		files[m.came].oldPath, files[m.came].oldID = files[m.gone].oldPath, files[m.gone].oldID
		files[m.gone].oldPath = "" // marks it for removal
	}
	return slices.DeleteFunc(files, func(f fileChange) bool { return f.path == "" && f.oldPath == "" }), nil
}

// lineCounts says how often each line stands in a file.
type lineCounts struct {
	count map[uint64]int
	lines int
}

func (h *history) lineCounts(ctx context.Context, files []fileChange, which []int,
	id func(fileChange) plumbing.Hash) ([]lineCounts, error) {
	out := make([]lineCounts, len(which))
	for i, f := range which {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		data, skipped, _, err := h.text(id(files[f]))
		if err != nil {
			return nil, err
		}
		if skipped != "" {
			continue
		}
		out[i].count = map[uint64]int{}
		for _, line := range splitLines(data) {
			if indent(line) < 1<<30 { // blank lines say nothing
				out[i].count[xxh3.Hash(line)]++
				out[i].lines++
			}
		}
	}
	return out, nil
}

func (a lineCounts) similarity(b lineCounts) float64 {
	most := max(a.lines, b.lines)
	if float64(min(a.lines, b.lines)) < minSimilar*float64(most) || most == 0 {
		return 0
	}
	shared := 0
	for line, n := range a.count {
		shared += min(n, b.count[line])
	}
	return float64(shared) / float64(most)
}
