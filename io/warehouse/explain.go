package warehouse

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/googleapi"
)

const logIn = "log in with gcloud auth application-default login, or name a key file in GOOGLE_APPLICATION_CREDENTIALS"

// roles are those that hold a permission.
var roles = []struct{ permission, role string }{
	{"bigquery.jobs.", "roles/bigquery.jobUser on the project"},
	{"bigquery.datasets.create", "roles/bigquery.user on the project"},
	{"bigquery.", "roles/bigquery.dataEditor on the dataset"},
}

// remedies are by what BigQuery says.
var remedies = []struct{ said, do string }{
	{"bytes billed", "raise --max-bytes-billed, or see --estimate"},
	{"Not found: Dataset", "run decoy load OUT --to bigquery://PROJECT/DATASET first"},
	{"Not found: Table", "load it with decoy load OUT --tables NAME"},
	{"different location", "stage in a bucket of the dataset's location, or name another dataset"},
	{"Incompatible table partitioning", "delete the table (bq rm PROJECT:DATASET.TABLE) and load again"},
	{"Error while reading data", "compare the file's columns with decoy load --dry-run --json; " +
		"--keep leaves the staged files"},
	{"No such field", "compare the file's columns with decoy load --dry-run --json; --keep leaves the staged files"},
	{"Missing required field", "compare the file's columns with decoy load --dry-run --json; " +
		"--keep leaves the staged files"},
}

// explain is an error of Google's services on one line: what was being done, which
// permission it needs if that is what is missing, what was said, and what to do.
func explain(doing, permission string, err error) error {
	var g *googleapi.Error
	if errors.As(err, &g) {
		said := g.Message
		if said == "" {
			said = http.StatusText(g.Code)
		}
		reasons := []string{}
		for _, e := range g.Errors {
			reasons = append(reasons, e.Reason)
		}
		denied := g.Code == http.StatusForbidden && (len(reasons) == 0 || slices.Contains(reasons, "accessDenied") ||
			slices.Contains(reasons, "forbidden"))
		text := told(doing, permission, said, denied)
		if g.Code == http.StatusUnauthorized {
			text += ": " + logIn
		}
		return &apiError{text, err}
	}
	var e *bigquery.Error
	if errors.As(err, &e) {
		return &apiError{told(doing, permission, e.Message, e.Reason == "accessDenied"), err}
	}
	return &apiError{told(doing, permission, err.Error(), false), err}
}

func told(doing, permission, said string, denied bool) string {
	text := doing + ": " + strings.Join(strings.Fields(said), " ")
	if denied {
		for _, r := range roles {
			if strings.HasPrefix(permission, r.permission) {
				return fmt.Sprintf("%s: permission %s is missing: grant %s", text, permission, r.role)
			}
		}
	}
	for _, r := range remedies {
		if strings.Contains(said, r.said) {
			return text + ": " + r.do
		}
	}
	return text
}

// apiError keeps the cause of a text that replaces it.
type apiError struct {
	text string
	err  error
}

func (e *apiError) Error() string { return e.text }
func (e *apiError) Unwrap() error { return e.err }

// status is the HTTP status of an error, 0 where it has none.
func status(err error) int {
	var g *googleapi.Error
	if errors.As(err, &g) {
		return g.Code
	}
	return 0
}
