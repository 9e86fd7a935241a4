package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"decoy/io/shard"
	"decoy/pipelines"
)

// recordName is the file below OUT that names the remote job which works on it.
const recordName = ".job.json"

// record names a remote job.
type record struct {
	Runner   string `json:"runner"`
	Endpoint string `json:"endpoint,omitempty"` // of the job service
	Project  string `json:"project,omitempty"`  // of Dataflow
	Region   string `json:"region,omitempty"`
	ID       string `json:"id"`
	Name     string `json:"name"`
}

// givenName is what --job_name said before it was set for the first stage.
var givenName = sync.OnceValue(func() string { return *jobopts.JobName })

// jobName is the same for the same work on the same OUT and for nothing else. Dataflow
// takes up to 40 lower-case letters, digits and hyphens.
func jobName(j pipelines.Job) string {
	sum := sha256.Sum256([]byte(j.Out + "\x00" + j.Fingerprint))
	name := "decoy"
	if given := givenName(); given != "" {
		name = given
	}
	return strings.ToLower(fmt.Sprintf("%s-%s-%s", name, j.Stage, hex.EncodeToString(sum[:6])))
}

func recordPath(out string) string { return shard.Join(out, recordName) }

func writeRecord(ctx context.Context, out string, r record) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	ctx, end := shard.Lasting(ctx) // the job is there, and so is who finds it again
	defer end()
	_, err = shard.WriteFile(ctx, recordPath(out), append(raw, '\n'))
	return err
}

// removeRecord removes the record of a job that is over. Another launcher may have
// taken OUT since and have a job of its own there: that record stays.
func removeRecord(ctx context.Context, out string, r record) error {
	ctx, end := shard.Lasting(ctx) // after a cancel too
	defer end()
	now, ok, err := readRecord(ctx, out)
	if err != nil || !ok || now != r {
		return err
	}
	return shard.Remove(ctx, recordPath(out))
}

func readRecord(ctx context.Context, out string) (r record, ok bool, err error) {
	raw, err := shard.ReadFile(ctx, recordPath(out))
	if errors.Is(err, fs.ErrNotExist) {
		return r, false, nil
	}
	if err != nil {
		return r, false, err
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, false, fmt.Errorf("read %q: %w: see on the runner that no job of this build is active, then remove "+
			"the file", recordPath(out), err)
	}
	return r, true, nil
}

// endPrevious ends the remote job that a launcher which is gone left working on OUT.
// One of the name keep may run on, where it can be taken up.
func (l Launcher) endPrevious(ctx context.Context, out, keep string) error {
	r, ok, err := readRecord(ctx, out)
	if err != nil || !ok {
		return err
	}
	if err := l.end(ctx, r, keep); err != nil {
		return fmt.Errorf("%s job %s (%s) of an earlier run may still work on %s (%w): see that it is over, then "+
			"remove %s, and run the same command again",
			r.Runner, r.ID, r.Name, out, err, recordPath(out))
	}
	return removeRecord(ctx, out, r)
}

func (l Launcher) end(ctx context.Context, r record, keep string) error {
	within, stop := context.WithTimeout(ctx, CancelPatience)
	defer stop()
	if kind(r.Runner) == kindDataflow {
		return l.endDataflow(within, r, keep)
	}
	err := l.endByService(within, r)
	switch {
	case onFlink(r.Runner) && *flinkREST != "":
		cluster, stop := context.WithTimeout(ctx, CancelPatience)
		defer stop()
		return l.Policy.endFlinkJobs(cluster, *flinkREST, r.Name)
	case onFlink(r.Runner):
		return errUnsure
	}
	return err
}

// endByService asks the job service that was given the job.
func (l Launcher) endByService(ctx context.Context, r record) error {
	if r.ID == "" {
		return errors.New("its launcher ended before it knew the job's id")
	}
	s, hangUp, err := l.dial(ctx, r.Endpoint)
	if err != nil {
		return err
	}
	defer hangUp()
	if err = s.end(ctx, r.ID); status.Code(err) == codes.NotFound {
		return fmt.Errorf("the job service at %s was started since and does not know it", r.Endpoint)
	}
	return err
}

// EndPrevious ends the remote job that a process which is gone left working on OUT: whoever
// takes OUT ends what works on it, before anything there is touched. A job of Dataflow is
// left to the submission that may take it up, unless all is done anew.
func (l Launcher) EndPrevious(ctx context.Context, out string) error {
	r, ok, err := readRecord(ctx, out)
	if err != nil || !ok || kind(r.Runner) == kindDataflow && kind(Name()) == kindDataflow && !l.Anew {
		return err
	}
	return l.endPrevious(ctx, out, "")
}
