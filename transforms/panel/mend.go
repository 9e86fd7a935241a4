package panel

import (
	"bytes"
	"fmt"
	"strings"
)

// words of other languages and of floating-point numbers that JSON does not have.
var strangers = map[string]string{
	"NaN": "null", "-NaN": "null", "nan": "null",
	"Infinity": "null", "-Infinity": "null", "inf": "null", "-inf": "null",
	"undefined": "null", "None": "null", "True": "true", "False": "false",
}

// mend writes the object or list at the start of text as JSON where what is wrong has
// one meaning only: control characters and odd escapes in strings, a comma before a
// bracket, words that JSON lacks. n is the length of what it read.
func mend(text string) (mended string, n int, ok bool) {
	var b bytes.Buffer
	var open []byte
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '"':
			end, ok := mendString(&b, text[i:])
			if !ok {
				return "", 0, false
			}
			i += end
			continue
		case c == '{' || c == '[':
			open = append(open, c+2) // in ASCII the closing bracket comes two later
			b.WriteByte(c)
		case c == '}' || c == ']':
			if len(open) == 0 || open[len(open)-1] != c {
				return "", 0, false
			}
			open = open[:len(open)-1]
			if s := bytes.TrimRight(b.Bytes(), " \t\r\n"); bytes.HasSuffix(s, []byte{','}) {
				b.Truncate(len(s) - 1)
			}
			b.WriteByte(c)
			if len(open) == 0 {
				return b.String(), i + 1, true
			}
		case isWord(c):
			end := i
			for end < len(text) && (isWord(text[end]) || strings.IndexByte("0123456789.+", text[end]) >= 0) {
				end++
			}
			word := text[i:end]
			if w, ok := strangers[word]; ok {
				word = w
			}
			b.WriteString(word)
			i = end
			continue
		default:
			b.WriteByte(c)
		}
		i++
	}
	return "", 0, false
}

func isWord(c byte) bool { return c == '-' || c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// mendString copies the string at the start of text. end is where it ends.
func mendString(b *bytes.Buffer, text string) (end int, ok bool) {
	b.WriteByte('"')
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			b.WriteByte('"')
			return i + 1, true
		case c == '\\' && i+1 < len(text):
			i++
			switch next := text[i]; {
			case strings.IndexByte(`"\/bfnrtu`, next) >= 0:
				b.WriteByte('\\')
				b.WriteByte(next)
			case next == '\'' || next == '`':
				b.WriteByte(next)
			case next < ' ':
				fmt.Fprintf(b, `\\\u%04x`, next)
			default: // a regular expression's, say: the backslash is meant
				b.WriteString(`\\`)
				b.WriteByte(next)
			}
		case c < ' ':
			fmt.Fprintf(b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return 0, false
}
