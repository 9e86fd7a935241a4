package verify

import (
	"strings"
	"testing"
)

// big is a file that is too large to be read.
func big(comment, text string) string {
	return text + strings.Repeat(comment+" a line that says nothing at all\n", 40000)
}

// TestRightCpp: names that macros and included files of any suffix make.
func TestRightCpp(t *testing.T) {
	use := "int single_one(int a, int b) { return b; }\n\nint pick(int m) {\n  return «single_one(m, 5)»;\n}\n"
	head := func(h string) tree { return tree{"a.cpp": "#include <vector>\n" + h + use} }
	member := func(body, rest string) tree {
		return tree{"a.cpp": "#include <vector>\nstruct Box {\n" + body + "  int firstEntry(int a);\n};\n" + rest + "int go(Box& box, int n) { return «box.firstEntry(n)»; }\n"}
	}
	var all []right
	for _, suffix := range []string{"def", "inc", "cu", "c", "txt", "tpp", "ipp2", "x", "tcc", "gen", "td", "m"} {
		all = append(all, right{"included ." + suffix, head("#include \"table."+suffix+"\"\n").with("table."+suffix, "int single_two(int a, int b);\nX(KindRed)\n"), method, "single_two(m, 5)", ""})
	}
	all = append(all,
		right{"value of an included list", head("enum Kind {\n#define X(n) n,\n#include \"list.def\"\n#undef X\n  LastKind\n};\n").with("list.def", "X(KindRed)\n"), undefinedvariable, "single_one(KindRed, 5)", ""},
		right{"member of an included list", member("#define X(n) int n(int a);\n#include \"list.def\"\n#undef X\n", "").with("list.def", "X(lastEntry)\n"), method, "box.lastEntry(n)", ""},
		right{"through a header", head("#include \"a.h\"\n").with("a.h", "#include \"table.def\"\n", "table.def", "int single_two(int a, int b);\n"), method, "single_two(m, 5)", ""},
		right{"list in a macro", head("#define KINDS(X) X(KindRed) X(KindBlue)\nenum Kind {\n#define E(n) n,\nKINDS(E)\n};\n"), undefinedvariable, "single_one(KindRed, 5)", ""},
		right{"list in a header's macro", head("#include \"kinds.h\"\nenum Kind { KINDS(E) };\n").with("kinds.h", "#define KINDS(X) \\\n  X(KindRed) \\\n  X(KindBlue)\n"), undefinedvariable, "single_one(KindBlue, 5)", ""},
		right{"a macro's own name", head("#define MAKE_TWO int single_two(int a, int b) { return b; }\nMAKE_TWO\n"), method, "single_two(m, 5)", ""},
		right{"pasted with a prefix", head("#define MAKE(n) int get_##n(int a, int b) { return b; }\nMAKE(size)\n"), method, "get_size(m, 5)", ""},
		right{"pasted with a suffix", head("#define MAKE(n) int n##_handler(int a, int b) { return b; }\nMAKE(size)\n"), method, "size_handler(m, 5)", ""},
		right{"pasted of two arguments", head("#define MAKE(a, b) int a##b(int x, int y) { return y; }\nMAKE(left, Right)\n"), method, "leftRight(m, 5)", ""},
		right{"a foreign macro pastes", head("#include <gflags/gflags.h>\nDEFINE_int32(port, 80, \"port\");\n"), undefinedvariable, "single_one(FLAGS_port, 5)", ""},
		right{"member by a macro", member("#define PROP(n) int get_##n(int a);\n  PROP(size)\n", ""), method, "box.get_size(n)", ""},
		right{"smart pointer", tree{"a.cpp": "#include <vector>\nstruct In { int second(int a); };\nstruct Ptr {\n  In* operator->();\n  int first(int a);\n};\nint go(Ptr p, int n) { return «p.first(n)»; }\n"}, method, "p->second(n)", ""},
		right{"inherited constructors", tree{"a.cpp": "#include <vector>\nstruct Base { Base(int a, int b, int c); };\nstruct Box : Base {\n  using Base::Base;\n  Box(int a, int b);\n};\nBox go(int n) { return «Box(n, n)»; }\n"}, parameter, "Box(n, n, n)", ""},
		right{"overloads of a base", tree{"a.cpp": "#include <vector>\nstruct Base { int put(int a, int b, int c); };\nstruct Box : Base {\n  using Base::put;\n  int put(int a);\n};\nint go(Box& box, int n) { return «box.put(n)»; }\n"}, parameter, "box.put(n, n, n)", ""},
		right{"a header that is too large", head("#include \"big.h\"\n").with("big.h", big("//", "int single_two(int a, int b);\n")), method, "single_two(m, 5)", ""},
		right{"wrong: nothing makes it", head(""), method, "single_two(m, 5)", certified},
		right{"wrong: the macro makes others", head("#define MAKE(n) int get_##n(int a) { return a; }\nMAKE(size)\n"), method, "single_two(m, 5)", certified},
		right{"wrong: a list that is not included", head("").with("table.def", "int single_two(int a, int b);\n"), method, "single_two(m, 5)", certified},
	)
	holds(t, all)
}

