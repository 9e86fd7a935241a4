package archives

import "decoy/schemas"

// Remedies say of each reason what a person can do about it.
var Remedies = map[schemas.Reason]string{
	NotAnArchive:     "repack as .tar.gz, .tar.zst or .zip; files of rows belong under rows",
	ArchiveEmpty:     "look whether the download is whole: there is no regular file in it",
	ArchiveCorrupt:   "download or pack the archive again",
	ArchiveTooLarge:  "split the archive, or name its repository instead",
	ArchiveRatio:     "look at what it holds: it unpacks to so much more than it is that it is taken for a bomb",
	ModuleZipMissing: "go mod download",
	PathAbsolute:     "pack the archive with relative paths",
	PathEscapes:      "pack the archive without .. in its paths",
	PathInvalid:      "give the files paths in UTF-8, without control characters",
	PathTooLong:      "give the files shorter paths",
	DuplicatePath:    "nothing, unless the later of two files was meant: the first counts",
	NotRegular:       "pack the files that links point to",
	TooLarge:         "nothing: larger files are seldom written by hand",
	EntryCorrupt:     "download or pack the archive again",
	EntryUnsupported: "pack again with deflate and without a password",
}
