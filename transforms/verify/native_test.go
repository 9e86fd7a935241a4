package verify

import (
	"strings"
	"testing"
)

func TestCpp(t *testing.T) {
	repo := tree{
		"include/shop/base.h": "#pragma once\n#include <string>\n#define SHOP_LIMIT 3\nnamespace shop {\nint free_function(int a, int b = 2);\nenum Color { kRed, kBlue };\nclass Base {\n public:\n  void Close();\n protected:\n  int inherited_;\n};\nclass Item {\n public:\n  Item(const std::string& name, int n, int m);\n  std::string Name() const;\n};\n}\n",
		"src/store.h":         "#pragma once\n#include \"shop/base.h\"\nnamespace shop {\nclass Store : public Base {\n public:\n  int Get(int key);\n  int Get(int key, int fallback);\n  void Put(int key, Item* item);\n private:\n  int count_;\n};\n}\n",
		"src/other.cc":        "namespace elsewhere {\nint far_away(int x) { return x; }\n}\n",
		"src/store.cc": `#include "store.h"
#include <vector>

namespace shop {

int free_function(int a, int b) { return a; }

static int file_local = 1;

void Store::Put(int key, Item* item) {
  for (int i = 0; i < 3; i++) {
    int inner = i;
  }
  auto lambda = [](int hidden) { return hidden; };
  «Get(key)»;
}

void sibling(int unrelated) {}

}
`,
	}
	swap := func(golden string) tree { return repo.replaced("Get(key)", golden) }
	run(t, repo, []want{
		{"name of no scope", undefinedvariable, "Get(keys)", certified, "unbound-name"},
		{"parameter of another function", undefinedvariable, "Get(unrelated)", certified, ""},
		{"name of a loop", undefinedvariable, "Get(inner)", certified, ""},
		{"parameter of a lambda", undefinedvariable, "Get(hidden)", certified, ""},
		{"member", undefinedvariable, "Get(count_)", existing, ""},
		{"inherited member", undefinedvariable, "Get(inherited_)", existing, ""},
		{"enumerator of a header", undefinedvariable, "Get(kRed)", existing, ""},
		{"macro of a header", undefinedvariable, "Get(SHOP_LIMIT)", existing, ""},
		{"looks like a macro", undefinedvariable, "Get(SOME_LIMIT)", abstained, ""},
	})
	run(t, repo, []want{
		{"file local", undefinedvariable, "Get(file_local)", existing, ""},
		{"missing method", method, "Fetch(key)", certified, "unbound-callee"},
		{"inherited method", method, "Close(key)", existing, ""},
		{"a call finds functions by its arguments", method, "swap(key)", abstained, ""},
		{"every overload refuses", parameter, "Get(key, 1, 2)", certified, "argument-count"},
		{"an overload takes it", parameter, "Get(key, 1)", existing, ""},
	})
	run(t, swap("item->Name()"), []want{
		{"missing member", method, "item->Title()", certified, "missing-member"},
		{"too many", parameter, "item->Name(1)", certified, ""},
	})
	run(t, swap("free_function(1)"), []want{
		{"the default is in the header", parameter, "free_function(1, 2)", existing, ""},
		{"too many", parameter, "free_function(1, 2, 3)", certified, ""},
	})
	open := tree{}
	for p, text := range repo {
		open[p] = strings.Replace(text, "#include <vector>", "#include <vector>\n#include <platform/all.h>", 1)
	}
	run(t, open, []want{{"a header that is not read", undefinedvariable, "Get(keys)", unseen, ""}})
}

func TestCppImports(t *testing.T) {
	repo := tree{
		"include/shop/base.h":  "#pragma once\n",
		"include/shop/other.h": "#pragma once\n",
		"src/store.cc":         "«#include \"shop/base.h\"»\n#include <vector>\n\nint main() { return 0; }\n",
	}
	run(t, repo, []want{
		{"no such header", importing, "#include \"shop/bases.h\"", certified, "missing-module"},
		{"there", importing, "#include \"shop/other.h\"", existing, ""},
		{"standard", importing, "#include <map>", existing, ""},
		{"not standard", importing, "#include <maps>", unseen, "missing-module"},
		{"a library's", importing, "#include <boost/any.hpp>", abstained, ""},
		{"another folder", importing, "#include \"gtest/gtest.h\"", abstained, ""},
		{"made by a build", importing, "#include \"shop/config.h\"", abstained, ""},
	})
}

