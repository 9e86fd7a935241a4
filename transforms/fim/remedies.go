package fim

import "decoy/schemas"

// Remedies say of each reason what a person can do about it.
var Remedies = map[schemas.Reason]string{
	RejectWallLimit:  "leave the file out: it takes too long to parse",
	RejectWorkLimit:  "leave the file out: it takes too long to parse",
	RejectTooDeep:    "leave the file out: it is nested too deeply",
	RejectNoSpan:     "name larger files with functions and calls, or more kinds under extract.kinds",
	RejectDeclBroken: "look whether the files are of the language that their names say: they do not parse",
	RejectDeclCut:    "raise extract.prefix_bytes and extract.suffix_bytes",
	RejectHeadCut:    "raise extract.prefix_bytes",
	RejectLanguage:   "leave the file out, or give its language: it is read as none of schemas.Languages",
}
