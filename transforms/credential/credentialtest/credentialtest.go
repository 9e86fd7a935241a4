// Package credentialtest is what of Google Cloud concerns credentials, for tests: a
// token server, a service account whose key file names it, and Secret Manager's
// versions.get and versions.access, all on one loopback port.
//
// Not shown by it: roles and permissions beyond the answers that a test scripts.
package credentialtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"decoy/transforms/credential"
)

// Account is the service account's address, Token what its requests carry.
const (
	Account = "launcher@proj-1.iam.gserviceaccount.com"
	Token   = "test-token"
)

// Server is the fake. Its methods may be called from several goroutines.
type Server struct {
	URL  string
	File string // the service account's key

	mu      sync.Mutex
	secrets map[string]string
	faults  []int
	asked   []string
}

// New starts a server for a test and makes its service account the credentials of the
// environment.
func New(t *testing.T) *Server {
	t.Helper()
	s := &Server{secrets: map[string]string{}}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	s.URL = web.URL
	s.File = filepath.Join(t.TempDir(), "account.json")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "proj-1", "private_key_id": "1", "client_id": "1",
		"client_email": Account,
		"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": s.URL +
			"/token",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.File, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", s.File)
	t.Setenv(credential.EndpointEnv, s.URL)
	return s
}

// Set gives a secret's version a value.
func (s *Server) Set(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[name] = value
}

// Next answers the next requests for secrets with these statuses.
func (s *Server) Next(statuses ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.asked = statuses, nil
}

// Asked lists the requests for secrets since Next.
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.asked...)
}

// ServeHTTP answers as Google does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/token" {
		json.NewEncoder(w).Encode(map[string]any{"access_token": Token, "token_type": "Bearer", "expires_in": 3600})
		return
	}
	refuse := func(code int, message string) {
		w.WriteHeader(code)
		json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": code, "message": message}})
	}
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	if len(s.faults) > 0 {
		code := s.faults[0]
		s.faults = s.faults[1:]
		if code != http.StatusOK {
			refuse(code, "scripted")
			return
		}
	}
	if r.Header.Get("Authorization") != "Bearer "+Token {
		refuse(http.StatusUnauthorized, "no token")
		return
	}
	name, access := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/v1/"), ":access")
	value, ok := s.secrets[name]
	switch {
	case !ok:
		refuse(http.StatusNotFound, "Secret Version ["+name+"] not found.")
	case access:
		json.NewEncoder(w).Encode(map[string]any{"name": name, "payload": map[string]any{
			"data":       base64.StdEncoding.EncodeToString([]byte(value)),
			"dataCrc32c": fmt.Sprint(crc32.Checksum([]byte(value), crc32.MakeTable(crc32.Castagnoli))),
		}})
	default:
		json.NewEncoder(w).Encode(map[string]any{"name": name, "state": "ENABLED"})
	}
}