func TestRust(t *testing.T) {
	repo := tree{
		"Cargo.toml":   "[package]\nname = \"shop-lib\"\n",
		"src/lib.rs":   "pub mod store;\npub mod price;\n\npub fn top(a: u32) -> u32 { a }\n",
		"src/price.rs": "pub fn of(n: u32) -> u32 { n }\n\npub struct List { pub n: u32 }\n",
		"src/store.rs": `use std::collections::HashMap;
use crate::price;
use crate::price::List;

#[derive(Clone)]
pub struct Store { items: HashMap<String, u32> }

pub trait Closing { fn close(&self) {} }

impl Store {
    pub fn new(size: usize) -> Self { Store { items: HashMap::new() } }
    pub fn get(&self, key: u32) -> u32 { key }
    pub fn put(&self, key: u32, list: List) {
        {
            let inner = key;
        }
        for each in 0..3 { let _ = each; }
        let closure = |hidden: u32| hidden;
        «self.get(key)»;
    }
}

fn sibling(elsewhere: u32) {}
`,
	}
	swap := func(golden string) tree { return repo.replaced("self.get(key)", golden) }
	run(t, repo, []want{
		{"name of no scope", undefinedvariable, "self.get(keys)", certified, "unbound-name"},
		{"parameter of another function", undefinedvariable, "self.get(elsewhere)", certified, ""},
		{"name of a block", undefinedvariable, "self.get(inner)", certified, ""},
		{"parameter of a closure", undefinedvariable, "self.get(hidden)", certified, ""},
		{"traits can add methods", method, "self.fetch(key)", unseen, "missing-member"},
		{"trait of the repository", method, "self.close(key)", abstained, ""},
		{"derived", method, "self.clone(key)", existing, ""},
		{"too many", parameter, "self.get(key, 1)", certified, "argument-count"},
	})
	run(t, swap("price::of(key)"), []want{
		{"missing from a module", method, "price::off(key)", certified, "missing-export"},
		{"in the module", method, "price::List(key)", existing, ""},
		{"too few", parameter, "price::of()", certified, ""},
	})
	run(t, swap("sibling(key)"), []want{{"unbound function", method, "siblings(key)", certified, "unbound-callee"}})
	pathed := swap("self.get(key)")
	pathed["src/store.rs"] = "#[path = \"elsewhere/made.rs\"]\nmod made;\nuse self::made::*;\n" + pathed["src/store.rs"]
	run(t, pathed, []want{{"glob of a module whose file is elsewhere", undefinedvariable, "self.get(keys)", unseen, ""}})
	glob := tree{}
	for p, text := range repo {
		glob[p] = strings.Replace(text, "use crate::price;", "use crate::price;\nuse serde::prelude::*;", 1)
	}
	run(t, glob, []want{{"glob of another crate", undefinedvariable, "self.get(keys)", unseen, ""}})
}

func TestRustImports(t *testing.T) {
	repo := tree{
		"Cargo.toml":   "[package]\nname = \"shop-lib\"\n",
		"src/lib.rs":   "pub mod store;\npub mod price;\n",
		"src/price.rs": "pub fn of(n: u32) -> u32 { n }\n",
		"src/store.rs": "«use crate::price::of;»\n\npub fn f() -> u32 { of(1) }\n",
	}
	run(t, repo, []want{
		{"no such item", importing, "use crate::price::off;", certified, "missing-import-name"},
		{"no such module", importing, "use crate::prices::of;", certified, "missing-module"},
		{"there", importing, "use crate::store::f;", existing, ""},
		{"by the crate's name", importing, "use shop_lib::price::off;", certified, ""},
		{"not in std", importing, "use std::collections::HashMaps;", certified, "missing-import-name"},
		{"in std", importing, "use std::collections::HashMap;", existing, ""},
		{"no such module of std", importing, "use std::collection::HashMap;", certified, "missing-module"},
		{"another crate", importing, "use serde::Serialize;", abstained, ""},
	})
}
