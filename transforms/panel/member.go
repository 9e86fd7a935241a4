package panel

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"decoy/transforms/credential"
	"decoy/transforms/trainers"
)

// Providers of a member. Rules and NGram are built in and not paid: this package
// only checks their entries.
const (
	ProviderRules  = "rules"
	ProviderNGram  = "ngram"
	ProviderOpenAI = "openai"
	ProviderGemini = "gemini"
	ProviderFIM    = "fim"
)

// Providers lists the known providers.
var Providers = []string{ProviderFIM, ProviderGemini, ProviderNGram, ProviderOpenAI, ProviderRules}

// Paid lists those that are asked over the network.
var Paid = []string{ProviderFIM, ProviderGemini, ProviderOpenAI}

// Member is one entry of a recipe's panel. Of the fields after Provider, the
// built-in providers have none. RPM and TPM are the account's requests and tokens
// a minute, 0 for unknown. Temperature is the provider's default if null. An
// unknown price is null, never zero. Family names whose models this one belongs to,
// for judges that do not judge their own. FIMModel, Samples and Seed are those of a
// FIM endpoint: the model family whose tokens frame prefix and suffix, how many
// middles a context is asked for, and the seed of the first; Revision is the weights'.
// Parameters is a mapping of parameters to "omit" or another name, see its table. Offline
// says that there is no endpoint: the texts are scored in a folder, which judge's --export
// writes and --import reads, so there is neither base_url nor key, limit or price.
type Member struct {
	Name      string `yaml:"name" json:"name"`
	Provider  string `yaml:"provider" json:"provider"`
	Offline   bool   `yaml:"offline,omitempty" json:"offline,omitempty"`
	BaseURL   string `yaml:"base_url,omitempty" json:"base_url,omitempty"`
	Model     string `yaml:"model,omitempty" json:"model,omitempty"`
	Revision  string `yaml:"revision,omitempty" json:"revision,omitempty"`
	Family    string `yaml:"family,omitempty" json:"family,omitempty"`
	FIMModel  string `yaml:"fim_model,omitempty" json:"fim_model,omitempty"`
	Samples   int    `yaml:"samples,omitempty" json:"samples,omitempty"`
	Seed      *int   `yaml:"seed,omitempty" json:"seed,omitempty"`
	APIKeyEnv string `yaml:"api_key_env,omitempty" json:"api_key_env,omitempty"`
	// APIKeySecret is a version of a secret in Secret Manager, for workers that do not
	// have the launcher's environment: projects/P/secrets/S/versions/V.
	APIKeySecret string   `yaml:"api_key_secret,omitempty" json:"api_key_secret,omitempty"`
	RPM          int      `yaml:"rpm,omitempty" json:"rpm,omitempty"`
	TPM          int      `yaml:"tpm,omitempty" json:"tpm,omitempty"`
	Concurrency  int      `yaml:"concurrency,omitempty" json:"concurrency,omitempty"`
	Temperature  *float64 `yaml:"temperature,omitempty" json:"temperature,omitempty"`
	MaxTokens    int      `yaml:"max_tokens,omitempty" json:"max_tokens,omitempty"`
	USDPerMTok   *Price   `yaml:"usd_per_mtok,omitempty" json:"usd_per_mtok,omitempty"`
	// BatchUSDPerMTok is the price of the provider's batches.
	BatchUSDPerMTok *Price        `yaml:"batch_usd_per_mtok,omitempty" json:"batch_usd_per_mtok,omitempty"`
	Timeout         time.Duration `yaml:"timeout,omitempty" json:"timeout,omitempty"`
	// Parameters are those that the model takes under another name or not at all. They
	// change what is sent, and not which request it is.
	Parameters Parameters `yaml:"parameters,omitempty" json:"parameters,omitzero"`
	// GiveUp is when the member is asked no more since its answers are of no use.
	GiveUp *GiveUp `yaml:"give_up,omitempty" json:"give_up,omitempty"`
	// Terms are what the provider's terms say about training with its model's outputs, in the words
	// of whoever builds the set: the card shows them, and says where they are not stated.
	Terms string `yaml:"terms,omitempty" json:"terms,omitempty"`
	// Size is the number of the model's parameters as people write it, 30M or 1.5B: hardness is
	// hardness for a model of that size.
	Size string `yaml:"size,omitempty" json:"size,omitempty"`
}

