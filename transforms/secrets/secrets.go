// Package secrets finds credentials in text before the text leaves the machine.
//
// # What
//
// A [Scanner] applies the default rules of gitleaks: about 220 regular expressions
// for keys of known services and one, generic-api-key, for assignments of
// random-looking strings to names such as "token", with their entropy limits and
// allow lists. It answers with the rule and the line and never with the secret, so
// that a finding can be logged and recorded.
//
// # How
//
// Every rule but one, which looks at file names, has keywords. One Aho-Corasick
// pass over the lower-cased text finds them, and only the rules whose keyword is
// there run. That serves all rules but generic-api-key, whose keywords ("key",
// "api", "token") stand in most source files and whose expression reads half a
// megabyte a second. So that rule is run on the lines only where a keyword is
// followed by an operator and ten characters of a value, which its expression
// demands (assign.go). Tests hold the result equal to that of gitleaks on the
// whole text.
//
// # Choices
//
// A comment "gitleaks:allow" is not obeyed: whoever wrote it spoke of their own
// repository, not of sending the text to somebody. Encoded text (base64, hex) is
// not decoded. Text has no path, so the allow lists by path do not apply.
//
// gitleaks walks its rules in the order of a map. Findings are sorted, each once.
//
// # Limits
//
// Rules find the form of a secret, not whether it is one: both a missed password
// in prose and an invented example key are to be expected. gitleaks logs through
// one package variable; the first [New] silences it for the process.
package secrets

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/rs/zerolog"
	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/config"
	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/logging"
	"github.com/zricethezav/gitleaks/v8/report"
)

// Finding is a place where a rule found a secret. Lines count from 1.
type Finding struct {
	Rule string
	Line int
}

// Scanner finds secrets. It is safe for concurrent use: a search reads the rules
// and writes nothing but an atomic count.
type Scanner struct {
	special *detect.Detector // every rule but generic
	generic *detect.Detector // the generic rule alone
}

var silence sync.Once

// New reads the rules that are built into gitleaks and compiles them, which takes
// some tens of milliseconds.
func New() (*Scanner, error) {
	silence.Do(func() { logging.Logger = zerolog.Nop() })
	special, err := rules()
	if err != nil {
		return nil, err
	}
	rule, ok := special.Rules[genericRule]
	if !ok {
		return nil, fmt.Errorf("gitleaks has no rule %q any more; revise package secrets for its version", genericRule)
	}
	delete(special.Rules, genericRule)
	generic := special
	generic.Rules = map[string]config.Rule{genericRule: rule}
	generic.Keywords = map[string]struct{}{}
	for _, k := range rule.Keywords {
		generic.Keywords[k] = struct{}{}
	}
	return &Scanner{special: detector(special), generic: detector(generic)}, nil
}

func rules() (config.Config, error) {
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

func detector(c config.Config) *detect.Detector {
	d := detect.NewDetector(c)
	d.IgnoreGitleaksAllow = true
	return d
}

// Find returns where text holds secrets, by line and rule, each once.
func (s *Scanner) Find(text string) []Finding {
	var out []Finding
	special := s.special.DetectString(text)
	for _, f := range special {
		out = append(out, Finding{Rule: f.RuleID, Line: f.StartLine + 1})
	}
	before, line := 0, 1 // what line the offset before is on
	for _, w := range assignments(text) {
		line += strings.Count(text[before:w.start], "\n")
		before = w.start
		for _, f := range s.generic.DetectString(text[w.start:w.end]) {
			at := f.StartLine + line
			// As gitleaks does: a special rule that holds the secret takes precedence.
			if !slices.ContainsFunc(special, func(o report.Finding) bool {
				return o.StartLine+1 == at && strings.Contains(o.Secret, f.Secret)
			}) {
				out = append(out, Finding{Rule: f.RuleID, Line: at})
			}
		}
	}
	slices.SortFunc(out, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule)) })
	return slices.Compact(out)
}
