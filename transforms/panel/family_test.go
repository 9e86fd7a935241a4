package panel

import "testing"

func TestKin(t *testing.T) {
	for model, want := range map[string]string{
		"gpt-4o-mini": "gpt", "ft:gpt-4o-mini:acme::x": "gpt", "o3-mini": "gpt", "chatgpt-4o-latest": "gpt",
		"claude-sonnet-4": "claude", "Qwen/Qwen2.5-Coder-7B-Instruct": "qwen", "qwq-32b": "qwen",
		"meta-llama/Llama-3.1-70B-Instruct": "llama", "codellama-34b": "llama", "mixtral-8x7b": "mistral", "codestral-latest": "mistral",
		"deepseek-ai/DeepSeek-R1-Distill-Qwen-7B": "deepseek", "models/gemini-2.5-pro": "gemini", "google/gemma-3-27b": "gemini",
		"my-model": "my-model", "M-Gen": "m-gen", "me/": "me/", "philosopher": "philosopher", "foo3": "foo3", "phi3:mini": "phi",
	} {
		if got := (Member{Provider: ProviderOpenAI, Model: model}).Kin(); got != want {
			t.Errorf("%s is of family %q, want %q", model, got, want)
		}
	}
	for _, tt := range []struct {
		m    Member
		want string
	}{
		{Member{Provider: ProviderOpenAI, Model: "gpt-4o", Family: "mine"}, "mine"},
		{Member{Provider: ProviderGemini, Model: "tuned-17"}, "gemini"},
		{Member{Provider: ProviderRules}, "rules"}, {Member{Provider: ProviderNGram}, "ngram"},
		{Member{Provider: ProviderFIM, Model: "Qwen2.5-Coder-1.5B"}, "qwen"},
	} {
		if got := tt.m.Kin(); got != tt.want {
			t.Errorf("%+v is of family %q, want %q", tt.m, got, tt.want)
		}
	}
}
