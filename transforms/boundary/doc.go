// Package boundary says how often goldens begin and end where a model's tokens do.
//
//	tokenizer.json → *Vocabulary; (*Vocabulary, schemas.Context) → whether start and end are token boundaries
//
// A model completes token by token. Where a golden begins inside of what its vocabulary
// would write as one token of the file, the model has seen that start never or seldom: a
// property of the cut and of the vocabulary, which differs by kind of span, language, cut and
// form of a call. So shares are counted apart by these (Count).
//
// # What is read
//
// A tokenizer.json as Hugging Face's tokenizers writes it, of a byte-level BPE: Qwen, Llama 3,
// StarCoder, DeepSeek and most models of code. No vocabulary is a part of decoy: the user
// names the file. Its pre-tokenizers may be Split by a pattern (isolated), Digits, ByteLevel,
// and a Sequence of these; any other part is an error that names it. Patterns are matched by
// github.com/dlclark/regexp2, since they have look-aheads.
//
// # Limits
//
// A normalizer (NFC) is not applied, and special tokens are not looked for: decoy takes no file
// that holds one.
package boundary
