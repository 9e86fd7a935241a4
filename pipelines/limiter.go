package pipelines

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"

	"decoy/transforms/panel/limit"
)

// LimiterRecipe names a Redis server that paces the panel's accounts for all
// processes of a build, and of other builds that name it. Without it each process
// takes its share of the limits. It changes no output and is in no fingerprint. The
// password is read from the environment alone.
type LimiterRecipe struct {
	Redis       string `yaml:"redis" json:"redis"` // redis://host:port/db
	PasswordEnv string `yaml:"password_env" json:"password_env"`
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (l LimiterRecipe) validate() error {
	switch {
	case l.Redis == "" && l.PasswordEnv == "":
		return nil
	case l.PasswordEnv != "" && !variableName.MatchString(l.PasswordEnv):
		return errors.New("limiter.password_env is not the name of an environment variable (the password itself does not belong into a recipe)")
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
	c := limit.SharedConfig{URL: l.Redis}
	if l.PasswordEnv != "" {
		if c.Password = strings.TrimSpace(os.Getenv(l.PasswordEnv)); c.Password == "" {
			return nil, fmt.Errorf("limiter.password_env: environment variable %s is not set; set it to the password of the Redis server", l.PasswordEnv)
		}
	}
	s, err := limit.OpenShared(c)
	if err != nil {
		return nil, fmt.Errorf("limiter.redis: %w", err)
	}
	limiters.m[l] = s
	return s, nil
}
