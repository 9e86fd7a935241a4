package verify

import (
	"regexp"
	"strings"

	"decoy/schemas"
)

// reach says which files hold the members of a type.
type reach uint8

const (
	byFile   reach = iota // the type's own file
	byFolder              // any file of its folder (Go)
	byRepo                // any file of the repository (partial classes, impl blocks, merged interfaces)
)

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
	family   []string // languages whose files share declarations
	library  string   // the embedded list
	siblings siblings
	members  reach

	bareMembers   bool // a member is visible by its bare name inside its type
	typed         bool // a variable keeps the type that it is declared with
	overloads     bool // one name may declare several signatures
	keywords      bool // arguments may be named
	extensions    bool // unread code can add methods to any type, so no member is certified
	anyCount      bool // a call may pass more arguments than there are parameters
	fewer         bool // and fewer
	packageGuess  bool // the local name of an import is a guess from its path
	includes      bool // wildcard imports are textual: they bring names of every kind
	namespaces    bool // wildcard imports bring types only, unless they are static
	callable      bool // a type's name is called to construct it (Python)
	implicitSuper string

	separator string   // between the parts of a qualified name
	generics  string   // the brackets of type arguments
	trim      []string // words and signs before or after a type's name
	through   []string // generic types through which members are reached
	self      []string // the receiver
	super     []string // the receiver, seen as its supertypes
	extra     []string // names that are visible everywhere, beside the rules' predeclared ones
	later     []string // names that later versions of the library have
	universal []string // members of every type
	dynamic   *regexp.Regexp
	guards    []string // node kinds of statements that catch an import's failure
	binders   []string // node kinds whose declarations bind at file level whatever their scope
	plain     []string // written supertypes that bring no member
	ambient   bool     // a declaration file supplies global names
	paths     bool     // a path can begin with a crate that no import names (Rust)

	// module resolves a module's path as a file writes it. from is nil where no file
	// does: then only a path that means the same everywhere is resolved.
	module func(q *query, module string, from *file) module
	// supplies says why something that is not read may supply a bare name, "" for not.
	supplies func(s *site, name string, u use) string
	// closes reports whether an opening does not make a name after all.
	closes func(q *query, o opening, name string) bool
}

var words = strings.Fields

