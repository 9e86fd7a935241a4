package warehouse

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"decoy/io/bucket"
)

// Engine answers SQL: [DB] or [BigQuery].
type Engine interface {
	Query(ctx context.Context, text string) (Result, error)
	Close() error
}

// Open is what answers questions about an address: a build's output folder,
// duckdb:FILE, parquet:FOLDER or bigquery://PROJECT/DATASET.
func Open(ctx context.Context, address string, limits Limits) (Engine, error) {
	t, err := parseTarget(address)
	if err != nil {
		return nil, err
	}
	if t.scheme == toBigQuery {
		return openBigQuery(ctx, t, limits)
	}
	db, err := OpenDuckDB()
	if err != nil {
		return nil, err
	}
	switch t.scheme {
	case toDuckDB:
		err = db.attachFile(ctx, t.path)
	case toParquet:
		err = db.attachParquet(ctx, t.path)
	default:
		err = db.Attach(ctx, t.path)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// Run answers one of [Queries], by name. Its numbers are rounded to 12 significant
// digits: no two runs add floats up in the same order.
func Run(ctx context.Context, e Engine, name string) (Result, error) {
	q, err := find(name)
	if err != nil {
		return Result{}, err
	}
	r, err := e.Query(ctx, q.SQL)
	if err != nil {
		return Result{}, fmt.Errorf("query %s: %w", name, err)
	}
	r.round()
	return r, nil
}

// Schemes of a target.
const (
	toBigQuery = "bigquery://"
	toDuckDB   = "duckdb:"
	toParquet  = "parquet:"
)

// target is a parsed address. A build's folder has no scheme.
type target struct {
	scheme, path     string
	project, dataset string
}

var (
	projectName = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]*$`)
	datasetName = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
)

func parseTarget(address string) (target, error) {
	for _, scheme := range []string{toBigQuery, toDuckDB, toParquet} {
		rest, ok := strings.CutPrefix(address, scheme)
		if !ok {
			continue
		}
		t := target{scheme: scheme, path: rest}
		if scheme == toBigQuery {
			t.project, t.dataset, _ = strings.Cut(rest, "/")
			if !projectName.MatchString(t.project) || !datasetName.MatchString(t.dataset) {
				return target{}, fmt.Errorf("%q is not bigquery://PROJECT/DATASET", address)
			}
		} else if rest == "" || bucket.In(rest) {
			return target{}, fmt.Errorf("%q: a local path must follow %s", address, scheme)
		}
		return t, nil
	}
	if scheme, _, ok := strings.Cut(address, ":"); ok && !bucket.In(address) &&
		regexp.MustCompile(`^[a-z]{2,}$`).MatchString(scheme) {
		//lint:ignore ST1005 The last of the names ends with a colon.
		return target{}, fmt.Errorf("%q begins with none of bigquery://, duckdb: and parquet:", address)
	}
	return target{path: address}, nil
}