// TestRightRust: items that macros, attributes and other files make.
func TestRightRust(t *testing.T) {
	toml := "[package]\nname = \"m\"\nversion = \"0.1.0\"\n"
	use := "\nfn single_one(a: u32, b: u32) -> u32 { a + b }\n\npub fn pick(m: u32) -> u32 {\n    «single_one(m, 9)»\n}\n"
	callee := func(head string, files ...string) tree {
		return tree{"Cargo.toml": toml, "src/lib.rs": head + use}.with(files...)
	}
	imports := func(b string, files ...string) tree {
		return tree{"Cargo.toml": toml, "src/lib.rs": "«use crate::b::single_one;»\n\npub mod b;\n\npub fn pick(m: u32) -> u32 {\n    single_one(m, 9)\n}\n", "src/b.rs": b + "\npub fn single_one(a: u32, b: u32) -> u32 { a + b }\n"}.with(files...)
	}
	fixed := "macro_rules! getters {\n    () => {\n        pub fn single_two(a: u32, b: u32) -> u32 { a + b }\n    };\n}\n"
	two := "single_two(m, 9)"
	useTwo := "use crate::b::single_two;"
	holds(t, []right{
		{"include", callee("include!(\"more.rs\");\n", "src/more.rs", "pub fn single_two(a: u32, b: u32) -> u32 { a + b }\n"), method, two, ""},
		{"include of a build's output", imports("include!(concat!(env!(\"OUT_DIR\"), \"/bindings.rs\"));\n"), importing, useTwo, ""},
		{"include_proto", imports("tonic::include_proto!(\"shop\");\n"), importing, useTwo, ""},
		{"include_bytes of a module in a macro", imports("include_cpp! { #include \"x.h\" }\n"), importing, useTwo, ""},
		{"fixed name, same file", callee(fixed + "getters!();\n"), method, two, ""},
		{"fixed name, other file", callee("#[macro_use]\nmod mk;\n\ngetters!();\n", "src/mk.rs", fixed), method, two, ""},
		{"fixed name, imported", imports(fixed + "getters!();\n"), importing, useTwo, ""},
		{"foreign macro", callee("use ext::getters;\n\ngetters!();\n"), method, two, ""},
		{"foreign macro by path", callee("ext::getters!();\n"), method, two, ""},
		{"macro that calls another", callee("macro_rules! outer { () => { inner!(); }; }\nouter!();\n"), method, two, ""},
		{"macro that pastes", callee("macro_rules! outer { ($n:ident) => { paste! { fn [<$n _two>]() {} } }; }\nouter!(single);\n"), method, two, ""},
		{"constant of a macro", callee("getters! { A = 1 }\n"), undefinedvariable, "single_one(LIMIT, 9)", ""},
		{"path attribute", imports("", "src/lib.rs", "«use crate::b::single_one;»\n\n#[path = \"other.rs\"]\npub mod b;\n\npub fn pick(m: u32) -> u32 { single_one(m, 9) }\n", "src/other.rs", "pub fn single_one(a: u32, b: u32) -> u32 { a }\npub fn single_two(a: u32, b: u32) -> u32 { a }\n"), importing, useTwo, ""},
		{"path attribute under a condition", imports("", "src/lib.rs", "«use crate::b::single_one;»\n\n#[cfg_attr(unix, path = \"other.rs\")]\npub mod b;\n\npub fn pick(m: u32) -> u32 { single_one(m, 9) }\n", "src/other.rs", "pub fn single_two(a: u32, b: u32) -> u32 { a }\n"), importing, useTwo, ""},
		{"glob of an open module", imports("pub use crate::c::*;\n", "src/c.rs", "ext::getters!();\n"), importing, useTwo, ""},
		{"glob of a crate", imports("pub use ext::*;\n"), importing, useTwo, ""},
		{"derive that names after the type", callee("#[derive(Builder)]\npub struct Shop { a: u32 }\n"), undefinedvariable, "single_one(ShopBuilder::LIMIT, 9)", ""},
		{"attribute that names after the function", callee("#[ext::memo]\nfn area(a: u32) -> u32 { a }\n"), method, "area_uncached(m, 9)", ""},
		{"a grammar", callee("#[derive(Parser)]\n#[grammar = \"shop.pest\"]\npub struct Shop;\n"), undefinedvariable, "single_one(Rule::LIMIT, 9)", ""},
		{"a module that is too large", imports("", "src/b.rs", big("//", "pub fn single_one() {}\npub fn single_two() {}\n")), importing, useTwo, ""},
		{"wrong: nothing makes it", callee(""), method, two, certified},
		{"wrong: the macro makes others", callee("macro_rules! getters { () => { fn single_three() {} }; }\ngetters!();\n"), method, two, certified},
		{"wrong: the macro only implements", callee("macro_rules! implement { ($t:ty) => { impl Clone for $t { fn clone(&self) -> Self { *self } } }; }\nimplement!(u8);\n"), method, two, certified},
		{"wrong: a macro in a function", callee("fn other() { ext::getters!(); }\n"), method, two, certified},
		{"wrong: a macro in another file", callee("mod c;\n", "src/c.rs", "ext::getters!();\n"), method, two, certified},
		{"wrong: nothing to import", imports(""), importing, useTwo, certified},
	})
}