// Price in US dollars for a million tokens. Both are required.
type Price struct {
	In  *float64 `yaml:"in" json:"in"`
	Out *float64 `yaml:"out" json:"out"`
}

// Paid reports whether a member is asked over the network.
func (m Member) Paid() bool { return slices.Contains(Paid, m.Provider) }

// Defaults fills the zero fields of a paid member: 16 calls in flight, 512
// tokens, 60 seconds, and of a FIM endpoint one sample.
func (m Member) Defaults() Member {
	if !m.Paid() {
		return m
	}
	if m.Concurrency == 0 {
		m.Concurrency = 16
	}
	if m.MaxTokens == 0 {
		m.MaxTokens = 512
	}
	if m.Timeout == 0 {
		m.Timeout = time.Minute
	}
	if m.Samples == 0 && m.Provider == ProviderFIM {
		m.Samples = 1
	}
	if m.Offline {
		m.USDPerMTok = &Price{In: new(float64), Out: new(float64)}
	}
	m.BaseURL = strings.TrimRight(m.BaseURL, "/")
	return m
}

// Output is what of a member decides bytes, for a stage's fingerprint: not its
// limits, its key or its patience.
func (m Member) Output() Member {
	m = m.Defaults()
	return Member{
		Name: m.Name, Provider: m.Provider, Offline: m.Offline, BaseURL: m.BaseURL, Model: m.Model,
		Temperature: m.Temperature, MaxTokens: m.MaxTokens, USDPerMTok: m.USDPerMTok,
		BatchUSDPerMTok: m.BatchUSDPerMTok,
		Revision:        m.Revision, Family: m.Family, FIMModel: m.FIMModel, Samples: m.Samples, Seed: m.Seed,
	}
}

// Key says where the member's API key is.
func (m Member) Key() credential.Source {
	return credential.Source{Env: m.APIKeyEnv, Secret: m.APIKeySecret}
}

// account names what the provider counts by.
func (m Member) account() string {
	if m.APIKeySecret == "" {
		return m.BaseURL + " with the key in $" + m.APIKeyEnv
	}
	return m.BaseURL + " with the key in " + m.Key().String()
}

