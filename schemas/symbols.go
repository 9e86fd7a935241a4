package schemas

import "slices"

// A Symbol is a row, whose columns mean one thing for a declaration and another for a
// file. The types here are what code has in hand: a row is made by their Symbol and read
// by the row's methods. They are values that share the row's strings and lists, since
// verify reads millions of them.

// flagUnread marks a file whose declarations are not among the symbols.
const flagUnread = "unread"

// Declaration is a symbol "decl". Arity is -1 where no parameter list is written.
type Declaration struct {
	Repo, Path        string
	Line              int64
	Name, Role, Owner string
	Arity             int64
	Params            []string
	Variadic          bool
	Target            string
	Flags             []string
}

// Symbol is the declaration's row.
func (d Declaration) Symbol() Symbol {
	return Symbol{Repo: d.Repo, Record: SymbolDecl, Path: d.Path, Line: d.Line, Name: d.Name, Role: d.Role,
		Owner: d.Owner, Arity: d.Arity, Params: d.Params, Variadic: d.Variadic, Target: d.Target, Flags: d.Flags}
}

// Declaration reads a row whose Record is "decl".
func (s *Symbol) Declaration() Declaration {
	return Declaration{Repo: s.Repo, Path: s.Path, Line: s.Line, Name: s.Name, Role: s.Role, Owner: s.Owner,
		Arity: s.Arity, Params: s.Params, Variadic: s.Variadic, Target: s.Target, Flags: s.Flags}
}

// Import is a symbol "import": Local is what the file calls it ("*" for a wildcard, ""
// for nothing), Module is as written, Name what was asked of it ("" for the whole).
type Import struct {
	Repo, Path          string
	Line                int64
	Local, Module, Name string
	Flags               []string
}

// Symbol is the import's row.
func (i Import) Symbol() Symbol {
	return Symbol{Repo: i.Repo, Record: SymbolImport, Path: i.Path, Line: i.Line, Name: i.Local, Owner: i.Name,
		Arity: -1, Params: []string{}, Target: i.Module, Flags: i.Flags}
}

// Import reads a row whose Record is "import".
func (s *Symbol) Import() Import {
	return Import{Repo: s.Repo, Path: s.Path, Line: s.Line, Local: s.Name, Module: s.Target, Name: s.Owner,
		Flags: s.Flags}
}

// Opening is a symbol "open": Reach is how far it goes, Owner whose members it adds, Name
// the name, with "*" for any text, What the construct as written.
type Opening struct {
	Repo, Path               string
	Line                     int64
	Reach, Owner, Name, What string
}

// Symbol is the opening's row.
func (o Opening) Symbol() Symbol {
	return Symbol{Repo: o.Repo, Record: SymbolOpen, Path: o.Path, Line: o.Line, Name: o.Name, Role: o.Reach,
		Owner: o.Owner, Arity: -1, Params: []string{}, Target: o.What, Flags: []string{}}
}

// Opening reads a row whose Record is "open".
func (s *Symbol) Opening() Opening {
	return Opening{Repo: s.Repo, Path: s.Path, Line: s.Line, Reach: s.Role, Owner: s.Owner, Name: s.Name,
		What: s.Target}
}

// SourceFile is a symbol "file". SHA256 and Size are set together, for source files.
// Package is the name that a package manifest gives its folder. An unread one with no
// Path says that an archive broke off.
type SourceFile struct {
	Repo, Path string
	Language   Language
	SHA256     string
	Size       int64
	Package    string
	Unread     bool
}

// Symbol is the file's row.
func (f SourceFile) Symbol() Symbol {
	s := Symbol{Repo: f.Repo, Record: SymbolFile, Path: f.Path, Role: string(f.Language), Owner: f.SHA256, Arity: -1,
		Target: f.Package}
	if f.SHA256 != "" {
		s.Arity = f.Size
	}
	if f.Unread {
		s.Flags = []string{flagUnread}
	}
	return s
}

// SourceFile reads a row whose Record is "file".
func (s *Symbol) SourceFile() SourceFile {
	f := SourceFile{Repo: s.Repo, Path: s.Path, Language: Language(s.Role), SHA256: s.Owner, Package: s.Target,
		Unread: slices.Contains(s.Flags, flagUnread)}
	if f.SHA256 != "" {
		f.Size = s.Arity
	}
	return f
}
