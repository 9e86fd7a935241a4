package schemas

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"testing"
)

func TestFields(t *testing.T) { // the names and kinds of every record
	checkFields[Blob](t)
	checkFields[Context](t)
	checkFields[Symbol](t)
	checkFields[Name](t)
	checkFields[Negative](t)
	checkFields[Certificate](t)
	checkFields[Verdict](t)
	checkFields[Row](t)
	checkFields[Selected](t)
	checkFields[Reject](t)
}

// checkFields holds Fields to what encoding/json makes of the record: the same
// names in the same order, null for pointers and nothing else that can be null but
// a list.
func checkFields[T any](t *testing.T) {
	t.Helper()
	typ := reflect.TypeFor[T]()
	fields := Fields[T]()
	var zero T
	data, err := json.Marshal(zero)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range regexp.MustCompile(`"([^"]+)":`).FindAllStringSubmatch(string(data), -1) {
		names = append(names, m[1])
	}
	var values map[string]any
	if err := json.Unmarshal(data, &values); err != nil {
		t.Fatal(err)
	}
	if len(fields) != typ.NumField() || len(names) != len(fields) {
		t.Fatalf("%s: %d fields, %d columns, %d keys", typ, typ.NumField(), len(fields), len(names))
	}
	snake := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	for i, f := range fields {
		if f.Name != names[i] || f.Index != i || !snake.MatchString(f.Name) {
			t.Errorf("%s: column %d is %+v, JSON says %q", typ, i, f, names[i])
		}
		isNull := values[f.Name] == nil
		if want := f.Nullable || f.Repeated || f.Kind == Bytes; isNull != want {
			t.Errorf("%s.%s: null in JSON %v, column %+v", typ, f.Name, isNull, f)
		}
	}
}

