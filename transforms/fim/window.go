package fim

import "bytes"

type extent struct{ start, end int }

// window is the part of the file that a context shows around a span.
func window(src []byte, s span, prefix, suffix int) extent {
	before, after := s.start, len(src)-s.end
	if before+after <= prefix+suffix {
		return extent{0, len(src)}
	}
	p := min(before, prefix+suffix-min(after, suffix))
	q := min(after, prefix+suffix-p)
	w := extent{s.start - p, s.end + q}
	if w.start > 0 && src[w.start-1] != '\n' {
		if i := bytes.IndexByte(src[w.start:s.start], '\n'); i >= 0 {
			w.start += i + 1
		} else {
			w.start = s.start
		}
	}
	if w.end < len(src) {
		w.end = s.end + bytes.LastIndexByte(src[s.end:w.end], '\n') + 1
	}
	return w
}
