// Package extraction is the work of stage extract on one shard: it reads archives,
// repositories and rows, screens their files, cuts contexts out of them and sums up names
// and n-grams.
//
//	archives, repositories, rows → contexts, symbols, rejects (by shard); names-LANG, ngrams-LANG-FOLD
//
// Files are parsed by as many goroutines as there are processors, and records are sorted
// before they are written, so their order does not matter. A shard holds at most 32 MiB of
// contexts, of candidates for max_per_repo and of symbols each; what is over it goes to
// sorted runs on disk (shard.Sorter). An archive above 1 GiB is read by several tasks before
// its shard ([Prepare]), each over the paths that its hash gives it; files of rows, which mix
// repositories, are partitioned by shard first. Neither changes a byte of what comes out.
// Where curate looks for near duplicates, a shard also writes the shingles of its files.
// Names and n-grams are written by shard below extract/parts and merged by language
// ([Merge]).
//
// # Rights
//
// Before extract reads the sources of an archive it surveys what there is about their
// licences ([Survey]); package screen decides. Code of one's own is taken with
// extract.licenses: any, or with a license in the archive's entry of identities: rows,
// attribution and card then say so, and the card claims no permissive terms.
package extraction
