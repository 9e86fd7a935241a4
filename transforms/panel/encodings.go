package panel

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"unicode/utf16"
)

// plain is a response as UTF-8, also where a server packed it or wrote it in UTF-16 and
// did not say so. What cannot be read so is returned as it is.
func plain(raw []byte) []byte {
	if bytes.HasPrefix(raw, []byte("\x1f\x8b")) {
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return raw
		}
		text, err := io.ReadAll(io.LimitReader(z, maxBody+1))
		if err != nil || len(text) > maxBody {
			return raw
		}
		raw = text
	}
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xfe")):
		return fromUTF16(binary.LittleEndian, raw[2:])
	case bytes.HasPrefix(raw, []byte("\xfe\xff")):
		return fromUTF16(binary.BigEndian, raw[2:])
	case len(raw) > 3 && raw[0] != 0 && raw[1] == 0 && raw[2] != 0 && raw[3] == 0:
		return fromUTF16(binary.LittleEndian, raw)
	case len(raw) > 3 && raw[0] == 0 && raw[1] != 0 && raw[2] == 0 && raw[3] != 0:
		return fromUTF16(binary.BigEndian, raw)
	}
	return raw
}

func fromUTF16(order binary.ByteOrder, raw []byte) []byte {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = order.Uint16(raw[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}
