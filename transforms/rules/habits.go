package rules

import (
	"strings"

	"decoy/schemas"
)

// habits are what the rules need to know of a language beside its syntax: how names
// are written, what is visible without being named, which callees take anything.
type habits struct {
	family      schemas.Language // languages whose declarations are one world
	words       string           // style of a lower-case name of several words, "" for any
	bareMembers bool             // a member is visible by its bare name inside its type
	folder      bool             // files of a folder see each other's names
	everywhere  bool             // any file's names may be visible through includes or namespaces
	macros      bool             // a callee in capitals is a macro
	fewer       bool             // a call may leave arguments out, and what it has too many is ignored
	closed      bool             // a type has no members but those that it and its supertypes declare
	short       bool             // names of one letter are usual
	assign      string           // between a keyword and its value, "" where there are no keywords
	namespaces  bool             // wildcard imports name namespaces, which files declare
	literals    []string         // values that fit in many places
	universal   []string         // members that many types have though none is seen to declare them
	open        []string         // callees of libraries that take any number of arguments or have optional ones
}

var fields = strings.Fields

// habitsOf has one row a language.
var habitsOf = map[schemas.Language]*habits{
	schemas.Cpp: {
		family: schemas.Cpp, bareMembers: true, folder: true, everywhere: true, macros: true,
		literals: fields("true 0 nullptr false 1"),
		open: fields(`printf fprintf sprintf snprintf scanf sscanf fscanf max min make_unique make_shared make_pair make_tuple tie emplace emplace_back emplace_front insert append assign
erase find rfind substr resize begin end swap bind async thread call invoke apply forward_as_tuple visit format print println open close getline to_string stoi stol sort copy transform accumulate compare
string vector map set pair tuple function unique_ptr shared_ptr runtime_error logic_error`),
	},
	schemas.CSharp: {
		family: schemas.CSharp, words: "camel", bareMembers: true, folder: true, everywhere: true, namespaces: true,
		assign: ": ",
		universal: fields("Dispose GetEnumerator Deconstruct Add Count Select Where ToArray ToList First Any All " +
			"Contains"),
		literals: fields("true null false 0 1"),
		open: fields(`Format WriteLine Write Concat Join Combine Append AppendFormat AppendLine Split Trim TrimStart TrimEnd Add AddRange Select Where First FirstOrDefault Any Count ToString Parse TryParse
Max Min Range Copy Substring IndexOf Contains StartsWith EndsWith Replace Invoke Equal AreEqual IsTrue IsFalse IsNull IsNotNull Throws Run WhenAll ContinueWith Exception ArgumentException ArgumentNullException List Dictionary`),
	},
	schemas.Go: {
		family: schemas.Go, words: "camel", folder: true, short: true,
		universal: fields("Error Errorf Fatal Fatalf Log Logf Skip Skipf Helper Run Name Sprint Sprintf Sprintln " +
			"Printf Println Fprint Fprintf Compile MustCompile String Close Write Read"),
		literals: fields("true nil 0 false 1"),
		open: fields(`Print Printf Println Sprint Sprintf Sprintln Fprint Fprintf Fprintln Errorf Append Appendf Appendln append Join Log Logf Error Fatal Fatalf Fatalln Skip Skipf Panic Panicf Panicln Debug Debugf
Debugw Info Infof Infow Infoln Warn Warnf Warnw Warning Warningf Errorw Errorln Trace Tracef Sscan Sscanf Fscan Fscanf Scan Scanf Scanln min max print println make new Dial DialContext NewClient NewServer
WithTimeout Command CommandContext MultiReader MultiWriter NewReplacer Cleanup Call Exec Query QueryRow QueryContext ExecContext Notify With WithAttrs Equal Equalf NoError True False Nil NotNil Len Contains
Require Is EqualError Start String Int Group Any MethodByName Fields Msgf`),
	},
	schemas.Java: {
		family: schemas.Java, words: "camel", bareMembers: true, folder: true,
		literals: fields("true null false 0 1"),
		open: fields(`format printf println print of asList ofEntries concat join addAll max min sum get getOrDefault put add remove append insert substring indexOf lastIndexOf split replace valueOf parse parseInt parseLong
toString toArray sort copyOf copyOfRange fill equals hash compare invoke getMethod getDeclaredMethod newInstance info warn debug error trace log checkArgument checkNotNull checkState requireNonNull
assertEquals assertThat assertTrue assertFalse assertNotNull assertNull assertThrows fail mock when verify collect reduce forEach thenReturn thenThrow wait join submit execute schedule
Exception RuntimeException IllegalArgumentException IllegalStateException IOException Thread String ArrayList HashMap HashSet LinkedHashMap StringBuilder File allOf anyOf noneOf`),
	},
	schemas.JavaScript: func() *habits { h := *ecmaHabits; h.fewer = true; return &h }(),
	schemas.Python: {
		family: schemas.Python, words: "snake", assign: "=", closed: true,
		universal: fields(`assertEqual assertNotEqual assertTrue assertFalse assertIs assertIsNot assertIsNone assertIsNotNone assertIn assertNotIn assertIsInstance assertNotIsInstance
assertRaises assertRaisesRegex assertWarns assertLogs assertAlmostEqual assertGreater assertGreaterEqual assertLess assertLessEqual assertRegex assertCountEqual
assertListEqual assertDictEqual assertSetEqual assertTupleEqual assertSequenceEqual assertMultiLineEqual setUp tearDown setUpClass tearDownClass fail skipTest subTest addCleanup
parse_args parse_known_args add_argument debug info warning error exception critical log keys values items get pop update append extend insert remove split strip join format replace encode decode`),
		literals: fields("True None False 0 1"),
		open: fields(`print format max min zip map sum sorted int str float bool list dict set tuple range open round pow iter next getattr hasattr setattr isinstance super type join format_map update partial
get pop split rsplit strip lstrip rstrip replace find index count encode decode startswith endswith sort log debug info warning error exception critical run call check_output check_call Popen
add_argument parse_args ArgumentParser namedtuple dumps loads dump load compile match search sub findall array zeros ones arange DataFrame Series read_csv mean reshape assert_called_with mock Mock MagicMock patch
assertEqual assertTrue assertFalse assertIsNone assertRaises assertRaisesRegex assertIn assertAlmostEqual field dataclass Exception ValueError TypeError RuntimeError KeyError NotImplementedError warn makedirs
chain product field datetime timedelta sleep write read connect execute Thread Process Lock Field Column relationship`),
	},
	schemas.Rust: {
		family: schemas.Rust, words: "snake",
		universal: fields(`clone into try_into from try_from default eq ne cmp partial_cmp lt le gt ge max min clamp hash fmt to_string to_owned borrow borrow_mut as_ref as_mut deref
drop iter into_iter next map filter collect add sub mul div neg not index call poll read write flush serialize deserialize len is_empty unwrap expect and_then`),
		open:     fields("Some Ok Err None"),
		literals: fields("true None false 0 1"),
	},
	schemas.TypeScript: ecmaHabits,
}

