package screen

// Reasons of this package's rejects.
const (
	NoLicense            = "no_license"
	LicenseNotPermissive = "license_not_permissive"
	LicenseUnclear       = "license_unclear"
	LicenseRestricted    = "license_restricted"

	Minified      = "minified"
	Vendored      = "vendored"
	LFSPointer    = "lfs_pointer"
	TooLarge      = "too_large"
	NotUTF8       = "not_utf8"
	Binary        = "binary"
	Generated     = "generated"
	LongLine      = "long_line"
	MixedLineEnds = "mixed_line_ends"
	SpecialToken  = "special_token"
)

// Reasons lists them all.
var Reasons = []string{
	NoLicense, LicenseNotPermissive, LicenseUnclear, LicenseRestricted,
	Minified, Vendored, LFSPointer, TooLarge, NotUTF8, Binary, Generated, LongLine, MixedLineEnds, SpecialToken,
}
