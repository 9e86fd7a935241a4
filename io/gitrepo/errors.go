package gitrepo

import (
	"errors"
	"fmt"
	"strings"

	"decoy/io/archives"
	"decoy/schemas"
)

// ContentError says why the content of a repository or a bundle cannot be used.
// Reason is one of [archives.Reasons]. Whoever opens many repositories makes a
// reject of it; errors of any other type are of the environment.
type ContentError struct {
	Reason schemas.Reason
	Detail string
}

func (e *ContentError) Error() string { return string(e.Reason) + ": " + e.Detail }

// Reject is the error as a record: id names what was opened.
func (e *ContentError) Reject(id string) schemas.Reject { return newReject(id, e.Reason, e.Detail) }

func contentErrorf(reason schemas.Reason, format string, args ...any) *ContentError {
	return &ContentError{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

func corruptf(format string, args ...any) *ContentError {
	return contentErrorf(archives.ArchiveCorrupt, format, args...)
}

// asContent tells a fault of the content from one of the environment.
func asContent(err error) (*ContentError, bool) {
	c := (*ContentError)(nil)
	ok := errors.As(err, &c)
	return c, ok
}

// guard turns a panic of a format's library over hostile bytes into an error. It
// must not stand around a caller's function, whose panics are its own.
func guard(what string, err *error) {
	if r := recover(); r != nil {
		*err = corruptf("%s: %v", what, r)
	}
}

// maxTextBytes bounds the part of a hostile name or text that reaches a record.
const maxTextBytes = 512

func newReject(id string, reason schemas.Reason, detail string) schemas.Reject {
	return schemas.Reject{
		Stage: schemas.StageExtract, ID: printable(id, maxTextBytes),
		Reason: reason, Detail: printable(detail, maxTextBytes),
	}
}

// printable makes text of a repository fit for a record: valid UTF-8, no NUL,
// bounded.
func printable(s string, most int) string {
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
