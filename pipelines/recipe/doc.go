// Package recipe is the YAML file that describes a build: its fields, defaults and checks,
// and the recipes that are built in. An unknown field is an error that names it and the
// nearest right one; a value that is out of range names its field and the range.
//
// [OutputOptions] and [OutputMembers] are the parts that change output, for fingerprints.
package recipe
