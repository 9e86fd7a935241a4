package verify

import (
	"testing"

	"decoy/schemas"
)

// TestRightBuilds: names that builds, their settings and other languages give, and ways
// of binding that were certified once. Each stands beside what it does not reach.
func TestRightBuilds(t *testing.T) {
	var all []right
	add := func(name string, r tree, typ schemas.Type, text string) {
		all = append(all, right{name, r, typ, text, ""})
	}
	wrong := func(name string, r tree, typ schemas.Type, text string) {
		all = append(all, right{"wrong: " + name, r, typ, text, certified})
	}

	one := "from pkg import helper_one"
	py := tree{"use.py": "«from pkg import helper_two»\n", "pkg/__init__.py": "from .tools import helper_two\n",
		"pkg/tools.py": "def helper_two(a):\n    return a\n"}
	for name, files := range map[string][]string{
		"maturin":        {"pyproject.toml", "[tool.maturin]\nmodule-name = \"pkg.helper_one\"\n"},
		"a Rust library": {"Cargo.toml", "[lib]\nname = \"helper_one\"\ncrate-type = [\"cdylib\"]\n"},
		"pyo3":           {"src/lib.rs", "#[pymodule]\nfn helper_one(m: &M) {}\n"},
		"pybind11":       {"src/x.cpp", "PYBIND11_MODULE(helper_one, m) {}\n"},
		"the C API":      {"src/x.cpp", "PyMODINIT_FUNC PyInit_helper_one(void) { return 0; }\n"},
		"setuptools_scm": {"pyproject.toml", "[tool.setuptools_scm]\nwrite_to = \"src/pkg/helper_one.py\"\n"},
		"package_dir":    {"setup.py", "from setuptools import setup\nsetup(package_dir={'pkg': 'lib'})\n"},
		"monkeypatch": {"test_a.py", "def test(monkeypatch):\n" +
			"    monkeypatch.setattr('pkg.helper_one', 1, raising=False)\n"},
		"a decorator": {"pkg/__init__.py", "from .tools import helper_two\n@export('helper_one')\ndef _impl():\n" +
			"    pass\n"},
		"a match's rest": {"pkg/__init__.py", "from .tools import helper_two\nmatch [1]:\n" +
			"    case [1, *helper_one]:\n        pass\n"},
	} {
		add("Python by "+name, py.with(files...), importing, one)
		if name != "package_dir" {
			wrong("Python by "+name, py.with(files...), importing, "from pkg import helper_three")
		}
	}
	wrong("package_dir of the place where it is", py.with("setup.py", "from setuptools import setup\n"+
		"setup(package_dir={'': 'src', 'pkg': 'src/pkg'})\n"), importing, one)
	class := tree{"a.py": "class A:\n    def f(self):\n        return «self.one()»\n    def one(self): pass\n"}
	add("Python object of a function", class.with("b.py", "from c import make\na = make()\na.two = len\n"), method,
		"self.two()")
	add("Python object and parameter of one name", class.with("b.py", "from c import B\na = B()\n"+
		"def wire(a):\n    a.two = len\n"), method, "self.two()")
	wrong("Python object of another class", class.with("b.py", "from c import B\na = B()\na.two = len\n"), method,
		"self.two()")

	toml := "[package]\nname = \"m\"\nversion = \"0.1.0\"\n"
	rs := func(b string) tree {
		return tree{"Cargo.toml": toml, "src/lib.rs": "«use crate::b::single_one;»\n\npub mod b;\n", "src/b.rs": b +
			"\npub fn single_one() {}\n"}
	}
	for name, b := range map[string]string{
		"raw name":         "pub fn r#single_two() {}",
		"name in a helper": "#[derive(Builder)]\n#[builder(name = \"single_two\")]\npub struct Kind { a: u32 }",
		"name in a list": "#[derive(EnumDiscriminants)]\n#[strum_discriminants(name(single_two))]\n" +
			"pub enum Kind { A }",
	} {
		add("Rust "+name, rs(b), importing, "use crate::b::single_two;")
		wrong("Rust "+name, rs(b), importing, "use crate::b::other_three;")
	}
	add("Rust glob of an enum in a function", tree{"Cargo.toml": toml, "src/lib.rs": "enum K { limit }\n" +
		"fn one(a: u32) -> u32 { a }\npub fn pick(m: u32) -> u32 {\n    use K::*;\n    «one(m)»\n}\n"},
		undefinedvariable, "one(limit)")

	cpp := tree{"a.cpp": "#include <vector>\nint one(int a) { return a; }\nint pick(int m) {\n  return «one(m)»;\n}\n"}
	for name, files := range map[string][]string{
		"CMake":      {"CMakeLists.txt", "target_precompile_headers(x PRIVATE\n  <vector>\n  \"pch.h\")\n"},
		"Meson":      {"meson.build", "executable('x', 'a.cpp', cpp_pch : 'pch.h')\n"},
		"a flag":     {"x.pro", "QMAKE_CXXFLAGS += -include pch.h\nPRECOMPILED_HEADER = pch.h\n"},
		"Visual C++": {"x.vcxproj", "<ForcedIncludeFiles>pch.h</ForcedIncludeFiles>"},
	} {
		add("C++ header that is precompiled: "+name, cpp.with(files...), method, "tally(m)")
		wrong("C++ header that is read: "+name, cpp.with(files...).with("pch.h", "#pragma once\n"), method, "tally(m)")
	}
	add("C++ alias", cpp.with("a.cpp", "#include \"b.h\"\n"+cpp["a.cpp"], "b.h",
		"extern __typeof(one) tally __attribute__((alias(\"one\")));\n"), method, "tally(m)")

	java := tree{"src/main/java/a/A.java": "package a;\n\nclass A {\n    Object one(Object a) { return a; }\n" +
		"    Object pick(Object o) { return «one(o)»; }\n}\n"}
	for _, p := range []string{"src/main/resources/openapi.yaml", "api/petstore-swagger.json",
		"src/main/java-templates/a/Helper.java", "src/main/jte/a.jte"} {
		add("Java made of "+p, java.with(p, "x"), undefinedvariable, "one(Helper.LIMIT)")
	}
	wrong("Java beside a chart", java.with("chart/values.yaml", "x"), undefinedvariable, "one(Helper.LIMIT)")

	kind := tree{"go.mod": "module e.com/s\n", "a.go": "package s\n\ntype K int\n\nfunc (k K) Valid() {}\n\n" +
		"func f(k K) {\n\t«k.Valid()»\n}\n"}
	add("Go stringer of a Makefile", kind.with("Makefile",
		"gen:\n\tgo run golang.org/x/tools/cmd/stringer -type=L,K\n"), method, "k.String()")
	wrong("Go stringer of another type", kind.with("Makefile", "gen:\n\tstringer -type=L\n"), method, "k.String()")

	store := tree{"src/a.js": "export default class Store {\n  get() { return 1 }\n  run() { return «this.get()» }\n" +
		"}\n"}
	add("prototype by the name of an import", store.with("src/b.js", "import S from './a'\n"+
		"Object.assign(S.prototype, mix)\n"), method, "this.extra()")
	wrong("prototype of another module", store.with("src/b.js", "import S from './c'\n"+
		"Object.assign(S.prototype, mix)\n"), method, "this.extra()")
	host := tree{"lib/a.js": "export function f(x) { return «g(x)» }\nfunction g(x) { return x }\n"}
	for name, files := range map[string][]string{
		"a comment of exports": {"lib/b.js", "/* exported helper */\nvar helper = 1\n"},
		"a page": {"index.html", "<script src=\"x.js\"></script>\n<script>\nfunction helper() {}\n" +
			"</script>"},
		"standard": {"package.json", "{\"standard\": {\"global\": [\"helper\"]}}"},
		"Nuxt":     {"nuxt.config.ts", "export default defineNuxtConfig({})\n"},
		"a member of Window": {"types/g.d.ts", "export {}\n" +
			"declare global { interface Window { helper(x: number): void } }\n"},
		"no check": {"lib/a.js", "// @ts-nocheck\n" + host["lib/a.js"]},
	} {
		add("script global by "+name, host.with(files...), method, "helper(x)")
	}
	for name, files := range map[string][]string{
		"a page's module": {"index.html", "<script type=\"module\">\nfunction helper() {}\n</script>"},
		"a page's text":   {"index.html", "<p>function helper() {}</p>"},
		"another member": {"types/g.d.ts", "export {}\n" +
			"declare global { interface Window { other(x: number): void } }\n"},
	} {
		wrong("script global by "+name, host.with(files...), method, "helper(x)")
	}
	ts := tree{"a.ts": "«import { one } from './b';»\n", "b.ts": "export const one = 1;\n"}
	add("a native addon", ts, importing, "import { one } from './index.node';")
	wrong("another extension", ts, importing, "import { one } from './index.txt';")
	holds(t, all)
}

