package verify

import (
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// reach says which files hold the members of a type.
type reach uint8

const (
	byFile   reach = iota // the type's own file
	byHeader              // the same, and what is defined out of line (C++)
	byFolder              // any file of its folder (Go)
	byRepo                // any file of the repository (partial classes, impl blocks, merged interfaces)
)

// outOfLine reports whether a definition names the type that it is of from outside of it.
func (r reach) outOfLine() bool { return r == byHeader || r == byRepo }

// siblings says which other files' file-level names are visible without an import.
type siblings uint8

const (
	noSiblings  siblings = iota
	folderNames          // those of the folder's files (Go packages)
	folderTypes          // their types only (Java packages)
	repoTypes            // types anywhere (C# namespaces, whichever a using opens)
	repoNames            // names anywhere (C++, whatever an include brings)
	scriptNames          // names of files that are no modules (browser scripts)
)

// world is what differs between languages in what can supply a name. Where a
// language is not certain, the entry says that more is visible than is.
type world struct {
	family   []schemas.Language // languages whose files share declarations
	library  string             // the embedded list
	siblings siblings
	members  reach

	bareMembers bool // a member is visible by its bare name inside its type
	typed       bool // a variable keeps the type that it is declared with
	results     bool // a function may write its result's type
	overloads   bool // one name may declare several signatures
	keywords    bool // arguments may be named
	onceEach    bool // a keyword for a place that is taken already is an error of its own
	anyCount    bool // a call may pass more arguments than there are parameters
	fewer       bool // and fewer
	staticOnly  bool // what is called through its type is static
	implicit    int  // a type that is called with fewer arguments may be copied or converted
	several     bool // a call as the only argument may pass several
	callable    bool // a type's name is called to construct it
	typesApart  bool // one name may be a type's and a value's, and an import of it brings both
	namedSelf   bool // the receiver is a parameter: its name means it though it is declared

	namespaces   bool // wildcard imports bring types only, unless they are static
	importsTypes bool // an import names a type by its path: from packages, not of namespaces
	namesOnly    bool // the name that an import takes from a module is never a module
	submodules   bool // a module may be an attribute of another
	fileModules  bool // a module is one file, to which a build adds no names
	byPlace      bool // a relative import means a place in the archive, whichever file writes it
	executed     bool // a module runs when it is imported, and may make its names then
	pageScripts  bool // a file that is no module shares the names of scripts that a page loads
	configured   bool // a project's settings may name what every file sees
	crates       bool // a path can begin with a crate that no import names
	spread       bool // any file of the package or crate may add members to a type

	narrows      bool   // a test of a variable changes what members it is known to have
	whole        bool   // a type has no members but the written ones, unless it is decorated
	linear       bool   // a call of the super type goes to the next of several bases
	inheritsInit bool   // a type that writes no constructor has its super type's
	initializer  string // the one constructor that takes a call's arguments
	allocator    string // a member that may take them before it does

	implicitSuper string
	versions      string // of the library whose types' members are listed

	separator string   // between the parts of a qualified name
	generics  string   // the brackets of type arguments
	trim      []string // words and signs before or after a type's name
	through   []string // generic types through which members are reached
	self      []string // the receiver
	super     []string // the receiver, seen as its supertypes
	extra     []string // names that are visible everywhere, beside the rules' predeclared ones
	later     []string // names that later versions of the library have
	universal []string // members of every type
	dynamic   *dynamic
	guards    []string // node kinds of statements that catch an import's failure
	binders   []string // node kinds whose declarations bind at file level whatever their scope
	plain     []string // written supertypes that bring no member

	// module resolves a module's path as a file writes it. from is nil where no file
	// does: then only a path that means the same everywhere is resolved.
	module func(q *query, module string, from *file) module
	// supplies says why something that is not read may supply a bare name, "" for not.
	supplies func(s *site, name string, u use) string
	// closes reports whether an opening does not make a name after all.
	closes func(q *query, o opening, name string) bool

	// The functions below are nil where a language has nothing of the kind.

	// written takes off a written type what says no more than that a value may be missing.
	written func(text string) string
	// literal names the library's type of a literal by its node kind and text, "" for none.
	literal func(kind, text string, isString bool) string
	// imported is what an import binds where more than modules' names decide it.
	imported func(s *site, im imported, name string) (entity, bool)
	// renamed is the imported module that has the name, whatever the import's path says; guessed
	// says why an import that is not read may have it.
	renamed func(s *site, imports []imported, name string) module
	guessed func(s *site, im imported, name string) string
	// built says how a module that is not there, sub, may be made in module in, "" for not.
	built func(full string, it syntax.ImportItem, in, sub module) string
	// varies reports whether a module of the library has other names on other platforms.
	varies func(module string) bool
	// unlisted says why a module of the library may have a name that its list lacks, "" for not.
	unlisted func(it syntax.ImportItem) string
	// host says what of a host, which is not read, may have a bare name, "" for nothing.
	host func(name string) string
	// awaited reports whether what a function gives may be awaited first, by its result's name.
	awaited func(result string) bool
	// rebinds reports whether a function's scope gives the receiver's name a meaning of its own.
	rebinds func(s *site, scope int) bool
	// lifetime takes a lifetime off the front of a written type, ok = false where there is none.
	lifetime func(text string) (rest string, ok bool)
	// ownName reports whether a member's name is one that the language gives and asks for.
	ownName func(name string) bool
	// path is what a name with a path denotes, in parts, where "::" joins them.
	// rooted: the text began with one.
	path func(s *site, text string, parts []string, rooted bool, scope int) entity
	// wildType is the type that a wildcard import brings, importedType the one that an import
	// names, where the modules' files are not what decides it.
	wildType     func(q *query, name string, imports []imported) (typ, bool)
	importedType func(q *query, module, name string, from *file) (typ, bool)
	// fullType is the type that a qualified name means from its root, without an import.
	fullType func(q *query, parts []string, from *file) (typ, bool)
	// unnamed reports whether a written underlying type brings no members.
	unnamed func(written string) bool
	// macro reports whether a name is a macro's by convention: what it stands for is not seen.
	macro func(name string) bool
	// forward reports whether a declaration only says that there is a type.
	forward func(d *decl) bool
	// anywhere is what a name that is no member denotes, where all of its declarations in the
	// repository count together.
	anywhere func(s *site, name string) entity
	// brings is what text that is pasted into the file makes of a name that e is not seen to have.
	brings func(s *site, e entity, name string) finding
	// unread lists what may declare more beside what is read, "" for nothing.
	unread func(s *site) string
	// wild asks wildcard imports for a name where they are no modules' exports.
	wild func(s *site, name string, u use) (weak []string, f finding)
	// reopens says why a wildcard import of a module's file leaves the module's names open. nil
	// where the module exports what the import brings.
	reopens func(q *query, im imported, f *file) string
	// item resolves an import item that names something else than a module, ok = false for a module.
	item func(s *site, it syntax.ImportItem, m module) (v verdict, ok bool)
	// foreign says why an imported module that is not there need not be, "" for it must.
	foreign func(it syntax.ImportItem) string
	// doubts weakens a certificate of imports, the golden's and the negative's.
	doubts func(p *pair, v verdict, golden, negative []syntax.ImportItem) verdict
	// extends reports whether a declaration can add a method to any type. Where there are
	// such, code that is not read can too, and no member is certified.
	extends func(d *decl) bool
}

var words = strings.Fields

// worlds has one row a language.
var worlds = map[schemas.Language]*world{
	schemas.Go: {
		family: []schemas.Language{schemas.Go}, library: "go", siblings: folderNames, members: byFolder,
		typed: true, results: true, several: true, spread: true, separator: ".", generics: "[]", trim: words("*"),
		module: goModule, supplies: goSupplies, closes: goClosed, unnamed: goUnnamed,
		imported: goImported, renamed: goRenamed, guessed: goGuessed,
	},
	schemas.Python: {
		family: []schemas.Language{schemas.Python}, library: "python", members: byFile,
		results: true, keywords: true, onceEach: true, callable: true, namedSelf: true,
		submodules: true, executed: true, narrows: true,
		linear: true, inheritsInit: true, initializer: "__init__", allocator: "__new__",
		implicitSuper: "object", separator: ".", generics: "[]",
		through: words("Optional Annotated Final ClassVar typing.Optional t.Optional"),
		self:    words("self cls"), super: words("super()"),
		dynamic: newDynamic("globals vars locals exec eval __builtins__ setattr __dict__ sys.modules",
			`\b(globals|vars|locals)\(\)|\b(exec|execfile|eval)\s*\(|__builtins__`+
				`|\bsetattr\(|\b__dict__\b|sys\.modules\[__name__\]`),
		binders:   words("global_statement"),
		guards:    words("try_statement with_statement"),
		extra:     list("python extra"),
		plain:     words("object ABC abc.ABC Generic typing.Generic Protocol typing.Protocol t.Generic t.Protocol"),
		later:     list("python later"),
		universal: list("python universal"),
		module:    pythonModule, written: pythonType, literal: pythonLiteral, imported: pythonImported,
		built: pythonBuilt, varies: pythonVaries, ownName: pythonOwn,
	},
	schemas.Java: {
		family: []schemas.Language{schemas.Java}, library: "java", siblings: folderTypes, members: byFile,
		bareMembers: true, typed: true, results: true, overloads: true, namespaces: true, importsTypes: true,
		namesOnly: true,
		versions:  "JDK 17 to 25", implicitSuper: "java.lang.Object",
		separator: ".", generics: "<>",
		trim: words("final @Nullable @NonNull @NotNull @Nonnull @Initialized @UnknownKeyFor"),
		self: words("this"), super: words("super"),
		extra:     list("java extra"),
		later:     list("java later"),
		universal: list("java universal"),
		plain:     words("Object java.lang.Object"),
		module:    javaModule, supplies: javaSupplies, literal: javaLiteral, item: javaItem, reopens: javaReopens,
		fullType:   javaFullType,
		staticOnly: true,
	},
	schemas.CSharp: {
		family: []schemas.Language{schemas.CSharp}, library: "csharp", siblings: repoTypes, members: byRepo,
		bareMembers: true, typed: true, results: true, overloads: true, keywords: true, namespaces: true,
		separator: ".", generics: "<>",
		trim: words("readonly ref in out ?"),
		self: words("this"), super: words("base"),
		extra:     list("csharp extra"),
		later:     list("csharp later"),
		universal: list("csharp universal"),
		plain:     words("object Object System.Object"),
		module:    csharpModule, supplies: csharpSupplies, extends: csharpExtends, item: csharpItem,
		staticOnly: true,
	},
	schemas.Cpp: {
		family: []schemas.Language{schemas.Cpp}, library: "cpp", siblings: repoNames, members: byHeader,
		bareMembers: true, typed: true, results: true, overloads: true, implicit: 2, separator: "::", generics: "<>",
		trim: words("const volatile static inline constexpr mutable struct class enum union typename extern * & " +
			"public private protected virtual"),
		self:   words("this *this"),
		module: cppModule, supplies: cppSupplies, path: cppPath, wild: cppWild, item: cppItem,
		macro: cppMacro, forward: cppForward, anywhere: cppAnywhere, brings: cppBrings, unread: cppUnread,
		reopens: cppReopens, foreign: cppForeign, doubts: cppSameFolder,
	},
	schemas.Rust: {
		family: []schemas.Language{schemas.Rust}, library: "rust", members: byRepo,
		typed: true, results: true, crates: true, spread: true, whole: true, separator: "::", generics: "<>",
		trim:      words("& mut dyn impl"),
		through:   words("Box Rc Arc Pin std::rc::Rc std::sync::Arc std::boxed::Box"),
		self:      words("self Self"),
		universal: list("rust universal"),
		module:    rustModule, supplies: rustSupplies, closes: rustClosedMacro, extends: rustExtends, path: rustPath,
		wildType: rustWildType, importedType: rustImportedType, lifetime: rustLifetime,
	},
	schemas.JavaScript: {
		family: []schemas.Language{schemas.JavaScript, schemas.TypeScript}, library: "javascript",
		siblings: scriptNames,
		members:  byRepo,
		anyCount: true, fewer: true, separator: ".", generics: "<>", namesOnly: true,
		typesApart: true, fileModules: true, byPlace: true, configured: true,
		narrows: true, inheritsInit: true, pageScripts: true,
		self: words("this"), super: words("super"),
		guards: words("try_statement"),
		extra:  list("ecma extra"), universal: list("ecma universal"), later: list("ecma later"), dynamic: ecmaDynamic,
		plain:  words("Object"),
		module: ecmaModule, supplies: ecmaSupplies, written: ecmaType, literal: ecmaLiteral, varies: ecmaVaries,
		unlisted: ecmaUnlisted, host: ecmaHost, awaited: ecmaAwaited, rebinds: ecmaRebinds,
	},
	schemas.TypeScript: {
		family: []schemas.Language{schemas.TypeScript, schemas.JavaScript}, library: "javascript",
		siblings: scriptNames,
		members:  byRepo,
		typed:    true, results: true, overloads: true, staticOnly: true, separator: ".", generics: "<>",
		typesApart: true, fileModules: true, byPlace: true, configured: true, namesOnly: true,
		narrows: true, inheritsInit: true,
		trim: words("readonly"),
		self: words("this"), super: words("super"),
		guards: words("try_statement"),
		extra:  list("ecma extra"), universal: list("ecma universal"), later: list("ecma later"), dynamic: ecmaDynamic,
		plain:  words("Object"),
		module: ecmaModule, supplies: ecmaSupplies, written: ecmaType, literal: ecmaLiteral, varies: ecmaVaries,
		unlisted: ecmaUnlisted, host: ecmaHost, awaited: ecmaAwaited, rebinds: ecmaRebinds,
	},
}

var ecmaDynamic = newDynamic("with eval defineProperty .prototype Object.assign",
	`\bwith\s*\(|\beval\s*\(|\bdefineProperty\b|\.prototype\s*\[|Object\.assign\(this`)
