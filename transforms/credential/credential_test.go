package credential_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"decoy/transforms/credential"
	"decoy/transforms/credential/credentialtest"
)

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"projects/proj-1/secrets/key/versions/3":               true,
		"projects/example.com:p/secrets/A_key/versions/latest": true,
		"projects/p/secrets/key/versions/0":                    false,
		"projects/p/secrets/key":                               false,
		"projects/p/secrets/key/versions/1/x":                  false,
		"sk-proj-0123456789":                                   false,
		"projects/p/secrets/../versions/1":                     false,
	} {
		if credential.IsSecret(name) != ok {
			t.Errorf("%q: %v", name, !ok)
		}
	}
}

func TestRead(t *testing.T) {
	waits := credential.Retries
	credential.Retries = []time.Duration{time.Millisecond, time.Millisecond}
	t.Cleanup(func() { credential.Retries = waits })
	s := credentialtest.New(t)
	const key, path = "sk-proj-K3Y/of+openai&0001", "projects/proj-1/secrets/%s/versions/1"
	t.Setenv("A_KEY", "from-the-environment")
	t.Setenv("BAD_KEY", "a b\u00e4")
	name := func(secret string) string { return fmt.Sprintf(path, secret) }
	for _, n := range []string{"plain", "again", "newline", "both"} {
		s.Set(name(n), key)
	}
	s.Set(name("newline"), key+"\n")
	s.Set(name("empty"), "")
	s.Set(name("refused"), key)
	s.Set(name("down"), key)
	for _, c := range []struct {
		why    string
		source credential.Source
		faults []int
		want   string
		err    string
		asked  int
	}{
		{"no place", credential.Source{}, nil, "", "", 0},
		{"variable", credential.Source{Env: "A_KEY"}, nil, "from-the-environment", "", 0},
		{"the variable goes first", credential.Source{Env: "A_KEY", Secret: name("both")}, nil, "from-the-environment", "", 0},
		{"an unset variable, a secret", credential.Source{Env: "NO_KEY", Secret: name("plain")}, nil, key, "", 1},
		{"known", credential.Source{Secret: name("plain")}, nil, key, "", 0},
		{"a newline at the end", credential.Source{Secret: name("newline")}, nil, key, "", 1},
		{"a server in trouble", credential.Source{Secret: name("again")}, []int{503, 429}, key, "", 3},
		{"a server that stays in trouble", credential.Source{Secret: name("down")}, []int{503, 503, 503}, "", "status 503", 3},
		{"no permission", credential.Source{Secret: name("refused")}, []int{403}, "", "roles/secretmanager.secretAccessor", 1},
		{"no secret", credential.Source{Secret: name("absent")}, nil, "", "no such secret", 1},
		{"empty", credential.Source{Secret: name("empty")}, nil, "", "is empty", 1},
		{"unset", credential.Source{Env: "NO_KEY"}, nil, "", "environment variable NO_KEY is not set", 0},
		{"no key", credential.Source{Env: "BAD_KEY"}, nil, "", "characters that no key has", 0},
	} {
		s.Next(c.faults...)
		got, err := c.source.Read(t.Context())
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q, %v", c.why, got, err)
		}
		if err != nil && (strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: error %q", c.why, err)
		}
		if asked := s.Asked(); len(asked) != c.asked || slices.ContainsFunc(asked, func(a string) bool { return !strings.HasSuffix(a, ":access") }) {
			t.Errorf("%s: asked %v", c.why, asked)
		}
	}
}
