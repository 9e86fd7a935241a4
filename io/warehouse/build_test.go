package warehouse

import (
	"os"
	"path/filepath"
	"testing"

	"decoy/io/columnar"
	"decoy/io/shard"
	"decoy/schemas"
)

func ptr[T any](v T) *T { return &v }

func write[T any](t testing.TB, out, stage, name string, records ...T) {
	t.Helper()
	w, err := shard.Create[T](t.Context(), filepath.Join(out, stage, name))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for _, v := range records {
		if err := w.Write(v); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

func writeParquet(t testing.TB, out, name string, records ...schemas.Row) {
	t.Helper()
	raw, err := shard.CreateRaw(t.Context(), filepath.Join(out, schemas.StageExport, name))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Abort()
	w, err := columnar.NewWriter[schemas.Row](raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range records {
		if err := w.Write(v); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Commit(int64(len(records))); err != nil {
		t.Fatal(err)
	}
}

// build writes a small OUT of two shards: two repositories, four contexts, six
// negatives, with a null or an empty list wherever a record can have one.
func build(t testing.TB, out string) {
	t.Helper()
	write(t, out, "extract", "contexts-00000-of-00003.jsonl.zst",
		schemas.Context{ID: "c1", Repo: "example.org/a", Path: "a.go", License: "MIT", Language: "go", Kind: "call", Types: []schemas.Type{"method", "undefinedvariable"}, Prefix: "p1", Golden: "foo()", Suffix: "s1", Cut: "cursor", CallForm: "name call", Origin: "snapshot"},
		schemas.Context{ID: "c2", Repo: "example.org/a", Path: "a.go", License: "MIT", Language: "go", Kind: "import", Types: []schemas.Type{"import"}, Prefix: "it's", Golden: `"fmt"`, EndByte: 1 << 40, PrefixCut: true, Cut: "line", Origin: "snapshot"})
	write(t, out, "extract", "contexts-00001-of-00003.jsonl.zst",
		schemas.Context{ID: "c3", Repo: "example.org/b", Path: "b.py", License: "Apache-2.0", Language: "python", Kind: "call", Types: []schemas.Type{"method", "parameter"}, Golden: "é(x)", Cut: "cursor", CallForm: "expression statement", Origin: "snapshot"},
		schemas.Context{ID: "c4", Repo: "example.org/b", Path: "c.py", License: "Apache-2.0", Language: "python", Kind: "line", Types: []schemas.Type{}, Golden: "x = 1\n\ty", Cut: "cursor", Origin: "edit"})
	write[schemas.Context](t, out, "extract", "contexts-00002-of-00003.jsonl.zst")
	write(t, out, "extract", "rejects-00000-of-00001.jsonl.zst",
		schemas.Reject{Stage: "extract", ID: "x.go", Reason: "generated", Language: "go"},
		schemas.Reject{Stage: "extract", ID: "y.go", Reason: "generated", Language: "go"},
		schemas.Reject{Stage: "extract", ID: "z", Reason: "binary"})

	write(t, out, "generate", "negatives-00000-of-00003.jsonl.zst",
		schemas.Negative{ID: "n1", ContextID: "c1", Type: "method", Generator: "rules", Text: "fooBar()", Introduced: []string{"fooBar"}},
		schemas.Negative{ID: "n2", ContextID: "c1", Type: "method", Generator: "other", Text: "bar()", InputTokens: 100, OutputTokens: 20, CostUSD: ptr(0.5)},
		schemas.Negative{ID: "n3", ContextID: "c1", Type: "undefinedvariable", Generator: "rules", Text: "foo(z)"},
		schemas.Negative{ID: "n4", ContextID: "c2", Type: "import", Generator: "rules", Text: `"fnt"`})
	write(t, out, "generate", "negatives-00001-of-00003.jsonl.zst",
		schemas.Negative{ID: "n5", ContextID: "c3", Type: "method", Generator: "rules", Text: "éé(x)"},
		schemas.Negative{ID: "n6", ContextID: "c3", Type: "parameter", Generator: "rules", Text: "é(x, y)"})
	write(t, out, "generate", "unlabelled-00000-of-00001.jsonl.zst",
		schemas.Unlabelled{ContextID: "c1", Generator: "other", Text: "foo()", Reason: "equal", InputTokens: 50, OutputTokens: 5, CostUSD: ptr(0.125)})
	write(t, out, "generate", "rejects-00000-of-00001.jsonl.zst",
		schemas.Reject{Stage: "generate", ID: "n9", Reason: "collateral", Language: "go", Type: "method", Generator: "other"})

	write(t, out, "verify", "certificates-00000-of-00001.jsonl.zst",
		schemas.Certificate{NegativeID: "n1", ContextID: "c1", Status: "certified", Rule: "no_member"},
		schemas.Certificate{NegativeID: "n2", ContextID: "c1", Status: "exists"},
		schemas.Certificate{NegativeID: "n3", ContextID: "c1", Status: "unseen"},
		schemas.Certificate{NegativeID: "n4", ContextID: "c2", Status: "certified"},
		schemas.Certificate{NegativeID: "n5", ContextID: "c3", Status: "abstain"},
		schemas.Certificate{NegativeID: "n6", ContextID: "c3", Status: "certified"})

	write(t, out, "judge", "verdicts-00000-of-00001.jsonl.zst",
		schemas.Verdict{ContextID: "c1", Judge: "j1", Answer: "accepted", Margin: ptr(9.0), InputTokens: 10, CostUSD: ptr(0.25)},
		schemas.Verdict{NegativeID: ptr("n1"), ContextID: "c1", Judge: "j1", Answer: "fooled", Margin: ptr(1.0), GoldenLogProb: ptr(-3.5)},
		schemas.Verdict{NegativeID: ptr("n1"), ContextID: "c1", Judge: "j2", Answer: "caught", InputTokens: 30, OutputTokens: 2},
		schemas.Verdict{NegativeID: ptr("n2"), ContextID: "c1", Judge: "j1", Answer: "fooled", Margin: ptr(2.0)},
		schemas.Verdict{NegativeID: ptr("n3"), ContextID: "c1", Judge: "j1", Answer: "invalid"},
		schemas.Verdict{NegativeID: ptr("n4"), ContextID: "c2", Judge: "j1", Answer: "caught", Margin: ptr(-1.0)},
		schemas.Verdict{NegativeID: ptr("n5"), ContextID: "c3", Judge: "j1", Answer: "fooled", Margin: ptr(0.5)})

	write(t, out, "curate", "selection-00000-of-00001.jsonl.zst",
		schemas.Selected{ContextID: "c1", NegativeID: ptr("n1"), Repo: "example.org/a", Group: "g", Language: "go", Type: ptr(schemas.TypeMethod), Kind: "call", Generator: ptr("rules"), Status: ptr(schemas.StatusCertified), FoolRate: ptr(0.5), Margin: ptr(1.0), Judges: 2, Split: "train"},
		schemas.Selected{ContextID: "c2", NegativeID: ptr("n4"), Repo: "example.org/a", Group: "g", Language: "go", Type: ptr(schemas.TypeImport), Kind: "import", Generator: ptr("rules"), Status: ptr(schemas.StatusCertified), FoolRate: ptr(0.0), Margin: ptr(-1.0), Judges: 1, Split: "train"},
		schemas.Selected{ContextID: "c3", NegativeID: ptr("n6"), Repo: "example.org/b", Group: "h", Language: "python", Type: ptr(schemas.TypeParameter), Kind: "call", Generator: ptr("rules"), Status: ptr(schemas.StatusUnseen), Split: "test"},
		schemas.Selected{ContextID: "c4", Repo: "example.org/b", Group: "h", Language: "python", Kind: "line", Split: "test"})
	write(t, out, "curate", "rejects-00000-of-00001.jsonl.zst",
		schemas.Reject{Stage: "curate", ID: "n5", Reason: "status", Language: "python", Type: "method", Generator: "rules"})

	writeParquet(t, out, "train-00000-of-00001.parquet",
		schemas.Row{ID: "n1", ContextID: "c1", Type: ptr(schemas.TypeMethod), Chosen: "foo()", Rejected: ptr("fooBar()"), FoolRate: ptr(0.5), Judges: 2, Split: "train"},
		schemas.Row{ID: "n4", ContextID: "c2", Type: ptr(schemas.TypeImport), Chosen: `"fmt"`, Rejected: ptr(""), Split: "train"})
	writeParquet(t, out, "validation-00000-of-00001.parquet")
	writeParquet(t, out, "test-00000-of-00001.parquet", schemas.Row{ID: "c4", ContextID: "c4", Chosen: "x = 1\n\ty", Split: "test"})
}

// TestSmallBuild leaves the small OUT in a folder for scripts/sql/check.
func TestSmallBuild(t *testing.T) {
	out := os.Getenv("DECOY_SMALL_BUILD")
	if out == "" {
		t.Skip("for scripts/sql/check, which names a folder in DECOY_SMALL_BUILD")
	}
	build(t, out)
}

func open(t testing.TB, out string) *DB {
	t.Helper()
	db, err := OpenDuckDB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Attach(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	return db
}
