package boundary

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Vocabulary cuts text into the tokens of a model. It is not safe for concurrent use: it
// remembers the parts that it has cut.
type Vocabulary struct {
	splits []split
	ranks  map[[2]string]int // of merges, the first is made first
	whole  map[string]bool   // parts that are a token without any merge, nil where merges decide alone
	known  map[string][]int  // lengths of the tokens of parts
}

// split cuts a part of a text: the ends of its pieces, ascending, the last is its length.
type split func(part string) []int

type file struct {
	PreTokenizer *preTokenizer `json:"pre_tokenizer"`
	Model        struct {
		Type         string         `json:"type"`
		Vocab        map[string]int `json:"vocab"`
		Merges       []merge        `json:"merges"`
		IgnoreMerges bool           `json:"ignore_merges"`
		Fallback     bool           `json:"byte_fallback"`
	} `json:"model"`
}

type preTokenizer struct {
	Type     string         `json:"type"`
	Parts    []preTokenizer `json:"pretokenizers"`
	Pattern  pattern        `json:"pattern"`
	Behavior string         `json:"behavior"`
	Invert   bool           `json:"invert"`
	Digits   bool           `json:"individual_digits"`
	Regex    *bool          `json:"use_regex"`
	Space    bool           `json:"add_prefix_space"`
}

type pattern struct {
	Regex  string
	String string
}

// merge is "a b" or ["a", "b"].
type merge [2]string

// UnmarshalJSON reads either form.
func (m *merge) UnmarshalJSON(data []byte) error {
	var line string
	if json.Unmarshal(data, &line) == nil {
		a, b, ok := strings.Cut(line, " ")
		if !ok {
			return fmt.Errorf("merge %q is not of two parts", line)
		}
		*m = merge{a, b}
		return nil
	}
	return json.Unmarshal(data, (*[2]string)(m))
}

// Read reads a tokenizer.json. What it does not know is an error that names it.
func Read(data []byte) (*Vocabulary, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	if f.Model.Type != "" && f.Model.Type != "BPE" || len(f.Model.Merges) == 0 || f.Model.Fallback {
		return nil, fmt.Errorf("tokenizer.json: the model is no byte-level BPE (type %q, %d merges, byte_fallback %v)",
			f.Model.Type, len(f.Model.Merges), f.Model.Fallback)
	}
	v := &Vocabulary{ranks: make(map[[2]string]int, len(f.Model.Merges)), known: map[string][]int{}}
	for i, m := range f.Model.Merges {
		pair := [2]string{fromByteLevel(m[0]), fromByteLevel(m[1])}
		if _, ok := v.ranks[pair]; !ok {
			v.ranks[pair] = i
		}
	}
	if f.Model.IgnoreMerges {
		v.whole = make(map[string]bool, len(f.Model.Vocab))
		for token := range f.Model.Vocab {
			v.whole[fromByteLevel(token)] = true
		}
	}
	if f.PreTokenizer == nil {
		return nil, fmt.Errorf("tokenizer.json: no pre_tokenizer; a byte-level BPE has one")
	}
	return v, v.add(*f.PreTokenizer)
}

// gpt2 is the pattern that ByteLevel splits by where it is not told otherwise.
const gpt2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

// add adds the splits of a pre-tokenizer.
func (v *Vocabulary) add(p preTokenizer) error {
	switch p.Type {
	case "Sequence":
		for _, part := range p.Parts {
			if err := v.add(part); err != nil {
				return err
			}
		}
		return nil
	case "ByteLevel":
		if p.Space {
			return fmt.Errorf("tokenizer.json: ByteLevel with add_prefix_space is not known here")
		}
		if p.Regex == nil || *p.Regex {
			return v.splitBy(gpt2)
		}
		return nil
	case "Digits":
		if p.Digits {
			return v.splitBy(`\p{N}`)
		}
		return v.splitBy(`\p{N}+`)
	case "Split":
		if p.Behavior != "Isolated" || p.Invert || p.Pattern.Regex == "" {
			return fmt.Errorf("tokenizer.json: Split with behavior %q, invert %v and pattern %+v is not known here",
				p.Behavior, p.Invert, p.Pattern)
		}
		return v.splitBy(p.Pattern.Regex)
	}
	return fmt.Errorf("tokenizer.json: pre_tokenizer %q is not known here; known are Sequence, Split, Digits and "+
		"ByteLevel", p.Type)
}

func (v *Vocabulary) splitBy(expr string) error {
	cut, err := byPattern(expr)
	if err != nil {
		return fmt.Errorf("tokenizer.json: pattern %q: %w", expr, err)
	}
	v.splits = append(v.splits, cut)
	return nil
}

// fromByteLevel is what a token of a byte-level vocabulary stands for: each of its characters
// is a byte, those that cannot be seen are characters from U+0100 on.
func fromByteLevel(token string) string {
	out := make([]byte, 0, len(token))
	for _, r := range token {
		b, ok := byteOf[r]
		if !ok {
			return token // a special token
		}
		out = append(out, b)
	}
	return string(out)
}

// byteOf is the table of GPT-2's encoder.py, bytes_to_unicode.
var byteOf = func() map[rune]byte {
	of := map[rune]byte{}
	next := rune(0x100)
	for b := range 256 {
		if r := rune(b); r >= '!' && r <= '~' || r >= 0xa1 && r <= 0xac || r >= 0xae {
			of[r] = byte(b)
		} else {
			of[next] = byte(b)
			next++
		}
	}
	return of
}()