func TestFieldKinds(t *testing.T) {
	type record struct {
		S  string   `json:"s"`
		B  []byte   `json:"b"`
		I  int64    `json:"i"`
		F  float64  `json:"f"`
		T  bool     `json:"t"`
		PS *string  `json:"ps"`
		PF *float64 `json:"pf"`
		L  []string `json:"l"`
	}
	want := []Field{
		{Name: "s", Kind: String}, {Name: "b", Kind: Bytes, Index: 1}, {Name: "i", Kind: Int64, Index: 2},
		{Name: "f", Kind: Float64, Index: 3}, {Name: "t", Kind: Bool, Index: 4},
		{Name: "ps", Kind: String, Nullable: true, Index: 5}, {Name: "pf", Kind: Float64, Nullable: true, Index: 6},
		{Name: "l", Kind: String, Repeated: true, Index: 7},
	}
	if got := Fields[record](); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestFieldsRefuses(t *testing.T) {
	refuses := func(name string, f func() []Field) {
		defer func() {
			if recover() == nil {
				t.Errorf("%s: no panic", name)
			}
		}()
		f()
	}
	refuses("int", Fields[struct {
		A int `json:"a"`
	}])
	refuses("no name", Fields[struct{ A string }])
	refuses("map", Fields[struct {
		A map[string]string `json:"a"`
	}])
}

// The ids of a first build stay the ids of every later one: rows, ledgers and
// published sets refer to them. The values of key, shard and fold are those of the
// reference xxHash, asked from Python over the length-prefixed parts; an id is made of
// such keys.
func TestIDsAreStable(t *testing.T) {
	tests := []struct{ name, got, want string }{
		{"context", ContextID("github.com/a/b", "c0ffee", "src/x.go", 10, 20, KindCall, OriginSnapshot, ""), "666f3a2d5b4ef94100000a6241d45e95"},
		{"empty context", ContextID("", "", "", 0, 0, "", "", ""), "72aac4998f9169c200000008ab96d7c4"},
		{"negative", NegativeID("0123456789abcdef0123456789abcdef", TypeMethod, "rules", 0), "0123456789abcdef9d43ca91aa423cd3"},
		{"second sample", NegativeID("0123456789abcdef0123456789abcdef", TypeMethod, "rules", 1), "0123456789abcdef9a0ee2327845316f"},
		{"far in a file", ContextID("r", "c", "p", 1<<24, 1<<24+1, KindCall, OriginSnapshot, "prefix"), "91a2e36cce434cbbffffff055ff76248"},
		{"negative of a foreign id", NegativeID("mine/7", TypeMethod, "rules", 0), "7375b74551226719d442867f06cebd58"},
		{"key", fmt.Sprintf("%016x", Key64("sample", "x")), "5c43a1ca8d50556a"},
		{"shard", fmt.Sprint(Shard("github.com/a/b", 128)), "57"},
		{"fold", fmt.Sprint(Fold("github.com/a/b")), "10"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}

func TestEveryPartOfAnIDCounts(t *testing.T) {
	base := ContextID("r", "c", "p", 1, 2, "k", "o", "")
	for name, other := range map[string]string{
		"repo":     ContextID("R", "c", "p", 1, 2, "k", "o", ""),
		"commit":   ContextID("r", "C", "p", 1, 2, "k", "o", ""),
		"path":     ContextID("r", "c", "P", 1, 2, "k", "o", ""),
		"start":    ContextID("r", "c", "p", 0, 2, "k", "o", ""),
		"end":      ContextID("r", "c", "p", 1, 3, "k", "o", ""),
		"kind":     ContextID("r", "c", "p", 1, 2, "K", "o", ""),
		"origin":   ContextID("r", "c", "p", 1, 2, "k", "O", ""),
		"cut":      ContextID("r", "c", "p", 1, 2, "k", "o", "suffix"),
		"boundary": ContextID("rc", "", "p", 1, 2, "k", "o", ""),
	} {
		if other == base {
			t.Errorf("%s does not count", name)
		}
	}
	if Key64("ab", "c") == Key64("a", "bc") || Key64("a", "") == Key64("a") {
		t.Error("parts run into each other")
	}
	if len(base) != 32 {
		t.Errorf("id %q is not 128 bits in hex", base)
	}
}

func TestAnIDBeginsWithItsFile(t *testing.T) {
	first := ContextID("r", "c", "p", 7, 9, "k", "o", "")
	same := []string{
		ContextID("r", "c", "p", 700, 900, "k", "o", "prefix"), NegativeID(first, TypeMethod, "rules", 0),
		NegativeID(first, TypeImport, "rules", 3),
	}
	for _, id := range same {
		if !SameFile(first, id) || len(id) != 32 {
			t.Errorf("%s is not of the file of %s", id, first)
		}
	}
	for _, id := range []string{ContextID("r", "c", "q", 7, 9, "k", "o", ""), "", "short"} {
		if SameFile(first, id) {
			t.Errorf("%q is of the file of %s", id, first)
		}
	}
	if first >= same[0] {
		t.Errorf("%s at byte 700 does not come after %s at byte 7", same[0], first)
	}
	if NegativeID(first, TypeMethod, "rules", 0) == NegativeID(first, TypeMethod, "rules", 1) ||
		NegativeID("mine/7", TypeMethod, "rules", 0) == NegativeID("mine/8", TypeMethod, "rules", 0) {
		t.Error("two negatives have one id")
	}
}

func TestShardAndFoldStayInRange(t *testing.T) {
	seen := map[int]bool{}
	for i := range 1000 {
		repo := fmt.Sprint("repo", i)
		if s := Shard(repo, 7); s < 0 || s >= 7 {
			t.Fatalf("shard %d of 7", s)
		}
		f := Fold(repo)
		if f < 0 || f >= Folds {
			t.Fatalf("fold %d", f)
		}
		seen[f] = true
	}
	if len(seen) != Folds {
		t.Errorf("%d folds of %d used by 1000 repositories", len(seen), Folds)
	}
}

func TestShardName(t *testing.T) {
	if got := ShardName("contexts", 7, 128, "jsonl.zst"); got != "contexts-00007-of-00128.jsonl.zst" {
		t.Error(got)
	}
}

func TestAssemble(t *testing.T) {
	done := []Done{
		{Shard: 2, Files: []File{{Name: "c"}}, Counts: map[string]int64{"contexts": 5}},
		{Shard: 0, Files: []File{{Name: "a"}, {Name: "b"}}, Counts: map[string]int64{"contexts": 1, "files": 2}, Rejects: map[Reason]int64{"binary": 3}},
		{Shard: 1, Rejects: map[Reason]int64{"binary": 4, "size": 1}},
	}
	inputs := []Input{{Name: "x.tgz", SHA256: "s", Bytes: 9}}
	options := struct {
		MaxPerFile int `json:"max_per_file"`
	}{8}
	var last []byte
	for range 20 {
		m, err := Assemble(StageExtract, "f", options, inputs, done)
		if err != nil {
			t.Fatal(err)
		}
		want := Manifest{
			Stage: "extract", SchemaVersion: SchemaVersion, CodeVersion: CodeVersion, Fingerprint: "f",
			Options: json.RawMessage(`{"max_per_file":8}`), Inputs: inputs,
			Counts:  map[string]int64{"contexts": 6, "files": 2},
			Rejects: map[Reason]int64{"binary": 7, "size": 1},
			Shards:  []File{{Name: "a"}, {Name: "b"}, {Name: "c"}},
		}
		if !reflect.DeepEqual(m, want) {
			t.Fatalf("got %+v", m)
		}
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if last != nil && string(data) != string(last) {
			t.Fatalf("the order of done records shows:\n%s\n%s", last, data)
		}
		last = data
		rand.Shuffle(len(done), func(i, j int) { done[i], done[j] = done[j], done[i] })
	}
	if m, err := Assemble(StageJudge, "f", nil, nil, nil); err != nil || m.Shards == nil || m.Counts == nil {
		t.Errorf("no shards: %+v, %v", m, err)
	}
	if _, err := Assemble(StageJudge, "f", func() {}, nil, nil); err == nil {
		t.Error("options without JSON were taken")
	}
}

func TestAssembleLeavesItsInput(t *testing.T) {
	done := []Done{{Shard: 1}, {Shard: 0}}
	if _, err := Assemble("s", "f", nil, nil, done); err != nil {
		t.Fatal(err)
	}
	if done[0].Shard != 1 {
		t.Error("the caller's done records were sorted")
	}
}

func TestFingerprint(t *testing.T) {
	print := func(stage string, options any, inputs ...string) string {
		t.Helper()
		f, err := Fingerprint(stage, options, inputs...)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	type o = map[string]int
	base := print("extract", o{"a": 1, "b": 2}, "x", "y")
	if base != print("extract", o{"b": 2, "a": 1}, "x", "y") || len(base) != 64 {
		t.Errorf("the same options gave another fingerprint than %s", base)
	}
	for name, other := range map[string]string{
		"stage": print("judge", o{"a": 1, "b": 2}, "x", "y"), "options": print("extract", o{"a": 1, "b": 3}, "x", "y"),
		"input": print("extract", o{"a": 1, "b": 2}, "x", "z"), "order": print("extract", o{"a": 1, "b": 2}, "y", "x"),
		"fewer": print("extract", o{"a": 1, "b": 2}, "x"), "joined": print("extract", o{"a": 1, "b": 2}, "xy"),
	} {
		if other == base {
			t.Errorf("%s does not count", name)
		}
	}
	if _, err := Fingerprint("extract", func() {}); err == nil {
		t.Error("options without JSON were taken")
	}
}

// checkWords holds that no word of a list is empty or twice.
func checkWords[S ~string](t *testing.T, name string, list []S) {
	t.Helper()
	seen := map[S]bool{}
	for _, w := range list {
		if w == "" || seen[w] {
			t.Errorf("%s: %q is empty or twice", name, w)
		}
		seen[w] = true
	}
}

func TestWords(t *testing.T) {
	checkWords(t, "languages", Languages)
	checkWords(t, "types", Types)
	checkWords(t, "statuses", Statuses)
	checkWords(t, "splits", Splits)
	checkWords(t, "stages", Stages)
	checkWords(t, "general kinds", GeneralKinds)
	checkWords(t, "special tokens", SpecialTokens)
	if len(Languages) != 8 || len(Types) != 4 {
		t.Errorf("%d languages, %d types: the paper has 8 and 4", len(Languages), len(Types))
	}
	for _, k := range []Kind{KindLine, KindLines, KindRandom} {
		if !IsGeneral(k) {
			t.Errorf("%s is general", k)
		}
	}
	for _, k := range []Kind{KindImport, KindCall, KindArgument, KindIdentifier, KindStatement, KindBlock, ""} {
		if IsGeneral(k) {
			t.Errorf("%s is not general", k)
		}
	}
}
