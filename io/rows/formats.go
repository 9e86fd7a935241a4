package rows

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"decoy/io/archives/inputs"
)

// FormatError says that a file of rows is of a format that is not read.
type FormatError struct {
	Path   string
	Is     string // "an xz file"
	Remedy string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("rows %q: this is %s, which is not read; %s", e.Path, e.Is, e.Remedy)
}

// foreign is a format that is not read: how it is told, and how it becomes one that is.
type foreign struct {
	is     string
	magic  string
	at     int    // where the magic stands
	pipe   string // a command that turns it on standard input into JSON Lines, or
	remedy string // what to do in words
}

const (
	toParquet = "write it as Parquet, for instance in Python: "
	pyarrow   = toParquet + "pyarrow.parquet.write_table(TABLE, 'rows.parquet')"
	pandas    = toParquet + "pandas.DataFrame(…).to_parquet('rows.parquet')"
	unpack    = "unpack it, and name the files in it"
	fetch     = "download it again: the server sent a page, of an error or of a login perhaps, in place of the file"
)

// foreigns are told by their first bytes, as the specifications of the formats and
// file(1) give them.
var foreigns = []foreign{
	{is: "an encrypted Parquet file", magic: "PARE", remedy: decrypt},
	{is: "an Arrow (Feather) file", magic: "ARROW1", remedy: toParquet +
		"pyarrow.parquet.write_table(pyarrow.feather.read_table('FILE'), 'rows.parquet')"},
	{is: "a Feather file of version 1", magic: "FEA1", remedy: toParquet +
		"pyarrow.parquet.write_table(pyarrow.feather.read_table('FILE'), 'rows.parquet')"},
	{is: "an ORC file", magic: "ORC", remedy: toParquet +
		"pyarrow.parquet.write_table(pyarrow.orc.read_table('FILE'), 'rows.parquet')"},
	{is: "an Avro file", magic: "Obj\x01", remedy: "write it as JSON Lines, for instance: java -jar " +
		"avro-tools.jar tojson FILE > rows.jsonl"},
	{is: "an SQLite database", magic: "SQLite format 3\x00", remedy: "write its table as Parquet, for instance with " +
		"DuckDB: COPY (SELECT * FROM sqlite_scan('FILE', 'TABLE')) TO 'rows.parquet'"},
	{is: "a DuckDB database", magic: "DUCK", at: 8, remedy: "write its table as Parquet: COPY TABLE TO 'rows.parquet'"},
	{is: "an HDF5 file", magic: "\x89HDF\r\n\x1a\n", remedy: pandas},
	{is: "a NumPy array", magic: "\x93NUMPY", remedy: pandas},
	{is: "a Hadoop sequence file", magic: "SEQ\x06", remedy: pyarrow},
	{is: "an Excel or other Office file", magic: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", remedy: pandas},
	{is: "a PDF", magic: "%PDF-", remedy: "name files of rows"},
	{is: "a bzip2 file", magic: "BZh", pipe: "bzip2 -dc"},
	{is: "an xz file", magic: "\xfd7zXZ\x00", pipe: "xz -dc"},
	{is: "an lzma file", magic: "\x5d\x00\x00", pipe: "xz -dc --format=lzma"},
	{is: "an lzip file", magic: "LZIP", pipe: "lzip -dc"},
	{is: "an lz4 file", magic: "\x04\x22\x4d\x18", pipe: "lz4 -dc"},
	{is: "an lz4 file", magic: "\x02\x21\x4c\x18", pipe: "lz4 -dc"},
	{is: "an lzop file", magic: "\x89LZO\x00", pipe: "lzop -dc"},
	{is: "a snappy file", magic: "\xff\x06\x00\x00sNaPpY", remedy: "unpack it, for instance with PyPI's " +
		"python-snappy: python -m snappy -d FILE rows.jsonl"},
	{is: "a compress (.Z) file", magic: "\x1f\x9d", pipe: "uncompress -c"},
	{is: "a zip archive", magic: "PK\x03\x04", remedy: unpack + " (an archive of source files belongs under archives)"},
	{is: "a zip archive", magic: "PK\x05\x06", remedy: unpack},
	{is: "a 7z archive", magic: "7z\xbc\xaf\x27\x1c", remedy: unpack},
	{is: "a rar archive", magic: "Rar!\x1a\x07", remedy: unpack},
	{is: "a tar archive", magic: "ustar", at: 257,
		remedy: unpack + " (an archive of source files belongs under archives)"},
	{is: "a gzip file", magic: "\x1f\x8b", pipe: "gzip -dc"}, // inside of another
	{is: "a zstd file", magic: "\x28\xb5\x2f\xfd", pipe: "zstd -dc"},
	{is: "a Parquet file", magic: "PAR1", remedy: "unpack it; Parquet has a compression of its own"},
	{is: "a pointer of Git LFS, not the file itself", magic: "version https://git-lfs.github.com/spec/",
		remedy: "fetch the file: git lfs pull, in the repository that it is from"},
	{is: "a pointer of Git Xet, not the file itself", magic: "# xet version",
		remedy: "fetch the file: git lfs pull, in the repository that it is from, with git-xet installed"},
	{is: "a pointer of git-annex, not the file itself", magic: "/annex/objects/",
		remedy: "fetch the file: git annex get, in the repository that it is from"},
	{is: "an encrypted file", magic: "-----BEGIN PGP MESSAGE", pipe: "gpg -d"},
	{is: "an encrypted file", magic: "age-encryption.org/", pipe: "age -d"},
	{is: "a pickle of Python", magic: "(lp0\n", remedy: pandas},
	{is: "a pickle of Python", magic: "(dp0\n", remedy: pandas},
}

const decrypt = "write it again without encryption, for instance in Python: " +
	"pyarrow.parquet.write_table(pyarrow.parquet.read_table('FILE', decryption_properties=…), 'rows.parquet')"

// sniffed is how much of a file is looked at for its format: one block of zstd at
// least, which is 128 KiB (RFC 8878, 3.1.1.2.4).
const sniffed = 256 << 10

// sniff names the format of a file that is not read, nil for one that is or that is
// not known. head are the first bytes of the file, all of them if whole.
func sniff(path string, head []byte, whole bool) *FormatError {
	base := inputs.Base(path)
	name := quoted(base)
	packed, through := "", ""
	switch {
	case bytes.HasPrefix(head, []byte("PAR1")):
		return nil // its end tells
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		packed, through = " in gzip", "gzip -dc"
		r, err := gzip.NewReader(bytes.NewReader(head))
		if err != nil {
			return nil // the reading says what is wrong
		}
		head, whole = unpacked(r, whole)
	case isZstd(head):
		packed, through = " in zstd", "zstd -dc"
		r, err := zstd.NewReader(bytes.NewReader(head), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil
		}
		head, whole = unpacked(r, whole)
		r.Close()
	}
	f := formatOf(head, whole)
	if f.is == "" {
		return nil
	}
	e := &FormatError{Path: path, Is: f.is + packed, Remedy: f.remedyFor(base)}
	switch {
	case f.pipe != "" && through != "":
		e.Remedy = fmt.Sprintf("write it as JSON Lines: %s < %s | %s > rows.jsonl", through, name, f.pipe)
	case f.pipe != "":
		e.Remedy = fmt.Sprintf("write it as JSON Lines: %s < %s > rows.jsonl", f.pipe, name)
	case through != "":
		e.Remedy = fmt.Sprintf("unpack it: %s < %s > UNPACKED; then %s", through, name, f.remedyFor("UNPACKED"))
	}
	return e
}

// remedyFor names the file in what to do.
func (f foreign) remedyFor(name string) string {
	return strings.NewReplacer("'FILE'", "'"+name+"'", "FILE", quoted(name)).Replace(f.remedy)
}

// unpacked is what the head of a compressed file unpacks to.
func unpacked(r io.Reader, whole bool) ([]byte, bool) {
	head, err := io.ReadAll(io.LimitReader(r, sniffed)) // an error is where the head ends
	return head, whole && err == nil && len(head) < sniffed
}

func isZstd(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")) || len(head) >= 4 && head[0]&0xf0 == 0x50 &&
		string(head[1:4]) == "\x2a\x4d\x18"
}

func formatOf(head []byte, whole bool) foreign {
	for _, f := range foreigns {
		if len(head) >= f.at && bytes.HasPrefix(head[f.at:], []byte(f.magic)) {
			return f
		}
	}
	if is := wide(head); is != "" {
		return foreign{is: "a text in " + is, pipe: "iconv -t UTF-8 -f " + is}
	}
	switch {
	case len(head) > 2 && head[0] == 0x80 && 2 <= head[1] && head[1] <= 5:
		return foreign{is: "a pickle of Python", remedy: pandas}
	case len(head) >= 8 && string(head[:4]) == "\xff\xff\xff\xff":
		return foreign{is: "a stream of Arrow", remedy: toParquet +
			"pyarrow.parquet.write_table(pyarrow.ipc.open_stream('FILE').read_all(), 'rows.parquet')"}
	case isTFRecord(head):
		return foreign{is: "a TFRecord file", remedy: "write its examples as JSON Lines or Parquet, for " +
			"instance with PyPI's tfrecord"}
	}
	return textFormat(bytes.TrimPrefix(head, []byte("\ufeff")), whole)
}

// wide is the encoding of a text in units of two or four bytes, "" for another.
func wide(head []byte) string {
	for _, e := range []struct{ mark, name string }{
		{"\xff\xfe\x00\x00", "UTF-32"}, {"\x00\x00\xfe\xff", "UTF-32"}, {"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"},
	} {
		if bytes.HasPrefix(head, []byte(e.mark)) {
			return e.name
		}
	}
	// Without a mark: the first character of a row, or of an array.
	for _, first := range []string{"{", "["} {
		for _, e := range []struct{ unit, name string }{
			{first + "\x00\x00\x00", "UTF-32LE"}, {"\x00\x00\x00" + first, "UTF-32BE"}, {first + "\x00", "UTF-16LE"},
			{"\x00" + first, "UTF-16BE"},
		} {
			if bytes.HasPrefix(head, []byte(e.unit)) {
				return e.name
			}
		}
	}
	return ""
}

// isTFRecord checks the sum of the first record's length (tensorflow/core/lib/io).
func isTFRecord(head []byte) bool {
	if len(head) < 12 {
		return false
	}
	sum := crc32.Checksum(head[:8], crc32.MakeTable(crc32.Castagnoli))
	return binary.LittleEndian.Uint32(head[8:]) == (sum>>15|sum<<17)+0xa282ead8
}

// textFormat names texts that hold no rows, or hold them in another way than one
// object a line. A broken row makes no other format: it may stand among sound ones.
func textFormat(head []byte, whole bool) foreign {
	text := bytes.TrimLeft(head, " \t\r\n")
	line, rest, ended := bytes.Cut(text, []byte("\n"))
	ended = ended || whole
	lower := strings.ToLower(string(text[:min(len(text), 64)]))
	switch {
	case len(text) == 0:
	case strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html"),
		strings.HasPrefix(lower, "<head"):
		return foreign{is: "an HTML page", remedy: fetch}
	case text[0] == '<':
		return foreign{is: "an XML text", remedy: fetch + "; or write its records as JSON Lines"}
	case text[0] == '[':
		if next := bytes.TrimLeft(rest, " \t\r\n"); ended && isJSON(line) && len(next) > 0 && next[0] == '[' {
			return foreign{is: "a text with a JSON array on each line", remedy: "write each row as an object whose " +
				"keys are the names of the columns"}
		}
		return foreign{is: "a JSON array", pipe: "jq -c '.[]'"}
	case text[0] == '{':
		return objectFormat(text, line, ended, whole)
	case bytes.IndexByte(text[:min(len(text), 4096)], 0) >= 0 && !holdsRow(text):
		return foreign{is: "a binary file of no format that is known here",
			remedy: "write the rows as JSON Lines or Parquet"}
	case ended && isHeader(line) && !holdsRow(text):
		return foreign{is: "a table with separators (CSV, TSV)", remedy: "write it as Parquet, for instance with " +
			"DuckDB: COPY (FROM read_csv('FILE')) TO 'rows.parquet'"}
	}
	return foreign{}
}

// objectFormat tells one object a line from objects over several lines.
func objectFormat(text, line []byte, ended, whole bool) foreign {
	if !ended || isJSON(line) {
		return foreign{}
	}
	if bytes.HasPrefix(line, []byte("{'")) && !holdsRow(text) {
		return foreign{is: "a text of Python dicts", remedy: "write the rows with json.dumps, one a line, " +
			"not with print, str or repr"}
	}
	dec := json.NewDecoder(bytes.NewReader(finite(text)))
	var object json.RawMessage
	if err := dec.Decode(&object); err == nil || !whole && errors.Is(err, io.ErrUnexpectedEOF) {
		return foreign{is: "JSON with objects over several lines", pipe: "jq -c ."}
	}
	return foreign{}
}

func isJSON(line []byte) bool { return json.Valid(finite(line)) }

// holdsRow reports whether some line of a text is a JSON object.
func holdsRow(text []byte) bool {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] == '{' && isJSON(line) {
			return true
		}
	}
	return false
}

// isHeader reports whether a line is like the first line of a table: names with one
// separator between them.
func isHeader(line []byte) bool {
	for _, separator := range ",\t;|" {
		r := csv.NewReader(bytes.NewReader(line))
		r.Comma, r.LazyQuotes = separator, true
		if fields, err := r.Read(); err == nil && len(fields) > 1 {
			return true
		}
	}
	return false
}

// quoted is a file's name as a shell takes it.
func quoted(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			strings.ContainsRune("._-+=@%,", r))
	}) {
		return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	}
	return name
}
