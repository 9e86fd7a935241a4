package verify

import (
	"strings"
	"testing"
)

func TestTypeScript(t *testing.T) {
	repo := tree{
		"src/base.ts":  "export class Base<T> {\n  protected inherited = 1;\n  close(): void {}\n}\nexport interface Shape { area(): number }\nexport const Shape = { of(): number { return 1 } };\n",
		"src/item.ts":  "export class Item {\n  constructor(public name: string, n?: number) {}\n  label(): string { return this.name; }\n}\nexport function make(a: string, ...rest: string[]): Item { return new Item(a); }\n",
		"src/index.ts": "export * from './item';\n",
		"src/store.ts": `import { Base, Shape } from './base';
import { Item, make } from './index';
import * as items from './item';
import { Outside } from 'outside';

export class Store extends Base<string> {
  private cart: Item;

  get(key: string, fallback?: string): number { return 1; }

  put(key: string, item: Item, other: Outside) {
    { const inner = 1; }
    const fn = (hidden: number) => hidden;
    «this.get(key)»;
    const later = 2;
    { let inBlock = 1; }
  }
}

function sibling(elsewhere: number) {}
`,
	}
	swap := func(golden string) tree { return repo.replaced("this.get(key)", golden) }
	run(t, repo, []want{
		{"name of no scope", undefinedvariable, "this.get(keys)", certified, "unbound-name"},
		{"parameter of another function", undefinedvariable, "this.get(elsewhere)", certified, ""},
		{"name of a block", undefinedvariable, "this.get(inner)", certified, ""},
		{"parameter of a closure", undefinedvariable, "this.get(hidden)", certified, ""},
		{"a member is no name", undefinedvariable, "this.get(cart)", certified, ""},
		{"global", undefinedvariable, "this.get(console)", existing, ""},
		{"missing member", method, "this.fetch(key)", certified, "missing-member"},
		{"inherited", method, "this.close(key)", existing, ""},
		{"too many", parameter, "this.get(key, '', 1)", certified, "argument-count"},
		{"too few", parameter, "this.get()", certified, "argument-count"},
		{"optional", parameter, "this.get(key, '')", existing, ""},
	})
	run(t, swap("item.label()"), []want{{"missing member", method, "item.title()", certified, ""}, {"parameter property", method, "item.name()", existing, ""}})
	run(t, swap("this.cart.label()"), []want{{"field's type", method, "this.cart.title()", certified, ""}})
	run(t, swap("make(key)"), []want{
		{"unbound function", method, "maker(key)", certified, "unbound-callee"},
		{"variadic", parameter, "make(key, key)", existing, ""},
		{"through a re-export", parameter, "make()", certified, ""},
	})
	run(t, swap("items.make(key)"), []want{{"missing export", method, "items.maker(key)", certified, "missing-export"}})
	run(t, swap("Shape.of(  )"), []want{{"type and value share a name", method, "Shape.off(  )", abstained, ""}})
	run(t, swap("(fallback as Function).use(key)"), []want{{"what is cast is not followed", method, "(fallback as Function).drop(key)", abstained, ""}})
	run(t, swap("other.use(key)"), []want{{"external type", method, "other.drop(key)", abstained, ""}})
	run(t, swap("new Item(key)"), []want{{"constructor", parameter, "new Item(key, 1, 2)", certified, ""}})
	run(t, swap("Number.isInteger(key)"), []want{{"missing static", method, "Number.isWhole(key)", unseen, ""}, {"static", method, "Number.isFinite(key)", existing, ""}})
}

