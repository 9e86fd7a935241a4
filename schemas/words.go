package schemas

import (
	"slices"
	"strings"
)

// Language is one of the eight languages, as it is written in records; "" where a file is
// of none.
type Language string

// The eight languages.
const (
	Cpp        Language = "cpp"
	CSharp     Language = "csharp"
	Go         Language = "go"
	Java       Language = "java"
	JavaScript Language = "javascript"
	Python     Language = "python"
	Rust       Language = "rust"
	TypeScript Language = "typescript"
)

// Languages lists the languages in the order of every table.
var Languages = []Language{Cpp, CSharp, Go, Java, JavaScript, Python, Rust, TypeScript}

// Type is a hallucination type; "" where there is none, as in general rows.
type Type string

// The four hallucination types of the Delulu taxonomy (arXiv 2606.03130). A
// negative's type is the error that it causes.
const (
	TypeImport            Type = "import"
	TypeMethod            Type = "method"
	TypeParameter         Type = "parameter"
	TypeUndefinedVariable Type = "undefinedvariable"
)

// Types lists the types in the order of every table.
var Types = []Type{TypeImport, TypeMethod, TypeParameter, TypeUndefinedVariable}

// Kind is what a span of code is.
type Kind string

// Kinds of span.
const (
	KindImport     Kind = "import"
	KindCall       Kind = "call"
	KindArgument   Kind = "argument"
	KindIdentifier Kind = "identifier"
	KindStatement  Kind = "statement"
	KindBlock      Kind = "block"
	KindLine       Kind = "line"
	KindLines      Kind = "lines"
	KindRandom     Kind = "random"
)

// GeneralKinds are the kinds of general rows: contexts that carry no type.
var GeneralKinds = []Kind{KindLine, KindLines, KindRandom}

// IsGeneral reports whether contexts of kind are general rows.
func IsGeneral(kind Kind) bool { return slices.Contains(GeneralKinds, kind) }

// Cut is by which rule a golden was cut out of its file.
type Cut string

// Cuts of a golden.
const (
	// CutCursor is where an editor's cursor stands: the golden begins and ends in visible
	// text, and the indentation is in the prefix.
	CutCursor Cut = "cursor"
	// CutLine takes whole lines: the golden begins at a line's start, with the indentation,
	// and ends in the last line's newline, so that the prefix ends in a newline or is empty.
	CutLine Cut = "line"
	// CutCharacter is anywhere inside a line.
	CutCharacter Cut = "character"
)

// Cuts lists the cuts in the order of every table.
var Cuts = []Cut{CutCursor, CutLine, CutCharacter}

// CallForm is where the golden of a call begins and where it ends, a word each; "" for every
// other kind.
type CallForm string

// CallBegin is where the golden of a call begins.
type CallBegin string

// Begins of a call's golden, in the order of every table.
const (
	BeginName       CallBegin = "name"       // the called name, after the receiver's dot and "new "
	BeginPath       CallBegin = "path"       // the head of the name's path: a::b::f(
	BeginExpression CallBegin = "expression" // the receiver, or "new"
)

// CallEnd is where the golden of a call ends.
type CallEnd string

// Ends of a call's golden, in the order of every table.
const (
	EndCall      CallEnd = "call"      // the end of the call
	EndStatement CallEnd = "statement" // behind the ";" that ends the call's statement
)

// FormOf is the form of a golden that begins and ends there.
func FormOf(begin CallBegin, end CallEnd) CallForm {
	return CallForm(string(begin) + " " + string(end))
}

// CallForms lists the forms in the order of every table.
var CallForms = []CallForm{
	FormOf(BeginName, EndCall), FormOf(BeginName, EndStatement), FormOf(BeginPath, EndCall),
	FormOf(BeginPath, EndStatement), FormOf(BeginExpression, EndCall), FormOf(BeginExpression, EndStatement),
}

// Begin is where a golden of the form begins, "" where it is no form.
func (f CallForm) Begin() CallBegin {
	begin, _, _ := strings.Cut(string(f), " ")
	return CallBegin(begin)
}

// End is where a golden of the form ends, "" where it is no form.
func (f CallForm) End() CallEnd {
	_, end, _ := strings.Cut(string(f), " ")
	return CallEnd(end)
}

// Origin is where a context was found: in the files as they are, or in what a commit
// wrote.
type Origin string

// Origins of a context.
const (
	OriginSnapshot Origin = "snapshot"
	OriginEdit     Origin = "edit"
)

// WindowCut is which ends of its file a window lacks.
type WindowCut string

// Cuts of a window.
const (
	CutNone   WindowCut = ""
	CutPrefix WindowCut = "prefix"
	CutSuffix WindowCut = "suffix"
	CutBoth   WindowCut = "prefix suffix"
)

// Status is what a certificate says about its negative.
type Status string

// Statuses of a certificate. Exists drops the negative; pairs take Certified and,
// where the recipe says so, Unseen; Abstain never.
const (
	StatusExists    Status = "exists"
	StatusCertified Status = "certified"
	StatusUnseen    Status = "unseen"
	StatusAbstain   Status = "abstain"
)

// Statuses lists the statuses in the order of every table.
var Statuses = []Status{StatusCertified, StatusUnseen, StatusAbstain, StatusExists}

// Answer is what a judge said of a completion.
type Answer string

// Answers of a verdict.
const (
	AnswerFooled   Answer = "fooled"
	AnswerCaught   Answer = "caught"
	AnswerAccepted Answer = "accepted"
	AnswerRejected Answer = "rejected"
	AnswerInvalid  Answer = "invalid"
)

// Split is the part of the export that a row is in; "" where it is in none yet.
type Split string

// Splits of the export.
const (
	SplitTrain      Split = "train"
	SplitValidation Split = "validation"
	SplitTest       Split = "test"
)

// Splits lists the splits in the order of every table.
var Splits = []Split{SplitTrain, SplitValidation, SplitTest}

// Stages in the order in which build runs them.
const (
	StageExtract  = "extract"
	StageGenerate = "generate"
	StageVerify   = "verify"
	StageJudge    = "judge"
	StageCurate   = "curate"
	StageExport   = "export"
)

// Stages lists the stages in the order in which build runs them.
var Stages = []string{StageExtract, StageGenerate, StageVerify, StageJudge, StageCurate, StageExport}

// SpecialTokens are control tokens of the supported model families. A file or a
// completion that holds one would be tokenised into control flow, so it is a
// reject.
var SpecialTokens = []string{
	"<|endoftext|>", "<|im_start|>", "<|im_end|>",
	"<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>",
	"<|repo_name|>", "<|file_sep|>", "<|file_separator|>",
	"<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<fim_pad>",
	"<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|eom_id|>",
	"<\uff5cfim\u2581begin\uff5c>", "<\uff5cfim\u2581hole\uff5c>", "<\uff5cfim\u2581end\uff5c>",
	"<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>",
	"[PREFIX]", "[SUFFIX]", "[MIDDLE]",
}

// Reason is why a record was dropped, "" where it was not. The package that drops records
// names its reasons.
type Reason string

// ReasonInternal is the reason of a reject in every stage: decoy itself failed over the
// record. The detail begins with the place in the code; below OUT/bugs there is a
// bundle that reproduces it.
const ReasonInternal Reason = "internal_error"

// ReasonNoContext is the reason for a negative whose context was not handed in.
const ReasonNoContext Reason = "no_context"

// Join is strings.Join of words.
func Join[S ~string](words []S, sep string) string { return strings.Join(Strings(words), sep) }

// Strings are words as those outside want them.
func Strings[S ~string](words []S) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return out
}
