package verify

import (
	"strings"
	"testing"
)

// replaced is the tree with the golden's text replaced.
func (t tree) replaced(old, golden string) tree {
	out := tree{}
	for p, text := range t {
		out[p] = strings.Replace(text, "«"+old+"»", "«"+golden+"»", 1)
	}
	return out
}

func TestJava(t *testing.T) {
	repo := tree{
		"src/shop/Base.java":  "package shop;\n\npublic abstract class Base<T> {\n  protected int inherited;\n  public void close() {}\n  protected static void log(String m, Object... args) {}\n}\n",
		"src/shop/Item.java":  "package shop;\n\npublic class Item {\n  public Item(String name) {}\n  public Item(String name, int n) {}\n  public static Item of(String n) { return new Item(n); }\n  public String name() { return null; }\n}\n",
		"src/other/Away.java": "package other;\n\npublic class Away {}\n",
		"src/shop/Store.java": `package shop;

import java.util.List;
import java.util.function.*;
import other.Away;
import com.elsewhere.Thing;

public class Store extends Base<String> {
  private final List<Item> items = null;
  private Thing thing;

  int get(String key) { return 0; }
  int get(String key, int fallback) { return 1; }

  void put(String key, Item item) {
    for (int i = 0; i < 3; i++) {
      int inner = i;
    }
    if (item instanceof Item matched) {
      matched.name();
    }
    «get(key)»;
    Runnable r = () -> { int inLambda = 2; };
  }

  void sibling(int elsewhere) {}

  class Inner {
    int innerField;
  }
}
`,
	}
	swap := func(golden string) tree { return repo.replaced("get(key)", golden) }
	run(t, repo, []want{
		{"name of no scope", undefinedvariable, "get(keys)", certified, "unbound-name"},
		{"parameter of another method", undefinedvariable, "get(elsewhere)", certified, ""},
		{"name of a loop", undefinedvariable, "get(inner)", certified, ""},
		{"name of a lambda", undefinedvariable, "get(inLambda)", certified, ""},
		{"field of an inner class", undefinedvariable, "get(innerField)", certified, ""},
		{"inherited field", undefinedvariable, "get(inherited)", existing, ""},
		{"pattern variable", undefinedvariable, "get(matched)", existing, ""},
		{"type of an on-demand import is no value", undefinedvariable, "get(BiFunction)", certified, ""},
		{"missing method", method, "fetch(key)", certified, "unbound-callee"},
		{"inherited method", method, "log(key)", existing, ""},
		{"every overload refuses", parameter, "get(key, 1, 2)", certified, "argument-count"},
		{"an overload takes it", parameter, "get(key, 2)", existing, ""},
	})
	run(t, swap("item.name()"), []want{
		{"missing member", method, "item.title()", certified, "missing-member"},
		{"member of Object", method, "item.hashCode()", existing, ""},
		{"static member", method, "item.of()", existing, ""},
	})
	run(t, swap("items.add(item)"), []want{
		{"missing from the library's type", method, "items.push(item)", unseen, "missing-member"},
		{"inherited in the library", method, "items.forEach(item)", existing, ""},
		{"of a later JDK", method, "items.getFirst(item)", existing, ""},
	})
	run(t, swap("thing.use(key)"), []want{{"type of another jar", method, "thing.drop(key)", abstained, ""}})
	run(t, swap("new Item(key)"), []want{
		{"constructor count", parameter, "new Item(key, 1, 2)", certified, "argument-count"},
		{"constructor overload", parameter, "new Item(key, 1)", existing, ""},
	})
	inType := tree{}
	for p, text := range repo {
		inType[p] = strings.NewReplacer("«get(key)»", "new «Item(key)»").Replace(text)
	}
	run(t, inType, []want{
		{"type of no import, and the on-demand import is listed", method, "Itemize(key)", certified, "unbound-callee"},
		{"type of the package", method, "Store(key)", existing, ""},
	})
	run(t, swap("log(key, item)"), []want{{"variadic", parameter, "log(key, item, item)", existing, ""}, {"none", parameter, "log()", certified, ""}})
	open := tree{}
	for p, text := range repo {
		open[p] = strings.Replace(text, "extends Base<String>", "extends com.elsewhere.Base", 1)
	}
	run(t, open, []want{
		{"a base that is not read may have the field", undefinedvariable, "get(keys)", abstained, ""},
		{"or the method", method, "fetch(key)", abstained, ""},
		{"or an overload", parameter, "get(key, 1, 2)", abstained, ""},
	})
}

