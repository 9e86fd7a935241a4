package archives

import (
	"fmt"
	"strings"

	"decoy/schemas"
)

// Reasons of this package's rejects. The first group ends or prevents the reading
// of an archive, the second drops one entry.
const (
	NotAnArchive     schemas.Reason = "not_an_archive"
	ArchiveEmpty     schemas.Reason = "archive_empty"
	ArchiveCorrupt   schemas.Reason = "archive_corrupt"
	ArchiveTooLarge  schemas.Reason = "archive_too_large"
	ArchiveRatio     schemas.Reason = "archive_ratio"
	ModuleZipMissing schemas.Reason = "module_zip_missing"

	PathAbsolute     schemas.Reason = "path_absolute"
	PathEscapes      schemas.Reason = "path_escapes"
	PathInvalid      schemas.Reason = "path_invalid"
	PathTooLong      schemas.Reason = "path_too_long"
	DuplicatePath    schemas.Reason = "duplicate_path"
	NotRegular       schemas.Reason = "not_regular"
	TooLarge         schemas.Reason = "too_large"
	EntryCorrupt     schemas.Reason = "entry_corrupt"
	EntryUnsupported schemas.Reason = "entry_unsupported"
)

// Reasons lists them all.
var Reasons = []schemas.Reason{
	NotAnArchive, ArchiveEmpty, ArchiveCorrupt, ArchiveTooLarge, ArchiveRatio, ModuleZipMissing,
	PathAbsolute, PathEscapes, PathInvalid, PathTooLong, DuplicatePath, NotRegular,
	TooLarge, EntryCorrupt, EntryUnsupported,
}

// maxIDBytes bounds the part of a hostile name that reaches a reject.
const maxIDBytes = 512

func newReject(id string, reason schemas.Reason, detail string) schemas.Reject {
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
type contentError struct {
	reason schemas.Reason
	detail string
}

func (e *contentError) Error() string { return string(e.reason) + ": " + e.detail }

func contentErrorf(reason schemas.Reason, format string, args ...any) *contentError {
	return &contentError{reason: reason, detail: fmt.Sprintf(format, args...)}
}

// entryError drops one entry and lets the reading go on.
type entryError struct {
	reason schemas.Reason
	detail string
}

func (e *entryError) Error() string { return string(e.reason) + ": " + e.detail }
