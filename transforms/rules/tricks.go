package rules

// Trick is what was done to the golden.
type Trick string

// The tricks, by the type of error that they make.
const (
	TrickModule       Trick = "other_module"  // another module for the same name
	TrickModulePart   Trick = "module_part"   // another part in a module's path
	TrickImportedName Trick = "imported_name" // another name of the same module

	TrickModulePath  Trick = "module_path"  // a part left out or put in, or another root
	TrickWrongModule Trick = "wrong_module" // another import's module, which lacks the name

	TrickMethod      Trick = "other_method"
	TrickSameResult  Trick = "same_result"  // a method of another type with as many arguments and the same result
	TrickUsualMethod Trick = "usual_method" // what is called most often in the corpus, related to the replaced name
	TrickNearMethod  Trick = "near_method"  // called nearby on another receiver, with as many arguments

	TrickArgumentAdded   Trick = "argument_added"
	TrickArgumentDropped Trick = "argument_dropped"
	TrickArgumentSplit   Trick = "argument_split" // two for one
	TrickKeywordRenamed  Trick = "keyword_renamed"
	TrickKeywordAdded    Trick = "keyword_added"
	TrickBorrowedKeyword Trick = "borrowed_keyword"  // with its value, from a call of something else nearby
	TrickSiblingList     Trick = "sibling_arguments" // all arguments of another call nearby
	TrickForwarded       Trick = "forwarded"         // all parameters of the function around
	TrickNextArgument    Trick = "next_argument"     // what another call has after the same argument
	TrickOverload        Trick = "other_overload"    // as many arguments as another call of the name has

	TrickVariable       Trick = "other_variable"
	TrickForLiteral     Trick = "variable_for_literal"
	TrickSiblingKeyword Trick = "sibling_keyword" // with a variable of its name
	TrickLeftScope      Trick = "left_scope"      // declared above in a block or function that has ended
	TrickLaterScope     Trick = "later_scope"     // declared below, in a block or function that has not begun
	TrickUsualVariable  Trick = "usual_variable"  // what the corpus calls most often what it is
	TrickByParameter    Trick = "by_parameter"    // a variable named as the keyword or parameter that it fills
	TrickByContent      Trick = "by_content"      // a variable named as the string that it replaces
	TrickForeignObject  Trick = "foreign_object"  // a member of an object of another function
)
