package verify

import (
	"strings"
	"testing"

	"decoy/schemas"
)

// freeSample is a completion that differs from the golden as it likes, with what must be found.
type freeSample struct {
	name, text string
	status     schemas.Status
	typ        schemas.Type
	wrong      string // the name at the wrong place
	repair     string
}

// samples checks what is said of samples. The golden, as a sample, must exist, or be what is
// given.
func samples(t *testing.T, repo tree, all []freeSample, golden ...schemas.Status) {
	t.Helper()
	c := New()
	defer c.Close()
	index, ctx := repo.index(t), repo.context(t)
	for _, w := range all {
		t.Run(w.name, func(t *testing.T) {
			got, err := c.Sample(index, ctx, w.text)
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != w.status || got.Type != w.typ || got.Name != w.wrong || got.Repair != w.repair {
				t.Errorf("%q is %s of type %q at %q, repaired %q by %s: %s;\nwant %s %q %q %q", w.text, got.Status, got.Type,
					got.Name, got.Repair, got.Rule, got.Evidence, w.status, w.typ, w.wrong, w.repair)
			}
			neg := &schemas.Negative{ID: "n", ContextID: ctx.ID, Type: w.typ, Text: w.text, Sampled: true}
			cert, err := c.Certify(index, ctx, neg)
			if err != nil || cert.Status != w.status {
				t.Errorf("its certificate is %s by %s, %v", cert.Status, cert.Rule, err)
			}
		})
	}
	t.Run("golden", func(t *testing.T) {
		want := append(golden, existing)[0]
		if got, err := c.Sample(index, ctx, ctx.Golden); err != nil || got.Status != want {
			t.Errorf("the golden itself is %s by %s: %s, %v", got.Status, got.Rule, got.Evidence, err)
		}
	})
}

const storeGo = `package store

import (
	"fmt"
	"strings"

	"github.com/other/queue"
)

type Store struct {
	items map[string]int
	queue *queue.Queue
}

func (s *Store) Get(key string) int { return s.items[key] }

func (s *Store) Put(key string, n int) {}

func (s *Store) Keys(prefix string) []string { return nil }

func count(names []string, most int) int { return 0 }

func (s *Store) Sum(key string, limit int) int {
	total := s.Get(key)
	names := strings.Fields(key)
	fmt.Println(names)
	total += count(names, limit)
	«s.Put(key, total)»
	return total
}
`

func TestSamplesInGo(t *testing.T) {
	samples(t, tree{"go.mod": "module example.com/shop\n", "store/store.go": storeGo}, []freeSample{
		{"another statement, all of it known", "total = count(s.Keys(key), limit)", existing, "", "", ""},
		{"a variable of no scope in another statement", "total = count(s.Keys(prefix), limit)", certified, undefinedvariable, "prefix",
			""},
		{"a method that the type lacks", "total = count(s.Key(key), limit)", certified, method, "Key",
			"total = count(s.Keys(key), limit)"},
		{"a function that nothing declares", "total = counts(s.Keys(key), limit)", certified, method, "counts",
			"total = count(s.Keys(key), limit)"},
		{"an argument too many", "total = count(names, limit, total)", certified, parameter, "count", "total = count(names, limit)"},
		{"one argument that may stand for several", "s.Put(strings.ToUpper(key))", abstained, "", "", ""},
		{"an argument too few", "s.Put(key)", certified, parameter, "Put", "s.Put(key, total)"},
		{"two errors of one type", "total = count(s.Keys(prefix), most)", abstained, "", "", ""},
		{"two errors of two types", "total = counts(s.Keys(prefix), limit)", abstained, "", "", ""},
		{"a member of a type that is not read", "s.queue.Push(key)", abstained, "", "", ""},
		{"an error beside what is not decided", "s.queue.Push(prefix)", abstained, "", "", ""},
		{"a field that the type lacks is of no type", "total = s.size", abstained, "", "", ""},
		{"a variable that nothing reads", "more := s.Get(key)", abstained, "", "", ""},
		{"a name that is declared again", "names := s.Keys(key)", abstained, "", "", ""},
		{"a variable of its own", "more := s.Get(key)\n\ttotal += more", existing, "", "", ""},
		{"an error in a variable of its own", "more := s.Get(name)\n\ttotal += more", certified, undefinedvariable, "name",
			"more := s.Get(names)\n\ttotal += more"},
		{"it ends the function and begins another", "s.Put(key, total)\n\treturn total\n}\n\nfunc other(total int) int {", abstained, "", "", ""},
		{"it does not parse", "total = = 1", abstained, "", "", ""},
	})
}