// TestRightGo: names of files that are not read or that a directive makes.
func TestRightGo(t *testing.T) {
	base := tree{"go.mod": "module e.com/s\n", "a.go": "package s\n\ntype Kind int\n\nfunc (k Kind) Valid(n int) bool { return true }\n\nfunc g(x int) int { return x }\n\nfunc f(k Kind, x int) bool {\n\t«g(x)»\n\treturn k.Valid(x)\n}\n"}
	member := base.with("a.go", strings.Replace(strings.Replace(base["a.go"], "«g(x)»", "g(x)", 1), "k.Valid(x)", "«k.Valid(x)»", 1))
	generate := func(r tree, line string) tree {
		return r.with("gen.go", "package s\n\n//go:generate "+line+"\n")
	}
	holds(t, []right{
		{"function of a file that is too large", base.with("big.go", big("//", "package s\n\nfunc helper(x int) int { return x }\n")), method, "helper(x)", ""},
		{"method of a file that is too large", member.with("big.go", big("//", "package s\n\nfunc (k Kind) Name(x int) bool { return true }\n")), method, "k.Name(x)", ""},
		{"exported by a file that is too large", tree{"go.mod": "module e.com/s\n", "a.go": "package s\n\nimport \"e.com/s/b\"\n\nfunc f(x int) {\n\t«b.One(x)»\n}\n", "b/b.go": "package b\n\nfunc One(x int) {}\n", "b/big.go": big("//", "package b\n\nfunc Two(x int) {}\n")}, method, "b.Two(x)", ""},
		{"stringer", generate(member, "stringer -type=Kind"), method, "k.String(x)", ""},
		{"mockgen", generate(base, "mockgen -source=a.go -destination=mock.go -package=s"), method, "NewMockKind(x)", ""},
		{"any generator", generate(base, "go run ./internal/gen"), method, "helper(x)", ""},
		{"a template that is compiled", base.with("page.templ", "templ page() {}"), method, "page(x)", ""},
		{"a grammar", base.with("parser.y", "%%"), method, "yyParse(x)", ""},
		{"wrong: the directive's file is there", generate(base, "mockgen -source=a.go -destination=mock.go").with("mock.go", "package s\n\nfunc NewMock() {}\n"), method, "helper(x)", certified},
		{"wrong: the names of kinds are there", generate(member, "stringer -type=Kind").with("kind_string.go", "package s\n\nfunc (k Kind) String() string { return \"\" }\n"), method, "k.Name(x)", certified},
		{"wrong: of another package", base.with("b/big.go", big("//", "package b\n")), method, "helper(x)", certified},
	})
}

