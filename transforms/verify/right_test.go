package verify

import (
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/fim"
)

// right is code that is right at its place: it may exist or be left undecided, and
// is never refused. Where the repository tells exactly, the status is wanted.
type right struct {
	name   string
	repo   tree
	typ    schemas.Type
	text   string
	status schemas.Status // "" for exists or abstain
}

// Names that begin with "wrong" are code in the same surroundings that is wrong, so that
// a rule that opens a world is seen to open no more than what it is about.
func holds(t *testing.T, all []right) {
	t.Helper()
	for _, w := range all {
		t.Run(w.name, func(t *testing.T) {
			got := w.repo.certify(t, w.typ, w.text)
			if w.status != "" && got.Status != w.status || w.status == "" && got.Status != existing && got.Status != abstained {
				t.Errorf("%q is %s by %s: %s", w.text, got.Status, got.Rule, got.Evidence)
			}
		})
	}
}

// with is a repository with more files.
func (t tree) with(files ...string) tree {
	out := tree{}
	for p, text := range t {
		out[p] = text
	}
	for i := 0; i < len(files); i += 2 {
		out[files[i]] = files[i+1]
	}
	return out
}

// TestRightPythonModules: names that an imported module binds by other means than a
// declaration.
func TestRightPythonModules(t *testing.T) {
	base := tree{"use.py": "«from pkg import helper_two»\n\n\ndef pick(rows):\n    return helper_two(rows)\n", "pkg/tools.py": "def helper_one(a):\n    return a\n\n\ndef helper_two(a):\n    return a\n"}
	var all []right
	for name, init := range map[string]string{
		"globals by name":        "from .tools import helper_two\nglobals()['helper_one'] = helper_two\n",
		"globals in a loop":      "from . import tools\nfor n in dir(tools):\n    globals()[n] = getattr(tools, n)\n",
		"globals update":         "from . import tools\nglobals().update(vars(tools))\n",
		"globals kept":           "from . import tools\ng = globals()\ng['helper_one'] = tools.helper_one\n",
		"globals passed":         "from demand import demandload\ndemandload(globals(), 'pkg.tools:helper_one')\n",
		"vars of the module":     "from . import tools\nvars()['helper_one'] = tools.helper_one\n",
		"locals of the module":   "from . import tools\nlocals()['helper_one'] = tools.helper_one\n",
		"exec":                   "from .tools import helper_two\nexec('from .tools import helper_one')\n",
		"exec into globals":      "from .tools import helper_two\ndef fill():\n    exec('helper_one = 1', globals())\nfill()\n",
		"sys.modules replaced":   "import sys\nfrom .tools import helper_two\nclass Lazy(type(sys)):\n    def __getattr__(self, n):\n        return n\nsys.modules[__name__] = Lazy(__name__)\n",
		"class of the module":    "import sys\nfrom .tools import helper_two\nsys.modules[__name__].__class__ = object\n",
		"setattr on the module":  "import sys\nfrom .tools import helper_two\nsetattr(sys.modules[__name__], 'helper_one', helper_two)\n",
		"global statement":       "from .tools import helper_two\ndef load():\n    global helper_one\n    from .tools import helper_one\n",
		"apipkg":                 "import apipkg\nfrom .tools import helper_two\napipkg.initpkg(__name__, {'helper_one': 'pkg.tools:helper_one'})\n",
		"declare_namespace":      "__import__('pkg_resources').declare_namespace(__name__)\nfrom .tools import helper_two\n",
		"extend_path":            "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\nfrom .tools import helper_two\n",
		"lazy_loader":            "import lazy_loader as lazy\n__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)\n",
		"module getattr":         "from .tools import helper_two\ndef __getattr__(name):\n    from . import tools\n    return getattr(tools, name)\n",
		"imported getattr":       "from .tools import helper_two\nfrom .lazy import __getattr__\n",
		"listed in __all__":      "from .tools import helper_two\n__all__ = ['helper_one', 'helper_two']\n",
		"star of another module": "from .tools import *\n",
		"star from elsewhere":    "from .tools import helper_two\nfrom elsewhere import *\n",
		"text that is no syntax": "from .tools import helper_two\nhelper_one = ) lambda (\n",
	} {
		all = append(all, right{name, base.with("pkg/__init__.py", init), importing, "from pkg import helper_one", ""})
	}
	plain := base.with("pkg/__init__.py", "import logging\nfrom .tools import helper_two\nlog = logging.getLogger(__name__)\nif 'x' in globals():\n    y = globals().get('x')\n")
	all = append(all,
		right{"set by another file", plain.with("patch.py", "import pkg\n\n\ndef helper_one(a):\n    return a\n\n\npkg.helper_one = helper_one\n"), importing, "from pkg import helper_one", existing},
		right{"a namespace package", base.with("src/pkg/tools.py", "x = 1\n"), importing, "from pkg import helper_one", ""},
		right{"an extension beside", plain.with("pkg/helper_one.pyx", "x"), importing, "from pkg import helper_one", ""},
		right{"a module set in sys.modules", plain.with("pkg/compat.py", "import sys\nimport json\nsys.modules['pkg.helper_one'] = json\n"), importing, "from pkg.helper_one import x", ""},
		right{"an import that may fail", plain.with("use.py", "try:\n    «from pkg import helper_two»\nexcept ImportError:\n    helper_two = None\n"), importing, "from pkg.fast import helper_two", ""},
		// The same surroundings without such a construct.
		right{"wrong: nothing makes it", plain, importing, "from pkg import helper_one", certified},
		right{"wrong: another name is set", base.with("pkg/__init__.py", "from .tools import helper_two\nglobals()['other'] = helper_two\n"), importing, "from pkg import helper_one", certified},
		right{"wrong: another module is open", plain.with("other.py", "globals().update({})\nexec('x = 1')\n"), importing, "from pkg import helper_one", certified},
	)
	holds(t, all)
}

