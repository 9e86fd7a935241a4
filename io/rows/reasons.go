package rows

import (
	"strings"

	"decoy/schemas"
)

// Reasons of this package's own rejects. RowsCorrupt ends a file, the others drop one
// row.
const (
	RowsCorrupt   schemas.Reason = "rows_corrupt"
	RowCorrupt    schemas.Reason = "row_corrupt"
	RowIncomplete schemas.Reason = "row_incomplete"
	RowType       schemas.Reason = "row_type"
)

// Reasons lists them all.
var Reasons = []schemas.Reason{RowsCorrupt, RowCorrupt, RowIncomplete, RowType}

// maxIDBytes bounds the part of a hostile name that reaches a reject.
const maxIDBytes = 512

func newReject(id string, reason schemas.Reason, detail string) schemas.Reject {
	return schemas.Reject{Stage: schemas.StageExtract, ID: printable(id), Reason: reason, Detail: printable(detail)}
}

func printable(s string) string {
	if len(s) > maxIDBytes {
		s = s[:maxIDBytes] + "…"
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "�")
}
