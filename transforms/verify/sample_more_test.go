package verify

import (
	"math/rand/v2"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/text"
)

// stores are one class in a language each, with a golden in its last method.
var stores = map[string]tree{
	"Java": {"src/shop/Store.java": `package shop;

public class Store {
    private int size = 0;

    int get(String key) { return size; }

    void put(String key, int amount) { }

    String name(int number) { return ""; }

    int sum(String key, int limit) {
        int total = get(key);
        this.put(key, limit);
        «put(key, total)»;
        return total;
    }
}
`},
	"TypeScript": {"src/store.ts": `export class Store {
  size = 0;

  get(key: string): number { return this.size; }

  put(key: string, amount: number): void {}

  name(amount: number): string { return ""; }

  sum(key: string, limit: number): number {
    const total = this.get(key);
    «this.put(key, total)»;
    return total;
  }
}
`},
	"JavaScript": {"src/store.js": `export class Store {
  get(key) { return 1; }

  put(key, amount) {}

  name(amount) { return ""; }

  sum(key, limit) {
    const total = this.get(key);
    «this.put(key, total)»;
    return total;
  }
}
`},
	"Rust": {"Cargo.toml": "[package]\nname = \"shop\"\n", "src/lib.rs": `pub struct Store { size: i64 }

fn double(amount: i64) -> i64 { amount }

impl Store {
    fn get(&self, key: i64) -> i64 { self.size }

    fn sum(&self, key: i64, limit: i64) -> i64 {
        let total = self.get(key);
        let twice = double(total);
        «self.get(twice)»;
        total
    }
}
`},
	"C++": {"store.cc": `namespace shop {

int twice(int amount) { return amount; }

class Store {
 public:
  int get(int key) { return key; }

  int sum(int key, int limit) {
    int total = get(key);
    int more = twice(total);
    «get(more)»;
    return total;
  }
};

}  // namespace shop
`},
	"C#": {"Store.cs": `namespace Shop
{
    public class Store
    {
        private int size;

        int Get(string key) { return size; }

        string Name(int amount) { return ""; }

        int Sum(string key, int limit)
        {
            int total = Get(key);
            «Get(key)»;
            return total;
        }
    }
}
`},
}

func TestSamplesInOtherLanguages(t *testing.T) {
	for language, all := range map[string][]freeSample{
		"Java": {
			{"known", "put(name(get(key)), total)", existing, "", "", ""},
			{"a variable of no scope", "put(name(get(key)), totals)", certified, undefinedvariable, "totals", "put(name(get(key)), total)"},
			{"a method that the class lacks", "this.store(name(get(key)), total)", certified, method, "store", ""},
			{"an argument too many", "put(name(total), limit, total)", certified, parameter, "put", "put(name(total), limit)"},
			{"two errors", "put(name(get(keys)), totals)", abstained, "", "", ""},
			{"a class without a name", "put(new Object() { @Override public String text() { return key; } }.text(), total)",
				abstained, "", "", ""},
			{"declared again", "int total = get(key)", abstained, "", "", ""},
		},
		"TypeScript": {
			{"known", "this.put(this.name(this.get(key)), limit)", existing, "", "", ""},
			{"a variable of no scope", "this.put(this.name(this.get(keys)), limit)", certified, undefinedvariable, "keys",
				"this.put(this.name(this.get(key)), limit)"},
			{"a method that the class lacks", "this.store(this.name(this.get(key)), limit)", certified, method, "store",
				""},
			{"a key of a literal is not looked up", "this.put(key, {size: limit})", abstained, "", "", ""},
			{"two errors", "this.store(this.name(this.get(keys)), limit)", abstained, "", "", ""},
		},
		"JavaScript": {
			{"known", "this.put(this.name(limit), total)", existing, "", "", ""},
			{"a variable of no scope", "this.put(this.name(limits), total)", certified, undefinedvariable, "limits",
				"this.put(this.name(limit), total)"},
			{"a method that the class lacks", "this.store(this.name(limit), total)", certified, method, "store",
				""},
			{"an assignment that may declare", "sum = this.get(key)", abstained, "", "", ""},
			{"a variable that is declared further down", "this.put(later, key);\n    const later = this.get(key)", abstained, "", "", ""},
			{"keys of an object are its own", "this.put(key, {size: limit})", existing, "", "", ""},
		},
		"Rust": {
			{"known", "double(self.get(limit))", existing, "", "", ""},
			{"a variable of no scope", "double(self.get(limits))", certified, undefinedvariable, "limits", "double(self.get(limit))"},
			{"a macro of no use before", "print!(\"{}\", self.get(limit))", abstained, "", "", ""},
			{"two errors", "double(self.get(limits) + totals)", abstained, "", "", ""},
		},
		"C++": {
			{"known", "twice(get(limit))", existing, "", "", ""},
			{"a variable of no scope", "twice(get(limits))", certified, undefinedvariable, "limits", "twice(get(limit))"},
			{"two errors", "twice(get(limits) + totals)", abstained, "", "", ""},
		},
		"C#": {
			{"known", "Get(Name(limit))", existing, "", "", ""},
			{"a variable of no scope", "Get(Name(limits))", certified, undefinedvariable, "limits", "Get(Name(limit))"},
			{"two errors", "Get(Name(limits + totals))", abstained, "", "", ""},
		},
	} {
		t.Run(language, func(t *testing.T) { samples(t, stores[language], all) })
	}
}

// TestRepairsExist: whatever a sample is made of, its repair is known to be right, differs
// from it in one place, and the same sample gives the same answer again.
func TestRepairsExist(t *testing.T) {
	repaired := 0
	for language, repo := range stores {
		r := rand.New(rand.NewPCG(3, uint64(len(language))))
		index, ctx := repo.index(t), repo.context(t)
		c := New()
		defer c.Close()
		var words []string
		for _, w := range text.Tokens(ctx.Prefix[strings.LastIndex(ctx.Prefix, "\n\n"):] + ctx.Golden) {
			words = append(words, w.Text)
		}
		words = append(words, "limits", "store", "(", ")", ",", ".", "key")
		for range 300 {
			at, by := r.IntN(len(ctx.Golden)+1), words[r.IntN(len(words))]
			sample := ctx.Golden[:at] + by + ctx.Golden[at:]
			if r.IntN(2) == 0 {
				sample = strings.Replace(ctx.Golden, words[r.IntN(len(words))], by+words[r.IntN(len(words))], 1)
			}
			got, err := c.Sample(index, ctx, sample)
			if err != nil {
				t.Fatal(err)
			}
			if again, _ := c.Sample(index, ctx, sample); again != got {
				t.Errorf("%s: %q is %+v and then %+v", language, sample, got, again)
			}
			if got.Status != schemas.StatusCertified {
				if got.Type != "" || got.Repair != "" {
					t.Errorf("%s: %q is %+v", language, sample, got)
				}
				continue
			}
			if got.Repair == "" {
				continue
			}
			repaired++
			if of, _ := c.Sample(index, ctx, got.Repair); of.Status != existing {
				t.Errorf("%s: the repair %q of %q is %+v", language, got.Repair, sample, of)
			}
			if !strings.HasPrefix(got.Repair, sample[:got.Start]) || !strings.HasSuffix(got.Repair, sample[got.End:]) {
				t.Errorf("%s: the repair %q changes more of %q than %q", language, got.Repair, sample, sample[got.Start:got.End])
			}
		}
	}
	if repaired < 50 {
		t.Errorf("%d samples were repaired: the test shows too little", repaired)
	}
}
