package rules

// Trick is what was done to the golden.
type Trick string

// The tricks, by the type of error that they make.
const (
	TrickModule       Trick = "other_module"  // another module for the same name
	TrickModulePart   Trick = "module_part"   // another part in a module's path
	TrickImportedName Trick = "imported_name" // another name of the same module

	TrickMethod Trick = "other_method"

	TrickArgumentAdded   Trick = "argument_added"
	TrickArgumentDropped Trick = "argument_dropped"
	TrickArgumentSplit   Trick = "argument_split" // two for one
	TrickKeywordRenamed  Trick = "keyword_renamed"
	TrickKeywordAdded    Trick = "keyword_added"

	TrickVariable       Trick = "other_variable"
	TrickForLiteral     Trick = "variable_for_literal"
	TrickSiblingKeyword Trick = "sibling_keyword" // with a variable of its name
)