// TestRightPythonMembers: members and names that are put in from outside.
func TestRightPythonMembers(t *testing.T) {
	base := tree{"shop/__init__.py": "", "shop/store.py": "class Store:\n    def get(self):\n        return 1\n\n    def run(self):\n        return «self.get()»\n"}
	call := tree{"shop/__init__.py": "", "shop/store.py": "def f(x):\n    return «str(x)»\n"}
	holds(t, []right{
		{"assigned in another file", base.with("shop/patch.py", "from shop.store import Store\n\n\ndef extra(self):\n    return 2\n\n\nStore.extra = extra\n"), method, "self.extra()", existing},
		{"through the module", base.with("shop/patch.py", "from shop import store\n\nstore.Store.extra = len\n"), method, "self.extra()", existing},
		{"setattr in another file", base.with("shop/patch.py", "from shop.store import Store\n\nfor n in ('a', 'b'):\n    setattr(Store, n, len)\n"), method, "self.a()", abstained},
		{"setattr of one name", base.with("shop/patch.py", "from shop.store import Store\n\nsetattr(Store, 'extra', len)\n"), method, "self.extra()", existing},
		{"a subtype that is not read", base.with("shop/big.py", strings.Repeat("# a long line of text\n", 60000)), method, "self.extra()", abstained},
		{"builtins", call.with("shop/__init__.py", "import builtins\nbuiltins.trace = print\n"), method, "trace(x)", existing},
		{"builtins by setattr", call.with("shop/__init__.py", "import builtins\nsetattr(builtins, 'trace', print)\n"), method, "trace(x)", existing},
		{"builtins as a dictionary", call.with("shop/__init__.py", "__builtins__['trace'] = print\n"), method, "trace(x)", existing},
		{"wrong: another member is set", base.with("shop/patch.py", "from shop.store import Store\n\nStore.other = len\n"), method, "self.extra()", certified},
		{"wrong: another class is patched", base.with("shop/patch.py", "class Other:\n    pass\n\n\nfor n in 'ab':\n    setattr(Other, n, len)\n"), method, "self.extra()", certified},
		{"wrong: no builtin is set", call, method, "trace(x)", certified},
	})
}

