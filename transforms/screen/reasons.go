package screen

import "decoy/schemas"

// Reasons of this package's rejects.
const (
	NoLicense            schemas.Reason = "no_license"
	LicenseNotPermissive schemas.Reason = "license_not_permissive"
	LicenseUnclear       schemas.Reason = "license_unclear"
	LicenseRestricted    schemas.Reason = "license_restricted"

	Minified      schemas.Reason = "minified"
	Vendored      schemas.Reason = "vendored"
	LFSPointer    schemas.Reason = "lfs_pointer"
	TooLarge      schemas.Reason = "too_large"
	NotUTF8       schemas.Reason = "not_utf8"
	Binary        schemas.Reason = "binary"
	Generated     schemas.Reason = "generated"
	LongLine      schemas.Reason = "long_line"
	MixedLineEnds schemas.Reason = "mixed_line_ends"
	SpecialToken  schemas.Reason = "special_token"
)

// Reasons lists them all.
var Reasons = []schemas.Reason{
	NoLicense, LicenseNotPermissive, LicenseUnclear, LicenseRestricted,
	Minified, Vendored, LFSPointer, TooLarge, NotUTF8, Binary, Generated, LongLine, MixedLineEnds, SpecialToken,
}
