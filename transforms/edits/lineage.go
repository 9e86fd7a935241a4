package edits

import (
	"math"
	"slices"
)

// Lineage knows which lines of each file's present version are used: a context was
// taken from them or from a line that they replaced. It is for one history.
//
// For every commit, oldest first: Advance, then for each place to take a context
// from Free and, if it is taken, Use.
type Lineage struct {
	used map[string][]Lines // by path: sorted, not touching
	lost bool               // a file that is not in used is used as a whole
}

// NewLineage is a Lineage in which every line is free.
func NewLineage() *Lineage { return &Lineage{used: map[string][]Lines{}} }

// everything is all lines of a file of unknown length.
var everything = Lines{0, math.MaxInt}

// Advance goes from the version before a commit to the one after it.
func (l *Lineage) Advance(c Commit) {
	if c.Lost {
		if len(l.used) > 0 || l.lost {
			*l = Lineage{used: map[string][]Lines{}, lost: true}
		}
		return
	}
	// Files may swap names, so all are read before any is written.
	after := make([][]Lines, len(c.Files))
	for i, f := range c.Files {
		if !f.Deleted && f.OldPath != "" {
			after[i] = follow(l.of(f.OldPath), f)
		}
	}
	for _, f := range c.Files {
		if f.OldPath != "" {
			l.set(f.OldPath, nil)
		}
	}
	for i, f := range c.Files {
		l.set(f.Path, after[i])
	}
}

func (l *Lineage) of(path string) []Lines {
	if used, known := l.used[path]; known {
		return used
	}
	if l.lost {
		return []Lines{everything}
	}
	return nil
}

func (l *Lineage) set(path string, used []Lines) {
	if len(used) > 0 || l.lost {
		l.used[path] = used
	} else {
		delete(l.used, path)
	}
}

// follow carries used lines over a change.
func follow(used []Lines, f File) []Lines {
	if len(used) == 0 {
		return nil
	}
	if f.Unread {
		return []Lines{everything}
	}
	var out []Lines
	at, shift := 0, 0 // the first old line that no hunk has passed, and new minus old
	// Between two hunks lines only move.
	move := func(to int) {
		for _, u := range used {
			if s, e := max(u.Start, at), min(u.End, to); s < e {
				end := e + shift
				if e == math.MaxInt {
					end = e
				}
				out = join(out, Lines{s + shift, end})
			}
		}
	}
	for _, h := range f.Hunks {
		move(h.OldStart)
		if touches(used, Lines{h.OldStart, h.OldEnd}) {
			out = join(out, Lines{h.NewStart, h.NewEnd})
		}
		at, shift = h.OldEnd, h.NewEnd-h.OldEnd
	}
	move(math.MaxInt)
	return out
}

// join appends lines that lie behind all others.
func join(out []Lines, l Lines) []Lines {
	switch n := len(out); {
	case l.Start >= l.End:
		return out
	case n > 0 && out[n-1].End == l.Start:
		out[n-1].End = l.End
		return out
	default:
		return append(out, l)
	}
}

// touches is false for no lines: what is inserted replaces nothing.
func touches(used []Lines, l Lines) bool {
	return l.Start < l.End && slices.ContainsFunc(used, func(u Lines) bool {
		return u.Start < l.End &&
			l.Start < u.End
	})
}

// Free reports whether no line of a file's present version in l is used.
func (l *Lineage) Free(path string, lines Lines) bool { return !touches(l.of(path), lines) }

// FreeLines is the parts of lines that are free, in order: of what a change added,
// the lines from which a context may be taken.
func (l *Lineage) FreeLines(path string, lines []Lines) []Lines {
	used := l.of(path)
	var out []Lines
	for _, a := range lines {
		for _, u := range used {
			if u.End <= a.Start || a.End <= u.Start {
				continue
			}
			if a.Start < u.Start {
				out = append(out, Lines{a.Start, u.Start})
			}
			a.Start = min(u.End, a.End)
		}
		if a.Start < a.End {
			out = append(out, a)
		}
	}
	return out
}

// Use marks lines of a file's present version as used.
func (l *Lineage) Use(path string, lines Lines) {
	if lines.Start >= lines.End {
		return
	}
	all := append(slices.Clone(l.of(path)), lines)
	slices.SortFunc(all, func(a, b Lines) int { return a.Start - b.Start })
	out := all[:1]
	for _, a := range all[1:] {
		if last := &out[len(out)-1]; a.Start <= last.End {
			last.End = max(last.End, a.End)
		} else {
			out = append(out, a)
		}
	}
	l.used[path] = out
}
