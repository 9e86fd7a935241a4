package fim

import (
	"bytes"
	"slices"

	"decoy/schemas"
)

// generals are candidates for general rows: for each kind a handful at places that
// the file's hash picks.
func generals(s *source) []span {
	src, seed := s.Src, s.blob.SHA256
	lines := slices.DeleteFunc(textLines(src), func(l textLine) bool { return !s.allows(l.text, l.end) })
	if len(lines) == 0 {
		return nil
	}
	pick := func(kind string, i, n int) int {
		return int(schemas.Key64("general", seed, kind, string(int64Bytes(i))) % uint64(n))
	}
	var out []span
	add := func(kind schemas.Kind, start, end int) {
		if start < end && fits(src[start:end], kind) {
			out = append(out, span{start: start, end: end, kind: kind})
		}
	}
	const tries = 4
	for i := range tries {
		l := lines[pick(string(schemas.KindLine), i, len(lines))]
		add(schemas.KindLine, l.text, l.end)

		first := pick(string(schemas.KindLines), i, len(lines))
		last := min(len(lines)-1, first+1+pick("lines length", i, 6))
		if last > first {
			add(schemas.KindLines, lines[first].text, lines[last].end)
		}

		l = lines[pick(string(schemas.KindRandom), i, len(lines))]
		cuts := wordCuts(src, l.text, l.end)
		if len(cuts) < 3 {
			continue
		}
		a := 1 + pick("random start", i, len(cuts)-2)
		b := a + 1 + pick("random length", i, min(len(cuts)-a-1, 12))
		start := cuts[a]
		if start > l.text && src[start-1] == ' ' && pick("random space", i, 2) == 0 {
			start--
		}
		add(schemas.KindRandom, start, cuts[b])
	}
	return out
}

type textLine struct{ text, end int } // from the first character that is no space

func textLines(src []byte) []textLine {
	var out []textLine
	for at := 0; at < len(src); {
		end := bytes.IndexByte(src[at:], '\n')
		next := len(src)
		if end < 0 {
			end = len(src)
		} else {
			end += at
			next = end + 1
		}
		if end > at && src[end-1] == '\r' {
			end--
		}
		text := at
		for text < end && (src[text] == ' ' || src[text] == '\t') {
			text++
		}
		if text == 0 && bytes.HasPrefix(src, bom) {
			text = len(bom)
		}
		if end-text > 1 {
			out = append(out, textLine{text, end})
		}
		at = next
	}
	return out
}

// wordCuts are the places of a line where a word or an operator begins, and its
// end.
func wordCuts(src []byte, start, end int) []int {
	var out []int
	prev := 0
	for i := start; i < end; i++ {
		c := wordClass(src[i])
		if c != 0 && (c != prev || i == start) {
			out = append(out, i)
		}
		prev = c
	}
	return append(out, end)
}

// wordClass is 0 for white space, 1 for what words are made of, 2 for all else.
func wordClass(c byte) int {
	switch {
	case c == ' ' || c == '\t':
		return 0
	case c == '_' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return 1
	}
	return 2
}

func int64Bytes(v int) []byte {
	return []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}
}
