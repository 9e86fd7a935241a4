package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// endFlinkJobs cancels the jobs of a Flink cluster that were submitted under a name and
// waits until they are over, through the cluster's REST interface
// (https://nightlies.apache.org/flink/flink-docs-release-1.19/docs/ops/rest_api/).
func (p Policy) endFlinkJobs(ctx context.Context, rest, name string) error {
	rest = strings.TrimSuffix(rest, "/")
	asked := map[string]bool{}
	for last := time.Now(); ; {
		active, err := flinkJobs(ctx, rest, name)
		if err != nil {
			return err
		}
		if len(active) > 0 {
			last = time.Now()
		} else if time.Since(last) >= p.FlinkSettles {
			return nil
		}
		for _, id := range active {
			if asked[id] {
				continue
			}
			asked[id] = true
			// One that ended since is refused: the next look says what is left.
			if _, err := flinkAsk(ctx, http.MethodPatch, rest+"/jobs/"+id+"?mode=cancel"); err != nil &&
				!errors.Is(err, errRefused) {
				return err
			}
		}
		if err := pause(ctx, 500*time.Millisecond); err != nil {
			return fmt.Errorf("jobs %v of the Flink cluster at %s are still there", active, rest)
		}
	}
}

// notInNames are the characters that Beam replaces in the name of a job.
var notInNames = regexp.MustCompile(`[^a-z0-9]`)

// flinkName begins the name that Beam gives a job on the cluster: of decoy-extract-1f
// it makes decoy0extract01f-USER-TIME-RANDOM.
func flinkName(name string) string {
	return notInNames.ReplaceAllString(strings.ToLower(name), "0") + "-"
}

// flinkJobs lists the active jobs that were submitted under a name.
func flinkJobs(ctx context.Context, rest, name string) ([]string, error) {
	raw, err := flinkAsk(ctx, http.MethodGet, rest+"/jobs/overview")
	if err != nil {
		return nil, err
	}
	var overview struct {
		Jobs []struct {
			ID    string `json:"jid"`
			Name  string `json:"name"`
			State string `json:"state"`
		} `json:"jobs"`
	}
	if err := json.Unmarshal(raw, &overview); err != nil {
		return nil, fmt.Errorf("%s/jobs/overview: %w: is --flink_rest the REST interface of a Flink cluster?", rest,
			err)
	}
	var active []string
	for _, j := range overview.Jobs {
		switch j.State {
		case "FINISHED", "FAILED", "CANCELED":
			continue
		}
		if strings.HasPrefix(j.Name, flinkName(name)) {
			active = append(active, j.ID)
		}
	}
	return active, nil
}

// errRefused is the answer to what is asked of a job that is not there, or over.
var errRefused = errors.New("refused")

func flinkAsk(ctx context.Context, method, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, fmt.Errorf("--flink_rest: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusConflict {
		return nil, fmt.Errorf("%s %s: %s: %w", method, url, resp.Status, errRefused)
	}
	if resp.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %s: %.200s", method, url, resp.Status, raw)
	}
	return raw, nil
}
