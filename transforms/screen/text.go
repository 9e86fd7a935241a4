package screen

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"decoy/schemas"
)

// A file is binary when more than one byte in three is no text, or one in ten a
// control character; else bytes that are no UTF-8 are another encoding.
const (
	binaryInvalid = 3
	binaryControl = 10
)

// notText finds bytes that are not UTF-8 text: the reason and a detail, or "".
func notText(content []byte) (reason schemas.Reason, detail string) {
	for _, bom := range []string{"\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(content, []byte(bom)) {
			return NotUTF8, "begins with the mark of UTF-16"
		}
	}
	if at := bytes.IndexByte(content, 0); at >= 0 {
		return Binary, fmt.Sprintf("a NUL byte at offset %d", at)
	}
	if !utf8.Valid(content) {
		invalid, first := 0, -1
		for i := 0; i < len(content); {
			r, n := utf8.DecodeRune(content[i:])
			if r == utf8.RuneError && n == 1 {
				if invalid++; first < 0 {
					first = i
				}
			}
			i += n
		}
		if invalid > len(content)/binaryInvalid {
			return Binary, fmt.Sprintf("%d of %d bytes are no text", invalid, len(content))
		}
		return NotUTF8, fmt.Sprintf("byte 0x%02x at offset %d is not UTF-8", content[first], first)
	}
	control := 0
	for _, c := range content {
		if c < ' ' && (c < '\t' || c > '\r') || c == 0x7f {
			control++
		}
	}
	if control > len(content)/binaryControl {
		return Binary, fmt.Sprintf("%d of %d bytes are control characters", control, len(content))
	}
	return "", ""
}

// lineFacts are what one pass over the lines of a text finds.
type lineFacts struct {
	count   int // of lines, a last one without end included
	longest int // bytes, line end excluded
	lf      int // lines that end in LF alone
	crlf    int
	cr      int // carriage returns without LF
}

func measure(content []byte) lineFacts {
	var f lineFacts
	for len(content) > 0 {
		line, rest, ended := bytes.Cut(content, []byte("\n"))
		f.count++
		if ended {
			if bytes.HasSuffix(line, []byte("\r")) {
				line = line[:len(line)-1]
				f.crlf++
			} else {
				f.lf++
			}
		}
		f.cr += bytes.Count(line, []byte("\r"))
		f.longest = max(f.longest, len(line))
		content = rest
	}
	return f
}

// mixed reports lines that end in more than one way, or in a way of their own: a
// bare CR is no line end to anything that reads the records.
func (f lineFacts) mixed() (detail string, ok bool) {
	if f.cr == 0 && (f.lf == 0 || f.crlf == 0) {
		return "", false
	}
	return fmt.Sprintf("%d lines end in LF, %d in CRLF, %d CR stand alone", f.lf, f.crlf, f.cr), true
}
