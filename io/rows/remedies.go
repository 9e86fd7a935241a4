package rows

import "decoy/schemas"

// Remedies say of each reason what a person can do about it.
var Remedies = map[schemas.Reason]string{
	RowsCorrupt: "download or write the file again; what stands before the place where it breaks off was read",
	RowCorrupt:  "write one JSON object a line, in UTF-8; the detail in the rejects says what was found",
	RowIncomplete: "name the columns of repository, path and content under rows: columns, or leave out rows that " +
		"lack one",
	RowType: "name columns that hold text",
}
