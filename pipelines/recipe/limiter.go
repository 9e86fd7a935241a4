package recipe

import (
	"errors"
	"fmt"

	"decoy/transforms/credential"
	"decoy/transforms/panel/limit"
)

// Limiter names a Redis server that paces the panel's accounts for all
// processes of a build, and of other builds that name it. Without it each process
// takes its share of the limits. It changes no output and is in no fingerprint. The
// password is read from the environment, or from Secret Manager where workers do not
// have the launcher's.
type Limiter struct {
	Redis          string `yaml:"redis" json:"redis"` // redis://host:port/db
	PasswordEnv    string `yaml:"password_env" json:"password_env"`
	PasswordSecret string `yaml:"password_secret" json:"password_secret"` // projects/P/secrets/S/versions/V
}

// Password says where the server's password is.
func (l Limiter) Password() credential.Source {
	return credential.Source{Env: l.PasswordEnv, Secret: l.PasswordSecret}
}

func (l Limiter) validate() error {
	switch {
	case l == Limiter{}:
		return nil
	case l.PasswordEnv != "" && !credential.IsEnv(l.PasswordEnv):
		return errors.New("limiter.password_env is not the name of an environment variable (the password itself " +
			"does not belong into a recipe)")
	case l.PasswordSecret != "" && !credential.IsSecret(l.PasswordSecret):
		return errors.New("limiter.password_secret is not the name of a secret's version, " +
			"projects/P/secrets/S/versions/V (the password itself does not belong into a recipe)")
	}
	if err := limit.ValidateSharedURL(l.Redis); err != nil {
		return fmt.Errorf("limiter.redis: %w", err)
	}
	return nil
}
