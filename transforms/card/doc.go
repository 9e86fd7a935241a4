// Package card writes what stands beside the rows of an export: README.md, the
// dataset card, and ATTRIBUTION.jsonl, the files that the rows were taken from.
//
// # What and why
//
// The card is what a stranger reads before training on the rows, and what
// datasets.load_dataset reads to find them. So its YAML header names only globs
// that match a file of the export with rows in it (an empty split is an error
// there; an empty shard beside full ones is none, as long as it has no row group,
// as io/columnar writes it), and its text says what was measured, what was not, and
// what the rows are not good for. The recipe is inside, so that the card alone
// tells how to build the set again.
//
// Figures have the types of package report, so that one gathering serves both and
// they cannot disagree.
//
// # Same bytes
//
// The same export has the same card: no times, no paths of this machine, no
// settings that leave the rows as they are. [publicRecipe] takes those out of the
// recipe, comments included, and with them what should not be published: the
// names of key variables and the addresses of private servers.
//
// # Format
//
// README.md is GitHub-flavoured Markdown under a YAML header as the dataset card
// specification of the Hugging Face Hub describes it (configs with data_files by
// split, license, language, tags, size_categories). Licences are the Hub's
// identifiers, "other" where it has none. Where files were taken on the word of whoever
// built the set (extract.licenses: any, or a license in identities) it is "other" alone,
// and the text claims no permissive terms.
//
// ATTRIBUTION.jsonl has one [AttributionRow] a line, sorted by repository, commit
// and path.
//
// # Limits
//
// Splits are found by file name: SPLIT-*.parquet in the export's folder, and
// trl/sft/SPLIT-*.parquet and trl/pairs/SPLIT-*.parquet (or .jsonl.zst where there
// is no Parquet, or SPLIT.parquet alone). [Attribution] holds one row a file in memory, about 200 bytes each.
package card
