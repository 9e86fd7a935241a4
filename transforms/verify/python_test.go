package verify

import (
	"strings"
	"testing"
)

func TestPython(t *testing.T) {
	repo := tree{
		"shop/__init__.py":       "from .store import Store\n",
		"shop/base.py":           "class Base:\n    def close(self):\n        pass\n\n\nclass Dynamic:\n    def __getattr__(self, name):\n        return name\n",
		"shop/star.py":           "starred = 1\n",
		"shop/sub/__init__.py":   "",
		"shop/sub/special.py":    "from ..store import Store\n\n\nclass Special(Store):\n    def only_below(self):\n        pass\n",
		"shop/tools.py":          "import functools\n\n\ndef plain(a, b=1, *, flag=False):\n    return a\n\n\ndef rest(a, *args, **kwargs):\n    return a\n\n\n@functools.lru_cache\ndef cached(a):\n    return a\n",
		"shop/messages.proto":    "",
		"docs/conf.py":           "x = 1\n",
		"shop/dynamic_module.py": "def __getattr__(name):\n    return name\n",
		"shop/store.py": `import os
import functools
from typing import Optional
from .base import Base, Dynamic
from .star import *
from . import tools
from .tools import plain, rest, cached


class Store(Base):
    limit = 3

    def __init__(self, path, size=10):
        self.path = path
        self.items = {}
        self.dynamic = Dynamic()

    def get(self, key):
        return self.items[key]

    def put(self, key, value):
        for index, item in enumerate(self.items):
            inner = item
        total = [other for other in self.items]

        def closure(hidden):
            return hidden
        late = value
        «self.get(key)»
        after = key
        return inner, total

    def other_method(self, elsewhere):
        return elsewhere


def module_function(z, default=Store.limit):
    return z
`,
	}
	swap := func(golden string) tree {
		out := tree{}
		for p, text := range repo {
			out[p] = strings.Replace(text, "«self.get(key)»", "«"+golden+"»", 1)
		}
		return out
	}
	run(t, repo, []want{
		{"name of no scope", undefinedvariable, "self.get(keys)", certified, "unbound-name"},
		{"parameter of another method", undefinedvariable, "self.get(elsewhere)", certified, ""},
		{"parameter of a nested function", undefinedvariable, "self.get(hidden)", certified, ""},
		{"variable of a comprehension", undefinedvariable, "self.get(other)", certified, ""},
		{"name of the class body", undefinedvariable, "self.get(limit)", certified, ""},
		{"loop variables outlive the loop", undefinedvariable, "self.get(index)", existing, ""},
		{"bound later in the function", undefinedvariable, "self.get(after)", existing, ""},
		{"wildcard import of the repository", undefinedvariable, "self.get(starred)", existing, ""},
		{"module level, further down", undefinedvariable, "self.get(module_function)", existing, ""},
		{"missing member", method, "self.fetch(key)", certified, "missing-member"},
		{"inherited member", method, "self.close(key)", existing, ""},
		{"member of a subclass", method, "self.only_below(key)", existing, ""},
		{"attribute", method, "self.path(key)", existing, ""},
		{"too many", parameter, "self.get(key, 1)", certified, "argument-count"},
		{"unknown keyword", parameter, "self.get(key=key, missing=1)", certified, "unknown-keyword"},
		{"keyword given twice", parameter, "self.get(key, key=1)", certified, "unknown-keyword"},
		{"known keyword", parameter, "self.get(key=key)", abstained, ""},
		{"spread", parameter, "self.get(*key)", abstained, ""},
	})
	run(t, swap("plain(key, value)"), []want{
		{"positional for a keyword-only parameter", parameter, "plain(key, value, True)", certified, "argument-count"},
		{"default left out", parameter, "plain(key)", existing, ""},
		{"keyword-only", parameter, "plain(key, flag=value)", abstained, ""},
		{"unbound function", method, "plainly(key, value)", certified, "unbound-callee"},
	})
	run(t, swap("rest(key)"), []want{
		{"any keyword", parameter, "rest(key, missing=1)", existing, ""},
		{"none", parameter, "rest()", certified, "argument-count"},
	})
	run(t, swap("cached(key)"), []want{{"decorated", parameter, "cached(key, 1)", abstained, ""}})
	run(t, swap("tools.plain(key)"), []want{
		{"missing from a module", method, "tools.plane(key)", certified, "missing-export"},
		{"imported by the module", method, "tools.functools(key)", existing, ""},
	})
	run(t, swap("os.getcwd(  )"), []want{{"platform modules differ", method, "os.getcwdx(  )", unseen, "missing-export"}})
	run(t, swap("functools.partial(key)"), []want{{"missing from the library", method, "functools.partially(key)", certified, "missing-export"}})
	run(t, swap("self.dynamic.anything(key)"), []want{{"__getattr__", method, "self.dynamic.other(key)", abstained, ""}})
	run(t, swap("'a'.join(self.items)"), []want{
		{"method of a literal", method, "'a'.append(self.items)", certified, "missing-member"},
		{"method of strings", method, "'a'.split(self.items)", existing, ""},
	})
	run(t, swap("Store(key)"), []want{
		{"constructor count", parameter, "Store(key, 1, 2)", certified, "argument-count"},
		{"constructor keyword", parameter, "Store(key, length=2)", certified, "unknown-keyword"},
	})
	dynamic := swap("self.get(key)")
	dynamic["shop/store.py"] += "\nglobals()['made'] = 1\n"
	run(t, dynamic, []want{{"names made at run time", undefinedvariable, "self.get(made)", existing, ""}})
	external := swap("self.get(key)")
	external["shop/store.py"] = "from elsewhere import *\n" + external["shop/store.py"]
	run(t, external, []want{{"wildcard that is not read", undefinedvariable, "self.get(made)", abstained, ""}})
	external["shop/store.py"] = strings.Replace(external["shop/store.py"], "class Store(Base)", "class Store(elsewhere.Base)", 1)
	run(t, external, []want{{"base that is not read", method, "self.fetch(key)", unseen, "missing-member"}})
	// A member of a module that a relative import binds is no module of the library.
	run(t, swap("tools.absent(key, 1)"), []want{{"callee of a relative module that it lacks", parameter, "tools.absent(key)", abstained, ""}})
}

