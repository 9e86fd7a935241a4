package warehouse

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"

	"decoy/schemas"
)

// emulatorHost names an environment variable: where it is set, requests go to the
// server there, without credentials.
const emulatorHost = "BIGQUERY_EMULATOR_HOST"

const (
	// patience is how long one request is tried; the client tries most of them again
	// where the answer is 5xx.
	patience = 10 * time.Minute
	// tries are ours, of what the client gives up: cut connections, and 5xx to some.
	tries = 8
)

// try calls f until it works, fails for good or has failed often enough.
func try(ctx context.Context, f func() error) error {
	wait := 100 * time.Millisecond
	for n := 1; ; n++ {
		err := f()
		again := status(err) >= 500 || status(err) == http.StatusTooManyRequests || errors.Is(err, io.EOF) ||
			errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
		if !again || n == tries {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
		wait = min(2*wait, 10*time.Second)
	}
}

// Limits bound what a query may cost. Zero is no limit.
type Limits struct {
	BytesBilled int64 // of one query
}

// BigQuery is a dataset that answers questions.
type BigQuery struct {
	client   *bigquery.Client
	dataset  string
	location string
	limits   Limits
}

// bigQuerySchema is the table schema of a record for a BigQuery load job: the same columns
// that its Parquet and JSON files have.
func bigQuerySchema(fields []schemas.Field) bigquery.Schema {
	types := map[schemas.FieldKind]bigquery.FieldType{
		schemas.String: bigquery.StringFieldType, schemas.Bytes: bigquery.BytesFieldType,
		schemas.Int64:   bigquery.IntegerFieldType,
		schemas.Float64: bigquery.FloatFieldType, schemas.Bool: bigquery.BooleanFieldType,
	}
	var out bigquery.Schema
	for _, f := range fields {
		out = append(out, &bigquery.FieldSchema{Name: f.Name, Type: types[f.Kind], Required: !f.Nullable &&
			!f.Repeated, Repeated: f.Repeated})
	}
	return out
}

func newClient(ctx context.Context, project string) (*bigquery.Client, error) {
	var options []option.ClientOption
	if host := os.Getenv(emulatorHost); host != "" {
		if !strings.Contains(host, "://") {
			host = "http://" + host
		}
		options = append(options, option.WithEndpoint(host), option.WithoutAuthentication())
	}
	c, err := bigquery.NewClient(ctx, project, options...)
	if err != nil {
		return nil, fmt.Errorf("BigQuery: %s: %s", firstLine(err), logIn)
	}
	return c, nil
}

func openBigQuery(ctx context.Context, t target, limits Limits) (*BigQuery, error) {
	c, err := newClient(ctx, t.project)
	if err != nil {
		return nil, err
	}
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var m *bigquery.DatasetMetadata
	err = try(short, func() (err error) { m, err = c.Dataset(t.dataset).Metadata(short); return err })
	if err != nil {
		c.Close()
		return nil, explain("look for dataset "+t.dataset, "bigquery.datasets.get", err)
	}
	return &BigQuery{client: c, dataset: t.dataset, location: m.Location, limits: limits}, nil
}

// Close ends the connections.
func (b *BigQuery) Close() error { return b.client.Close() }

func (b *BigQuery) query(text string) *bigquery.Query {
	q := b.client.Query(text)
	// Without an id the client takes another path, which has no limit of bytes.
	q.JobID, q.Location = "decoy-stats-"+strings.ToLower(rand.Text()), b.location
	q.DefaultProjectID, q.DefaultDatasetID = b.client.Project(), b.dataset
	q.MaxBytesBilled = b.limits.BytesBilled
	q.Labels = map[string]string{"tool": "decoy"}
	return q
}

// Estimate is the bytes that a query would process, which is what is billed (at least
// 10 MiB a table that it reads).
func (b *BigQuery) Estimate(ctx context.Context, text string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	q := b.query(text)
	q.DryRun = true
	job, err := q.Run(ctx)
	if err != nil {
		return 0, explain("estimate", "bigquery.jobs.create", err)
	}
	status := job.LastStatus()
	if err := status.Err(); err != nil {
		return 0, explain("estimate", "bigquery.jobs.create", err)
	}
	return status.Statistics.TotalBytesProcessed, nil
}

// Query runs a statement, whose names are those of the dataset's tables. A query that
// the caller gives up is cancelled.
func (b *BigQuery) Query(ctx context.Context, text string) (r Result, err error) {
	q := b.query(text)
	defer func() {
		if ctx.Err() != nil {
			short, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			if job, err := b.client.JobFromIDLocation(short, q.JobID, q.Location); err == nil {
				_ = job.Cancel(short) // it may be done
			}
		}
		if err != nil {
			err = explain("query", "bigquery.jobs.create or bigquery.tables.getData", err)
		}
	}()
	var job *bigquery.Job
	err = try(ctx, func() (err error) {
		if job, err = q.Run(ctx); status(err) == http.StatusConflict { // the answer to the first try got lost
			job, err = b.client.JobFromIDLocation(ctx, q.JobID, q.Location)
		}
		return err
	})
	if err != nil {
		return Result{}, err
	}
	it, err := job.Read(ctx)
	if err != nil {
		return Result{}, err
	}
	for {
		var row []bigquery.Value
		err := it.Next(&row)
		if r.Columns == nil {
			for _, f := range it.Schema {
				r.Columns = append(r.Columns, f.Name)
			}
		}
		if errors.Is(err, iterator.Done) {
			return r, nil
		}
		if err != nil {
			return Result{}, err
		}
		out := make([]any, len(row))
		for i, v := range row {
			out[i] = fromBigQuery(v, it.Schema[i])
		}
		r.Rows = append(r.Rows, out)
	}
}

// fromBigQuery is a value as a Result has it.
func fromBigQuery(v bigquery.Value, f *bigquery.FieldSchema) any {
	switch v := v.(type) {
	case []bigquery.Value:
		if !f.Repeated {
			record := map[string]any{}
			for i, w := range v {
				record[f.Schema[i].Name] = fromBigQuery(w, f.Schema[i])
			}
			return record
		}
		single := *f
		single.Repeated = false
		list := make([]any, len(v))
		for i, w := range v {
			list[i] = fromBigQuery(w, &single)
		}
		return list
	case *big.Rat:
		x, _ := v.Float64()
		return x
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case fmt.Stringer: // a date, time or interval
		if text := v.String(); strings.Contains(text, ".") {
			return strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		return v.String()
	}
	return v
}

// jobError is a failed job's: its first errors, with the place in the data where
// BigQuery says it.
func jobError(s *bigquery.JobStatus) error {
	var said []string
	for _, e := range s.Errors {
		text := e.Message
		if e.Location != "" && !strings.Contains(text, e.Location) {
			text += " (" + e.Location + ")"
		}
		if len(said) < 3 && !strings.Contains(strings.Join(said, "; "), text) {
			said = append(said, strings.Join(strings.Fields(text), " "))
		}
	}
	return fmt.Errorf("%s", cmp.Or(strings.Join(said, "; "), s.Err().Error()))
}