var ecmaHabits = &habits{
	family: schemas.JavaScript, words: "camel", folder: true,
	universal: fields("then catch finally on once off emit call apply bind constructor " +
		"toString valueOf hasOwnProperty"),
	literals: fields("true null {} false 0"),
	open: fields(`log error warn info debug trace assert push unshift concat max min hypot of apply call bind splice slice join split replace indexOf lastIndexOf includes from assign create stringify parse parseInt
setTimeout setInterval setImmediate addEventListener on once emit off require fetch then catch all any race reduce map filter forEach find some every sort fill flat toString toFixed padStart padEnd slice substring
substr match test exec expect describe it toBe toEqual toHaveBeenCalledWith write end resolve reject next subscribe pipe alert open Error TypeError RangeError Promise Array Date Map Set Object String Number RegExp
get post put delete use query querySelector getElementById createElement fromCharCode send render`),
}

// verbs and nouns are words that stand for one another in names.
var (
	verbs = [][]string{
		{"get", "fetch", "load", "read", "find", "lookup"},
		{"set", "update", "assign", "apply", "put"},
		{"add", "append", "insert", "push", "register"},
		{"remove", "delete", "drop", "clear", "discard"},
		{"create", "make", "build", "new", "init"},
		{"write", "store", "save", "emit", "put"},
		{"parse", "decode", "read", "scan"},
		{"format", "encode", "render", "print"},
		{"check", "validate", "verify", "ensure"},
		{"start", "begin", "open", "launch"},
		{"stop", "end", "close", "shutdown"},
		{"is", "has", "can"},
		{"to", "as", "into"},
		{"handle", "process", "run", "execute"},
		{"send", "post", "submit", "publish"},
		{"equal", "equals", "matches"},
		{"contains", "includes", "has"},
		{"wrap", "with", "attach"},
		{"strip", "trim", "remove", "cut"},
		{"assert", "expect", "require", "check"},
		{"convert", "transform", "map", "translate"},
		{"copy", "clone", "duplicate"},
		{"append", "extend", "concat"},
		{"visit", "walk", "traverse"},
		{"sort", "order", "rank"},
		{"merge", "combine", "join"},
		{"resolve", "expand", "evaluate"},
		{"compare", "diff", "equal"},
		{"prepare", "setup", "init"},
		{"finish", "complete", "finalize"},
		{"generate", "gen", "produce"},
		{"string", "text", "str"},
	}
	nouns = [][]string{
		{"count", "size", "length", "num", "total"},
		{"name", "label", "title", "key"},
		{"value", "data", "content", "item"},
		{"index", "offset", "position", "idx"},
		{"list", "items", "array", "elements"},
		{"type", "kind", "class"},
		{"path", "file", "dir", "location"},
		{"error", "failure", "exception"},
		{"message", "msg", "text"},
		{"config", "options", "settings", "params"},
		{"context", "ctx", "scope"},
		{"result", "output", "response"},
		{"request", "input", "query"},
		{"source", "origin", "src"},
		{"target", "dest", "destination"},
		{"buffer", "buf", "bytes"},
		{"string", "str", "text"},
		{"first", "head", "initial"},
		{"last", "tail", "final"},
		{"info", "details", "metadata"},
		{"id", "identifier", "uid"},
		{"client", "conn", "session"},
	}
	functionSuffixes = []string{"all", "async", "safe", "internal"}
	valueSuffixes    = []string{"value", "list", "info", "data", "name", "map", "str", "obj"}
	valuePrefixes    = []string{"new", "base", "current", "default", "raw", "old", "next"}
	pathSuffixes     = []string{"util", "utils", "core", "types", "lib", "base"}
)
