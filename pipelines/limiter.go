package pipelines

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"decoy/transforms/credential"
	"decoy/transforms/panel/limit"
)

// LimiterRecipe names a Redis server that paces the panel's accounts for all
// processes of a build, and of other builds that name it. Without it each process
// takes its share of the limits. It changes no output and is in no fingerprint. The
// password is read from the environment, or from Secret Manager where workers do not
// have the launcher's.
type LimiterRecipe struct {
	Redis          string `yaml:"redis" json:"redis"` // redis://host:port/db
	PasswordEnv    string `yaml:"password_env" json:"password_env"`
	PasswordSecret string `yaml:"password_secret" json:"password_secret"` // projects/P/secrets/S/versions/V
}

// Password says where the server's password is.
func (l LimiterRecipe) Password() credential.Source {
	return credential.Source{Env: l.PasswordEnv, Secret: l.PasswordSecret}
}

func (l LimiterRecipe) validate() error {
	switch {
	case l == LimiterRecipe{}:
		return nil
	case l.PasswordEnv != "" && !credential.IsEnv(l.PasswordEnv):
		return errors.New("limiter.password_env is not the name of an environment variable (the password itself does not belong into a recipe)")
	case l.PasswordSecret != "" && !credential.IsSecret(l.PasswordSecret):
		return errors.New("limiter.password_secret is not the name of a secret's version, projects/P/secrets/S/versions/V (the password itself does not belong into a recipe)")
	}
	if err := limit.ValidateSharedURL(l.Redis); err != nil {
		return fmt.Errorf("limiter.redis: %w", err)
	}
	return nil
}

// limiters are those of this process: its shards share their connections.
var limiters = struct {
	sync.Mutex
	m map[LimiterRecipe]*limit.Shared
}{m: map[LimiterRecipe]*limit.Shared{}}

// open is the shared limiter, nil where the recipe names none.
func (l LimiterRecipe) open() (*limit.Shared, error) {
	if l.Redis == "" {
		return nil, nil
	}
	limiters.Lock()
	defer limiters.Unlock()
	if s := limiters.m[l]; s != nil {
		return s, nil
	}
	password, err := l.Password().Read(context.Background())
	if err != nil {
		return nil, fmt.Errorf("limiter: the password of the Redis server: %w", err)
	}
	s, err := limit.OpenShared(limit.SharedConfig{URL: l.Redis, Password: password})
	if err != nil {
		return nil, fmt.Errorf("limiter.redis: %w", err)
	}
	limiters.m[l] = s
	return s, nil
}
