package dataflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"google.golang.org/api/googleapi"

	"decoy/transforms/credential"
	"decoy/transforms/panel"
)

// promptBytes is about what a prompt has beside the window of a context.
const promptBytes = 4096

// bytesPerToken is the panel's estimate.
const bytesPerToken = 3

// paid looks at the members of the panels: their limits, and where their keys are.
func (l Launch) paid(ctx context.Context) (checks []Check) {
	members := l.members()
	if len(members) == 0 {
		return nil
	}
	if !l.PaidOnWorkers {
		for _, m := range members {
			checks = append(checks, keyHere(m))
		}
		return checks
	}
	workers := cmp.Or(l.Workers, l.MaxWorkers)
	if shared := l.Recipe.Limiter.Redis != ""; !shared && l.Workers > 0 && l.Workers < l.MaxWorkers {
		checks = append(checks, Check{"share of limits", Missing, fmt.Sprintf("--workers=%d divides the panel's "+
			"limits and up to %d workers run", l.Workers, l.MaxWorkers), "leave --workers out: it is " +
			"--max_num_workers then"})
	}
	for _, m := range members {
		checks = append(checks, l.limits(m, workers), key(ctx, "key of "+m.Name, m.Key(),
			"api_key_env", "api_key_secret"))
	}
	if p := l.Recipe.Limiter.Password(); !p.Empty() {
		checks = append(checks, key(ctx, "password of the limiter", p, "limiter.password_env",
			"limiter.password_secret"))
	}
	return checks
}

// keyHere asks whether the launcher, which asks the member, has its key.
func keyHere(m panel.Member) Check {
	name, s := "key of "+m.Name, m.Key()
	switch {
	case s.Empty():
		return Check{name, OK, "none is needed", ""}
	case s.Secret != "":
		return Check{name, OK, s.Secret + " is read by the launcher, which asks", ""}
	case os.Getenv(s.Env) == "":
		return Check{name, Missing, fmt.Sprintf("environment variable %s is not set", s.Env),
			"set it: the launcher asks (--paid-on-workers has the workers ask)"}
	}
	return Check{name, OK, "the launcher, which asks, has it", ""}
}

// limits asks whether each worker's share of a member's limits is at least a request.
func (l Launch) limits(m panel.Member, workers int) Check {
	name := "limits of " + m.Name
	if workers == 0 {
		return Check{name, Missing, "not divided", "give --max_num_workers"}
	}
	request := (l.Recipe.Extract.PrefixBytes+l.Recipe.Extract.SuffixBytes+promptBytes)/bytesPerToken + m.MaxTokens
	fit, by := m.Concurrency, "concurrency"
	if l.Recipe.Limiter.Redis == "" {
		if m.RPM > 0 && m.RPM < fit {
			fit, by = m.RPM, "rpm"
		}
		if m.TPM > 0 && m.TPM/request < fit {
			fit, by = m.TPM/request, "tpm"
		}
	}
	if fit < workers {
		return Check{name, Missing, fmt.Sprintf("%s allows %d workers (a request is one of rpm, some %d "+
			"tokens of tpm, one of concurrency), and there may be %d", by, fit, request, workers),
			fmt.Sprintf("use --max_num_workers=%d, higher limits, or a limiter (rpm and tpm)", max(1, fit))}
	}
	return Check{name, OK, fmt.Sprintf("at least a request for each of %d workers", workers), ""}
}

// key asks whether workers can have a key, which is not read.
func key(ctx context.Context, name string, s credential.Source, env, secret string) Check {
	switch {
	case s.Empty():
		return Check{name, OK, "none is needed", ""}
	case s.Secret == "":
		return Check{name, Missing, fmt.Sprintf("environment variable %s does not travel to workers", s.Env),
			fmt.Sprintf("put it into Secret Manager and name it in the recipe, beside or in place of %s: %s: "+
				"projects/P/secrets/S/versions/V", env, secret)}
	}
	client, err := credential.Client(ctx)
	if err != nil {
		return Check{name, Unknown, s.Secret + ": no credentials to look at it", ""}
	}
	ctx, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	got, err := client.Projects.Secrets.Versions.Get(s.Secret).Context(ctx).Do()
	var e *googleapi.Error
	switch {
	case err == nil && got.State == "ENABLED":
		return Check{name, OK, s.Secret + " is there; the workers' service account needs " +
			"roles/secretmanager.secretAccessor", ""}
	case err == nil:
		return Check{name, Missing, s.Secret + " is " + strings.ToLower(got.State), "enable it or name another version"}
	case errors.As(err, &e) && e.Code == http.StatusNotFound:
		return Check{name, Missing, s.Secret + " is not there", "add it with gcloud secrets create and " +
			"gcloud secrets versions add"}
	}
	return Check{name, Unknown, s.Secret + ": these credentials may not look at it", ""}
}
