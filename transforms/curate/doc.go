// Package curate decides which negatives become training pairs. It works on small
// rows (ids, hashes, scores, lengths), never on payloads, and every decision is a
// pure function whose result does not depend on the order of its input.
//
// A decision is a pure function over what fits in memory, or a PTransform over batches that a
// runner distributes. Where it is both, the function stands in brackets below, and the result is
// the same (the tests compare them on prism). A [Record] is a candidate in 136 bytes.
//
//	Record, Sketch, RepoFiles                  what shards emit: ids, hashes, scores
//	[Pack]            no grouping              candidates → records, rejects   ([Words.Append])
//	[Distinct]        by DuplicateKey          records → records, rejects      (DedupAll)
//	[NearDuplicates]  by band, pair, shard     sketches → members
//	[Leave]           by file                  records, members → records, rejects
//	[GroupRepos]      by file hash             repositories → groups           (Groups)
//	[Decontaminate]   no grouping              contexts, items → contexts, rejects (Screen)
//	[SelectRows]      one key                  records, groups → records, control, rejects (Select, Control)
//	[SelectGeneralRows] one key                rows, groups, records, members → rows, rejects (SelectGeneral)
//	[ShiftCounts]     no grouping              records → counts               ([Words.ShiftOf], NewShift)
//	[Distances]       one key                  records, items → distances      (NewDistance)
//	[Rejects], [Selections]                    rows → lines, an element each
//
// Keys are int buckets, rows stand in batches ([batch.Batch]); each transform says what
// must fit in memory. Where a transform drops a row it emits a [RejectRow] for it (Pack and
// Decontaminate, whose elements are no rows, a [schemas.Reject]), and each row comes out of
// exactly one side.
//
// # Order of decisions
//
//  1. [Screen]: contexts that hold a benchmark's answer go, with evidence.
//  2. [NearDuplicates], where a threshold is given: a file that is nearly another goes. Then
//     [Dedup]: the same negative at the same place in two repositories is kept once.
//  3. [Groups] and [NewSplits]: which repositories belong together, and where each
//     group goes.
//  4. [Select]: statuses, quotas, caps, ranking, balance.
//  5. [SelectGeneral]: contexts without a negative, for general completion.
//  6. [NewShift]: what selection did to the distributions, as shift.json.
//  7. [Probe]: can a pair be told by its outline alone?
//
// The paper behind this program does not say how its 100,000 rows were chosen from
// 2.5 million; here the criteria are code, every row that is dropped has a reason,
// and the shift report is part of every build.
//
// # Duplicates
//
// Two negatives are duplicates when language, type, the negative's tokens, and the
// golden with 32 tokens on each side agree ([DuplicateKey]); white space does not
// count. So a copied function is found even where the rest of its file has changed.
// The smallest negative id wins; which that is says nothing about the row.
//
// # Contamination
//
// A context is contaminated where some run of 32 tokens that touches its golden
// stands in the neighbourhood of a benchmark item's golden (the golden and 32
// tokens on each side). A golden that equals the item's with 16 tokens before and
// after always has such a run. Line breaks are no tokens here, so formatting does
// not hide a copy. Renaming does: this is a test for copies, not for paraphrase.
// [Screen] asks more: the benchmark's own repositories; half of the 10-token n-grams round
// the golden; and four of five of them with identifiers replaced by their order of
// appearance, which finds a renamed copy. Its evidence has the text that agrees.
//
// # Groups
//
// Repositories are welded by owner, by module version, and by shared content: at
// least 5 files, or 10 % of the smaller one's files. Files below 200 bytes do not
// count, nor content that stands in more than 50 repositories: a stub or a licence
// header file says nothing about kinship, and would weld the world. A group's split
// is decided by a hash of its smallest owner key, so that a new archive moves no
// other group, except one that it welds to another. A language of fewer than three groups
// goes to train; [NewSplitsWith] can split it by repository or by folder instead, and notes
// it in [Splits].Red, which card and report show so.
//
// # Balance
//
// A classifier that sees nothing but lengths, last characters and white space must
// not find the rejected side: a preference loss would learn just that, at once.
// [Select] therefore does not rank a cell as one list. Rows are put in bins by
// outline ([Shape]), ranked by hardness inside of a bin, and drawn so that each bin
// is answered by its mirror image: for every rejected side that is 3 characters
// longer one that is 3 shorter, in its own cell or another. Ranking by margin
// inside a bin also takes away the n-gram judge's taste for the shorter text. What
// has no mirror is drawn last, so balance gives way only where a cell would stay
// short of its quota. On a made pool of 6,000 rows, three of four longer, the probe
// finds the rejected side in 84 % of the pool and 56 % of a selection of 800.
//
// # Hardness
//
// Rows of a bin are ranked by the lower end of the 95 % Wilson interval of their fool
// rate, in which each judge counts with its weight ([judge.Weights]), then by margin.
// Judging may be a sample: rows that nobody judged have null, and in each cell they
// are drawn after all that somebody did, even where that costs balance.
//
// A negative is easily likelier than a golden that no model would write: the judge's margin of such
// pairs is high, and the negative no harder. So a bin is not ranked as one list: rows fall into the
// fifths of their cell by the score of their golden, and however many of a bin are drawn, each fifth
// gives the same share of its rows, its hardest. [Control] draws a random arm beside the selection,
// which shows what ranking is worth.
//
// # Near duplicates
//
// The document is a source file. Two files are near duplicates where the Jaccard
// similarity of their token 5-grams is above a threshold, .7 by default. Candidates come
// of sketches ([SketchOf]) that agree in a band; each pair is then checked exactly, since
// an agreement of sketches alone removes documents that are none at that threshold. A file
// goes only where it is itself like one that stays, so clusters do not chain.
//
// # Quotas, mixes, diversity
//
// By default cells have equal quotas, and what one cannot fill goes to the others in equal
// parts. [Config] has quotas in proportion or from a table, other ways of redistributing,
// a largest share for a kind of span, and a largest number of rows with one callee or one
// introduced name.
//
// # Samples
//
// Samples of a model that are no minimal pairs (Free) bring its style along. They have at most
// Config.FreeShare of the chosen, over all cells together: what is above it is rejected as
// cap_samples. Where the pool is small the share is of what is chosen in the end, not of Rows.
// Their chosen side is the repair, so their outline is measured against it. [StyleProbe] asks
// of the chosen ones whether style alone tells their sides apart; export refuses where it does.
//
// # Memory
//
// The pure functions hold all candidates of a build at once, about 0.5 KB each: 1.2 GB for
// the paper's pool of 2.5 million. SelectRows holds 136 bytes and some 30 more of order
// each; above 20 million rows each cell keeps its hardest, at least 20 times its quota
// ([SelectConfig].MaxCandidates). On prism, which keeps what moves between steps, 2,473,312
// records through Distinct, GroupRepos and SelectRows took 3.2 GB. Flink joins the values of a
// key into one element: there decoy's own build selects by way of files
// (pipelines/curation.Select), and its largest process took 1.6 GB (scripts/bench/curate).
package curate
