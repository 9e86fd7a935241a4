// Package judge holds the built-in n-gram judge, the judge of every build without
// a key, and the statistics of all judges' verdicts. Everything is a pure function
// over plain values, readers and writers.
//
// # The question
//
// A negative fools a judge that prefers it to the golden at the same place. The n-gram judge
// prefers by
//
//	margin = score(negative) − score(golden)
//	score  = .25 ln P(completion | prefix) in the counts of all files but the fold's
//	       + .31 ln P(completion's parts of words | prefix) in those of the window
//	       + .76 · tokens − .55 · bytes of the completion
//	       + .79 ln P(next 32 tokens of the suffix | prefix completion)
//
// and is fooled at margin ≥ 0. The first four are the verdict's logprob, the last its stop; both are
// rounded to 1e-6, and neither is the logarithm of a probability: the weights are fitted, so that the
// score orders completions of one place as a FIM model of 30 M parameters does, and are scaled to its
// nats. The fit is a logistic regression over 178,548 pairs of one place, of 106 groups of repositories
// that no figure below is from. What a reader should know of the judge that this gives, measured with
// another such model (other vocabulary, cuts and projects) on 13,980 negatives of 137 groups of
// repositories: among negatives of one context the two agree in 75.1 % [73.5, 76.6] of pairs; the plain
// difference of log-probabilities with a cache of whole words that stood here before agreed in 70.6 %,
// "shorter wins" in 67.8 %, another neural model in 87 %. Of a negative that fools the model and one
// that does not it puts the first higher in 89 % (82 before). With 37 features in place of these five it
// is 76.8 %: n-grams know no more.
//
// The stop: a model that fills in the middle ends it with a token of its own. An
// n-gram model has none, and needs none: what says that a completion ends well is
// how well the suffix goes on from it. So the three pieces are lexed as one text
// and the stop is the transition from the last token of the completion into the
// first tokens of the suffix. A token that straddles a joint (prefix "foo.get",
// completion "Name(") is scored whole, as the reader of the file would see it. For
// both sides the scored bytes of the suffix are the same: those of its first 32
// tokens as it is lexed by itself.
//
// A shorter text has an advantage, as it has for a model. Selection therefore ranks by margin inside
// bins of length difference (package curate), and every report shows [ShorterWins], a judge that
// knows nothing but length, and one that knows nothing but the golden, beside this one
// ([Hardness.Without]).
//
// # The model
//
// Tokens of a language-neutral lexer ([text.Tokens]); n-grams up to order 4; integer
// counts keyed by 64-bit hashes. Orders are interpolated from 1 to 4, with weights
// that depend on the context's count alone:
//
//	P_n(w | c) = λ · count(c w)/count(c) + (1-λ) · P_{n-1}(w | c')
//	λ          = 0.6 · count(c) / (count(c) + mu_n)
//
// This is Jelinek-Mercer interpolation with a Dirichlet ramp for rare contexts
// (MacKay & Peto 1995). Among the smoothers that are proper distributions it is one
// that needs no statistic beside the counts: absolute discounting, Kneser-Ney and
// Witten-Bell count distinct continuations, which cannot be subtracted fold by
// fold. Every file ends in an end token, so count(c) equals the sum of count(c w)
// over w, exactly.
//
// Measured on six held-out folds of Go modules with a cache of the window's tokens: 4.59 nats a token,
// 5.78 without one, 4.93 with the best pure Dirichlet weights.
//
// The vocabulary is open. Order 1 keeps a share of 5 % for tokens that it has not
// seen, whose probability is that of their spelling: a byte model of order 4 with
// an end symbol, counted over each file's distinct tokens. So invented names
// differ: one made of familiar pieces is likelier than a random one. The
// probabilities of all tokens sum to at most 1 (to less only by the spellings of
// tokens that have counts).
//
// The window's model counts n-grams up to order 4 of the parts of words, between case changes,
// underscores and digits, over all of prefix and suffix; an order's counts are a Dirichlet prior's
// worth (1) above the order below, and order 1 stands on what the part is worth as a word in all files,
// or on its spelling. Names repeat locally far more than any corpus says, and a nested or cached
// n-gram model is what brings n-grams up to neural models on code (Tu, Su & Devanbu, FSE 2014;
// Hellendoorn & Devanbu, FSE 2017). Parts, since a model reads and writes them: getUserName is near
// where getUser and userName stand. The suffix is counted because the judge, like a FIM model, has read
// it; its 32 scored tokens measure the joint, not surprise.
//
// # Judges that are asked
//
// Others' answers become an [Opinion] by three protocols. single: is this passage
// right? The judge never sees the golden. pairwise: which of the two did the developer
// write? It is asked in both orders, and is fooled only if the negative wins both; one
// each is a tie, which is valid and not fooled, and its place is recorded. logprob:
// the margin of the n-gram judge with the log-probabilities of a FIM model, and its
// rule; the stop is the token that ends a middle. It is the protocol to take where there is
// such a model, since it measures that model and has no prompt to misread. One verdict
// stands for all answers that an opinion needed, and one that cannot be read makes it
// invalid.
//
// Golden controls: single sees the golden in a negative's place. Judges that compare
// see the golden beside a golden from elsewhere ([Controls]), and accept it by the same
// rule by which a negative fools them, so a judge that guesses accepts one half, of
// pairs in both orders one quarter.
//
// # What the verdicts add up to
//
// A [Tally] holds small counts that shards make apart and that merge. A cell's interval
// is Wilson's with the number of judged negatives as n: judges agree with each other,
// so verdicts on one negative are one observation. Fool rates that rank count each
// judge with its weight ([Weights]), and rank by the lower end of their interval.
// Cohen's kappa is of each pair of judges, over what both judged; over all judges it is
// Fleiss and Cuzick's (1979), for unequal numbers of judges, which is Fleiss' (1971)
// where none is missing. scripts/bench/judge-stats compares all of it with scipy and
// statsmodels.
//
// # Rounds
//
// A [Plan] asks about growing shares of a cell (generator × type × language) in hash
// order, so that what is judged is a sample of the cell however early it stops. A cell
// stops once its interval is narrower than the recipe asks for. That is a rule for
// stopping and no more: an interval that was looked at several times holds the truth
// somewhat less often than 95 % of times.
//
// Measured on the demo recipe with rounds [0.04, 0.16, 1.0] and interval_width 0.1: the
// four Go cells, 88 % of 13,986 negatives, stop after the first or second round; 2,666
// verdicts in place of 14,710, controls included (82 % fewer); each of the four
// intervals holds the rate of all. It is not free: rows that nobody judged are selected
// last, so in a selection of 2,000 there are 1,226 that were judged, fooled in 27 % in
// place of 41 %. Judge all of what is to be ranked; sample what is to be measured.
//
// # Leaving the fold out
//
// A model that has counted the repository would know its goldens by heart. Counts
// are kept in 16 folds by repository hash; a repository of fold f is scored with
// total − fold f. Counts are integers and the smoother is a function of counts, so
// this equals a model that never saw the fold, bit for bit (tested). What it does
// not catch: a copy of the repository's files under another name in another fold.
// Where one repository is nearly all of a language, its own contexts are scored by
// little more than the cache, and the judge is weak there: in Java, where one
// repository was nearly everything, 29 % of the window's names fooled it.
//
// # Files
//
// ngrams-LANG-FOLD holds the counts of one fold (binary, see [Counter.WriteTo]).
// Shards count apart; [Merge] adds their files up with one entry a file in memory.
// [Sample] bounds what a shard counts, by content hash.
//
// # Memory
//
// Measured on the Go sources of real modules, 4.0 M tokens: 3.4 M distinct n-grams,
// 95 MB of heap for the table of all folds (12 bytes a slot, filled between 0.4 and
// 0.8), a sixteenth of that for a fold's, 37 MB of files; lexing and counting 3.5 s,
// loading 1.9 s. So no n-gram is pruned: without singletons the subtraction would
// not be exact, as one occurrence in the fold and one elsewhere would look like two
// elsewhere or none.
//
// # Same bytes
//
// Products are accumulated in a fixed order, as mantissa and exponent; products
// that are summed are rounded by an explicit conversion, so no compiler fuses
// them; the logarithm is our own, since math.Log differs between architectures.
//
// # In a Beam program
//
// [Count] and [Score] are the n-gram judge as PTransforms over single records, see package
// transforms.
package judge
