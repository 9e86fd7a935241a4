package rows

import "bytes"

// notFinite are the words for numbers that JSON lacks and Python's json.dumps writes.
var notFinite = [][]byte{[]byte("-Infinity"), []byte("Infinity"), []byte("NaN")}

// finite returns a text of JSON in which such words outside of strings are null.
func finite(text []byte) []byte {
	if !bytes.Contains(text, notFinite[1]) && !bytes.Contains(text, notFinite[2]) {
		return text
	}
	out := make([]byte, 0, len(text))
	inString := false
next:
	for at := 0; at < len(text); at++ {
		c := text[at]
		switch {
		case inString && c == '\\' && at+1 < len(text):
			out = append(out, c)
			at++
			c = text[at]
		case c == '"':
			inString = !inString
		case !inString:
			for _, word := range notFinite {
				if bytes.HasPrefix(text[at:], word) {
					out = append(out, "null"...)
					at += len(word) - 1
					continue next
				}
			}
		}
		out = append(out, c)
	}
	return out
}
