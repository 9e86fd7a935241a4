// Package warehouse answers questions about a build in SQL: with DuckDB over the
// build's own files, or over its tables in BigQuery, a DuckDB file or Parquet, where
// [Load] puts them. The questions, their answers and how these are printed are the
// same everywhere.
//
// # Tables
//
//	contexts       extract/contexts-*       without prefix and suffix
//	context_texts  extract/contexts-*       with them: 99 % of the bytes
//	negatives      generate/negatives-*
//	unlabelled     generate/unlabelled-*    samples that are no negatives
//	certificates   verify/certificates-*
//	verdicts       judge/verdicts-*         of all rounds
//	selection      curate/selection-*
//	rejects        */rejects-*              of all stages
//	export_rows    export/{train,validation,test}-*.parquet
//
// Their columns are those of [schemas.Fields], stated and never inferred: what a
// file happens to hold must not change a type. A view that lacks a column does not
// decode it. A stage without files gives an empty table with the same columns.
//
// A stage with a manifest contributes the files that it names, and no others: after
// a recipe with another number of shards the old files may still lie there. A stage
// without one (a build that runs, or was stopped) contributes what is finished.
//
// export_rows is not called rows, which is a reserved word of BigQuery. A list is
// never null: BigQuery has none that is, so the views make it empty.
//
// # Queries
//
// sql/*.sql are the questions, one statement each, whose first line says what it
// answers. They are written in what DuckDB and BigQuery have in common and give the
// same rows in both: no UNNEST, no percentile functions (quantiles are taken by
// ROW_NUMBER), no COUNTIF (null instead of 0 over no rows in DuckDB), no division by
// what may be 0, no back-ticks, no column of a result named like a table that GROUP BY
// names, explicit order. The preamble gives DuckDB BigQuery's order of nulls and its
// names of types. A test refuses what is known to differ; scripts/sql/check runs every
// file in ZetaSQL, which is BigQuery's own SQL, and compares the rows.
//
// A negative's fool rate is fooled / (fooled + caught); invalid answers and golden
// controls (verdicts without a negative) do not count. Intervals are Wilson's
// (1927) at 95 %. The p-quantile of c sorted values is the one at position
// 1 + floor((c - 1) p).
//
// Numbers of an answer are rounded to 12 significant digits, since no two runs add
// floats up in the same order.
//
// # Loading
//
// Every table has a key: the hash of its columns and of the names and sha256 of its
// files. A target keeps the key with the table, and a table that has its key is left
// alone.
//
//   - parquet:FOLDER: TABLE-00000-of-00003.parquet, one a file of the build, and a
//     manifest, which is absent while files change.
//   - duckdb:FILE: made from such Parquet under a temporary name, from a copy of FILE
//     where it is there, and renamed. A file that Load did not write is refused.
//   - bigquery://PROJECT/DATASET: such Parquet in STAGING/KEY on gs://, one load job a
//     table, the staged files deleted after it.
//
// # BigQuery
//
// A job's id is made of dataset, table, key and the number of the attempt, so that two
// processes, or one that is run again, meet the same job: whoever finds it waits for
// it, whichever started it. An id serves once: after a failure, or if the table was
// written or deleted since the job's end, the next number is taken. A load replaces the
// table (WRITE_TRUNCATE) at once or not at all, with an explicit schema and list
// inference, without which a list of Parquet becomes a record.
//
// Which content a table has is said by its label decoy_load = KEY. It is taken off
// before a job starts and put on after its end, if nobody has changed the table since
// (its etag), so that it never names a content that is gone. What it does not show is a
// row that someone else changes in place.
//
// Tables are clustered by what queries filter and join by, most selective last:
// contexts by language and repository, texts by id, since one reads them a few at a
// time, the export by split, language and type. They are not partitioned: a partition
// wants a column of time or an integer range that queries filter by, and a build has
// none (a shard's number is in no question); below some 10 GB a partition clustering
// prunes as well, and only context_texts of the paper's pool is larger than that.
//
// Queries run under an id and in the dataset's location, are cancelled with their
// caller, and have a limit of bytes billed.
//
// # Limits
//
// DuckDB joins by id in memory, on disk beyond its limit: the 2.5 million rows of
// the paper's pool are well inside. It reads local files here, and loads no
// extension from the network. What permissions, quotas and prices are in a project is
// known only there.
package warehouse
