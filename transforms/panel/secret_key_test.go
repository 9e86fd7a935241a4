package panel

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"decoy/transforms/credential/credentialtest"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
)

// TestAKeyFromSecretManager: a process without the key's environment variable asks
// Secret Manager once, sends the key to the provider, and writes it nowhere.
func TestAKeyFromSecretManager(t *testing.T) {
	const key, name = "sk-K3Y/of+secret&0009", "projects/proj-1/secrets/panel/versions/7"
	secrets := credentialtest.New(t)
	secrets.Set(name, key)
	s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
		if a.N == 1 {
			return faultserver.EchoAuth(500)
		}
		return faultserver.OK(negative)
	}})
	m := member(s)
	m.APIKeyEnv, m.APIKeySecret = "", name
	dir := t.TempDir()
	for shard := range 2 { // each shard opens a panel
		p := openPanel(t, config(dirstore.Dir(dir), m))
		got, err := collect(t, p, shard, ask(t, p, []string{"a"}, "one", "two"))
		must(t, got, err)
	}
	if asked := secrets.Asked(); len(asked) != 1 {
		t.Errorf("asked for %v", asked)
	}
	for _, a := range s.Arrivals() {
		if a.Auth != "Bearer "+key {
			t.Errorf("sent %q", a.Auth)
		}
	}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if raw, rerr := os.ReadFile(path); rerr == nil && bytes.Contains(raw, []byte(key)) {
			t.Errorf("%s holds the key", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	m.APIKeySecret = "projects/proj-1/secrets/absent/versions/1"
	if _, err := Open(config(dirstore.Dir(dir), m)); err == nil || !strings.Contains(err.Error(), "panel member a: its API key: secret projects/proj-1/secrets/absent/versions/1: status 404") {
		t.Errorf("error %v", err)
	}
	m.APIKeySecret = key
	if err := m.Validate(); err == nil || strings.Contains(err.Error(), key) {
		t.Errorf("error %v", err)
	}
}
