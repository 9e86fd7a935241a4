package panel

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"decoy/transforms/panel/internal/dirstore"
)

const entry = `{name: a, provider: openai, base_url: "http://localhost:1/v1/", model: m, api_key_env: A_KEY, rpm: 3000, tpm: 2000000, concurrency: 256, temperature: 0.8, max_tokens: 512, usd_per_mtok: {in: 0.5, out: 1.5}, timeout: 60s}`

func TestRecipeEntry(t *testing.T) {
	var m Member
	if err := yaml.Unmarshal([]byte(entry), &m); err != nil {
		t.Fatal(err)
	}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	if m.Timeout != time.Minute || *m.Temperature != 0.8 || *m.USDPerMTok.Out != 1.5 || m.APIKeyEnv != "A_KEY" {
		t.Errorf("%+v", m)
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back Member
	if err := json.Unmarshal(raw, &back); err != nil || *back.Temperature != 0.8 || back.Timeout != m.Timeout {
		t.Errorf("JSON: %v, %+v", err, back)
	}
	out, err := json.Marshal(m.Output())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"rpm", "timeout", "A_KEY", "concurrency"} {
		if strings.Contains(string(out), s) {
			t.Errorf("the fingerprint holds %s: %s", s, out)
		}
	}
}

func TestValidateNamesTheField(t *testing.T) {
	good := func() Member {
		var m Member
		if err := yaml.Unmarshal([]byte(entry), &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	for field, edit := range map[string]func(*Member){
		"name":             func(m *Member) { m.Name = "A b" },
		"provider":         func(m *Member) { m.Provider = "opnai" },
		"base_url":         func(m *Member) { m.BaseURL = "localhost:1" },
		"base_url ":        func(m *Member) { m.BaseURL = "http://u:hunter2@h/v1" },
		"base_url  ":       func(m *Member) { m.BaseURL = "http://h/v1?key=hunter2" },
		"model":            func(m *Member) { m.Model = "" },
		"api_key_env":      func(m *Member) { m.APIKeyEnv = "sk-hunter2" },
		"rpm":              func(m *Member) { m.RPM = -1 },
		"tpm":              func(m *Member) { m.TPM = -1 },
		"concurrency":      func(m *Member) { m.Concurrency = 5000 },
		"temperature":      func(m *Member) { m.Temperature = ptr(math.NaN()) },
		"max_tokens":       func(m *Member) { m.MaxTokens = -1 },
		"max_tokens ":      func(m *Member) { m.TPM = 500 },
		"usd_per_mtok.out": func(m *Member) { m.USDPerMTok = &Price{In: ptr(1.0)} },
		"usd_per_mtok.in":  func(m *Member) { m.USDPerMTok = &Price{In: ptr(-1.0), Out: ptr(1.0)} },
		"timeout":          func(m *Member) { m.Timeout = 2 * time.Hour },
		"further field":    func(m *Member) { m.Provider = ProviderRules },
	} {
		m := good()
		edit(&m)
		err := m.Validate()
		if err == nil || !strings.Contains(err.Error(), strings.TrimSpace(field)) {
			t.Errorf("%s: error = %v", field, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error repeats a key: %v", field, err)
		}
	}
	for _, m := range []Member{{Name: "rules", Provider: ProviderRules}, {Name: "ngram", Provider: ProviderNGram}} {
		if err := m.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestValidateAll(t *testing.T) {
	a := Member{Name: "a", Provider: ProviderOpenAI, BaseURL: "http://h/v1", Model: "m", APIKeyEnv: "K", RPM: 10}
	b := a
	if ValidateAll([]Member{a, b}) == nil {
		t.Error("two members of one name passed")
	}
	b.Name, b.RPM = "b", 20
	if err := ValidateAll([]Member{a}, []Member{b}); err == nil || !strings.Contains(err.Error(), "share the account") {
		t.Errorf("two limits of one account: error = %v", err)
	}
	b.APIKeyEnv = "K2"
	if err := ValidateAll([]Member{a}, []Member{b}); err != nil {
		t.Error(err)
	}
}

func TestOpenNamesTheVariable(t *testing.T) {
	m := Member{Name: "a", Provider: ProviderOpenAI, BaseURL: "http://localhost:1/v1", Model: "m", APIKeyEnv: keyEnv}
	c := config(dirstore.Dir(t.TempDir()), m)
	for _, value := range []string{"", "  \n", "two\nlines", "schlüssel"} {
		t.Setenv(keyEnv, value)
		_, err := Open(c)
		if err == nil || !strings.Contains(err.Error(), keyEnv) {
			t.Errorf("key %q: error = %v, want the variable's name", value, err)
		}
		if v := strings.TrimSpace(value); err != nil && v != "" && strings.Contains(err.Error(), v) {
			t.Errorf("the error repeats the value: %v", err)
		}
	}
	t.Setenv(keyEnv, apiKey)
	c.Check = nil
	if _, err := Open(c); err == nil {
		t.Error("a panel without a check for secrets was opened")
	}
	c = config(dirstore.Dir(t.TempDir()), m)
	c.Members[0].Model, c.Members[0].Temperature = "o3-mini", ptr(0.5)
	if _, err := Open(c); err == nil || !strings.Contains(err.Error(), "temperature") {
		t.Errorf("a model that takes no temperature: error = %v", err)
	}
	p, err := Open(Config{Members: []Member{{Name: "rules", Provider: ProviderRules}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Do(t.Context(), 0, func(func(Request) bool) {}, nil); err == nil {
		t.Error("a panel without paid members was asked")
	}
}
