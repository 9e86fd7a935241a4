package schemas

import (
	"reflect"
	"testing"
	"testing/quick"
)

// TestSymbolsInThree: what is made a row is read back as it was, and the row that is read
// is made again byte for byte.
func TestSymbolsInThree(t *testing.T) {
	same := func(want, got any, a, b Symbol) bool {
		return reflect.DeepEqual(want, got) && string(a.AppendJSON(nil)) == string(b.AppendJSON(nil))
	}
	if err := quick.Check(func(d Declaration, i Import, o Opening, f SourceFile) bool {
		if f.SHA256 == "" {
			f.Size = 0
		}
		rows := [...]Symbol{d.Symbol(), i.Symbol(), o.Symbol(), f.Symbol()}
		for n, record := range []string{SymbolDecl, SymbolImport, SymbolOpen, SymbolFile} {
			if rows[n].Record != record {
				return false
			}
		}
		return same(d, rows[0].Declaration(), rows[0], rows[0].Declaration().Symbol()) &&
			same(i, rows[1].Import(), rows[1], rows[1].Import().Symbol()) &&
			same(o, rows[2].Opening(), rows[2], rows[2].Opening().Symbol()) &&
			same(f, rows[3].SourceFile(), rows[3], rows[3].SourceFile().Symbol())
	}, nil); err != nil {
		t.Error(err)
	}
}

// TestRowsOfFiles: a file that is no source has no size in its row, and an empty one has.
func TestRowsOfFiles(t *testing.T) {
	for _, tt := range []struct {
		file SourceFile
		want string
	}{
		{SourceFile{Repo: "r", Path: "go.mod", Package: "m"},
			`{"repo":"r","record":"file","path":"go.mod","line":0,"name":"","role":"","owner":"","arity":-1,` +
				`"params":null,"variadic":false,"target":"m","flags":null}`},
		{SourceFile{Repo: "r", Path: "a.go", Language: Go, SHA256: "e3b0", Unread: true},
			`{"repo":"r","record":"file","path":"a.go","line":0,"name":"","role":"go","owner":"e3b0","arity":0,` +
				`"params":null,"variadic":false,"target":"","flags":["unread"]}`},
	} {
		if got := string(tt.file.Symbol().AppendJSON(nil)); got != tt.want {
			t.Errorf("got\n%s\nwant\n%s", got, tt.want)
		}
	}
}

// TestReadingSymbolsCopiesNothing: verify reads millions of rows.
func TestReadingSymbolsCopiesNothing(t *testing.T) {
	s := Symbol{Owner: "o", Params: []string{"a", "b"}, Flags: []string{"static"}}
	if n := testing.AllocsPerRun(100, func() {
		d, i, o, f := s.Declaration(), s.Import(), s.Opening(), s.SourceFile()
		if d.Owner == "" || i.Name == "" || o.Owner == "" || f.SHA256 == "" {
			t.Error("lost")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
