package trainers

import (
	"fmt"
	"strings"
)

// Model is a model family as FIM training sees it: the tokens round prefix and
// suffix, the token that ends a middle, and one to pad with.
type Model struct {
	Name   string
	Prefix string
	Suffix string
	Middle string
	Stop   string
	StopID int
	Pad    string
	PadID  int
	Others []string // further control tokens that no text may hold
}

// Models are the families that can be exported, one row each. Qwen2.5-Coder's
// tokens and ids are those of its tokenizer_config.json; <|fim_pad|> is a token of
// its own there, while its default padding is the stop.
var Models = []Model{
	{
		Name:   "qwen2.5-coder",
		Prefix: "<|fim_prefix|>", Suffix: "<|fim_suffix|>", Middle: "<|fim_middle|>",
		Stop: "<|endoftext|>", StopID: 151643,
		Pad: "<|fim_pad|>", PadID: 151662,
		Others: []string{"<|im_start|>", "<|im_end|>", "<|repo_name|>", "<|file_sep|>"},
	},
}

// ByName finds a model family.
func ByName(name string) (Model, error) {
	var names []string
	for _, m := range Models {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return Model{}, fmt.Errorf("model %q is not one of %s", name, strings.Join(names, ", "))
}

// Prompt is the text before a middle.
func (m Model) Prompt(prefix, suffix string) string {
	return m.Prefix + prefix + m.Suffix + suffix + m.Middle
}

// control returns a control token that text holds, or "".
func (m Model) control(text string) string {
	for _, t := range append([]string{m.Prefix, m.Suffix, m.Middle, m.Stop, m.Pad}, m.Others...) {
		if strings.Contains(text, t) {
			return t
		}
	}
	return ""
}
