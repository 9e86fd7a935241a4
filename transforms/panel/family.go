package panel

import (
	"cmp"
	"regexp"
	"strings"
)

// families are names of models by the family whose they are. A model's name is cut
// into words, and the first word that is one of these, digits at its end aside,
// decides. Some makers sell one line of models under several names.
var families = []struct{ word, family string }{
	{"gpt", "gpt"}, {"chatgpt", "gpt"}, {"codex", "gpt"},
	{"claude", "claude"},
	{"gemini", "gemini"}, {"gemma", "gemini"}, {"codegemma", "gemini"},
	{"qwen", "qwen"}, {"qwq", "qwen"},
	{"llama", "llama"}, {"codellama", "llama"},
	{"deepseek", "deepseek"},
	{"mistral", "mistral"}, {"mixtral", "mistral"}, {"ministral", "mistral"}, {"codestral", "mistral"},
	{"devstral", "mistral"}, {"magistral", "mistral"},
	{"starcoder", "starcoder"}, {"granite", "granite"}, {"phi", "phi"}, {"command", "command"}, {"grok", "grok"},
	{"glm", "glm"}, {"kimi", "kimi"}, {"nova", "nova"}, {"yi", "yi"},
}

var (
	modelWords = regexp.MustCompile(`[a-z]+[0-9]*`)
	oSeries    = regexp.MustCompile(`^o[1-9]$`) // o1, o3, o4-mini
	digits     = regexp.MustCompile(`[0-9]+$`)
)

// Kin is the family whose models a member belongs to: its field family; else the
// provider where that is a family by itself (rules, ngram, gemini); else the family
// that the model's name shows ("ft:gpt-4o-mini:acme" is of gpt, "Qwen/Qwen2.5-Coder-7B"
// of qwen). A model of no known family is its own, by its whole name in lower case.
func (m Member) Kin() string {
	if m.Family != "" {
		return m.Family
	}
	if !m.Paid() || m.Provider == ProviderGemini {
		return m.Provider
	}
	model := strings.ToLower(m.Model)
	model = cmp.Or(model[strings.LastIndexByte(model, '/')+1:], model)
	for _, w := range modelWords.FindAllString(model, -1) {
		if oSeries.MatchString(w) {
			return "gpt"
		}
		w = digits.ReplaceAllString(w, "")
		for _, f := range families {
			if w == f.word {
				return f.family
			}
		}
	}
	return model
}
