package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

// formatVersion is the version of segments.
//
//	1: first.
const formatVersion = 1

// maxSegment bounds what a segment may unpack to, so that a damaged or hostile
// one cannot fill the memory.
const maxSegment = 4 << 30

type head struct {
	Ledger  int `json:"decoy_ledger"`
	Shard   int `json:"shard"`
	Attempt int `json:"attempt"`
	Seq     int `json:"seq"`
	Records int `json:"records"`
}

// line is a record as it lies in a segment. Raw is text where the response is
// UTF-8, so that it can be read and compresses well, and base64 otherwise.
type line struct {
	Record
	RawText   *string `json:"raw,omitempty"`
	RawBase64 []byte  `json:"raw_base64,omitempty"`
}

var encoder = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
})

var decoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxSegment))
})

func encode(seg segment, records []Record) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(head{formatVersion, seg.shard, seg.attempt, seg.seq, len(records)}); err != nil {
		return nil, err
	}
	for _, r := range records {
		l := line{Record: r}
		switch {
		case r.Raw == nil:
		case utf8.Valid(r.Raw):
			text := string(r.Raw)
			l.RawText = &text
		default:
			l.RawBase64 = r.Raw
		}
		if err := enc.Encode(l); err != nil {
			return nil, fmt.Errorf("record %s: %w", r.Key, err)
		}
	}
	z, err := encoder()
	if err != nil {
		return nil, err
	}
	return z.EncodeAll(buf.Bytes(), nil), nil
}

func decode(seg segment, data []byte) ([]Record, error) {
	z, err := decoder()
	if err != nil {
		return nil, err
	}
	plain, err := z.DecodeAll(data, nil)
	if err != nil {
		return nil, err
	}
	first, rest, _ := bytes.Cut(plain, []byte("\n"))
	var h head
	if err := json.Unmarshal(first, &h); err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	if h.Ledger != formatVersion {
		return nil, fmt.Errorf("format version %d, this program reads %d", h.Ledger, formatVersion)
	}
	if got := (segment{h.Shard, h.Attempt, h.Seq}); got != seg {
		return nil, fmt.Errorf("its head says %s", got)
	}
	var records []Record
	for text := range bytes.Lines(rest) {
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return nil, fmt.Errorf("record %d: %w", len(records), err)
		}
		r := l.Record
		switch {
		case r.Key == "":
			return nil, fmt.Errorf("record %d: no key", len(records))
		case l.RawText != nil && l.RawBase64 != nil:
			return nil, fmt.Errorf("record %d: raw twice", len(records))
		case l.RawText != nil:
			r.Raw = []byte(*l.RawText)
		default:
			r.Raw = l.RawBase64
		}
		records = append(records, r)
	}
	if len(records) != h.Records {
		return nil, fmt.Errorf("%d records, its head says %d", len(records), h.Records)
	}
	if len(records) == 0 {
		return nil, errors.New("no records")
	}
	return records, nil
}
