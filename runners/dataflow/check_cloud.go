package dataflow

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/dataflow/dataflowlib"
	"google.golang.org/api/googleapi"
)

// probePatience is how long one question of a check may take.
var probePatience = 20 * time.Second

const login = "log in with gcloud auth application-default login, or name a key file in GOOGLE_APPLICATION_CREDENTIALS"

// folders looks at OUT, staging and temp: each is in a bucket, and each bucket takes an
// object and gives it up again.
func (l Launch) folders(ctx context.Context) (checks []Check) {
	seen := map[string]bool{}
	for _, f := range []struct{ name, address, flag string }{
		{"output", l.Out, "--out"}, {"staging", l.Staging, "--staging_location"},
		{"temp", cmp.Or(l.Temp, l.Staging), "--temp_location"},
	} {
		rest, ok := strings.CutPrefix(f.address, "gs://")
		bucket, folder, _ := strings.Cut(rest, "/")
		switch {
		case !ok || bucket == "":
			checks = append(checks, Check{f.name, Missing, fmt.Sprintf("%q is in no bucket", f.address),
				"workers share no disk: give " + f.flag + "=gs://BUCKET/FOLDER"})
		case seen[bucket]:
			checks = append(checks, Check{f.name, OK, f.address, ""})
		default:
			seen[bucket] = true
			checks = append(checks, writable(ctx, f.name, f.address, bucket, folder))
		}
	}
	return checks
}

// writable makes an object of a random name and removes it.
func writable(ctx context.Context, name, address, bucket, folder string) Check {
	ctx, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	client, err := storage.NewClient(ctx)
	if err != nil {
		return Check{name, Missing, address + ": no Google credentials", login}
	}
	defer client.Close()
	o := client.Bucket(bucket).Object(path.Join(folder, ".decoy-check-"+rand.Text()))
	w := o.If(storage.Conditions{DoesNotExist: true}).NewWriter(ctx)
	if _, err = w.Write([]byte("removed at once\n")); err == nil {
		err = w.Close()
	}
	if err != nil {
		return Check{name, Missing, address + " cannot be written: " + brief(err), bucketRemedy(err, bucket)}
	}
	r, err := o.NewReader(ctx)
	if err == nil {
		r.Close()
	}
	if err := errors.Join(err, o.Delete(ctx)); err != nil {
		return Check{name, Missing, fmt.Sprintf("%s: %s was written and cannot be read and removed: %s",
			address, o.ObjectName(), brief(err)), bucketRemedy(err, bucket)}
	}
	return Check{name, OK, address + ": an object was written, read and removed", ""}
}

func bucketRemedy(err error, bucket string) string {
	switch status(err) {
	case http.StatusNotFound:
		return "make it with gcloud storage buckets create gs://" + bucket
	case http.StatusUnauthorized, http.StatusForbidden:
		return "give these credentials the role roles/storage.objectAdmin on it"
	}
	return "try again, or look at the network"
}

func status(err error) int {
	var e *googleapi.Error
	if errors.As(err, &e) {
		return e.Code
	}
	if errors.Is(err, storage.ErrBucketNotExist) {
		return http.StatusNotFound
	}
	return 0
}

// brief is an error in one short line.
func brief(err error) string {
	if code := status(err); code != 0 {
		return fmt.Sprint("status ", code)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no answer within %v", probePatience)
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// service asks Dataflow for a page of jobs.
func (l Launch) service(ctx context.Context) Check {
	const name = "Dataflow"
	if l.Project == "" || l.Region == "" {
		return Check{name, Missing, "not asked without project and region", "give both"}
	}
	ctx, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	client, err := dataflowlib.NewClient(ctx, l.Endpoint)
	if err != nil {
		return Check{name, Missing, "no Google credentials", login}
	}
	_, err = client.Projects.Locations.Jobs.List(l.Project, l.Region).Filter("ACTIVE").PageSize(1).Context(ctx).Do()
	switch code := status(err); {
	case err == nil:
		return Check{name, OK, "answers, and these credentials may list jobs", ""}
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return Check{name, Missing, brief(err), "enable dataflow.googleapis.com in the project and give these " +
			"credentials roles/dataflow.developer (and roles/iam.serviceAccountUser on the workers' service account)"}
	case code == http.StatusNotFound:
		return Check{name, Missing, brief(err), "correct --project and --region"}
	}
	return Check{name, Missing, brief(err), "try again, or look at the network"}
}