// worlds has one row a language.
var worlds = map[string]*world{
	schemas.Go: {
		family: words(schemas.Go), library: "go", siblings: folderNames, members: byFolder,
		typed: true, packageGuess: true, separator: ".", generics: "[]", trim: words("*"),
		module: goModule, supplies: goSupplies, closes: goClosed,
	},
	schemas.Python: {
		family: words(schemas.Python), library: "python", members: byFile,
		keywords: true, callable: true, implicitSuper: "object", separator: ".", generics: "[]",
		through: words("Optional Annotated Final ClassVar typing.Optional t.Optional"),
		self:    words("self cls"), super: words("super()"),
		dynamic: regexp.MustCompile(`\b(globals|vars|locals)\(\)|\b(exec|execfile|eval)\s*\(|__builtins__` +
			`|\bsetattr\(|\b__dict__\b|sys\.modules\[__name__\]`),
		binders: words("global_statement"),
		guards:  words("try_statement with_statement"),
		extra: words(`
__all__ __version__ __author__ WindowsError __spec__ __path__ get_ipython display unicode_literals profile
StandardError _IncompleteInputError ImportCycleError frozendict sentinel __lazy_import__ __cached__
__conditional_annotations__ __annotate__ __firstlineno__ __static_attributes__ __classdict__ __type_params__`),
		plain: words("object ABC abc.ABC Generic typing.Generic Protocol typing.Protocol t.Generic t.Protocol"),
		later: words(`
override TypeIs ReadOnly NoDefault TypeAliasType get_protocol_members is_protocol batched deprecated replace UTC
LocalTimezone uuid6 uuid7 uuid8 Buffer tomllib process_cpu_count EventLoop TaskGroup Runner get_overloads Self
assert_never assert_type reveal_type dataclass_transform LiteralString Never Required NotRequired Unpack
TypeVarTuple StrEnum ReprEnum verify member nonmember EnumDict EnumType getLevelNamesMapping getHandlerByName
getHandlerNames chdir exception add_note file_digest zipfile pathlib Path interpreters compression
string.templatelib annotationlib get_annotations formatter walk setdefaultencoding peek`),
		universal: words("__class__ __delattr__ __dict__ __dir__ __doc__ __eq__ __format__ __ge__ __getattribute__ " +
			"__gt__ __hash__ __init__ __init_subclass__ __le__ __lt__ __module__ __ne__ __new__ __reduce__ " +
			"__reduce_ex__ __repr__ __setattr__ __sizeof__ __str__ __subclasshook__ __weakref__ __name__ " +
			"__qualname__ __mro__ __bases__ __subclasses__ mro __annotations__ __slots__ __call__ __enter__ " +
			"__exit__ __iter__ __len__"),
		module: pythonModule,
	},
	schemas.Java: {
		family: words(schemas.Java), library: "java", siblings: folderTypes, members: byFile,
		bareMembers: true, typed: true, overloads: true, namespaces: true, implicitSuper: "java.lang.Object",
		separator: ".", generics: "<>",
		trim: words("final @Nullable @NonNull @NotNull @Nonnull @Initialized @UnknownKeyFor"),
		self: words("this"), super: words("super"),
		extra: words("com org net io edu gov java javax jakarta length"),
		later: words("addFirst addLast getFirst getLast removeFirst removeLast reversed SequencedCollection " +
			"SequencedMap SequencedSet StructuredTaskScope ScopedValue Gatherer Gatherers StringTemplate clamp " +
			"ceilDiv ceilDivExact ceilMod ofVirtual ofPlatform startVirtualThread isVirtual threadId " +
			"splitWithDelimiters indexOf repeat gather firstEntry lastEntry pollFirstEntry pollLastEntry " +
			"putFirst putLast sequencedKeySet sequencedValues sequencedEntrySet newHashMap newHashSet " +
			"newLinkedHashMap newLinkedHashSet close resultNow exceptionNow state " +
			"newVirtualThreadPerTaskExecutor newThreadPerTaskExecutor unsignedMultiplyHigh " +
			"compress expand ofLines describeConstable isEmoji Linker Arena MemorySegment " +
			"SymbolLookup FunctionDescriptor Of getCharacterEncoding charset print " +
			"println readln IO AnnotatedParameterizedType StableValue Joiner KDF " +
			"getChars shuffle nextSplittable availableLocales until mapMulti"),
		universal: words("getClass hashCode equals toString notify notifyAll wait clone finalize class length values " +
			"valueOf name ordinal compareTo getDeclaringClass describeConstable"),
		plain:  words("Object java.lang.Object"),
		module: javaModule, supplies: javaSupplies,
	},
	schemas.CSharp: {
		family: words(schemas.CSharp), library: "csharp", siblings: repoTypes, members: byRepo,
		bareMembers: true, typed: true, overloads: true, keywords: true, extensions: true, namespaces: true,
		separator: ".", generics: "<>",
		trim: words("readonly ref in out ?"),
		self: words("this"), super: words("base"),
		extra: words("value field args nameof global dynamic var add remove get set init await partial when " +
			"where yield record file required scoped unmanaged notnull managed nint nuint System Microsoft"),
		later: words("Aggregate All Any Append AsEnumerable AsParallel AsQueryable Average Cast Chunk Concat " +
			"Contains Count CountBy DefaultIfEmpty Distinct DistinctBy ElementAt ElementAtOrDefault Except ExceptBy " +
			"First FirstOrDefault GroupBy GroupJoin Index Intersect IntersectBy Join Last LastOrDefault " +
			"LongCount Max MaxBy Min MinBy OfType Order OrderBy OrderByDescending Prepend Reverse Select " +
			"SelectMany SequenceEqual Single SingleOrDefault Skip SkipLast SkipWhile Sum Take TakeLast " +
			"TakeWhile ThenBy ThenByDescending ToArray ToDictionary ToHashSet ToList ToLookup Union " +
			"UnionBy Where Zip AsSpan AsMemory AsTask ConfigureAwait GetAwaiter WithCancellation " +
			"GetCustomAttribute GetCustomAttributes Should GetValueOrDefault HasValue Value"),
		universal: words("Equals GetHashCode GetType ToString MemberwiseClone ReferenceEquals Finalize " +
			"Deconstruct GetEnumerator Dispose"),
		plain:  words("object Object System.Object"),
		module: csharpModule, supplies: csharpSupplies,
	},
	schemas.Cpp: {
		family: words(schemas.Cpp), library: "cpp", siblings: repoNames, members: byFile,
		bareMembers: true, typed: true, overloads: true, includes: true, separator: "::", generics: "<>",
		trim: words("const volatile static inline constexpr mutable struct class enum union typename extern * & " +
			"public private protected virtual"),
		self:   words("this *this"),
		module: cppModule, supplies: cppSupplies,
	},
	schemas.Rust: {
		family: words(schemas.Rust), library: "rust", members: byRepo,
		typed: true, extensions: true, paths: true, separator: "::", generics: "<>",
		trim:    words("& mut dyn impl"),
		through: words("Box Rc Arc Pin std::rc::Rc std::sync::Arc std::boxed::Box"),
		self:    words("self Self"),
		universal: words("clone into try_into from try_from default eq ne cmp partial_cmp lt le gt ge max min clamp " +
			"hash fmt to_string to_owned borrow borrow_mut as_ref as_mut deref deref_mut type_id drop as_any iter " +
			"into_iter iter_mut next map filter collect fold by_ref add sub mul div neg not index index_mut call " +
			"poll read write flush write_all write_fmt read_to_end from_str source description cause " +
			"serialize deserialize len is_empty and_then unwrap expect upgrade downgrade lock"),
		module: rustModule, supplies: rustSupplies, closes: rustClosedMacro,
	},
	schemas.JavaScript: {
		family: words(schemas.JavaScript + " " + schemas.TypeScript), library: "javascript", siblings: scriptNames,
		members:  byRepo,
		anyCount: true, fewer: true, separator: ".", generics: "<>", ambient: true,
		self: words("this"), super: words("super"),
		guards: words("try_statement"),
		extra:  ecmaExtra, universal: ecmaUniversal, later: ecmaLater, dynamic: ecmaDynamic,
		plain:  words("Object"),
		module: ecmaModule, supplies: ecmaSupplies,
	},
	schemas.TypeScript: {
		family: words(schemas.TypeScript + " " + schemas.JavaScript), library: "javascript", siblings: scriptNames,
		members: byRepo,
		typed:   true, overloads: true, separator: ".", generics: "<>", ambient: true,
		trim: words("readonly"),
		self: words("this"), super: words("super"),
		guards: words("try_statement"),
		extra:  ecmaExtra, universal: ecmaUniversal, later: ecmaLater, dynamic: ecmaDynamic,
		plain:  words("Object"),
		module: ecmaModule, supplies: ecmaSupplies,
	},
}

