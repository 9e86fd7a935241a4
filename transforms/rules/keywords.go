package rules

import "decoy/schemas"

// keywordsOf are the reserved words of each family, which a real name of another
// language, or a part of a path, might be.
var keywordsOf = func() map[schemas.Language]map[string]bool {
	m := map[schemas.Language]map[string]bool{}
	for family, words := range map[schemas.Language]string{
		schemas.Cpp: `alignas alignof and asm auto bool break case catch char class const constexpr continue ` +
			`decltype default delete do double else enum explicit export extern false final float for friend goto if ` +
			`inline int long mutable namespace new noexcept not nullptr operator or override private protected ` +
			`public register return short signed sizeof static struct switch template this throw true try ` +
			`typedef typeid typename union unsigned using virtual void volatile wchar_t while xor NULL`,
		schemas.CSharp: `abstract as base bool break byte case catch char checked class const continue decimal ` +
			`default delegate do double else enum event explicit extern false finally fixed float for foreach goto ` +
			`if implicit in int interface internal is lock long namespace new null object operator out override ` +
			`params private protected public readonly ref return sbyte sealed short sizeof stackalloc static ` +
			`string struct switch this throw true try typeof uint ulong unchecked unsafe ushort using ` +
			`virtual void volatile while`,
		schemas.Go: `break case chan const continue default defer else fallthrough for func go goto if ` +
			`import interface map package range return select struct switch type var`,
		schemas.Java: `abstract assert boolean break byte case catch char class const continue default do ` +
			`double else enum extends final finally float for goto if implements import instanceof int interface ` +
			`long native new package private protected public return short static strictfp super switch ` +
			`synchronized this throw throws transient try void volatile while true false null`,
		schemas.JavaScript: `abstract any arguments as async await boolean break case catch class const constructor ` +
			`continue debugger declare default delete do else enum eval export extends false finally for from ` +
			`function get if implements import in infer instanceof interface is keyof let module namespace never ` +
			`new null number object of package private protected public readonly return set static string ` +
			`super switch symbol this throw true try type typeof undefined unique unknown var void while ` +
			`with yield`,
		schemas.Python: `False None True and as assert async await break class continue def del elif else except ` +
			`finally for from global if import in is lambda nonlocal not or pass raise return try while with yield ` +
			`self cls`,
		schemas.Rust: `Self abstract as async await become box break const continue crate do dyn else enum ` +
			`extern false final fn for if impl in let loop macro match mod move mut override priv pub ref return ` +
			`self static struct super trait true try type typeof union unsafe unsized use virtual where while ` +
			`yield`,
	} {
		m[family] = map[string]bool{}
		for _, w := range fields(words) {
			m[family][w] = true
		}
	}
	return m
}()
