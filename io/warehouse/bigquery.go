package warehouse

import (
	"cloud.google.com/go/bigquery"

	"decoy/schemas"
)

// BigQuerySchema is the table schema of record T for a BigQuery load job: the same
// columns that its Parquet and JSON files have.
func BigQuerySchema[T any]() bigquery.Schema {
	types := map[schemas.FieldKind]bigquery.FieldType{
		schemas.String: bigquery.StringFieldType, schemas.Bytes: bigquery.BytesFieldType, schemas.Int64: bigquery.IntegerFieldType,
		schemas.Float64: bigquery.FloatFieldType, schemas.Bool: bigquery.BooleanFieldType,
	}
	var out bigquery.Schema
	for _, f := range schemas.Fields[T]() {
		out = append(out, &bigquery.FieldSchema{Name: f.Name, Type: types[f.Kind], Required: !f.Nullable && !f.Repeated, Repeated: f.Repeated})
	}
	return out
}
