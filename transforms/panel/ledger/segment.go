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
//	1: first; written where nothing is advanced.
//	2: the head names its writer and what is advanced to it; there may be no records.
const (
	formatVersion   = 1
	advancedVersion = 2
)

// maxSegment bounds what a segment may unpack to, so that a damaged or hostile
// one cannot fill the memory.
const maxSegment = 4 << 30

type head struct {
	Ledger  int `json:"decoy_ledger"`
	Shard   int `json:"shard"`
	Attempt int `json:"attempt"`
	Seq     int `json:"seq"`
	Records int `json:"records"`
	advanced
}

// line is a record as it lies in a segment. Raw is text where the response is
// UTF-8, so that it can be read and compresses well, and base64 otherwise.
type line struct {
	Record
	RawText   *string `json:"raw,omitempty"`
	RawBase64 []byte  `json:"raw_base64,omitempty"`
}

func newLine(r Record) line {
	l := line{Record: r}
	switch {
	case r.Raw == nil:
	case utf8.Valid(r.Raw):
		text := string(r.Raw)
		l.RawText = &text
	default:
		l.RawBase64 = r.Raw
	}
	return l
}

var encoder = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
})

var decoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxSegment))
})

func encode(seg segment, records []Record, adv advanced) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	version := formatVersion
	if adv.Writer != "" {
		version = advancedVersion
	}
	if err := enc.Encode(head{version, seg.shard, seg.attempt, seg.seq, len(records), adv}); err != nil {
		return nil, err
	}
	for _, r := range records {
		if err := enc.Encode(newLine(r)); err != nil {
			return nil, fmt.Errorf("record %s: %w", r.Key, err)
		}
	}
	z, err := encoder()
	if err != nil {
		return nil, err
	}
	return z.EncodeAll(buf.Bytes(), nil), nil
}

// unpack is a file's plain bytes.
func unpack(data []byte) ([]byte, error) {
	z, err := decoder()
	if err != nil {
		return nil, err
	}
	return z.DecodeAll(data, nil)
}

// piece is a segment as it lies in a file, with all of its bytes.
type piece struct {
	segment
	plain   []byte
	records []Record
	advanced
}

// decodePiece reads the segment that plain begins with.
func decodePiece(plain []byte) (p piece, rest []byte, err error) {
	first, rest, _ := bytes.Cut(plain, []byte("\n"))
	var h head
	if err := json.Unmarshal(first, &h); err != nil {
		return p, nil, fmt.Errorf("head: %w", err)
	}
	if h.Ledger != formatVersion && h.Ledger != advancedVersion {
		return p, nil, fmt.Errorf("format version %d, this program reads %d and %d", h.Ledger,
			formatVersion, advancedVersion)
	}
	p.segment, p.advanced = segment{h.Shard, h.Attempt, h.Seq}, h.advanced
	if (h.Ledger == advancedVersion) != (h.Writer != "") || h.Ledger == formatVersion && len(h.Advances) > 0 {
		return p, nil, fmt.Errorf("format version %d with writer %q", h.Ledger, h.Writer)
	}
	if h.Records < 0 || h.Records == 0 && h.Ledger == formatVersion {
		return p, nil, errors.New("no records")
	}
	for n := range h.Records {
		text, after, ended := bytes.Cut(rest, []byte("\n"))
		if len(rest) == 0 || !ended {
			return p, nil, fmt.Errorf("%d records, its head says %d", n, h.Records)
		}
		r, err := decodeRecord(text)
		if err != nil {
			return p, nil, fmt.Errorf("record %d: %w", n, err)
		}
		p.records, rest = append(p.records, r), after
	}
	p.plain = plain[:len(plain)-len(rest)]
	return p, rest, nil
}

func decodeRecord(text []byte) (Record, error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return Record{}, err
	}
	r := l.Record
	switch {
	case r.Key == "":
		return Record{}, errors.New("no key")
	case l.RawText != nil && l.RawBase64 != nil:
		return Record{}, errors.New("raw twice")
	case l.RawText != nil:
		r.Raw = []byte(*l.RawText)
	default:
		r.Raw = l.RawBase64
	}
	return r, nil
}