func TestPythonImports(t *testing.T) {
	repo := tree{
		"shop/__init__.py":     "",
		"shop/store.py":        "from .base import thing\n\n\nclass Store:\n    pass\n",
		"shop/base.py":         "thing = 1\n",
		"shop/api/__init__.py": "",
		"shop/wire.proto":      "",
		"shop/main.py":         "«from .store import Store»\nimport json\n\n\nStore()\n",
	}
	run(t, repo, []want{
		{"no such module", importing, "from .shelf import Store", certified, "missing-module"},
		{"no such name", importing, "from .store import Shelf", certified, "missing-import-name"},
		{"re-export", importing, "from .store import thing", existing, ""},
		{"submodule", importing, "from . import base", existing, ""},
		{"made by a build", importing, "from . import wire_pb2", abstained, ""},
		{"absolute, no such module", importing, "from shop.shelf import Store", certified, "missing-module"},
		{"absolute, no such name", importing, "from shop.store import Shelf", certified, "missing-import-name"},
		{"absolute, there", importing, "from shop.base import thing", existing, ""},
		{"library, no such name", importing, "from json import parse", certified, "missing-import-name"},
		{"library, there", importing, "from json import loads", existing, ""},
		{"library, no such module", importing, "import json.parser2", certified, "missing-module"},
		{"other distribution", importing, "from requests import Session", abstained, ""},
	})
}

// A window that is a part of its file: what encloses the place comes from symbols.
func TestPythonWindowIsCut(t *testing.T) {
	repo := tree{"m.py": "import os\n\n\nclass Store:\n    def get(self, key):\n        return key\n\n    def put(self, key):\n        return «self.get(key)»\n\n\ndef last():\n    pass\n"}
	ctx := repo.context(t)
	cut := strings.Index(ctx.Prefix, "    def put")
	ctx.Prefix, ctx.PrefixCut = ctx.Prefix[cut:], true
	ctx.DeclStart, ctx.DeclEnd = int64(cut+4), int64(cut+60)
	c := New()
	defer c.Close()
	for _, w := range []want{
		{"member", method, "self.fetch(key)", certified, ""},
		{"there", method, "self.put(key)", existing, ""},
		{"name", undefinedvariable, "self.get(keys)", certified, ""},
		{"import before the window", undefinedvariable, "self.get(os)", existing, ""},
		{"function after the place", undefinedvariable, "self.get(last)", existing, ""},
	} {
		got, err := c.Certify(repo.index(t), ctx, negative(w))
		if err != nil {
			t.Fatal(err)
		}
		if got.Status != w.status {
			t.Errorf("%s: %s, want %s: %s", w.name, got.Status, w.status, got.Evidence)
		}
	}
	ctx.Line++ // the symbol is then on another line: the place cannot be found
	got, err := c.Certify(repo.index(t), ctx, negative(want{"", undefinedvariable, "self.get(keys)", "", ""}))
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != abstained {
		t.Errorf("a declaration that no symbol places: %s, want abstain: %s", got.Status, got.Evidence)
	}
}
