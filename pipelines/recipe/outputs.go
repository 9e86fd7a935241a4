package recipe

import (
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/panel/prompts"
	"decoy/transforms/rules"
)

// OutputOptions is a panel recipe without what does not change output: limits,
// keys, time-outs.
func OutputOptions(r Generate) any {
	r.Panel = OutputMembers(r.Panel)
	versions := map[schemas.Type]string{}
	for _, t := range schemas.Types {
		versions[t] = prompts.GenerateVersion(t)
	}
	return struct {
		Recipe  Generate                `json:"recipe"`
		Rules   string                  `json:"rules"`
		Prompts map[schemas.Type]string `json:"prompts"`
	}{r, rules.Version, versions}
}

// Terms are what the terms of the generators' providers say about training, by member.
func Terms(r Recipe) map[string]string {
	out := map[string]string{}
	for _, m := range r.Generate.Panel {
		if m.Terms != "" {
			out[m.Name] = m.Terms
		}
	}
	return out
}

// Sizes are the numbers of parameters of the judges' models, by member, where they are stated.
func Sizes(r Recipe) map[string]string {
	out := map[string]string{}
	for _, m := range r.Judge.Panel {
		if m.Size != "" {
			out[m.Name] = m.Size
		}
	}
	return out
}

// OutputMembers are members without what changes no output.
func OutputMembers(members []panel.Member) []panel.Member {
	out := make([]panel.Member, len(members))
	for i, m := range members {
		out[i] = m.Output()
	}
	return out
}