var ecmaDynamic = regexp.MustCompile(`\bwith\s*\(|\beval\s*\(|\bdefineProperty\b|\.prototype\s*\[|Object\.assign\(this`)

// ecmaExtra are names of hosts, test runners and script tags' libraries.
var ecmaExtra = words(`name event status length parent top self location history screen origin close open find focus blur print stop scroll scrollTo scrollBy alert confirm prompt document window navigator frames opener external closed crypto caches chrome browser process require module exports global __dirname __filename arguments undefined NaN Infinity globalThis
describe it test expect beforeEach afterEach beforeAll afterAll before after context specify suite setup teardown jest vi jasmine cy Cypress assert should sinon chai QUnit page browser
$ jQuery _ angular google gapi d3 React ReactDOM Vue moment THREE L Backbone Handlebars Ember Deno Bun define
requirejs importScripts postMessage goog proto ga gtag dataLayer grecaptcha Stripe firebase Chart Plotly ace monaco
MathJax katex hljs Prism WebAssembly SharedArrayBuffer Java load readFile print java Packages JSX NodeJS
acquireVsCodeApi cloneInto exportFunction crashReport
toString valueOf hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString constructor __defineGetter__
__defineSetter__ __lookupGetter__ __lookupSetter__ __proto__`)

var ecmaUniversal = words("constructor hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString " +
	"valueOf __proto__ prototype call apply bind length name then catch on once off emit addListener removeListener " +
	"addEventListener removeEventListener dispatchEvent")

var ecmaLater = words(`
fromAsync groupBy withResolvers try union intersection difference symmetricDifference isSubsetOf isSupersetOf
isDisjointFrom isWellFormed toWellFormed at findLast findLastIndex toSorted toSpliced toReversed with escape
f16round sumPrecise glob globSync styleText openAsBlob transfer resize getOrInsert getOrInsertComputed raw hashes
hash sqlite sea zstdCompress zstdDecompress quic ffi stream/iter`)
