package archives

import (
	"fmt"
	"strings"

	"decoy/schemas"
)

// Reasons of this package's rejects. The first group ends or prevents the reading
// of an archive, the second drops one entry.
const (
	NotAnArchive     = "not_an_archive"
	ArchiveEmpty     = "archive_empty"
	ArchiveCorrupt   = "archive_corrupt"
	ArchiveTooLarge  = "archive_too_large"
	ArchiveRatio     = "archive_ratio"
	ModuleZipMissing = "module_zip_missing"

	PathAbsolute     = "path_absolute"
	PathEscapes      = "path_escapes"
	PathInvalid      = "path_invalid"
	PathTooLong      = "path_too_long"
	DuplicatePath    = "duplicate_path"
	NotRegular       = "not_regular"
	TooLarge         = "too_large"
	EntryCorrupt     = "entry_corrupt"
	EntryUnsupported = "entry_unsupported"
)

// Reasons lists them all.
var Reasons = []string{
	NotAnArchive, ArchiveEmpty, ArchiveCorrupt, ArchiveTooLarge, ArchiveRatio, ModuleZipMissing,
	PathAbsolute, PathEscapes, PathInvalid, PathTooLong, DuplicatePath, NotRegular,
	TooLarge, EntryCorrupt, EntryUnsupported,
}

// maxIDBytes bounds the part of a hostile name that reaches a reject.
const maxIDBytes = 512

func newReject(id, reason, detail string) schemas.Reject {
	return schemas.Reject{
		Stage: schemas.StageExtract, ID: printable(id), Reason: reason, Detail: printable(detail),
	}
}

// printable makes a name from an archive fit for a record: valid UTF-8, no NUL,
// bounded.
func printable(s string) string {
	if len(s) > maxIDBytes {
		s = s[:maxIDBytes] + "…"
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "�")
}

// contentError ends the reading of an archive because of its content.
type contentError struct{ reason, detail string }

func (e *contentError) Error() string { return e.reason + ": " + e.detail }

func contentErrorf(reason, format string, args ...any) *contentError {
	return &contentError{reason: reason, detail: fmt.Sprintf(format, args...)}
}

// entryError drops one entry and lets the reading go on.
type entryError struct{ reason, detail string }

func (e *entryError) Error() string { return e.reason + ": " + e.detail }