// TestRightJVM: types of the package that no Java file that was read declares.
func TestRightJVM(t *testing.T) {
	pick := "package a;\n\nclass A {\n    Object consume(Object a, int b) {\n        return a;\n    }\n\n    Object pick(Object o) {\n        return «consume(o, 3)»;\n    }\n}\n"
	base := tree{"src/main/java/a/A.java": pick}
	use := "consume(Helper.LIMIT, 3)"
	annotated := func(annotation, name string) tree {
		return base.with("src/main/java/a/Shop.java", "package a;\n\nimport "+annotation+";\n\n@"+last(annotation)+"\nabstract class "+name+" {\n}\n")
	}
	var all []right
	for _, other := range []string{"src/main/java/a/Helper.kt", "src/main/kotlin/a/Helper.kt", "src/main/kotlin/Tools.kt", "src/main/kotlin/org/x/a/All.kt", "src/main/groovy/a/H.groovy", "src/main/scala/a/H.scala"} {
		all = append(all, right{other, base.with(other, "package a\n\nobject Helper {\n    const val LIMIT = 3\n}\n"), undefinedvariable, use, ""})
	}
	for _, made := range []string{"src/main/proto/h.proto", "src/main/thrift/h.thrift", "src/main/avro/h.avsc", "src/main/antlr4/a/H.g4", "src/main/aidl/a/H.aidl"} {
		all = append(all, right{made, base.with(made, "syntax"), undefinedvariable, use, ""})
	}
	imports := tree{"src/main/java/b/B.java": "package b;\n\n«import a.Shop;»\n\nclass B { Shop s; }\n", "src/main/java/a/Shop.java": "package a;\n\npublic class Shop {}\n"}
	holds(t, append(all,
		right{"AutoValue", annotated("com.google.auto.value.AutoValue", "Shop"), undefinedvariable, "consume(AutoValue_Shop.LIMIT, 3)", ""},
		right{"Dagger", annotated("dagger.Component", "ShopComponent"), undefinedvariable, "consume(DaggerShopComponent.LIMIT, 3)", ""},
		right{"MapStruct", annotated("org.mapstruct.Mapper", "ShopMapper"), undefinedvariable, "consume(ShopMapperImpl.LIMIT, 3)", ""},
		right{"Immutables", annotated("org.immutables.value.Value", "Shop"), undefinedvariable, "consume(ImmutableShop.LIMIT, 3)", ""},
		right{"QueryDSL", annotated("com.querydsl.core.annotations.QueryEntity", "Shop"), undefinedvariable, "consume(QShop.LIMIT, 3)", ""},
		right{"constructed", annotated("com.google.auto.value.AutoValue", "Shop"), method, "new AutoValue_Shop(o, 3)", ""},
		right{"too large, same folder", base.with("src/main/java/a/Big.java", big("//", "package a;\nclass Helper { static int LIMIT; }\n")), undefinedvariable, use, ""},
		right{"too large, tests' folder", tree{"src/test/java/a/A.java": pick, "src/main/java/a/Big.java": big("//", "package a;\nclass Helper { static int LIMIT; }\n")}, undefinedvariable, use, ""},
		right{"import from a package with Kotlin", imports.with("src/main/kotlin/a/Helper.kt", "package a\n"), importing, "import a.Helper;", ""},
		right{"import of a processed class", imports.with("src/main/java/a/Shop.java", "package a;\n\nimport com.google.auto.value.AutoValue;\n\n@AutoValue\npublic abstract class Shop {}\n"), importing, "import a.AutoValue_Shop;", ""},
		right{"import from a package with a file that is too large", imports.with("src/main/java/a/Big.java", big("//", "package a;\n")), importing, "import a.Helper;", ""},
		right{"wrong: nothing declares it", base, undefinedvariable, use, certified},
		right{"wrong: Kotlin of another package", base.with("src/main/kotlin/b/Other.kt", "package b\n"), undefinedvariable, use, certified},
		right{"wrong: a value is no type", base.with("src/main/java/a/Helper.kt", "package a\n"), undefinedvariable, "consume(helper, 3)", certified},
		right{"wrong: too large, other package", base.with("src/main/java/b/Big.java", big("//", "package b;\n")), undefinedvariable, use, certified},
		right{"wrong: nothing to import", imports, importing, "import a.Helper;", certified},
	))
}

