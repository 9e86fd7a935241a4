package valid

import "decoy/schemas"

// Remedies say of each reason what a person can do about it.
var Remedies = map[schemas.Reason]string{
	RejectEmpty:       "choose another model for the generator: it answers with nothing",
	RejectEncoding:    "choose another model for the generator",
	RejectFence:       "choose another model for the generator: it answers in Markdown",
	RejectProse:       "choose another model for the generator: it explains where it is to complete",
	RejectToken:       "choose another model for the generator: it writes its own special tokens",
	RejectSame:        "choose a stronger model for the generator: it repeats what stands there",
	RejectCollateral:  "choose a stronger model for the generator: it changes more than the error needs",
	RejectWrongType:   "choose a stronger model for the generator: the errors are not of the type that was asked for",
	RejectSyntax:      "choose a stronger model for the generator: its completions do not parse",
	RejectLength:      "choose a stronger model for the generator: its completions are too long",
	RejectSimilarity:  "choose a stronger model for the generator: its completions have little of what stands there",
	RejectUnparseable: "look at the contexts: the files do not parse",
}
