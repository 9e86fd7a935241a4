package secrets

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	ahocorasick "github.com/BobuSumisu/aho-corasick"
	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/config"
)

// rule is one of gitleaks' with the words of the scanner by number.
type rule struct {
	id       string
	re       *regexp.Regexp
	group    int     // that holds the secret; 0 for the first that matched
	entropy  float64 // a secret has more, in bits a character; 0 for any
	allow    []*config.Allowlist
	always   bool // no keyword is asked for
	keywords []int
	words    []int
	reach    int
}

// New reads the rules that are built into gitleaks and compiles them, which takes
// some tens of milliseconds.
func New() (*Scanner, error) {
	c, err := gitleaks()
	if err != nil {
		return nil, err
	}
	s := &Scanner{}
	number := map[string]int{}
	numbers := func(words []string) (out []int) {
		for _, w := range words {
			n, ok := number[w]
			if !ok {
				n = len(s.lengths)
				number[w] = n
				s.lengths = append(s.lengths, len(w))
			}
			out = append(out, n)
		}
		return out
	}
	for _, from := range c.GetOrderedRules() {
		if len(from.RequiredRules) > 0 {
			return nil, fmt.Errorf("gitleaks' rule %q asks for others beside it; revise package secrets "+
				"for its version", from.RuleID)
		}
		// Rules by path: text has none.
		if from.Regex == nil || from.SkipReport || from.Path != nil && !from.Path.MatchString("") {
			continue
		}
		p, err := planOf(from.Regex.String())
		if err != nil {
			return nil, fmt.Errorf("gitleaks' rule %q: %w", from.RuleID, err)
		}
		r := &rule{
			id:       from.RuleID,
			re:       from.Regex,
			group:    from.SecretGroup,
			entropy:  from.Entropy,
			allow:    slices.Concat(c.Allowlists, from.Allowlists),
			always:   len(from.Keywords) == 0,
			keywords: numbers(from.Keywords),
			words:    numbers(p.words),
			reach:    p.reach,
		}
		s.rules = append(s.rules, r)
		if r.id == genericRule {
			s.generic = r
		}
	}
	if s.generic == nil {
		return nil, fmt.Errorf("gitleaks has no rule %q any more; revise package secrets for its version", genericRule)
	}
	s.marks = make([]bool, len(s.lengths))
	for _, r := range s.rules {
		if r.reach > 0 {
			for _, w := range r.words {
				s.marks[w] = true
			}
		}
	}
	s.generic.words = nil
	for _, name := range genericNames {
		n, ok := number[name]
		if !ok {
			return nil, fmt.Errorf("gitleaks' rule %q has no keyword %q any more; revise package secrets for "+
				"its version", genericRule, name)
		}
		s.generic.words = append(s.generic.words, n)
		s.marks[n] = true
	}
	all := make([]string, len(number))
	for w, n := range number {
		all[n] = w
	}
	s.trie = ahocorasick.NewTrieBuilder().AddStrings(all).Build()
	return s, nil
}

// gitleaks reads and compiles the rules.
func gitleaks() (config.Config, error) {
	// A viper of our own: gitleaks' default constructor reads its rules into the one
	// of the process.
	v := viper.New()
	v.SetConfigType("toml")
	if err := v.ReadConfig(strings.NewReader(config.DefaultConfig)); err != nil {
		return config.Config{}, fmt.Errorf("read gitleaks rules: %w", err)
	}
	var raw config.ViperConfig
	if err := v.Unmarshal(&raw); err != nil {
		return config.Config{}, fmt.Errorf("read gitleaks rules: %w", err)
	}
	c, err := raw.Translate()
	if err != nil {
		return config.Config{}, fmt.Errorf("compile gitleaks rules: %w", err)
	}
	return c, nil
}

// around returns what is to be searched for a bounded rule: all that a match with one
// of its words can reach, and a character more on either side, in order and without
// overlap.
func around(places []place, r *rule, size int) (out []window) {
	margin := r.reach + 2*4
	for _, p := range places { // by end
		if !slices.Contains(r.words, p.word) {
			continue
		}
		w := window{max(0, p.end-margin), min(size, p.start+margin)}
		if n := len(out); n > 0 && w.start <= out[n-1].end {
			out[n-1].end = max(out[n-1].end, w.end)
			out[n-1].start = min(out[n-1].start, w.start)
		} else {
			out = append(out, w)
		}
	}
	return out
}

// find adds what the rule finds in a part of text, as gitleaks' detector does.
func (r *rule) find(found []secret, text string, w window) []secret {
	for _, at := range r.re.FindAllStringIndex(text[w.start:w.end], -1) {
		start := w.start + at[0]
		match := strings.Trim(text[start:w.start+at[1]], "\n")
		value := match
		// The expression is matched again, on the match alone.
		if groups := r.re.FindStringSubmatch(match); len(groups) > 1 {
			if r.group > 0 {
				value = groups[r.group]
			} else if i := slices.IndexFunc(groups[1:], func(g string) bool { return g != "" }); i >= 0 {
				value = groups[1+i]
			}
		}
		if r.entropy != 0 && entropy(value) <= r.entropy || r.allowed(text, start, match, value) {
			continue
		}
		found = append(found, secret{r, strings.Count(text[:min(start+1, len(text))], "\n"), value})
	}
	return found
}

// allowed reports whether an allow list takes a match out.
func (r *rule) allowed(text string, start int, match, value string) bool {
	for _, a := range r.allow {
		target := value
		switch a.RegexTarget {
		case "match":
			target = match
		case "line":
			target = line(text, start, start+len(match))
		}
		matched := a.RegexAllowed(target)
		stopped, _ := a.ContainsStopWord(value)
		if a.MatchCondition != config.AllowlistMatchAnd {
			if matched || stopped {
				return true
			}
			continue
		}
		// Text has no path and no commit.
		if len(a.Commits) == 0 && len(a.Paths) == 0 && (matched || len(a.Regexes) == 0) &&
			(stopped || len(a.StopWords) == 0) {
			return true
		}
	}
	return false
}

// line is what gitleaks calls the line of a match: from the line's newline before, the
// newline included, to the newline after the match; and on a last line without a newline
// from the beginning of the text.
func line(text string, start, end int) string {
	if !strings.Contains(text[start:], "\n") || text[start] == '\n' && !strings.Contains(text[start+1:], "\n") {
		if strings.Contains(text, "\n") {
			if i := strings.IndexAny(text[end:], "\r\n"); i >= 0 {
				return text[:end+i]
			}
			return text
		}
	}
	from := max(0, strings.LastIndexByte(text[:start+1], '\n'))
	first := strings.IndexByte(text[start+1:], '\n')
	to := end
	if i := strings.IndexByte(text[end:], '\n'); i >= 0 {
		to = end + i
	} else if first >= 0 {
		to = max(end, start+1+first)
	} else {
		to = len(text)
	}
	return text[from:to]
}

// entropy is Shannon's, in bits a character; frequencies are by bytes, as gitleaks has
// them.
func entropy(s string) (bits float64) {
	counts := map[rune]int{}
	for _, r := range s {
		counts[r]++
	}
	all := make([]int, 0, len(counts))
	for _, n := range counts {
		all = append(all, n)
	}
	slices.Sort(all) // a sum of floats has an order
	for _, n := range all {
		p := float64(n) / float64(len(s))
		bits -= p * math.Log2(p)
	}
	return bits
}
