package archives

import (
	"bytes"
	"strings"
)

// foreign are formats that are not read, with the bytes that tell them and what to do.
var foreign = []struct {
	magic string
	at    int
	is    string // with its remedy
}{
	{"\xfd7zXZ\x00", 0, "an xz file; " + repackXZ},
	{"\x5d\x00\x00", 0, "an lzma file; " + repackXZ},
	{"LZIP", 0, "an lzip file; " + repack},
	{"\x04\x22\x4d\x18", 0, "an lz4 file; " + repack},
	{"\x1f\x9d", 0, "a compress (.Z) file; " + repack},
	{"7z\xbc\xaf\x27\x1c", 0, "a 7z archive; " + repack},
	{"Rar!\x1a\x07", 0, "a rar archive; " + repack},
	{"PK\x07\x08", 0, "a part of a zip archive; put its parts together: zip -s 0"},
	{"!<arch>\n", 0, "a Debian package or an ar archive; " + repack},
	{"\xed\xab\xee\xdb", 0, "an RPM package; repack it: rpm2cpio, cpio -id, then tar -czf"},
	{"MSCF", 0, "a cabinet archive; " + repack},
	{"xar!", 0, "a xar archive; " + repack},
	{"hsqs", 0, "a squashfs image; " + repack},
	{"070701", 0, "a cpio archive; " + repack},
	{"070702", 0, "a cpio archive; " + repack},
	{"070707", 0, "a cpio archive; " + repack},
	{"\x1f\x8b", 0, "a gzip file; unpack it once"}, // inside of another
	{"\x28\xb5\x2f\xfd", 0, "a zstd file; unpack it once"},
	{"BZh", 0, "a bzip2 file; unpack it once"},
	{"PK\x03\x04", 0, "a zip archive; unpack it once"},
	{"# v2 git bundle", 0, "a git bundle; " + clone},
	{"# v3 git bundle", 0, "a git bundle; " + clone},
	{"PACK\x00\x00\x00", 0, "a pack of git; " + clone},
	{"PAR1", 0, "a Parquet file; " + toRows},
	{"ARROW1", 0, "an Arrow file; write it as Parquet and " + toRows},
	{"{\"", 0, "a JSON text; if it is JSON Lines, " + toRows},
	{"version https://git-lfs.github.com/spec/", 0, "a pointer of Git LFS, not the file itself; " +
		"fetch it: git lfs pull"},
	{"\xca\xfe\xba\xbe", 0, "a Java class; name archives of sources"},
	{"\x7fELF", 0, "a program; name archives of sources"},
	{"MZ", 0, "a program of Windows; name archives of sources"},
}

const (
	repack   = "repack it as .tar.gz, .tar.zst or .zip"
	repackXZ = "repack it: xz -dc FILE | gzip > FILE.gz"
	clone    = "bring it to this machine and name its path there"
	toRows   = "name it under rows"
)

// nameOf says what a file is by its first bytes, "" if they tell nothing.
func nameOf(head []byte) string {
	for _, f := range foreign {
		if len(head) >= f.at && bytes.HasPrefix(head[f.at:], []byte(f.magic)) {
			return f.is
		}
	}
	text := strings.ToLower(string(bytes.TrimLeft(head, " \t\r\n\ufeff")))
	if strings.HasPrefix(text, "<!doctype html") || strings.HasPrefix(text, "<html") ||
		strings.HasPrefix(text, "<?xml") {
		return "a page of HTML or XML; download the archive again: the server sent an error or a login in its place"
	}
	return ""
}
