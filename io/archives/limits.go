package archives

import (
	"context"
	"fmt"
	"io"
)

// Limits bound what one archive may cost. A zero field takes its default.
type Limits struct {
	MaxFileBytes int64 // of one file; larger ones are rejected unread; default 1 MiB
	// of any kind, folders too; default 2,000,000 (a zip has its own limit, see the package
	// comment)
	MaxEntries    int64
	MaxTotalBytes int64 // unpacked; default 64 GiB
	MaxRatio      int64 // of bytes unpacked to the file's size, from 64 MiB on; default 200
	MaxPath       int   // bytes of an entry's path; default 4096
}

// ratioFloor is where MaxRatio begins to count. An archive that unpacks to less
// costs nothing, whatever its ratio.
const ratioFloor = 64 << 20

func (l Limits) withDefaults() Limits {
	l.MaxFileBytes = orDefault(l.MaxFileBytes, 1<<20)
	l.MaxEntries = orDefault(l.MaxEntries, 2_000_000)
	l.MaxTotalBytes = orDefault(l.MaxTotalBytes, 64<<30)
	l.MaxRatio = orDefault(l.MaxRatio, 200)
	l.MaxPath = int(orDefault(int64(l.MaxPath), 4096))
	return l
}

func orDefault(v, def int64) int64 {
	if v == 0 {
		return def
	}
	return v
}

// Validate names the first field out of range.
func (l Limits) Validate() error {
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"max_file_bytes", l.MaxFileBytes}, {"max_entries", l.MaxEntries},
		{"max_total_bytes", l.MaxTotalBytes}, {"max_ratio", l.MaxRatio}, {"max_path", int64(l.MaxPath)},
	} {
		if f.value < 0 {
			return fmt.Errorf("archive limits: %s is %d; give a positive number, or 0 for the default", f.name, f.value)
		}
	}
	return nil
}

// budget is how many bytes an archive of this size may unpack to, and what is said
// of one that has more.
func (l Limits) budget(packed int64) (int64, *contentError) {
	byRatio := int64(ratioFloor)
	if packed > ratioFloor/l.MaxRatio {
		byRatio = l.MaxTotalBytes
		if packed < l.MaxTotalBytes/l.MaxRatio {
			byRatio = packed * l.MaxRatio
		}
	}
	if byRatio < l.MaxTotalBytes {
		return byRatio, contentErrorf(ArchiveRatio,
			"unpacks to more than %d bytes from %d: over %d times its size", byRatio, packed, l.MaxRatio)
	}
	return l.MaxTotalBytes, contentErrorf(ArchiveTooLarge, "unpacks to more than %d bytes", l.MaxTotalBytes)
}

// meter passes bytes on until the budget is spent, then fails with over. It is
// also where a long skip notices that the context has ended.
type meter struct {
	ctx  context.Context
	r    io.Reader
	left int64
	read int64
	over *contentError
	end  bool // r ended of itself
}

func (m *meter) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	if m.left == 0 {
		// Only one more byte tells a full archive from one that is over.
		var probe [1]byte
		n, err := io.ReadFull(m.r, probe[:])
		if n > 0 {
			return 0, m.over
		}
		m.end = err == io.EOF
		return 0, err
	}
	if int64(len(p)) > m.left {
		p = p[:m.left]
	}
	n, err := m.r.Read(p)
	m.left -= int64(n)
	m.read += int64(n)
	m.end = m.end || err == io.EOF
	return n, err
}