var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// Validate names the field that is out of range and what is allowed.
func (m Member) Validate() error {
	if !namePattern.MatchString(m.Name) {
		return fmt.Errorf("panel: name is %q, allowed are 1 to 64 of a-z 0-9 . _ -, the first a letter or digit",
			m.Name)
	}
	bad := func(field string, value any, allowed string) error {
		return fmt.Errorf("panel member %s: %s is %v, allowed is %s", m.Name, field, value, allowed)
	}
	if !slices.Contains(Providers, m.Provider) {
		return bad("provider", fmt.Sprintf("%q", m.Provider), "one of "+strings.Join(Providers, ", "))
	}
	if !m.Paid() {
		if m != (Member{Name: m.Name, Provider: m.Provider}) {
			return fmt.Errorf("panel member %s: provider %s is built in and takes no further field", m.Name, m.Provider)
		}
		return nil
	}
	address := m.validateURL
	if m.Offline {
		address = m.validateOffline
	}
	if err := address(); err != nil {
		return err
	}
	switch {
	case m.Model == "":
		return bad("model", "empty", "the provider's name of a model")
	case m.APIKeyEnv != "" && !credential.IsEnv(m.APIKeyEnv):
		return fmt.Errorf("panel member %s: api_key_env is not the name of an environment variable (the key itself "+
			"does not belong into a recipe)", m.Name)
	case m.APIKeySecret != "" && !credential.IsSecret(m.APIKeySecret):
		return fmt.Errorf("panel member %s: api_key_secret is not the name of a secret's version, "+
			"projects/P/secrets/S/versions/V (the key itself does not belong into a recipe)", m.Name)
	case m.RPM < 0 || m.RPM > 10_000_000:
		return bad("rpm", m.RPM, "0 (unknown) to 10000000")
	case m.TPM < 0 || m.TPM > 10_000_000_000:
		return bad("tpm", m.TPM, "0 (unknown) to 10000000000")
	case m.Concurrency < 0 || m.Concurrency > 4096:
		return bad("concurrency", m.Concurrency, "1 to 4096, or 0 for 16")
	case m.Temperature != nil && !(*m.Temperature >= 0 && *m.Temperature <= 2):
		return bad("temperature", *m.Temperature, "0 to 2")
	case m.MaxTokens < 0 || m.MaxTokens > 131072:
		return bad("max_tokens", m.MaxTokens, "1 to 131072, or 0 for 512")
	case m.TPM > 0 && m.Defaults().MaxTokens >= m.TPM:
		return bad("max_tokens", m.Defaults().MaxTokens, "less than tpm")
	case m.Timeout < 0 || m.Timeout > time.Hour || (m.Timeout > 0 && m.Timeout < time.Millisecond):
		return bad("timeout", m.Timeout, "1ms to 1h, or 0 for 60s")
	}
	if m.Provider == ProviderGemini && m.Key().Empty() {
		return fmt.Errorf("panel member %s: api_key_env is missing; name the environment variable that holds the API "+
			"key, or api_key_secret", m.Name)
	}
	if m.Provider == ProviderFIM {
		if _, err := trainers.ByName(m.FIMModel); err != nil {
			return fmt.Errorf("panel member %s: fim_model: %w", m.Name, err)
		}
		if m.Samples < 0 || m.Samples > 1000 {
			return bad("samples", m.Samples, "1 to 1000, or 0 for 1")
		}
	} else if m.FIMModel != "" || m.Samples != 0 || m.Seed != nil {
		return fmt.Errorf("panel member %s: fim_model, samples and seed belong to provider %s alone", m.Name,
			ProviderFIM)
	}
	if err := m.Parameters.validate(m); err != nil {
		return err
	}
	if err := m.GiveUp.validate(); err != nil {
		return fmt.Errorf("panel member %s: %w", m.Name, err)
	}
	if len(m.Terms) > maxTerms || strings.ContainsAny(m.Terms, "\r\n") {
		return bad("terms", fmt.Sprintf("of %d bytes", len(m.Terms)), fmt.Sprintf("one line of at most %d bytes",
			maxTerms))
	}
	if m.Size != "" && !sizePattern.MatchString(m.Size) {
		return bad("size", fmt.Sprintf("%q", m.Size), "a number of parameters as 350M, 0.5B or 7B")
	}
	if m.Family != "" && !namePattern.MatchString(m.Family) {
		return bad("family", fmt.Sprintf("%q", m.Family), "1 to 64 of a-z 0-9 . _ -")
	}
	for field, p := range map[string]*Price{"usd_per_mtok": m.USDPerMTok, "batch_usd_per_mtok": m.BatchUSDPerMTok} {
		if p != nil && !(isPrice(p.In) && isPrice(p.Out)) {
			return fmt.Errorf("panel member %s: %s.in and %[2]s.out must both be given, as numbers from 0 (leave "+
				"%[2]s out if the price is unknown)", m.Name, field)
		}
	}
	return nil
}

var sizePattern = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,2})?[KMBTkmbt]$`)

// maxTerms bounds a member's terms, in bytes.
const maxTerms = 500

func (m Member) validateURL() error {
	u, err := url.Parse(m.BaseURL)
	if err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" &&
		u.Fragment == "" {
		return nil
	}
	hint := ""
	if m.BaseURL == "" && m.Provider == ProviderFIM {
		hint = "; a judge without a server is offline: true"
	}
	// The value is not repeated: someone may have put a key into it.
	return fmt.Errorf("panel member %s: base_url is not allowed, it must be http(s)://host[/path] without "+
		"user, query or fragment%s", m.Name, hint)
}

func isPrice(v *float64) bool { return v != nil && *v >= 0 && !math.IsInf(*v, 0) }

// ValidateAll checks the members of all panels of a recipe together: names are
// unique in a panel, and members of one account state the same limits.
func ValidateAll(panels ...[]Member) error {
	accounts := map[string]Member{}
	for _, members := range panels {
		names := map[string]bool{}
		for _, m := range members {
			if err := m.Validate(); err != nil {
				return err
			}
			if names[m.Name] {
				return fmt.Errorf("panel: two members are named %q", m.Name)
			}
			names[m.Name] = true
			if !m.Paid() {
				continue
			}
			m = m.Defaults()
			o, ok := accounts[m.account()]
			if ok && (o.RPM != m.RPM || o.TPM != m.TPM || o.Concurrency != m.Concurrency) {
				return fmt.Errorf("panel: members %s and %s share the account %s and must state the same rpm, tpm "+
					"and concurrency (or give each its own api_key_env)", o.Name, m.Name, m.account())
			}
			accounts[m.account()] = m
		}
	}
	return nil
}
