package ask

import (
	"strings"
	"testing"

	"decoy/pipelines/recipe"
)

func TestLimiterRecipe(t *testing.T) {
	for text, want := range map[string]string{
		"limiter: {redis: 'redis://localhost:6379/0', password_env: REDIS_PASSWORD}": "",
		"limiter: {redis: 'redis://localhost:6379/0'}":                               "",
		"limiter: {redis: 'redis://u:hunter2@localhost/0'}":                          "limiter.redis",
		"limiter: {redis: 'redis://localhost/0', password_env: 'hunter2!'}":          "limiter.password_env",
		"limiter: {password_env: X}":                                                 "limiter.redis",
		"limiter: {redsi: x}":                                                        "did you mean redis",
	} {
		_, err := recipe.Parse([]byte("archives: [x]\n" + text + "\n"))
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: %v", text, err)
		}
	}
	l := recipe.Limiter{Redis: "redis://localhost:1/0", PasswordEnv: "DECOY_TEST_NO_SUCH_PASSWORD"}
	if _, err := OpenLimiter(l); err == nil || !strings.Contains(err.Error(), l.PasswordEnv) {
		t.Errorf("a password that is not set: %v", err)
	}
	t.Setenv(l.PasswordEnv, "hunter2")
	one, err := OpenLimiter(l)
	if err != nil {
		t.Fatal(err)
	}
	if two, err := OpenLimiter(l); err != nil || one != two {
		t.Errorf("two limiters of one recipe, %v", err)
	}
	if s, err := OpenLimiter(recipe.Limiter{}); s != nil || err != nil {
		t.Errorf("a limiter that nobody named: %v, %v", s, err)
	}
}
