// Package syntax parses source files of eight languages and says what their syntax
// says, in terms that are the same for all of them.
//
//	bytes → Tree (a flat preorder array of nodes) → Facts (imports, declarations,
//	scopes, calls, members, references)
//
// # Parsing
//
// The grammars are those that smacker/go-tree-sitter carries; its Go binding is not
// used beyond linking them. One cgo call a file parses and walks the tree with a
// cursor in C (walk.c) and records the kept nodes in one array; no query runs
// (queries are slower than the parse they read and quadratic on nested calls), and
// no Go object is made a node. A parser is reused for every file of a goroutine,
// is never given a cancellable context, and is reset after a limit: otherwise the
// next file would resume the old one and return a wrong tree without an error.
//
// A text that differs in one place from one that was parsed is parsed as an edit of it
// ([Parser.ParseFactsAfter]). tree-sitter then puts the old subtrees that it can use into
// the new tree, the same objects; the walk stops at such a one and copies its records,
// moved, so that it visits the changed nodes, those around them and their neighbours
// alone. ts_tree_get_changed_ranges would be less: it takes subtrees of one size and
// symbol for equal. Facts are read from all records.
//
// # Facts
//
// A language is one row of the table in language.go and one rules file: tables of
// node kinds and fields for what is the same everywhere (a call has a callee and
// arguments, a declaration a name and parameters), hooks for the rest. The builder
// reads facts in one preorder pass. Rules are resolved against the grammar when a
// language is first used; a rule that names an unknown kind or field panics there,
// which every test meets.
//
// Facts are of the text alone. Which declaration a name means, whether an argument
// fits, what a wildcard import brings: readers conclude that. The generator of
// negatives and the checker of negatives both read facts and share nothing else.
//
// Names also come from what no declaration writes: macros, exec, an assignment to
// another module's member, a generator's directive, text that does not parse. Those
// constructs are Openings, asked for apart from the facts since only symbols need
// them; each says which names it may make and how far it reaches.
//
// # Adding a language
//
// One row, one rules file, one folder testdata/LANG with source that covers its
// constructs; go test -run TestFacts -update writes the goldens, to be read. To see
// a file's tree and facts: DECOY_DUMP=LANG:PATH go test -run TestDump -v.
//
// # Limits
//
// Grammars parse without preprocessing: C++ macros break the parse of many files
// somewhere, so readers look at the declaration that encloses a place (Tree.Broken).
//
// # Hostile text
//
// What decides that a text is given up is the text alone: its depth, the number of
// its nodes, and the work of its parse, which work.c counts in the allocations that
// tree-sitter makes (its own limit is the clock's, so that what it stops depends on
// the load). At the limit the parser is stopped by its cancellation flag and reset. A
// parser that is used again holds memory and allocates a little less, never more, so
// that what comes near the limit is asked of a new one. The wall clock limit of 60 s
// is the last resort and not reproducible.
package syntax
