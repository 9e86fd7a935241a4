package bigqueryfake

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	bq "google.golang.org/api/bigquery/v2"
	"google.golang.org/api/iterator"
)

// duckTypes are DuckDB's types by BigQuery's.
var duckTypes = map[string]string{"STRING": "VARCHAR", "INTEGER": "BIGINT", "FLOAT": "DOUBLE", "BOOLEAN": "BOOLEAN",
	"BYTES": "BLOB"}

func failed(reason, format string, args ...any) *bq.ErrorProto {
	return &bq.ErrorProto{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// load replaces a table by what the files hold.
func (s *Server) load(ctx context.Context, j *job) *bq.ErrorProto {
	l := j.Configuration.Load
	to := l.DestinationTable
	if s.datasets[to.DatasetId] == nil {
		return failed("notFound", "Not found: Dataset %s:%s", to.ProjectId, to.DatasetId)
	}
	if l.SourceFormat != "PARQUET" || l.WriteDisposition != "WRITE_TRUNCATE" || l.Schema == nil {
		return failed("invalid", "this fake loads Parquet with a schema and WRITE_TRUNCATE")
	}
	if l.Clustering != nil {
		for _, c := range l.Clustering.Fields {
			if !slices.ContainsFunc(l.Schema.Fields, func(f *bq.TableFieldSchema) bool {
				return f.Name == c &&
					f.Mode != "REPEATED"
			}) || len(l.Clustering.Fields) > 4 {
				return failed("invalid", "clustering column %s", c)
			}
		}
	}
	dir, err := os.MkdirTemp("", "bigqueryfake-")
	if err != nil {
		return failed("internalError", "%v", err)
	}
	defer os.RemoveAll(dir)
	files, size, err := s.fetch(ctx, l.SourceUris, dir)
	if err != nil {
		return failed("notFound", "%v", err)
	}
	var list []string
	for uri, local := range files {
		if why := s.fits(local, l); why != "" {
			return failed("invalid", "Error while reading data, error message: %s; file: %s", why, uri)
		}
		list = append(list, "'"+local+"'")
	}
	slices.Sort(list)
	var columns []string
	for _, f := range l.Schema.Fields {
		columns = append(columns, `"`+f.Name+`"`)
	}
	name := `"` + to.DatasetId + `"."` + to.TableId + `"`
	if _, err := s.db.Exec("CREATE OR REPLACE TABLE " + name + " AS SELECT " + strings.Join(columns, ", ") +
		" FROM read_parquet([" + strings.Join(list, ", ") + "])"); err != nil {
		return failed("invalid", "%v", err)
	}
	var n int64
	if err := s.db.QueryRow("SELECT COUNT(*) FROM " + name).Scan(&n); err != nil {
		return failed("internalError", "%v", err)
	}
	key := to.DatasetId + "." + to.TableId
	if s.tables[key] == nil {
		s.tables[key] = &bq.Table{TableReference: to, Type: "TABLE", CreationTime: s.tick()}
	}
	t := s.tables[key]
	t.Schema, t.Clustering, t.NumRows = l.Schema, l.Clustering, uint64(n)
	s.change(t)
	j.Statistics.Load = &bq.JobStatistics3{InputFiles: int64(len(files)), InputFileBytes: size, OutputRows: n}
	return nil
}

// fetch copies the objects of the addresses, which may have one *.
func (s *Server) fetch(ctx context.Context, uris []string,
	dir string) (files map[string]string, size int64, err error) {
	files = map[string]string{}
	for _, uri := range uris {
		bucket, pattern, _ := strings.Cut(strings.TrimPrefix(uri, "gs://"), "/")
		prefix, _, _ := strings.Cut(pattern, "*")
		found := false
		for it := s.objects.Bucket(bucket).Objects(ctx, &storage.Query{Prefix: prefix}); ; {
			a, err := it.Next()
			if errors.Is(err, iterator.Done) {
				break
			}
			if err != nil {
				return nil, 0, err
			}
			if ok, _ := path.Match(pattern, a.Name); !ok {
				continue
			}
			r, err := s.objects.Bucket(bucket).Object(a.Name).NewReader(ctx)
			if err != nil {
				return nil, 0, err
			}
			data, err := io.ReadAll(r)
			r.Close()
			if err != nil {
				return nil, 0, err
			}
			local := filepath.Join(dir, fmt.Sprintf("%05d-%s", len(files), path.Base(a.Name)))
			if err := os.WriteFile(local, data, 0o600); err != nil {
				return nil, 0, err
			}
			files["gs://"+bucket+"/"+a.Name], found, size = local, true, size+int64(len(data))
		}
		if !found {
			//lint:ignore ST1005 These are BigQuery's words.
			return nil, 0, fmt.Errorf("Not found: URI %s", uri)
		}
	}
	return files, size, nil
}

// fits says why a file does not fit the schema of a load job.
func (s *Server) fits(file string, l *bq.JobConfigurationLoad) string {
	rows, err := s.db.Query("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet('" + file +
		"'))")
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	has := map[string]string{}
	for rows.Next() {
		var name, typ string
		if err := rows.Scan(&name, &typ); err != nil {
			return err.Error()
		}
		has[name] = typ
	}
	for _, f := range l.Schema.Fields {
		typ, ok := has[f.Name]
		delete(has, f.Name)
		want := duckTypes[f.Type]
		if f.Mode == "REPEATED" {
			want += "[]"
			if l.ParquetOptions == nil || !l.ParquetOptions.EnableListInference {
				return "column " + f.Name + " is a list, and list inference is off"
			}
		}
		switch {
		case !ok && f.Mode == "REQUIRED":
			return "Missing required field: " + f.Name
		case ok && typ != want:
			return "column " + f.Name + " has type " + typ + ", the schema has " + f.Type
		}
		var nulls int64
		if ok && f.Mode == "REQUIRED" {
			if err := s.db.QueryRow(`SELECT COUNT(*) FROM read_parquet('` + file + `') WHERE "` + f.Name +
				`" IS NULL`).Scan(&nulls); err != nil || nulls > 0 {
				return fmt.Sprintf("required field %s has %d nulls %v", f.Name, nulls, err)
			}
		}
	}
	for name := range has {
		return "No such field: " + name
	}
	return ""
}

// query runs SQL in its default dataset.
func (s *Server) query(j *job) *bq.ErrorProto {
	q := j.Configuration.Query
	if q.UseLegacySql == nil || *q.UseLegacySql || q.DefaultDataset == nil {
		return failed("invalid", "this fake takes standard SQL with a default dataset")
	}
	j.Statistics.TotalBytesProcessed = s.Bytes
	j.Statistics.Query = &bq.JobStatistics2{StatementType: "SELECT", TotalBytesProcessed: s.Bytes}
	if q.MaximumBytesBilled > 0 && q.MaximumBytesBilled < s.Bytes {
		return failed("bytesBilledLimitExceeded", "Query exceeded limit for bytes billed: %d. %d or higher required.",
			q.MaximumBytesBilled, s.Bytes)
	}
	if _, err := s.db.Exec(`USE "` + q.DefaultDataset.DatasetId + `"`); err != nil {
		return failed("notFound", "Not found: Dataset %s", q.DefaultDataset.DatasetId)
	}
	defer s.db.Exec("USE main") //nolint:errcheck // the next query says so
	text := q.Query
	if j.Configuration.DryRun {
		text = "EXPLAIN " + text
	}
	rows, err := s.db.Query(text)
	if err != nil {
		return failed("invalidQuery", "%v", err)
	}
	defer rows.Close()
	if err := j.read(rows); err != nil {
		return failed("invalidQuery", "%v", err)
	}
	return nil
}

// read takes the rows of a query in the form of BigQuery's answers.
func (j *job) read(rows *sql.Rows) error {
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	j.of = &bq.TableSchema{}
	for _, t := range types {
		j.of.Fields = append(j.of.Fields, field(t.Name(), t.DatabaseTypeName()))
	}
	for rows.Next() {
		values, into := make([]any, len(types)), make([]any, len(types))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		row := &bq.TableRow{}
		for i, v := range values {
			row.F = append(row.F, &bq.TableCell{V: cell(v, j.of.Fields[i])})
		}
		j.rows = append(j.rows, row)
	}
	return rows.Err()
}

// field is a column of a result by DuckDB's name of its type.
func field(name, typ string) *bq.TableFieldSchema {
	if element, ok := strings.CutSuffix(typ, "[]"); ok {
		f := field(name, element)
		f.Mode = "REPEATED"
		return f
	}
	if inner, ok := strings.CutPrefix(typ, "STRUCT("); ok {
		f := &bq.TableFieldSchema{Name: name, Type: "RECORD"}
		for _, part := range split(strings.TrimSuffix(inner, ")")) {
			n, t, _ := strings.Cut(part, " ")
			f.Fields = append(f.Fields, field(strings.Trim(n, `"`), t))
		}
		return f
	}
	t := map[string]string{"BIGINT": "INTEGER", "INTEGER": "INTEGER", "HUGEINT": "INTEGER", "BOOLEAN": "BOOLEAN",
		"VARCHAR": "STRING", "BLOB": "BYTES",
		"DATE": "DATE", "TIMESTAMP": "DATETIME", "TIMESTAMPTZ": "TIMESTAMP", "TIMESTAMP WITH TIME " +
			"ZONE": "TIMESTAMP"}[typ]
	if t == "" {
		t = "FLOAT" // DOUBLE, DECIMAL
	}
	return &bq.TableFieldSchema{Name: name, Type: t}
}

// split parts the fields of a STRUCT.
func split(s string) (out []string) {
	depth, from := 0, 0
	for i, c := range s {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			out, from = append(out, strings.TrimSpace(s[from:i])), i+1
		}
	}
	return append(out, strings.TrimSpace(s[from:]))
}

// cell is a value: every scalar is a string, a list [{"v": …}], a record
// {"f": [{"v": …}]}, and no list is null.
func cell(v any, f *bq.TableFieldSchema) any {
	switch v := v.(type) {
	case nil:
		if f.Mode == "REPEATED" {
			return []any{}
		}
		return nil
	case []any:
		single, out := *f, []any{}
		single.Mode = ""
		for _, e := range v {
			out = append(out, map[string]any{"v": cell(e, &single)})
		}
		return out
	case map[string]any:
		out := []any{}
		for _, g := range f.Fields {
			out = append(out, map[string]any{"v": cell(v[g.Name], g)})
		}
		return map[string]any{"f": out}
	case time.Time:
		switch f.Type {
		case "DATE":
			return v.Format(time.DateOnly)
		case "DATETIME":
			return v.Format("2006-01-02T15:04:05.999999")
		}
		return strconv.FormatInt(v.UnixMicro(), 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case interface{ Float64() float64 }: // a DECIMAL
		return strconv.FormatFloat(v.Float64(), 'g', -1, 64)
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	}
	return fmt.Sprint(v)
}
