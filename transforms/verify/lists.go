package verify

import (
	"bufio"
	"embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed data/*.txt
var data embed.FS

// library is what a language's standard library is known to hold. Its lists are
// complete for the version that their first lines name.
type library struct {
	modules map[string]map[string]arity
	types   map[string]*libType
	statics map[string]map[string]arity
}

// libType is one type of a library with the names of its own members.
type libType struct {
	name    string
	supers  []string
	members map[string]arity
}

// arity is the count of parameters that a list gives, notGiven where it does not.
type arity struct {
	n        int
	variadic bool
}

var notGiven = arity{n: -1}

// libraries reads the embedded lists, each once, when first asked for.
var libraries = map[string]func() *library{}

func init() {
	entries, err := data.ReadDir("data")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		libraries[strings.TrimSuffix(e.Name(), ".txt")] = sync.OnceValue(func() *library {
			b, err := data.ReadFile("data/" + e.Name())
			if err != nil {
				panic(err)
			}
			return readLibrary(string(b))
		})
	}
}

var emptyLibrary = &library{modules: map[string]map[string]arity{}, types: map[string]*libType{}, statics: map[string]map[string]arity{}}

// libraryOf is the standard library of a language; it is empty where there is no
// list.
func libraryOf(name string) *library {
	if load := libraries[name]; load != nil {
		return load()
	}
	return emptyLibrary
}

// readLibrary reads the format that data/make.sh describes.
func readLibrary(text string) *library {
	l := &library{modules: map[string]map[string]arity{}, types: map[string]*libType{}, statics: map[string]map[string]arity{}}
	sc := bufio.NewScanner(strings.NewReader(text))
	sc.Buffer(nil, len(text)+1)
	for sc.Scan() {
		line := sc.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		head, names, ok := strings.Cut(line, ": ")
		if !ok {
			head, names = strings.TrimSuffix(line, ":"), ""
		}
		if rest, ok := strings.CutPrefix(head, "type "); ok {
			name, supers, _ := strings.Cut(rest, " < ")
			t := &libType{name: name, members: readNames(names)}
			if supers != "" {
				t.supers = strings.Split(supers, ",")
			}
			l.types[name] = t
			continue
		}
		if rest, ok := strings.CutPrefix(head, "static "); ok {
			l.statics[rest] = readNames(names)
			continue
		}
		if old := l.modules[head]; old != nil {
			for n, a := range readNames(names) {
				old[n] = a
			}
			continue
		}
		l.modules[head] = readNames(names)
	}
	return l
}

func readNames(s string) map[string]arity {
	out := map[string]arity{}
	for _, n := range strings.Fields(s) {
		name, count, ok := strings.Cut(n, "/")
		if !ok || count == "" || count[0] < '0' || count[0] > '9' {
			out[n] = notGiven
			continue
		}
		a := arity{variadic: strings.HasSuffix(count, "+")}
		a.n, _ = strconv.Atoi(strings.TrimSuffix(count, "+"))
		out[name] = a
	}
	return out
}
