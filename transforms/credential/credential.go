// Package credential reads API keys and passwords, which stand in no recipe, flag, log
// or file: only the name of the place where they are does.
//
// # Places
//
// An environment variable, on the machine where a command runs and on workers that
// inherit its environment. Environment variables do not travel to Dataflow, so there a
// version of a secret in Google Secret Manager is named, and each worker process asks
// for it with the credentials of its service account when it first needs it. A variable
// that is set goes before a secret, so that one recipe serves both.
//
// # Requests
//
// A process asks once for a secret (versions.access of its REST interface, revision v1)
// and keeps the answer in memory: a latest version that is changed is seen by the next
// process. 429, 5xx and cut connections are tried again as Retries says. The answer's
// CRC32C is checked.
//
// # Errors
//
// They name the variable or the secret and the remedy, and never what was read.
package credential

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/secretmanager/v1"
)

// Source names where a credential is. Either field may be empty.
type Source struct {
	Env    string // environment variable
	Secret string // projects/P/secrets/S/versions/V
}

// EndpointEnv is the environment variable that names another endpoint of Secret
// Manager: that of gcloud, for regional endpoints and tests.
const EndpointEnv = "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER"

// Retries are the waits before a secret is asked for again.
var Retries = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second}

// Patience is how long one request may take.
const Patience = 30 * time.Second

var (
	envPattern    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	secretPattern = regexp.MustCompile(`^projects/[a-z0-9.:-]{1,63}/secrets/[A-Za-z0-9_-]{1,255}/versions/([1-9][0-9]*|latest|[A-Za-z][A-Za-z0-9_-]{0,62})$`)
)

// IsEnv reports whether a name can be that of an environment variable.
func IsEnv(name string) bool { return envPattern.MatchString(name) }

// IsSecret reports whether a name can be that of a secret's version.
func IsSecret(name string) bool { return secretPattern.MatchString(name) }

// Empty reports whether no place is named.
func (s Source) Empty() bool { return s == Source{} }

// String names the places.
func (s Source) String() string {
	switch {
	case s.Env != "" && s.Secret != "":
		return "environment variable " + s.Env + " or secret " + s.Secret
	case s.Secret != "":
		return "secret " + s.Secret
	}
	return "environment variable " + s.Env
}

// Read is the credential, "" where no place is named.
func (s Source) Read(ctx context.Context) (string, error) {
	if s.Empty() {
		return "", nil
	}
	value := ""
	if s.Env != "" {
		value = strings.TrimSpace(os.Getenv(s.Env))
	}
	switch {
	case value == "" && s.Secret == "":
		return "", fmt.Errorf("environment variable %s is not set", s.Env)
	case value == "":
		var err error
		if value, err = secrets.read(ctx, s.Secret); err != nil {
			return "", err
		}
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) }) {
		return "", fmt.Errorf("%v does not hold a key: it has characters that no key has", s)
	}
	return value, nil
}

// cache holds the secrets that this process has read.
type cache struct {
	mu sync.Mutex
	m  map[string]string
}

var secrets = cache{m: map[string]string{}}

func (c *cache) read(ctx context.Context, name string) (string, error) {
	c.mu.Lock() // also while asking: the others want the same answer
	defer c.mu.Unlock()
	if v, ok := c.m[name]; ok {
		return v, nil
	}
	v, err := ask(ctx, name)
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", name, err)
	}
	if v == "" {
		return "", fmt.Errorf("secret %s is empty: add a version that holds the key", name)
	}
	c.m[name] = v
	return v, nil
}

// Client is a client of Secret Manager with the credentials of the environment.
func Client(ctx context.Context) (*secretmanager.Service, error) {
	var options []option.ClientOption
	if at := os.Getenv(EndpointEnv); at != "" {
		options = append(options, option.WithEndpoint(strings.TrimSuffix(at, "/")+"/"))
	}
	s, err := secretmanager.NewService(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("no Google credentials: run on a machine with a service account, log in with gcloud "+
			"auth application-default login, or name a key file in GOOGLE_APPLICATION_CREDENTIALS (%w)", err)
	}
	return s, nil
}

func ask(ctx context.Context, name string) (string, error) {
	client, err := Client(ctx)
	if err != nil {
		return "", err
	}
	for i := 0; ; i++ {
		got, err := access(ctx, client, name)
		if err == nil {
			return decode(got.Payload)
		}
		if i == len(Retries) || !again(err) || ctx.Err() != nil {
			return "", explain(err)
		}
		select {
		case <-time.After(Retries[i]):
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

func access(ctx context.Context, client *secretmanager.Service,
	name string) (*secretmanager.AccessSecretVersionResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	return client.Projects.Secrets.Versions.Access(name).Context(ctx).Do()
}

func decode(p *secretmanager.SecretPayload) (string, error) {
	if p == nil {
		return "", nil
	}
	raw, err := base64.StdEncoding.DecodeString(p.Data)
	if err != nil {
		return "", errors.New("the answer is not base64: is the endpoint Secret Manager?")
	}
	if p.DataCrc32c != 0 && uint32(p.DataCrc32c) != crc32.Checksum(raw, crc32.MakeTable(crc32.Castagnoli)) {
		return "", errors.New("the answer's checksum is wrong: run again")
	}
	return strings.TrimSpace(string(raw)), nil
}

// again reports whether a request may work the next time.
func again(err error) bool {
	var e *googleapi.Error
	return !errors.As(err, &e) || e.Code == http.StatusTooManyRequests || e.Code >= 500
}

func explain(err error) error {
	var e *googleapi.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("status %d: give the service account of this process the role "+
			"roles/secretmanager.secretAccessor on it, and the scope cloud-platform", e.Code)
	case http.StatusNotFound:
		return errors.New("status 404: there is no such secret or version")
	}
	line, _, _ := strings.Cut(e.Message, "\n")
	return fmt.Errorf("status %d: %.200s", e.Code, line)
}
