// Package warehouse answers questions about a finished or running build in SQL,
// with DuckDB over the build's own files.
//
// # Views
//
// [DB.Attach] makes a view of each kind of record:
//
//	contexts       extract/contexts-*      without prefix and suffix
//	context_texts  extract/contexts-*      with them: 99 % of the bytes
//	negatives      generate/negatives-*
//	certificates   verify/certificates-*
//	verdicts       judge/verdicts-*        of all rounds
//	selection      curate/selection-*
//	rejects        */rejects-*             of all stages
//	export_rows    export/{train,validation,test}-*.parquet
//
// Their columns are those of [schemas.Fields], stated and never inferred: what a
// file happens to hold must not change a type. A view that lacks a column does not
// decode it. A stage without files gives an empty view with the same columns.
//
// A stage with a manifest contributes the files that it names, and no others: after
// a recipe with another number of shards the old files may still lie there. A stage
// without one (a build that runs, or was stopped) contributes what is finished.
//
// export_rows is not called rows, which is a reserved word of BigQuery.
//
// # Queries
//
// sql/*.sql are the questions, one statement each, whose first line says what it
// answers. They are written in what DuckDB and BigQuery have in common and give the
// same rows in both: no UNNEST, no percentile functions (quantiles are taken by
// ROW_NUMBER), no COUNTIF (null instead of 0 over no rows in DuckDB), no division by
// what may be 0, no back-ticks, explicit order. The preamble
// gives DuckDB BigQuery's order of nulls and its names of types. A test refuses
// what is known to differ.
//
// A negative's fool rate is fooled / (fooled + caught); invalid answers and golden
// controls (verdicts without a negative) do not count. Intervals are Wilson's
// (1927) at 95 %. The p-quantile of c sorted values is the one at position
// 1 + floor((c - 1) p).
//
// # Limits
//
// Joins are by id in memory, on disk beyond DuckDB's limit: the 2.5 million rows of
// the paper's pool are well inside. DuckDB reads local files here, and loads no
// extension from the network.
package warehouse