const cartPy = `from .price import tax, total
import logging


class Cart:
    def __init__(self, owner):
        self.owner = owner
        self.lines = []

    def add(self, line, count=1):
        self.lines.append(line)

    def clear(self):
        self.lines = []

    def close(self, customer, discount):
        amount = total(self.lines)
        self.add(customer, count=2)
        «self.clear()»
        return amount
`

func TestSamplesInPython(t *testing.T) {
	files := tree{"shop/__init__.py": "", "shop/cart.py": cartPy,
		"shop/price.py": "def tax(amount):\n    return amount\n\n\ndef total(lines):\n    return 0\n"}
	samples(t, files, []freeSample{
		{"known", "self.add(tax(amount), count=discount)", existing, "", "", ""},
		{"a variable of no scope", "self.add(tax(amounts), count=discount)", certified, undefinedvariable, "amounts",
			"self.add(tax(amount), count=discount)"},
		{"a method that the class lacks", "self.insert(tax(amount))", certified, method, "insert", ""},
		{"an unknown keyword", "self.add(tax(amount), number=discount)", certified, parameter, "add",
			"self.add(tax(amount))"},
		{"two errors", "self.insert(tax(amounts))", abstained, "", "", ""},
		{"it begins another function", "self.clear()\n\n    def other(self, amount):\n        self.clear()", abstained, "", "", ""},
		{"what a comprehension binds", "self.add([tax(line) for line in self.lines])", existing, "", "", ""},
		{"a variable of no scope in one", "self.add([tax(lines) for line in self.lines])", certified, undefinedvariable, "lines",
			"self.add([tax(line) for line in self.lines])"},
		{"external", "logging.info(customer)", abstained, "", "", ""},
	})
	cut := tree{"shop/price.py": files["shop/price.py"], "shop/__init__.py": "",
		"shop/cart.py": strings.Replace(cartPy, "from .price", "begins inside of a text\n\"\"\"\n\nfrom .price", 1) +
			"\n\ndef other():\n    \"\"\"A text.\"\"\"\n"}
	samples(t, cut, []freeSample{
		{"a window that reads as text", "self.insert(taxes)", abstained, "", "", ""},
	}, abstained)
	imports := tree{"shop/__init__.py": "", "shop/price.py": files["shop/price.py"],
		"shop/cart.py": strings.Replace(strings.Replace(strings.NewReplacer("«", "", "»", "").Replace(cartPy), "from .price import tax, total",
			"«from .price import total»", 1), "import logging\n", "", 1)}
	samples(t, imports, []freeSample{
		{"a name that the module lacks", "from .price import tax, totals", certified, importing, "totals", "from .price import tax, total"},
		{"two names that the module lacks", "from .price import taxes, totals", abstained, "", "", ""},
		{"a module that is not there", "from .prices import total", certified, importing, ".prices", "from .price import total"},
		{"what follows reads what it does not bind", "from .price import tax", abstained, "", "", ""},
	})
}

// Where a failure may be what is expected, or names are made in ways that no fact shows, nothing is
// certified of a sample.
func TestSamplesThatMayBeMeantToFail(t *testing.T) {
	for _, c := range []struct {
		language               schemas.Language
		prefix, sample, suffix string
		want                   bool
	}{
		{schemas.Python, "with pytest.raises(TypeError):\n    ", "self.put()", "\n", true},
		{schemas.Python, "try:\n    ", "self.put()", "\nexcept TypeError:\n    pass\n", true},
		{schemas.Python, "self.assertRaises(TypeError, ", "self.put", ")\n", true},
		{schemas.Python, "x = 1\n", "ﬁ = fi", "\n", true},
		{schemas.Python, "x = 1\n", "self.put()", "\n", false},
		{schemas.JavaScript, "expect(() => ", "this.put(1)", ").toThrow(TypeError);\n", true},
		{schemas.JavaScript, "", "this.flush?.(total)", ";\n", true},
		{schemas.JavaScript, "", "this['fresh'] = limit; this.fresh(1)", ";\n", true},
		{schemas.JavaScript, "", "use(caf\\u00e9)", ";\n", true},
		{schemas.JavaScript, "", "this.put(1)", ";\n", false},
		{schemas.Go, "try := 1\n", "s.Put(1)", "\n", false},
	} {
		x := &schemas.Context{Language: c.language, Prefix: c.prefix, Suffix: c.suffix}
		if why := expected(x, c.sample); (why != "") != c.want {
			t.Errorf("%s: %q behind %q: %q", c.language, c.sample, c.prefix, why)
		}
	}
}
