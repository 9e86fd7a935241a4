package edits

import "bytes"

// Commit is what is judged of a commit. Lost says that its changes are not known.
type Commit struct {
	Parents int
	Author  string
	Email   string
	Message string
	Files   []File
	Lost    bool
}

// File is one changed file. OldPath is "" for a new file. Unread says that the
// content is not known: Before, After and Hunks are empty.
type File struct {
	Path, OldPath string
	Deleted       bool
	Unread        bool
	Before, After []byte
	Hunks         []Hunk
}

// Hunk says that the lines [OldStart, OldEnd) were replaced by [NewStart, NewEnd).
// Lines count from 0. The hunks of a file are sorted and do not touch.
type Hunk struct{ OldStart, OldEnd, NewStart, NewEnd int }

// Range is [Start, End), in bytes of a file.
type Range struct{ Start, End int }

// Lines is [Start, End), in lines of a file.
type Lines struct{ Start, End int }

// text finds the bytes of lines.
type text struct {
	data   []byte
	starts []int // of each line, and the end of the last
}

func newText(data []byte) text {
	starts := make([]int, 1, bytes.Count(data, []byte{'\n'})+2)
	for at := 0; at < len(data); {
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			at += i + 1
		} else {
			at = len(data)
		}
		starts = append(starts, at)
	}
	return text{data, starts}
}

// bytes bounds a range of lines by what the file has: hunks of another file must
// not crash anything.
func (t text) bytes(from, to int) Range {
	last := len(t.starts) - 1
	from, to = min(max(from, 0), last), min(max(to, 0), last)
	return Range{t.starts[from], t.starts[max(from, to)]}
}

func (t text) line(i int) []byte {
	r := t.bytes(i, i+1)
	return t.data[r.Start:r.End]
}

// LinesOf is the lines that a byte range touches. An empty range touches the line
// that it stands in.
func LinesOf(data []byte, r Range) Lines {
	start := min(max(r.Start, 0), len(data))
	end := min(max(r.End, start), len(data))
	from := bytes.Count(data[:start], []byte{'\n'})
	if end > start {
		end-- // the line feed of the last line belongs to it
	}
	return Lines{from, from + bytes.Count(data[start:end], []byte{'\n'}) + 1}
}

// Added is the byte ranges of the whole lines that a change wrote, in order,
// neighbours joined. Lines that were only indented anew and runs of blank lines are
// left out.
func Added(before, after []byte, hunks []Hunk) []Range {
	old, new := newText(before), newText(after)
	var out []Range
	for _, l := range addedLines(old, new, hunks) {
		out = append(out, new.bytes(l.Start, l.End))
	}
	return out
}

// AddedLines is Added in lines.
func AddedLines(before, after []byte, hunks []Hunk) []Lines {
	return addedLines(newText(before), newText(after), hunks)
}

func addedLines(old, new text, hunks []Hunk) []Lines {
	var out []Lines
	for _, h := range hunks {
		same := indentedOnly(old, new, h)
		for i := h.NewStart; i < h.NewEnd; i++ {
			if same[i-h.NewStart] {
				continue
			}
			if n := len(out); n > 0 && out[n-1].End == i {
				out[n-1].End++
			} else {
				out = append(out, Lines{i, i + 1})
			}
		}
	}
	kept := out[:0]
	for _, l := range out {
		if r := new.bytes(l.Start, l.End); len(bytes.TrimSpace(new.data[r.Start:r.End])) > 0 {
			kept = append(kept, l)
		}
	}
	return kept
}

// indentedOnly says of each new line of a hunk whether one of the lines that the
// hunk replaces differs from it in white space alone. A line stands for one.
func indentedOnly(old, new text, h Hunk) []bool {
	out := make([]bool, h.NewEnd-h.NewStart)
	if h.OldStart == h.OldEnd {
		return out
	}
	left := map[string]int{}
	for i := h.OldStart; i < h.OldEnd; i++ {
		left[string(bare(old.line(i)))]++
	}
	for i := h.NewStart; i < h.NewEnd; i++ {
		if b := bare(new.line(i)); len(b) > 0 && left[string(b)] > 0 {
			left[string(b)]--
			out[i-h.NewStart] = true
		}
	}
	return out
}

// bare is text without white space.
func bare(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for _, c := range b {
		switch c {
		case ' ', '\t', '\r', '\n', '\f', '\v':
		default:
			out = append(out, c)
		}
	}
	return out
}
