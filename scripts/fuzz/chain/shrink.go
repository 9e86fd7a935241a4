package main

import (
	"bytes"
	"regexp"
	"slices"
)

// frame is a line of a stack that names a function of ours, and the line behind it.
var frame = regexp.MustCompile(`(?m)^decoy/[^\n]*\n\t[^\n]*/([^/\n]+/[^/\n]+\.go:\d+)`)

// placeOf is the innermost place of ours in a failure's stack: behind the frame of the
// panic itself, for the ones above are those that report it. An error has its step.
func placeOf(f *failure) string {
	stack := f.Stack
	if i := bytes.LastIndex([]byte(stack), []byte("\npanic(")); i >= 0 {
		stack = stack[i:]
	}
	if m := frame.FindStringSubmatch(stack); m != nil {
		return m[1]
	}
	return "error " + firstWord(f.Where)
}

func firstWord(s string) string {
	word, _, _ := bytes.Cut([]byte(s), []byte(" "))
	return string(word)
}

// maxTries bounds how often a case is run to make it smaller.
const maxTries = 400

// shrink leaves out files, then lines, then bytes, as long as the case fails at the same
// place.
func shrink(k Case, place string) Case {
	tries := 0
	c := newChain()
	fails := func(k Case) bool {
		if tries++; tries > maxTries {
			return false
		}
		_, f := c.run(k)
		if f != nil {
			c = newChain()
		}
		return f != nil && placeOf(f) == place
	}
	if c := k; len(c.Before) > 0 {
		if c.Before = nil; fails(c) {
			k = c
		}
	}
	for i := len(k.Files) - 1; i >= 0 && len(k.Files) > 1; i-- {
		c := k
		c.Files = slices.Delete(slices.Clone(k.Files), i, i+1)
		if len(k.Before) > 0 {
			c.Before = slices.Delete(slices.Clone(k.Before), i, i+1)
		}
		if fails(c) {
			k = c
		}
	}
	for i := range k.Files {
		for _, sep := range []string{"\n", ""} {
			parts := bytes.SplitAfter(k.Files[i].Content, []byte(sep))
			for size := len(parts) / 2; size > 0; size /= 2 {
				for at := 0; at < len(parts); {
					rest := slices.Delete(slices.Clone(parts), at, min(at+size, len(parts)))
					c := k
					c.Files = slices.Clone(k.Files)
					c.Files[i].Content = bytes.Join(rest, nil)
					if fails(c) {
						k, parts = c, rest
					} else {
						at += size
					}
				}
			}
		}
	}
	return k
}