// TestRightCSharp: names that usings of other files and of projects bring.
func TestRightCSharp(t *testing.T) {
	base := tree{"A.cs": "namespace App;\n\npublic class Form1\n{\n    int SingleOne(object a, int b) => b;\n\n    public int Pick(int m)\n    {\n        return «SingleOne(m, 3)»;\n    }\n}\n"}
	helpers := base.with("H.cs", "namespace App.Tools;\n\npublic static class Helpers\n{\n    public static int Twice(int a, int b) => b;\n    public const int Limit = 3;\n}\n")
	project := func(using string) tree {
		return helpers.with("A.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\"><ItemGroup>"+using+"</ItemGroup></Project>")
	}
	holds(t, []right{
		{"global using static, method", helpers.with("U.cs", "global using static App.Tools.Helpers;\n"), method, "Twice(m, 3)", existing},
		{"global using static, constant", helpers.with("U.cs", "global using static App.Tools.Helpers;\n"), undefinedvariable, "SingleOne(Limit, 3)", existing},
		{"global using static of the library", helpers.with("U.cs", "global using static System.Math;\n"), undefinedvariable, "SingleOne(PI, 3)", abstained},
		{"the project's static using", project("<Using Include=\"System.Math\" Static=\"true\" />"), undefinedvariable, "SingleOne(PI, 3)", abstained},
		{"the project's using of a class of the archive", project("<Using Include=\"App.Tools.Helpers\" Static=\"True\" />"), method, "Twice(m, 3)", existing},
		{"the project's alias", project("<Using Include=\"App.Tools.Helpers\" Alias=\"H\" />"), undefinedvariable, "SingleOne(H.Limit, 3)", existing},
		{"properties of the folder", helpers.with("Directory.Build.props", "<Project><ItemGroup><Using Include=\"System.Math\" Static=\"true\" /></ItemGroup></Project>"), undefinedvariable, "SingleOne(PI, 3)", abstained},
		{"a type of a file that is too large", base.with("Big.cs", big("//", "namespace App;\nclass Helper { public static int Limit; }\n")), undefinedvariable, "SingleOne(Helper.Limit, 3)", ""},
		{"a part of a file that is too large", base.with("A.cs", strings.Replace(base["A.cs"], "public class", "public partial class", 1), "Big.cs", big("//", "namespace App;\npartial class Form1 { int Twice(int a, int b) => b; }\n")), method, "Twice(m, 3)", ""},
		{"resources", base.with("Strings.resx", "<root/>"), undefinedvariable, "SingleOne(Strings.Limit, 3)", ""},
		{"wrong: no using", helpers, method, "Twice(m, 3)", certified},
		{"wrong: a using of types", helpers.with("U.cs", "global using App.Tools;\n"), method, "Twice(m, 3)", certified},
	})
}

