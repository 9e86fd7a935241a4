package boundary

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
)

// tokenizer writes a tokenizer.json with some merges and a pre-tokenizer.
func tokenizer(t *testing.T, pre any, merges ...string) []byte {
	t.Helper()
	data, err := json.Marshal(map[string]any{"pre_tokenizer": pre, "model": map[string]any{"type": "BPE", "merges": merges, "vocab": map[string]int{"foo": 1}}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

type object = map[string]any

func bySplit(regex string) object {
	return object{"type": "Sequence", "pretokenizers": []object{
		{"type": "Split", "pattern": object{"Regex": regex}, "behavior": "Isolated"}, {"type": "ByteLevel", "use_regex": false}}}
}

// qwen is the pattern of Qwen2.5's vocabulary.
const qwen = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

// TestPieces: what the pre-tokenizers give, without merges inside of a piece, as Hugging Face's
// tokenizers cuts it.
func TestPieces(t *testing.T) {
	for _, c := range []struct {
		name string
		pre  any
		text string
		want string // pieces between |
	}{
		{"Qwen: line ends stay with signs, the last space with the word", bySplit(qwen), "a.b(x);\n    return x12;\n\n\t\t}\n", "a|.b|(x|);\n|   | return| x|1|2|;\n\n|\t|\t|}\n"},
		{"Qwen: what is left of white space", bySplit(qwen), "a  \n\n  b \u00a0 ", "a|  \n\n| | b| \u00a0 "},
		{"GPT-2: a line end may be in the middle of white space", object{"type": "ByteLevel"}, "a.b();\n    it's 123", "a|.|b|();|\n   | it|'s| 123"},
		{"digits", object{"type": "Sequence", "pretokenizers": []object{{"type": "Digits", "individual_digits": true}, {"type": "ByteLevel"}}}, "x 123", "x| |1|2|3"},
		{"digits together", object{"type": "Sequence", "pretokenizers": []object{{"type": "Digits"}, {"type": "ByteLevel"}}}, "x 123y", "x| |123|y"},
		{"what matches nothing is a piece", bySplit(`[a-z]+`), "ab--c+", "ab|--|c|+"},
		{"a look-behind", bySplit(`(?<=a)b|[a-c]`), "abbc", "a|b|b|c"},
		{"characters of several bytes", bySplit(`\p{L}+`), "é-ü 中文b", "é|-|ü| |中文b"},
		{"a look-ahead that must match", bySplit(`[ \t]+(?=[ \t]\S)|\s+|\S+`), "    x", "   | |x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := Read(tokenizer(t, c.pre, "q q"))
			if err != nil {
				t.Fatal(err)
			}
			pieces := []string{c.text}
			for _, cut := range v.splits {
				var finer []string
				for _, p := range pieces {
					from := 0
					for _, to := range cut(p) {
						finer = append(finer, p[from:to])
						from = to
					}
				}
				pieces = finer
			}
			if got := strings.Join(pieces, "|"); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestEnds(t *testing.T) {
	v, err := Read(tokenizer(t, bySplit(`\s?\w+|.`), "l o", "Ġ lo", "lo w", "Ġlo w", "Ã ©"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]int{
		"low low": {3, 7}, "loo": {2, 3}, "é": {2}, "è": {1, 2}, "": {}, "lolow": {2, 5},
	} {
		if got := v.Ends(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestIgnoreMerges(t *testing.T) {
	v, err := Read([]byte(`{"pre_tokenizer": {"type": "ByteLevel"}, "model": {"merges": [["o", "o"]], "vocab": {"foo": 1, "Ġbar": 2}, "ignore_merges": true}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := v.Ends("foo bar oo"), []int{3, 7, 8, 10}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"{", "tokenizer.json:"},
		{`{"model": {"type": "Unigram"}}`, "no byte-level BPE"},
		{`{"model": {"merges": ["ab"]}}`, `merge "ab" is not of two parts`},
		{`{"model": {"merges": ["a b"]}}`, "no pre_tokenizer"},
		{`{"model": {"merges": ["a b"], "byte_fallback": true}}`, "no byte-level BPE"},
		{`{"model": {"merges": ["a b"]}, "pre_tokenizer": {"type": "Metaspace"}}`, `pre_tokenizer "Metaspace" is not known here`},
		{`{"model": {"merges": ["a b"]}, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true}}`, "add_prefix_space"},
		{`{"model": {"merges": ["a b"]}, "pre_tokenizer": {"type": "Split", "behavior": "Removed", "pattern": {"Regex": "a"}}}`, `behavior "Removed"`},
		{`{"model": {"merges": ["a b"]}, "pre_tokenizer": {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "(a"}}}`, `pattern "(a"`},
		{`{"model": {"merges": ["a b"]}, "pre_tokenizer": {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "a++"}}}`, `pattern "a++"`},
	} {
		if _, err := Read([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.text, err, c.want)
		}
	}
}

func TestShares(t *testing.T) {
	v, err := Read(tokenizer(t, bySplit(qwen), "i m", "p o", "im po", "r t", "impo rt", "Ġ f", "b a", ". f", "f (", ") ;"))
	if err != nil {
		t.Fatal(err)
	}
	n := NewCount(v)
	call := func(prefix, golden, suffix string, form schemas.CallForm) *schemas.Context {
		return &schemas.Context{Language: schemas.Go, Kind: schemas.KindCall, Cut: schemas.CutCursor, CallForm: form, Prefix: prefix, Golden: golden, Suffix: suffix}
	}
	for _, c := range []*schemas.Context{
		{Language: schemas.Go, Kind: schemas.KindImport, Cut: schemas.CutLine, Golden: "import x\n", Suffix: "y"},
		call("a.", "f(x)", ";", "name call"),      // the dot is of the name's token, the ")" of the ";"'s
		call("", "a.f(x);", "", "name statement"), // the window's ends are boundaries
		call("b", "a.f(x)", "\n", "name call"),    // inside of a word, before a line end
		call("b ", "f(x)", " y", "name call"),     // the space is of the name
	} {
		n.Add(c)
	}
	want := []Share{
		{Cell{schemas.Go, schemas.KindCall, schemas.CutCursor, "name call"}, 3, 0, 2},
		{Cell{schemas.Go, schemas.KindCall, schemas.CutCursor, "name statement"}, 1, 1, 1},
		{Cell{schemas.Go, schemas.KindImport, schemas.CutLine, ""}, 1, 1, 1},
	}
	if got := n.Shares(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