func TestTypeScriptImports(t *testing.T) {
	repo := tree{
		"src/item.ts":         "export class Item {}\nconst hidden = 1;\nexport { hidden as shown };\n",
		"src/index.ts":        "export * from './item';\n",
		"src/view.vue":        "",
		"src/old.js":          "exports.a = 1;\n",
		"src/deep/index.ts":   "export const deep = 1;\n",
		"src/store.ts":        "«import { Item } from './item';»\nimport * as fs from 'fs';\n\nnew Item();\n",
		"src/parser.pegjs":    "",
		"src/thing.module.ts": "export class Module {}\n",
	}
	run(t, repo, []want{
		{"no such file", importing, "import { Item } from './items';", certified, "missing-module"},
		{"no such name", importing, "import { Items } from './item';", certified, "missing-import-name"},
		{"exported by another name", importing, "import { shown } from './item';", existing, ""},
		{"re-export", importing, "import { Item } from './index';", existing, ""},
		{"not among the re-exports", importing, "import { Items } from './index';", certified, ""},
		{"folder", importing, "import { deep } from './deep';", existing, ""},
		{"with an extension", importing, "import { Item } from './item.js';", existing, ""},
		{"no script", importing, "import view from './view.vue';", abstained, ""},
		{"made by a build", importing, "import { parse } from './parser';", abstained, ""},
		{"dotted name", importing, "import { Module } from './thing.module';", existing, ""},
		{"dotted name that is not there", importing, "import { Module } from './thing.service';", abstained, ""},
		{"CommonJS", importing, "import { b } from './old';", unseen, ""},
		{"core module", importing, "import { readFileSyncs } from 'fs';", unseen, ""},
		{"no such core module", importing, "import { x } from 'node:fss';", certified, "missing-module"},
		{"package", importing, "import { x } from 'lodash';", abstained, ""},
	})
}

func TestJavaScript(t *testing.T) {
	repo := tree{
		"src/base.mjs": "export class Base {\n  close() {}\n}\n",
		"src/store.mjs": `import { Base } from './base.mjs';

export class Store extends Base {
  constructor(size) { super(); this.size = size; this.onDone = null; }

  get(key) { return key; }

  any(key) { return arguments.length; }

  put(key, value) {
    if (key) { let inner = 1; var hoisted = 2; }
    const fn = function (hidden) { return hidden; };
    «this.get(key)»;
  }
}

function helper(a, b) { return a; }
`,
	}
	swap := func(golden string) tree { return repo.replaced("this.get(key)", golden) }
	run(t, repo, []want{
		{"name of no scope", undefinedvariable, "this.get(keys)", certified, "unbound-name"},
		{"block", undefinedvariable, "this.get(inner)", certified, ""},
		{"var is the function's", undefinedvariable, "this.get(hoisted)", existing, ""},
		{"parameter of a closure", undefinedvariable, "this.get(hidden)", certified, ""},
		{"missing member", method, "this.fetch(key)", certified, "missing-member"},
		{"inherited", method, "this.close(key)", existing, ""},
		{"field", method, "this.onDone(key)", existing, ""},
		{"more than any parameter takes", parameter, "this.get(1, key)", unseen, "argument-count"},
		{"what comes behind the golden's arguments is ignored", parameter, "this.get(key, 1)", abstained, "argument-count"},
		{"fewer are legal", parameter, "this.get()", existing, ""},
	})
	run(t, swap("this.any(key)"), []want{{"reads arguments", parameter, "this.any(key, 1)", abstained, ""}})
	run(t, swap("helper(key)"), []want{{"unbound function", method, "helpers(key)", certified, "unbound-callee"}})
	run(t, swap("[key].map(value)"), []want{{"method of a literal", method, "[key].add(value)", certified, ""}})
	script := tree{"a.js": "function shared() {}\n", "b.js": "function f(key) {\n  «shared(key)»;\n}\n"}
	run(t, script, []want{{"scripts share a page", method, "sharing(key)", abstained, ""}, {"a value", undefinedvariable, "shared(keys)", unseen, ""}})
	dynamic := swap("this.get(key)")
	dynamic["src/store.mjs"] = strings.Replace(dynamic["src/store.mjs"], "if (key)", "with (value) { key; }\n    if (key)", 1)
	run(t, dynamic, []want{{"with", undefinedvariable, "this.get(keys)", abstained, ""}})
}