func TestJavaImports(t *testing.T) {
	repo := tree{
		"src/shop/Item.java":     "package shop;\n\npublic class Item {\n  public static int COUNT = 1;\n  public static class Part {}\n}\n",
		"src/shop/sub/More.java": "package shop.sub;\n\npublic class More {}\n",
		"src/shop/Use.java":      "package shop.use;\n\n«import shop.Item;»\nimport java.util.List;\n\nclass Use { Item i; }\n",
	}
	run(t, repo, []want{
		{"no such class", importing, "import shop.Thing;", certified, "missing-import-name"},
		{"nested class", importing, "import shop.Item.Part;", existing, ""},
		{"no such nested class", importing, "import shop.Item.Piece;", certified, ""},
		{"another package", importing, "import shop.sub.Item;", certified, ""},
		{"static field", importing, "import static shop.Item.COUNT;", existing, ""},
		{"no such static field", importing, "import static shop.Item.TOTAL;", certified, ""},
		{"not in the JDK", importing, "import java.util.Lists;", certified, "missing-import-name"},
		{"in the JDK", importing, "import java.util.Map;", existing, ""},
		{"no such package of the JDK", importing, "import java.utils.*;", certified, "missing-module"},
		{"another jar", importing, "import com.google.common.collect.Lists;", abstained, ""},
	})
	repo["src/shop/wire.proto"] = ""
	run(t, repo, []want{{"classes may be generated", importing, "import shop.Thing;", abstained, ""}})
	delete(repo, "src/shop/wire.proto")
	repo["src/shop/Use2.java"] = "package shop.use;\n\nimport shop.FromAnotherJar;\n"
	run(t, repo, []want{{"a package that has classes elsewhere", importing, "import shop.Thing;", abstained, ""}})
}

func TestCSharp(t *testing.T) {
	repo := tree{
		"Base.cs": "namespace Shop\n{\n  public class Base { protected int inherited; public void Close() {} }\n  public static class Extensions { public static int Weigh(this Item i, int factor) { return 1; } }\n}\n",
		"Item.cs": "namespace Shop\n{\n  public partial class Item { public string Name() { return null; } }\n}\n",
		"Part.cs": "namespace Shop\n{\n  public partial class Item { public int Size(int a, int b = 2) { return a; } }\n}\n",
		"Store.cs": `using System;
using System.Collections.Generic;

namespace Shop
{
  public class Store : Base
  {
    private int count;

    int Get(string key, int fallback = 0) { return 0; }

    void Put(string key, Item item)
    {
      foreach (var each in key) { int inner = 1; }
      if (int.TryParse(key, out var parsed)) { }
      «Get(key)»;
    }

    void Sibling(int elsewhere) { }
  }
}
`,
	}
	swap := func(golden string) tree { return repo.replaced("Get(key)", golden) }
	run(t, repo, []want{
		{"name of no scope", undefinedvariable, "Get(keys)", certified, "unbound-name"},
		{"parameter of another method", undefinedvariable, "Get(elsewhere)", certified, ""},
		{"name of a loop", undefinedvariable, "Get(inner)", certified, ""},
		{"out variable", undefinedvariable, "Get(parsed)", existing, ""},
		{"inherited field", undefinedvariable, "Get(inherited)", existing, ""},
		{"a receiver may be a type of a using", undefinedvariable, "Get(Console.Title)", abstained, ""},
		{"missing method", method, "Fetch(key)", certified, "unbound-callee"},
		{"inherited method", method, "Close(key)", existing, ""},
		{"unknown keyword", parameter, "Get(key, missing: 1)", certified, "unknown-keyword"},
		{"known keyword", parameter, "Get(key, fallback: 1)", existing, ""},
		{"too many", parameter, "Get(key, 1, 2)", certified, "argument-count"},
	})
	run(t, swap("item.Name()"), []want{
		{"extension methods can come from anywhere", method, "item.Title()", unseen, "missing-member"},
		{"other part of the class", method, "item.Size()", existing, ""},
		{"extension of the repository", method, "item.Weigh()", abstained, ""},
	})
	run(t, swap("item.Size(1)"), []want{{"a part of the class may be generated", parameter, "item.Size(1, c: 3)", unseen, ""}})
	run(t, swap("item.Weigh(1)"), []want{{"extension called as a method", parameter, "item.Weigh(1, 2, 3)", abstained, ""}})
}

func TestCSharpImports(t *testing.T) {
	repo := tree{
		"Item.cs": "namespace Shop.Goods\n{\n  public class Item { }\n}\n",
		"Use.cs":  "«using Shop.Goods;»\nusing System;\n\nclass Use { Item i; }\n",
	}
	run(t, repo, []want{
		{"no such namespace here", importing, "using Shop.Ware;", unseen, "missing-module"},
		{"a namespace around", importing, "using Shop;", existing, ""},
		{"not of this repository", importing, "using Newtonsoft.Json;", abstained, ""},
		{"not in the list", importing, "using System.Collection;", unseen, "missing-module"},
		{"in the list", importing, "using System.Text.Json;", abstained, ""},
	})
}