// TestRightNewerLibraries: names that some version of a standard library has.
func TestRightNewerLibraries(t *testing.T) {
	var all []right
	for _, c := range [][3]string{ // module, golden, name
		{"heapq", "heappush", "heappush_max"}, {"random", "betavariate", "binomialvariate"}, {"math", "fmod", "fma"},
		{"pathlib", "PurePath", "UnsupportedOperation"}, {"ast", "literal_eval", "compare"}, {"base64", "b85encode", "z85encode"},
		{"threading", "setprofile", "setprofile_all_threads"}, {"glob", "escape", "translate"}, {"io", "open_code", "Reader"},
		{"string", "capwords", "maketrans"}, {"os", "getcwd", "startfile"}, {"inspect", "signature", "getargspec"}, {"sys", "exit", "getwindowsversion"},
	} {
		all = append(all, right{c[0] + "." + c[2], tree{"a.py": "import " + c[0] + "\n\n\ndef pick(a):\n    return " + c[0] + ".«" + c[1] + "(a)»\n"}, method, c[2] + "(a)", existing})
	}
	py := tree{"a.py": "«import os»\n"}
	for _, m := range []string{"compression.zstd", "concurrent.interpreters", "string.templatelib", "profiling.sampling", "asyncore", "distutils.core", "winreg", "msvcrt", "annotationlib"} {
		all = append(all, right{"import " + m, py, importing, "import " + m, ""})
	}
	all = append(all,
		right{"a package of the archive named like a module that Python dropped", tree{"commands/__init__.py": "", "commands/run.py": "x = 1\n", "a.py": "«from commands import run»\n"}, importing, "from commands.plugins import x", ""},
		right{"Go 1.27", tree{"go.mod": "module e.com/s\n", "a.go": "package s\n\nimport \"strings\"\n\nfunc f(x string) {\n\t«strings.Fields(x)»\n}\n"}, method, "strings.CutLast(x)", existing},
		right{"JDK 25", tree{"A.java": "package a;\n\n«import java.util.List;»\n\nclass A { List<String> x; }\n"}, importing, "import java.util.concurrent.StructuredTaskScope;", existing},
		right{"a package of JDK 24", tree{"A.java": "package a;\n\n«import java.util.List;»\n\nclass A { List<String> x; }\n"}, importing, "import java.lang.classfile.ClassFile;", existing},
		right{"C++23", tree{"a.cpp": "#include <vector>\n«using std::vector;»\n"}, importing, "using std::flat_map;", existing},
		right{"wrong: no version has it", py, importing, "import os.paths", unseen},
	)
	holds(t, all)
}

// TestSettings: what the files of projects give all of their sources.
func TestSettings(t *testing.T) {
	for _, c := range []struct{ path, text, want string }{
		{"a.csproj", `<Project><ItemGroup><Using Include="System.Math" Static="true" /><Using Include="A.B;C" /><Using Include="D" Alias="E"/></ItemGroup></Project>`, "import * System.Math [static global] import * A.B [global] import * C [global] import E D [global]"},
		{"a.csproj", `<Project><Using Include="A"/><broken`, "import * A [global]"},
		{"tsconfig.json", `{"compilerOptions": {/* two */ "rootDirs": ["src", "gen"]}}`, "open * rootDirs []"},
		{"tsconfig.base.json", `{"compilerOptions": {}}`, ""},
		{".eslintrc.json", `{"globals": {"helper": "readonly", "other": true}}`, "open helper globals [] open other globals []"},
		{".eslintrc.yml", "globals:\n  helper: readonly\nrules: {}\n", "open helper globals []"},
		{"package.json", `{"jest": {"globals": {"__DEV__": true}}}`, "open __DEV__ globals []"},
		{"a.json", `{"rootDirs": 1}`, ""},
	} {
		var got []string
		for _, s := range fim.Settings("r", c.path, []byte(c.text)) {
			flags := "[" + strings.Join(s.Flags, " ") + "]"
			got = append(got, strings.Join([]string{s.Record, s.Name, s.Target, flags}, " "))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.path, s, c.want)
		}
	}
}
