package schemas

import (
	"encoding/binary"
	"strconv"
	"unicode/utf8"
	"unsafe"
)

// Contexts and symbols are most of what extraction writes, and encoding them by
// reflection was a tenth of its time. Their AppendJSON gives the bytes of
// encoding/json with SetEscapeHTML(false), which a test compares field by field.

// AppendJSON appends the context as one JSON object.
func (c Context) AppendJSON(b []byte) []byte {
	b = appendField(b, `{"id":`, c.ID)
	b = appendField(b, `,"repo":`, c.Repo)
	b = appendField(b, `,"commit":`, c.Commit)
	b = appendField(b, `,"path":`, c.Path)
	b = appendField(b, `,"license":`, c.License)
	b = appendField(b, `,"language":`, c.Language)
	b = appendField(b, `,"kind":`, c.Kind)
	b = appendStrings(append(b, `,"types":`...), c.Types)
	b = appendField(b, `,"prefix":`, c.Prefix)
	b = appendField(b, `,"golden":`, c.Golden)
	b = appendField(b, `,"suffix":`, c.Suffix)
	b = strconv.AppendInt(append(b, `,"start_byte":`...), c.StartByte, 10)
	b = strconv.AppendInt(append(b, `,"end_byte":`...), c.EndByte, 10)
	b = strconv.AppendInt(append(b, `,"line":`...), c.Line, 10)
	b = strconv.AppendInt(append(b, `,"decl_start":`...), c.DeclStart, 10)
	b = strconv.AppendInt(append(b, `,"decl_end":`...), c.DeclEnd, 10)
	b = strconv.AppendBool(append(b, `,"prefix_cut":`...), c.PrefixCut)
	b = strconv.AppendBool(append(b, `,"suffix_cut":`...), c.SuffixCut)
	b = appendField(b, `,"cut":`, c.Cut)
	b = appendField(b, `,"call_form":`, c.CallForm)
	b = appendField(b, `,"origin":`, c.Origin)
	b = appendField(b, `,"origin_commit":`, c.OriginCommit)
	b = appendField(b, `,"origin_date":`, c.OriginDate)
	b = appendField(b, `,"origin_kind":`, c.OriginKind)
	b = appendField(b, `,"sha256":`, c.SHA256)
	return append(b, '}')
}

// AppendJSON appends the symbol as one JSON object.
func (s Symbol) AppendJSON(b []byte) []byte {
	b = appendField(b, `{"repo":`, s.Repo)
	b = appendField(b, `,"record":`, s.Record)
	b = appendField(b, `,"path":`, s.Path)
	b = strconv.AppendInt(append(b, `,"line":`...), s.Line, 10)
	b = appendField(b, `,"name":`, s.Name)
	b = appendField(b, `,"role":`, s.Role)
	b = appendField(b, `,"owner":`, s.Owner)
	b = strconv.AppendInt(append(b, `,"arity":`...), s.Arity, 10)
	b = appendStrings(append(b, `,"params":`...), s.Params)
	b = strconv.AppendBool(append(b, `,"variadic":`...), s.Variadic)
	b = appendField(b, `,"target":`, s.Target)
	b = appendStrings(append(b, `,"flags":`...), s.Flags)
	return append(b, '}')
}

func appendField[S ~string](b []byte, name string, value S) []byte {
	return appendString(append(b, name...), string(value))
}

func appendStrings[S ~string](b []byte, list []S) []byte {
	if list == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, string(s))
	}
	return append(b, ']')
}

// appendString appends a JSON string.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := plain(s, 0); i < len(s); i = plain(s, i) {
		if c := s[i]; c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && n == 1:
				b = append(append(b, s[start:i]...), `\ufffd`...)
				start = i + n
			case r == '\u2028' || r == '\u2029': // JavaScript takes them for line ends
				b = append(append(b, s[start:i]...), `\u202`...)
				b = append(b, hexDigits[r&0xf])
				start = i + n
			}
			i += n
			continue
		}
		b = append(b, s[start:i]...)
		switch c := s[i]; c {
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		case '"', '\\':
			b = append(b, '\\', c)
		case '\r':
			b = append(b, '\\', 'r')
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		}
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

const hexDigits = "0123456789abcdef"

// plain is the first place from i on whose byte does not stand for itself: a
// control character, a quote, a backslash or a byte of a longer rune. It looks at
// eight bytes at a time; subtraction borrows only out of a byte that is a hit.
func plain(s string, i int) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	bytes := unsafe.Slice(unsafe.StringData(s), len(s))
	for ; i+8 <= len(s); i += 8 {
		x := binary.LittleEndian.Uint64(bytes[i:])
		quote, backslash := x^(ones*'"'), x^(ones*'\\')
		if ((x-ones*' ')|(quote-ones)|(backslash-ones)|x)&high != 0 {
			break
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return i
		}
	}
	return i
}
