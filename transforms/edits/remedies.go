package edits

import "decoy/schemas"

// Remedies say of each reason what a person can do about it.
var Remedies = map[schemas.Reason]string{
	HistoryCut:   "clone without --depth",
	Merge:        "nothing: its parents are read",
	Bot:          "nothing, or extract.edit_share: 0",
	Revert:       "nothing: what it takes back is read",
	Vendoring:    "nothing: the code is of others",
	TooManyFiles: "nothing: nobody wrote so much in one go",
	Reformat:     "nothing: no meaning changed",
}