// TestRightScripts: imports of folders, and names that pages, linters and bundlers
// supply.
func TestRightScripts(t *testing.T) {
	one, two := "export function one(a: number) {\n  return a;\n}\n", "export function two(a: number) {\n  return a;\n}\n"
	imports := tree{"a.ts": "import { one } from './b';\n", "b/index.ts": one}
	imports["a.ts"] = "«import { one } from './b';»\n\nexport function pick(n: number) {\n  return one(n);\n}\n"
	useTwo := "import { two } from './b';"
	call := tree{"lib/a.js": "export function f(x) { return «g(x)» }\nfunction g(x) { return x }\n"}
	typed := tree{"src/a.ts": "export function f(x: number) { return «g(x)» }\nfunction g(x: number, y: void) { return x }\nclass E<T> { fire(n: number, x: T): void {} }\n"}
	var all []right
	for name, text := range map[string]string{
		"window":                 "window.helper = function (x) {}\nexport {}\n",
		"globalThis":             "globalThis.helper = (x) => x\nexport {}\n",
		"globalThis computed":    "globalThis['helper'] = (x) => x\nexport {}\n",
		"global in a loop":       "for (const k of ['helper']) global[k] = (x) => x\nexport {}\n",
		"self":                   "self.helper = (x) => x\nexport {}\n",
		"assigned to the window": "Object.assign(window, { helper(x) {} })\nexport {}\n",
		"defined on the window":  "Object.defineProperty(window, 'helper', { value: 1 })\nexport {}\n",
		"a bundler's plug-in":    "module.exports = { plugins: [new webpack.ProvidePlugin({ helper: 'helper' })] }\n",
		"a bundler's define":     "export default { define: { helper: '1' } }\n",
		"a runner's globals":     "module.exports = { globals: { helper: 1 } }\n",
	} {
		all = append(all, right{name, call.with("lib/setup.js", text), method, "helper(x)", ""})
	}
	holds(t, append(all,
		right{"a folder with a package.json", imports.with("b/other.ts", one+two, "b/package.json", `{"main": "./other.js", "types": "./other.d.ts"}`), importing, useTwo, ""},
		right{"a folder with another index", imports.with("b/index.vue", "<template/>"), importing, useTwo, ""},
		right{"a file that is too large", imports.with("b/index.ts", big("//", one+two)), importing, useTwo, ""},
		right{"another root", imports.with("tsconfig.json", `{"compilerOptions": {"rootDirs": ["src", "gen"]}}`, "gen/c.ts", two), importing, "import { two } from './c';", ""},
		right{"a linter's comment", tree{"lib/a.js": "/* global helper, other:writable */\n" + call["lib/a.js"]}, method, "helper(x)", existing},
		right{"a linter's settings", call.with(".eslintrc.json", `{"globals": {"helper": "readonly"}}`), method, "helper(x)", existing},
		right{"of the global object", call, method, "toString(x)", existing},
		right{"an ambient declaration", typed.with("src/env.d.ts", "declare function helper(x: number): void\n"), method, "helper(x)", existing},
		right{"an ambient file that is too large", typed.with("src/env.d.ts", big("//", "declare function helper(x: number): void\n")), method, "helper(x)", ""},
		right{"a void parameter", tree{"src/a.ts": strings.Replace(typed["src/a.ts"], "«g(x)»", "«g(x, undefined)»", 1)}, parameter, "g(x)", ""},
		right{"void for a type parameter", tree{"src/a.ts": strings.Replace(typed["src/a.ts"], "«g(x)»", "«new E<void>().fire(x, undefined)»", 1)}, parameter, "new E<void>().fire(x)", ""},
		right{"members copied into a class", tree{"src/a.ts": "export class Store {\n  get() { return 1 }\n  run() { return «this.get()» }\n}\n", "src/b.ts": "import { Store } from './a'\nObject.assign(Store.prototype, { extra() {} })\n"}, method, "this.extra()", ""},
		right{"wrong: nothing supplies it", call, method, "helper(x)", certified},
		right{"wrong: another name is global", call.with("lib/setup.js", "window.other = 1\nexport {}\n"), method, "helper(x)", certified},
		right{"wrong: not in the folder's index", imports, importing, useTwo, certified},
		right{"wrong: too few arguments", tree{"src/a.ts": "export function f(x: number) { return «g(x, 1)» }\nfunction g(x: number, y: number) { return x }\n"}, parameter, "g(x)", certified},
	))
}
