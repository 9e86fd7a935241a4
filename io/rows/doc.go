// Package rows reads source files out of rows: JSON Lines and Parquet, as data sets
// of source code are published.
//
// # What
//
// [Resolve] turns specs (paths, URLs of Beam file systems, globs, "@FILE" lists; see
// package inputs) into [Source] values with size and sha256. [Read] streams the rows
// of one Source. JSON Lines may be plain, gzip or zstd; the format is found by
// content, never by name. A file of a format that is not read (a JSON array, Arrow, xz,
// UTF-16, a pointer of Git LFS, Parquet without its end and more) is named by Resolve,
// from its first bytes and, if it is Parquet, its last ones, with what to do about it:
// [FormatError]. Such a file is a mistake in what was asked, not a bad record.
//
// A byte order mark, CRLF, and the NaN and Infinity that Python's json.dumps writes for
// numbers cost nothing.
//
// # Columns
//
// A [Columns] value says which column holds which field. A dot goes into a nested
// column, after a column whose own name has the dot was looked for. A Parquet list
// is named by its column; the groups that LIST puts below are walked through.
// [Preset] knows three data sets:
//
//   - the-stack-v1: bigcode/the-stack and its dedup and smol forms (as the dataset
//     card of bigcode/the-stack lists the fields).
//   - the-stack-v2: bigcode/the-stack-v2 (its dataset card). The published rows hold
//     ids of blobs; a content column has to be joined from Software Heritage first.
//     license_type is not read: "permissive" is no licence.
//   - github-repos: files joined to contents by id, and to licenses by repo_name, of
//     BigQuery's bigquery-public-data.github_repos. ref is a branch
//     ("refs/heads/master") and stands for the commit, which the tables do not have.
//
// # Licences
//
// A licence becomes an SPDX expression. Ids are known by any case, as GitHub's keys
// ("apache-2.0") are SPDX ids in lower case. A list says which licences were found in
// a repository, not that a user may choose among them, so its members are joined by
// AND: a filter then keeps a file only where it would keep every one. A list that was
// printed into a text is a list. The usual names of licences, as GitHub, BigQuery and
// PyPI have them ("MIT License", "Apache License 2.0"), are understood too. "" is no
// licence; None and the like are that as well. Where a text is not understood the
// licence is the texts, one a line: it is unclear, which is not the same.
//
// # Rejects and errors
//
// As in package archives: content never makes an error. A row that cannot be used is
// a [schemas.Reject] of stage extract with one of [Reasons], or a path reason or too_large
// of archives; a file that breaks off is one reject, rows_corrupt, and what came before
// it stays. A reject is named by repository and path, or by the file's base name and
// the row's number where those are not known.
//
// Errors are for the environment and for mistakes in what was asked: a column that
// the file does not have, or whose type in a Parquet schema cannot be text. JSON Lines
// have no schema, and exporters leave nulls out. There a column for repo, path or
// content is missing when none of the first 100 rows has it, any other when the whole
// file has none.
//
// # Memory
//
// One row of JSON Lines, or one page a named column of Parquet (row groups are read
// one behind the other, other columns not at all), and the window of zstd, at most
// 128 MiB. A line longer than a row may be is skipped in pieces. Measured over 4 GB of
// content: 35 MiB for JSON Lines, 110 MiB for Parquet.
//
// A remote Parquet file is spooled to disk, see package inputs. A hostile one can take
// more memory: the Parquet library believes the sizes and counts that pages claim, up
// to 2 GiB each. A file that claims more rows than it has bytes is corrupt.
package rows
