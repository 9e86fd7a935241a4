package verify

import (
	"testing"

	"decoy/schemas"
)

// TestRightOutside: names that come from outside of a file in ways that were certified
// once: by another name of the module or class, by a finder, an export that is not
// written as one, a macro in small letters.
func TestRightOutside(t *testing.T) {
	py := tree{"use.py": "«from pkg import helper_two»\n", "pkg/tools.py": "def helper_one(a):\n    return a\n\n\ndef helper_two(a):\n    return a\n"}
	pre := "from .tools import helper_two\n"
	one := "from pkg import helper_one"
	var all []right
	add := func(name string, r tree, typ schemas.Type, text string, status schemas.Status) {
		all = append(all, right{name, r, typ, text, status})
	}
	for name, init := range map[string]string{
		"sys.modules.get":     "import sys\nmod = sys.modules.get(__name__)\nfor n in 'ab':\n    setattr(mod, n, 1)\n",
		"import of itself":    "import importlib\nme = importlib.import_module(__name__)\nfor n in 'ab':\n    setattr(me, n, 1)\n",
		"sys.modules.update":  "import sys\nsys.modules.update({__name__: object()})\n",
		"f_globals":           "import sys\nsys._getframe().f_globals['helper_one'] = 1\n",
		"global enum":         "import enum\n@enum.global_enum\nclass K(enum.Enum):\n    helper_one = 1\n",
		"global in a class":   "class A:\n    global helper_one\n    helper_one = 1\n",
		"deferred import":     "import zope.deferredimport\nzope.deferredimport.define(helper_one='pkg.tools:helper_one')\n",
		"submodule by name":   "import types, sys\nsys.modules['pkg.helper_one'] = types.ModuleType('x')\n",
		"builtins.globals":    "import builtins\nbuiltins.globals()['helper_one'] = 1\n",
		"a finder of the own": "import sys\nsys.meta_path.append(Finder())\n",
	} {
		add(name, py.with("pkg/__init__.py", pre+init), importing, one, "")
	}
	plain := py.with("pkg/__init__.py", pre)
	for name, patch := range map[string]string{
		"alias in a loop":    "import pkg as p\nfor n in ('helper_one',):\n    setattr(p, n, len)\n",
		"alias, one name":    "import pkg as p\np.helper_one = 1\n",
		"vars":               "import pkg\nvars(pkg)['helper_one'] = len\n",
		"__dict__ update":    "import pkg\npkg.__dict__.update(helper_one=len)\n",
		"sys.modules by key": "import sys\nsys.modules['pkg'].helper_one = len\n",
		"import_module":      "import importlib\nm = importlib.import_module('pkg')\nfor n in 'ab':\n    setattr(m, n, len)\n",
		"through a function": "import pkg\ndef install(mod):\n    for n in ('helper_one',):\n        setattr(mod, n, len)\ninstall(pkg)\n",
		"exec in it":         "import pkg\nexec('helper_one = 1', vars(pkg))\n",
	} {
		add("set from outside: "+name, plain.with("patch.py", patch), importing, one, "")
	}
	add("the package of a module", plain.with("pkg/patch.py", "import sys\nparent = sys.modules[__package__]\nfor n in 'ab':\n    setattr(parent, n, 1)\n"), importing, one, "")
	add("an extension module", plain.with("setup.py", "from setuptools import setup, Extension\nsetup(ext_modules=[Extension('pkg.helper_one', ['x.c'])])\n"), importing, one, "")
	add("vendored six.moves", py.with("pkg/__init__.py", "", "pkg/six.py", "import sys\nsys.meta_path.append(_importer)\n"), importing, "from pkg.six.moves import queue", "")
	add("a path that grows", py.with("pkg/__init__.py", pre+"__path__.append('/x')\n"), importing, "from pkg.virtual import x", "")
	add("wrong: a finder outside", plain.with("tools/hook.py", "import sys\nsys.meta_path.append(Finder())\n"), importing, one, certified)
	add("wrong: another module by alias", plain.with("patch.py", "import other as p\np.helper_one = 1\n"), importing, one, certified)
	class := tree{"a.py": "class B: pass\nclass A:\n    def f(self):\n        return «self.one()»\n    def one(self): pass\n"}
	for name, patch := range map[string]string{
		"alias":                "from a import A as C\nC.two = len\n",
		"a loop of classes":    "from a import A, B\nfor c in (A, B):\n    c.two = len\n",
		"a function":           "from a import A\ndef add(cls):\n    cls.two = len\nadd(A)\n",
		"a decorator":          "from a import A\n@patch(A)\ndef two(self): pass\n",
		"type.__setattr__":     "from a import A\ntype.__setattr__(A, 'two', 1)\n",
		"an object of it":      "from a import A\na = A()\na.two = len\n",
		"an object of no type": "def wire(obj):\n    obj.two = len\n",
	} {
		add("member by "+name, class.with("b.py", patch), method, "self.two()", "")
	}
	add("wrong: another member of an object", class.with("b.py", "def wire(obj):\n    obj.three = len\n"), method, "self.two()", certified)
	call := tree{"a.py": "def f(x):\n    return «str(x)»\n"}
	add("builtins by another name", call.with("b.py", "import builtins as b\nb.two = 1\n"), method, "two(x)", "")
	add("builtins as a dictionary", call.with("b.py", "import builtins\nvars(builtins)['two'] = 1\n"), method, "two(x)", "")
	add("names of gettext", call.with("b.py", "import gettext\ngettext.translation('x').install(names=['ngettext'])\n"), method, "ngettext(x)", "")

	use := "int single_one(int a, int b) { return b; }\n\nint pick(int m) {\n  return «single_one(m, 5)»;\n}\n"
	for name, h := range map[string]string{
		"small letters": "#define mk(n) int n(int a, int b);\nmk(single_two)\n", "two letters": "#define FN(n) int n(int a, int b);\nFN(single_two)\n",
		"over lines": "#define MK(n, m) int n(int a, int b);\nMK(\n  single_two,\n  f(1))\n", "brackets": "#define MK(n, m) int m(int a, int b);\nMK(f(1), single_two)\n",
		"pasted in a name": "#define CAT(a, b) a##b\nint CAT(single_, two)(int x, int y) { return y; }\n", "module": "import foo;\n", "next header": "#include_next <stdio.h>\n",
	} {
		add("C++ "+name, tree{"a.cpp": "#include \"own.h\"\n" + use, "own.h": "#pragma once\n" + h}, method, "single_two(m, 5)", "")
	}
	add("C++ header in a class", tree{"a.cpp": "struct Box {\n#include \"box.inl\"\n  int first(int a);\n};\nint go(Box& box, int n) { return «box.first(n)»; }\n", "box.inl": "int last(int a);\n"}, method, "box.last(n)", "")
	add("wrong: C++ a call in a function", tree{"a.cpp": "#include <vector>\nvoid q() {\n  log(single_two);\n}\n" + use}, method, "single_three(m, 5)", certified)

	js := tree{"a.js": "«const { one } = require('./b')»\n", "b.js": "exports.one = 1\n"}
	for name, b := range map[string]string{"copied": "Object.assign(exports, require('./c'))\n", "of another": "module.exports = require('ext')\n", "star": "__exportStar(require('./c'), exports)\n", "loop": "for (const k in q) exports[k] = q[k]\n"} {
		add("exports "+name, js.with("b.js", "exports.one = 1\n"+b), importing, "const { two } = require('./b')", abstained)
	}
	host := tree{"lib/a.js": "export function f(x) { return «g(x)» }\nfunction g(x) { return x }\n"}
	for name, b := range map[string]string{"alias": "var w = window; w.helper = 1", "wrapper": "(function (root) { root.helper = 1 })(window)", "stub": "vi.stubGlobal('helper', 1)", "properties": "Object.defineProperties(window, { helper: { value: 1 } })"} {
		add("global by "+name, host.with("lib/setup.js", b+"\nexport {}\n"), method, "helper(x)", existing)
	}
	ts := tree{"a.ts": "«import { one } from './b';»\n", "b.ts": "export const one = 1;\n"}
	add("an ambient module", ts.with("t.d.ts", "declare module '*.foo' { const x: string; export default x }\n"), importing, "import x from './c.foo';", "")
	add("wrong: another ambient module", ts.with("t.d.ts", "declare module '*.foo' { const x: string; export default x }\n"), importing, "import x from './c.bar';", certified)
	add("a part that another file includes", tree{"a.cpp": use, "all.cpp": "#include <ext.h>\n#include \"a.cpp\"\n"}, method, "single_two(m, 5)", unseen)
	add("a template of a class", tree{"A.java": "package a;\n\nclass A {\n    Object one(Object a) { return a; }\n    Object pick(Object o) { return «one(o)»; }\n}\n", "src/templates/Helper.java.ftl": "x"}, undefinedvariable, "one(Helper.LIMIT)", "")
	add("Go experiment", tree{"go.mod": "module e.com/s\n", "a.go": "package s\n\nimport (\n\t«\"strings\"»\n)\n"}, importing, "\"encoding/json/v2\"", "")
	add("C# metadata as elements", tree{"A.cs": "namespace App;\n\nclass A\n{\n    int One(int a) => a;\n    int Pick(int m) { return «One(m)»; }\n}\n", "H.cs": "namespace T;\n\nstatic class H { public static int Two(int a) => a; }\n", "D.targets": "<Project><Using Include=\"T.H\"><Static>true</Static></Using></Project>"}, method, "Two(m)", "")
	goMember := tree{"go.mod": "module e.com/s\n", "a.go": "package s\n\n// +kubebuilder:object:root=true\ntype K int\n\nfunc (k K) Valid() {}\n\nfunc f(k K) {\n\t«k.Valid()»\n}\n"}
	add("Go marker", goMember, method, "k.DeepCopy()", "")
	add("wrong: Go marker makes copies", goMember, method, "k.Name()", certified)
	add("Go source beside, member", goMember.with("k.proto", "x"), method, "k.Name()", "")
	holds(t, all)
}
