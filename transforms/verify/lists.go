package verify

import (
	"archive/zip"
	"bufio"
	"bytes"
	_ "embed"
	"io/fs"
	"strconv"
	"strings"
	"sync"
)

// lists holds data/*.txt, packed: a worker carries a fourth of their bytes. After a
// change of them: go test ./transforms/verify -run TestPackedLists -update
//
//go:embed lists.zip
var lists []byte

// library is what a language's standard library is known to hold: the union of its
// lists, each complete for the versions that its first lines name. What none of them
// has is refused, so a list says what any version or platform has, not which.
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

// libraries reads the embedded lists, each once, when first asked for. A file's name
// up to its first "_" is its library's: java_25.txt adds to java.txt.
var libraries = map[string]func() *library{}

func init() {
	data, err := zip.NewReader(bytes.NewReader(lists), int64(len(lists)))
	if err != nil {
		panic(err)
	}
	entries, err := fs.ReadDir(data, ".")
	if err != nil {
		panic(err)
	}
	files := map[string][]string{}
	for _, e := range entries {
		name, _, _ := strings.Cut(strings.TrimSuffix(e.Name(), ".txt"), "_")
		files[name] = append(files[name], e.Name())
	}
	for name, paths := range files {
		libraries[name] = sync.OnceValue(func() *library {
			var all strings.Builder
			for _, p := range paths { // in the order of names: the first list before what adds to it
				b, err := fs.ReadFile(data, p)
				if err != nil {
					panic(err)
				}
				all.Write(b)
				all.WriteByte('\n')
			}
			return readLibrary(all.String())
		})
	}
}

var emptyLibrary = &library{modules: map[string]map[string]arity{}, types: map[string]*libType{},
	statics: map[string]map[string]arity{}}

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
	l := &library{modules: map[string]map[string]arity{}, types: map[string]*libType{},
		statics: map[string]map[string]arity{}}
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
			t := l.types[name]
			if t == nil {
				t = &libType{name: name, members: map[string]arity{}}
				l.types[name] = t
			}
			addNames(t.members, names)
			if supers != "" {
				t.supers = append(t.supers, strings.Split(supers, ",")...)
			}
			continue
		}
		if rest, ok := strings.CutPrefix(head, "static "); ok {
			if l.statics[rest] == nil {
				l.statics[rest] = map[string]arity{}
			}
			addNames(l.statics[rest], names)
			continue
		}
		if l.modules[head] == nil {
			l.modules[head] = map[string]arity{}
		}
		addNames(l.modules[head], names)
	}
	return l
}

func addNames(out map[string]arity, s string) {
	for _, n := range strings.Fields(s) {
		name, count, ok := strings.Cut(n, "/")
		if !ok || count == "" || count[0] < '0' || count[0] > '9' {
			if _, ok := out[n]; !ok { // a later list may leave a count out
				out[n] = notGiven
			}
			continue
		}
		a := arity{variadic: strings.HasSuffix(count, "+")}
		a.n, _ = strconv.Atoi(strings.TrimSuffix(count, "+"))
		out[name] = a
	}
}
