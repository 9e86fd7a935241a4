package screen

import "decoy/schemas"

// Remedies say of each reason what a person can do about it.
var Remedies = map[schemas.Reason]string{
	NoLicense: "name sources with a licence file (MIT, Apache-2.0, BSD …) at their root or in a folder " +
		"above the file, or rows with a licence column",
	LicenseNotPermissive: "name sources under a permissive licence",
	LicenseRestricted: "read the terms that the rejects quote; for code of your own set extract.licenses: any, " +
		"or a license in its entry of identities",
	LicenseUnclear: "read the licence that the rejects quote; where it is a permissive one, " +
		"state it by its SPDX id",
	Minified:      "name the sources from which the files were made",
	Vendored:      "name the repositories that the copies are of",
	LFSPointer:    "fetch the files with git lfs pull before archiving",
	TooLarge:      "nothing: larger files are seldom written by hand",
	NotUTF8:       "convert the files to UTF-8",
	Binary:        "nothing: it is no source",
	Generated:     "name the sources from which the files were made",
	LongLine:      "nothing: such lines are data or made by a tool",
	MixedLineEnds: "give the files one kind of line ends",
	SpecialToken:  "leave the files out: they hold the tokens of a model",
}