// TestRightElsewhere: ways of binding that are met less often, each once.
func TestRightElsewhere(t *testing.T) {
	toml := "[package]\nname = \"m\"\nversion = \"0.1.0\"\n"
	py := tree{"use.py": "«from pkg import helper_two»\n", "pkg/tools.py": "def helper_one(a):\n    return a\n\n\ndef helper_two(a):\n    return a\n"}
	pyi := func(n, init string) right {
		return right{n, py.with("pkg/__init__.py", init), importing, "from pkg import helper_one", ""}
	}
	holds(t, []right{
		pyi("tuple target", "from .tools import helper_two\nglobals()['helper_one'], y = 1, 2\n"),
		pyi("annotated", "from .tools import helper_two\nn = 'helper_one'\nglobals()[n]: int = 1\n"),
		pyi("for target", "from .tools import helper_two\nfor globals()['helper_one'] in [1]: pass\n"),
		pyi("module set by name", "import sys\nfrom .tools import helper_two\nsys.modules['pkg'] = object()\n"),
		pyi("exec_", "import six\nfrom .tools import helper_two\nsix.exec_('helper_one = 1')\n"),
		pyi("this module", "import sys\nfrom .tools import helper_two\nthis = sys.modules[__name__]\nfor n in ['helper_one']:\n    setattr(this, n, 1)\n"),
		pyi("import_module getattr", "import importlib\nfrom .tools import helper_two\ndef __getattr__(n): return 1\n"),
		pyi("try star", "try:\n    from .fast import *\nexcept ImportError:\n    from .tools import helper_two\n"),
		pyi("if version", "import sys\nif sys.version_info > (3,):\n    from .tools import helper_two, helper_one\n"),
		pyi("with as", "from .tools import helper_two\nwith open('x') as helper_one:\n    pass\n"),
		pyi("except as", "from .tools import helper_two\ntry:\n    pass\nexcept Exception as helper_one:\n    pass\n"),
		pyi("walrus", "from .tools import helper_two\nif (helper_one := 3): pass\n"),
		pyi("for var", "from .tools import helper_two\nfor helper_one in []: pass\n"),
		pyi("match", "from .tools import helper_two\nmatch 1:\n    case helper_one: pass\n"),
		pyi("type alias", "from .tools import helper_two\ntype helper_one = int\n"),
		pyi("import as", "from .tools import helper_two\nimport json as helper_one\n"),
		pyi("del and nested tuple", "from .tools import helper_two\n(a, (helper_one, b)) = 1, (2, 3)\n"),
		pyi("starred", "from .tools import helper_two\n*helper_one, b = [1]\n"),
		pyi("annotation only", "from .tools import helper_two\nhelper_one: int\n"),
		pyi("py2 print", "from .tools import helper_two\nprint 'x'\nhelper_one = 3\n"),
		pyi("async def", "from .tools import helper_two\nasync def helper_one(): pass\n"),
		pyi("cython pxd", "from .tools import helper_two\ncdef int helper_one = 3\n"),
		{"ts augment", tree{"a.ts": "«import { one } from './b';»\n", "b.ts": "export function one() {}\n", "c.ts": "import './b';\ndeclare module './b' {\n  export function two(): void;\n}\n"}, importing, "import { two } from './b';", ""},
		{"ts export as", tree{"a.ts": "«import { one } from './b';»\n", "b.ts": "export function one() {}\nfunction x() {}\nexport { x as two };\n"}, importing, "import { two } from './b';", ""},
		{"ts export star as", tree{"a.ts": "«import { one } from './b';»\n", "b.ts": "export function one() {}\nexport * as two from './c';\n", "c.ts": ""}, importing, "import { two } from './b';", ""},
		{"ts export destructured", tree{"a.ts": "«import { one } from './b';»\n", "b.ts": "export function one() {}\nexport const { two, three: four } = one();\n"}, importing, "import { two } from './b';", ""},
		{"ts export equals", tree{"a.ts": "«import { one } from './b';»\n", "b.ts": "function one() {}\nnamespace one { export const x = 1 }\nconst all = { one, two() {} };\nexport = all;\n"}, importing, "import { two } from './b';", ""},
		{"ts import equals", tree{"a.ts": "«import { one } from './b';»\n", "b.ts": "export function one() {}\nexport import two = N.x;\nnamespace N { export const x = 1 }\n"}, importing, "import { two } from './b';", ""},
		{"js folder package.json", tree{"a.js": "«const { one } = require('./b');»\n", "b/index.js": "exports.one = 1\n", "b/other.js": "exports.two = 2\n", "b/package.json": "{}"}, importing, "const { two } = require('./b');", ""},
		{"mjs folder package.json", tree{"a.mjs": "«import { one } from './b';»\n", "b/index.mjs": "export const one = 1\n", "b/package.json": "{}"}, importing, "import { two } from './b';", ""},
		{"ts js+dts", tree{"a.ts": "«import { one } from './b';»\n", "b.js": "exports.one = 1; exports.two = 2\n", "b.d.ts": "export const one: number;\n"}, importing, "import { two } from './b';", ""},
		{"ts generated", tree{"a.ts": "«import { one } from './b';»\n", "b.ts": "export function one() {}\n", "schema.graphql": ""}, importing, "import { two } from './generated/graphql';", ""},
		{"ts union void", tree{"a.ts": "function g(a: number, b: void | string) { return a }\nexport function f(x: number) { return «g(x, '')» }\n"}, parameter, "g(x)", ""},
		{"ts var global", tree{"lib/a.js": "export function f(x) { return «g(x)» }\nfunction g(x) { return x }\n", "lib/s.js": "(function () { var root = this; root.helper = 1 })()\nexport {}\n"}, method, "helper(x)", ""},
		{"ts declare var", tree{"lib/a.ts": "export function f(x) { return «g(x)» }\nfunction g(x) { return x }\ndeclare var helper: any\n"}, method, "helper(x)", ""},
		{"ts reference lib", tree{"lib/a.ts": "export function f(x) { return «g(x)» }\nfunction g(x) { return x }\n", "types/index.d.ts": "declare global { function helper(x: number): void }\nexport {}\n"}, method, "helper(x)", ""},
		{"cpp friend", tree{"a.cpp": "#include <vector>\nstruct Box { friend int tally(Box const& b) { return 1; } int x; };\nint first(Box const& b) { return 2; }\nint go(Box& box) { return «first(box)»; }\n"}, method, "tally(box)", ""},
		{"cpp include macro", tree{"a.cpp": "#include <vector>\n#define LIST \"list.def\"\n#include LIST\nint first(int b) { return 2; }\nint go(int b) { return «first(b)»; }\n", "list.def": "int tally(int);"}, method, "tally(b)", ""},
		{"cpp enum class using", tree{"a.cpp": "#include <vector>\nenum class K { Red };\nusing enum K;\nint first(K b) { return 2; }\nint go(K b) { return «first(b)»; }\n"}, undefinedvariable, "first(Red)", ""},
		{"cpp structured binding", tree{"a.cpp": "#include <vector>\nint first(int b) { return 2; }\nint go(int b) { auto [p, q] = two(b); return «first(b)»; }\n"}, undefinedvariable, "first(q)", ""},
		{"cpp anonymous union", tree{"a.cpp": "#include <vector>\nint first(int b) { return 2; }\nint go(int b) { union { int p; float q; }; return «first(b)»; }\n"}, undefinedvariable, "first(p)", ""},
		{"cpp lambda capture init", tree{"a.cpp": "#include <vector>\nint first(int b) { return 2; }\nint go(int b) { return [z = b]() { return «first(b)»; }(); }\n"}, undefinedvariable, "first(z)", ""},
		{"cpp qt signal", tree{"a.h": "class W {\n public:\n  int first(int b);\nsignals:\n  int changed(int b);\n};\n", "a.cpp": "#include \"a.h\"\nint go(W& w, int b) { return «w.first(b)»; }\n"}, method, "w.changed(b)", ""},
		{"java kotlin super", tree{"src/main/java/a/A.java": "package a;\n\nclass A extends Base {\n    int get(int n) { return n; }\n    int run(int n) { return «this.get(n)»; }\n}\n", "src/main/kotlin/a/Base.kt": "package a\nopen class Base { fun more(n: Int) = n }\n"}, method, "this.more(n)", ""},
		{"android R", tree{"src/main/java/a/A.java": "package a;\n\nclass A {\n    int get(int n) { return n; }\n    int run(int n) { return «get(n)»; }\n}\n"}, undefinedvariable, "get(R.id)", ""},
		{"rust include declares mod", tree{"Cargo.toml": toml, "src/lib.rs": "«use crate::b::one;»\npub mod b;\ninclude!(\"x.rs\");\n", "src/b.rs": "pub fn one() {}\n", "src/x.rs": "pub mod c { pub fn two() {} }\n"}, importing, "use crate::c::two;", ""},
		{"rust inline mod include", tree{"Cargo.toml": toml, "src/lib.rs": "«use crate::b::one;»\npub mod b;\npub mod proto { tonic::include_proto!(\"x\"); }\n", "src/b.rs": "pub fn one() {}\n"}, importing, "use crate::proto::Two;", ""},
		{"rust local macro in fn", tree{"Cargo.toml": toml, "src/lib.rs": "macro_rules! mk { () => { fn two(a: u32) -> u32 { a } } }\nfn one(a: u32) -> u32 { a }\npub fn pick(m: u32) -> u32 {\n    mk!();\n    «one(m)»\n}\n"}, method, "two(m)", ""},
		{"rust extern block", tree{"Cargo.toml": toml, "src/lib.rs": "extern \"C\" { fn two(a: u32) -> u32; }\nfn one(a: u32) -> u32 { a }\npub fn pick(m: u32) -> u32 {\n    «one(m)»\n}\n"}, method, "two(m)", ""},
		{"rust macro_use crate", tree{"Cargo.toml": toml, "src/lib.rs": "#[macro_use]\nextern crate ext;\nmk!();\nfn one(a: u32) -> u32 { a }\npub fn pick(m: u32) -> u32 {\n    «one(m)»\n}\n"}, method, "two(m)", ""},
		{"rust cfg_if", tree{"Cargo.toml": toml, "src/lib.rs": "cfg_if::cfg_if! {\n    if #[cfg(unix)] {\n        fn two(a: u32) -> u32 { a }\n    } else {\n        fn two(a: u32) -> u32 { a }\n    }\n}\nfn one(a: u32) -> u32 { a }\npub fn pick(m: u32) -> u32 {\n    «one(m)»\n}\n"}, method, "two(m)", ""},
		{"rust cfg_if import", tree{"Cargo.toml": toml, "src/lib.rs": "«use crate::b::one;»\npub mod b;\n", "src/b.rs": "cfg_if::cfg_if! { if #[cfg(unix)] { mod unix; pub use unix::*; } }\npub fn one() {}\n"}, importing, "use crate::b::two;", ""},
		{"rust enum variants use", tree{"Cargo.toml": toml, "src/lib.rs": "«use crate::b::E;»\npub mod b;\n", "src/b.rs": "pub enum E { One, Two }\n"}, importing, "use crate::b::E::Two;", ""},
		{"go generated folder", tree{"go.mod": "module e.com/s\n", "tools/go.mod": "module e.com/s/tools\n", "pb/a.proto": "x", "a.go": "package s\n\nimport (\n\t«\"e.com/s/y\"»\n)\n", "y/y.go": "package y\n"}, importing, "\"e.com/s/pb\"", ""},
		{"go too large package", tree{"go.mod": "module e.com/s\n", "tools/go.mod": "module e.com/s/tools\n", "pb/a.go": big("//", "package pb\n"), "a.go": "package s\n\nimport (\n\t«\"e.com/s/y\"»\n)\n", "y/y.go": "package y\n"}, importing, "\"e.com/s/pb\"", ""},
		{"cs partial too large", tree{"A.cs": "namespace App;\n\npublic class B { public int Get(int n) => n; }\n\npublic class Form1\n{\n    public int Pick(B b, int m)\n    {\n        return «b.Get(m)»;\n    }\n}\n", "Big.cs": big("//", "namespace App;\nclass C {}\n")}, method, "b.Other(m)", unseen},
	})
}
