package judge

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/text"
)

// Trait is one property of a negative and its context by which hardness is told.
type Trait struct {
	By    string `json:"by"`
	Value string `json:"value"`
}

// What traits are by, in the order of every table.
const (
	ByAll        = "all"
	ByGenerator  = "generator"
	ByType       = "type"
	ByTrick      = "trick"
	ByLanguage   = "language"
	ByStatus     = "status"
	ByLength     = "length"          // of the negative, in characters, beside the golden's
	ByTypeLength = "type and length" // both
	ByNames      = "new names"       // whether the names that it brings in stand in the window
	ByGolden     = "golden"          // whether the window determines it, see [Determined]
	ByFifth      = "golden's fifth"  // of the golden's own score; see [Hardness.Rates]
	ByKind       = "kind"
	ByCut        = "cut"
	ByForm       = "call form"
)

// TraitOrder is the order of every table.
var TraitOrder = []string{
	ByAll, ByGenerator, ByType, ByTrick, ByLanguage, ByStatus, ByLength, ByTypeLength, ByNames, ByGolden, ByFifth,
	ByKind, ByCut, ByForm,
}

// Lengths of a negative beside its golden.
const (
	Shorter = "shorter"
	Equal   = "equal"
	Longer  = "longer"
)

// TraitsOf are the traits of a negative. Those that its context has alone are in of, see
// [ContextTraits].
func TraitsOf(c *schemas.Context, of []Trait, n *schemas.Negative, status schemas.Status) []Trait {
	length := Equal
	switch cmp.Compare(utf8.RuneCountInString(n.Text), utf8.RuneCountInString(c.Golden)) {
	case -1:
		length = Shorter
	case 1:
		length = Longer
	}
	names := "none"
	if len(n.Introduced) > 0 {
		names = "in the window"
		if slices.ContainsFunc(n.Introduced, func(w string) bool {
			return !text.HasWord(c.Prefix, w) && !text.HasWord(c.Suffix, w)
		}) {
			names = "not in the window"
		}
	}
	return append(slices.Clone(of),
		Trait{ByAll, ""}, Trait{ByGenerator, n.Generator}, Trait{ByType, string(n.Type)},
		Trait{ByTrick, cmp.Or(n.Trick, "none")}, statusTrait(status), Trait{ByLength, length},
		Trait{ByTypeLength, string(n.Type) + ", " + length}, Trait{ByNames, names})
}

func statusTrait(status schemas.Status) Trait { return Trait{ByStatus, cmp.Or(string(status), "none")} }

// ContextTraits are the traits that all negatives of a context share.
func ContextTraits(c *schemas.Context) []Trait {
	golden := "determined"
	if !Determined(c) {
		golden = "open"
	}
	return []Trait{{ByLanguage, string(c.Language)}, {ByGolden, golden}, {ByKind, string(c.Kind)},
		{ByCut, cmp.Or(string(c.Cut), "none")}, {ByForm, cmp.Or(string(c.CallForm), "none")}}
}

// Determined reports whether a reader of the window could write the golden's names: each word of it
// that begins with a letter stands in the prefix or the suffix. Of an open golden a model must guess
// names that it has not seen, and nearly any negative is as likely.
func Determined(c *schemas.Context) bool {
	for _, t := range text.Tokens(c.Golden) {
		if b := t.Text[0]; text.IsWordByte(b) && (b < '0' || b > '9') &&
			!text.HasWord(c.Prefix, t.Text) && !text.HasWord(c.Suffix, t.Text) {
			return false
		}
	}
	return true
}
