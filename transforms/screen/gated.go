package screen

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"sync"

	ahocorasick "github.com/BobuSumisu/aho-corasick"
)

// phrases is a regular expression of many alternatives, in any case. As one it would be
// run as an NFA of thousands of states over the head of every file. Each alternative is
// compiled alone instead, when it is first needed. It is run only over a text that has the
// words without which it cannot match, and, where it begins with words, only where these
// stand. Both are derived from the expression (required.go).
type phrases struct {
	alternatives []string // in the order in which they are tried at one place
	parts        []phrase // the same, read: filled by lexicon
}

// every has all phrases of the package.
var every []*phrases

func phrasesOf(alternatives ...string) *phrases {
	p := &phrases{alternatives: alternatives}
	every = append(every, p)
	return p
}

// phrase is one alternative.
type phrase struct {
	anywhere func() *regexp.Regexp
	begun    func() *regexp.Regexp // the same, of a text that begins with it
	needs    need
	starts   []int // ids of the words that it begins with; nil for any
	bounded  bool  // it begins with \b, and starts are words
}

// lexicon finds the words of all phrases. It is built at the first question: no process
// that asks none pays for it.
var lexicon = sync.OnceValues(func() (trie *ahocorasick.Trie, size int) {
	words := wordIDs{}
	for _, p := range every {
		for _, a := range p.alternatives {
			p.parts = append(p.parts, readPhrase("(?i)"+a, words))
		}
	}
	return ahocorasick.NewTrieBuilder().AddStrings(words.list()).Build(), len(words)
})

func readPhrase(expression string, words wordIDs) phrase {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		panic(err) // as regexp.MustCompile does
	}
	p := phrase{
		anywhere: sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) }),
		begun:    sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A(?:` + expression + `)`) }),
		needs:    words.needed(parsed),
	}
	p.starts, p.bounded = words.beginning(parsed)
	return p
}

// heard is a text and the words of the lexicon that it has.
type heard struct {
	text   string
	words  wordSet
	places []place // in the order of their ends
	moved  bool    // places are not those of text
}

// place is where a word begins.
type place struct{ id, at int }

func hear(text string) heard {
	trie, size := lexicon()
	plain, moved := folded(text)
	h := heard{text: text, words: make(wordSet, size), moved: moved}
	trie.Walk(plain, func(end, n, id int64) bool {
		h.words[id] = true
		h.places = append(h.places, place{int(id), int(end - n + 1)})
		return true
	})
	return h
}

// find is the place of the first match, nil for none, as regexp's FindStringIndex gives
// it for the alternatives in one expression.
func (p *phrases) find(h heard) []int { return p.findUnless(h, nil) }

// findUnless is the first match that is not harmless.
func (p *phrases) findUnless(h heard, harmless func(at []int) bool) []int {
	var first []int
	for _, one := range p.parts {
		if at := one.find(h, harmless); at != nil && (first == nil || at[0] < first[0]) {
			first = at
		}
	}
	return first
}

// match reports whether one of the alternatives matches.
func (p *phrases) match(h heard) bool {
	return slices.ContainsFunc(p.parts, func(one phrase) bool { return one.find(h, nil) != nil })
}

func (p phrase) find(h heard, harmless func(at []int) bool) []int {
	if !p.needs.met(h.words) {
		return nil
	}
	if p.starts == nil || h.moved {
		for _, at := range p.anywhere().FindAllStringIndex(h.text, -1) {
			if harmless == nil || !harmless(at) {
				return at
			}
		}
		return nil
	}
	var first []int
	for _, start := range h.places {
		if first != nil && start.at >= first[0] || !slices.Contains(p.starts, start.id) ||
			p.bounded && start.at > 0 && isWordByte(h.text[start.at-1]) {
			continue
		}
		if at := p.begun().FindStringIndex(h.text[start.at:]); at != nil {
			if at[0], at[1] = start.at, start.at+at[1]; harmless == nil || !harmless(at) {
				first = at
			}
		}
	}
	return first
}

// isWordByte reports whether \w matches a byte.
func isWordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
