package tfrecord

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
)

// maxRecord bounds what a reader accepts as a length.
const maxRecord = 256 << 20

// step is how much of a record is allocated before its bytes have been seen, so
// that a lying length costs no memory.
const step = 1 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is the CRC that TFRecord stores: a CRC of data that itself holds CRCs
// would be weak.
func masked(data []byte) uint32 {
	return bits.RotateLeft32(crc32.Checksum(data, castagnoli), -15) + 0xa282ead8
}

// appendFrame appends data as one TFRecord.
func appendFrame(b, data []byte) []byte {
	start := len(b)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, masked(b[start:]))
	b = append(b, data...)
	return binary.LittleEndian.AppendUint32(b, masked(data))
}

// readFrame reads one TFRecord into buf, which it may grow, and returns its data;
// io.EOF only between records.
func readFrame(r io.Reader, buf []byte) ([]byte, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err // io.EOF, or io.ErrUnexpectedEOF inside the head
	}
	if masked(head[:8]) != binary.LittleEndian.Uint32(head[8:]) {
		return nil, errors.New("the length's CRC is wrong")
	}
	length := binary.LittleEndian.Uint64(head[:8])
	if length > maxRecord {
		return nil, fmt.Errorf("a record of %d bytes, more than %d", length, maxRecord)
	}
	want := int(length) + 4
	buf = buf[:0]
	for len(buf) < want {
		n := min(want-len(buf), step)
		if cap(buf)-len(buf) < n {
			grown := make([]byte, len(buf), max(2*cap(buf), len(buf)+n))
			copy(grown, buf)
			buf = grown
		}
		got, err := io.ReadFull(r, buf[len(buf):len(buf)+n])
		buf = buf[:len(buf)+got]
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
	}
	data := buf[:length]
	if masked(data) != binary.LittleEndian.Uint32(buf[length:]) {
		return nil, errors.New("the data's CRC is wrong")
	}
	return data, nil
}
