// Package panel asks paid models to generate and to judge. It uses what an account's
// limits allow and no more, pays for no answer twice, spends no more than it was told
// to, and turns whatever a provider does into an answer or a typed reject.
//
// # Providers
//
// A protocol (provider.go) is what one provider's requests and responses look like:
// chat completions of OpenAI and all that speak like it, Gemini's generateContent,
// and the completions of an endpoint with FIM tokens, which gives samples of a middle
// or scores a given one. It is made over the official or the usual client library;
// below that lies our transport, which keeps the bytes of every response, and above
// it everything else in this package, which knows no provider.
//
// # Flow of a request
//
//	Request ─► ledger has it ───────────────────────────────► Answer
//	   └─► budget ─► secrets check ─► slot, advance, pace ─► call ─► group commit ─► Answer
//	                                         ▲── wait, again ──┘
//
// A Request is the messages of a prompt (package prompts), or a place to fill, for one
// member of the panel and one sample. Its key hashes provider, base URL, request bytes and
// sample, so a changed prompt, model or temperature is another request, and the
// name of a member, its limits and its key are not part of it.
//
// The answer's bytes are committed to the ledger (package ledger) before the
// caller sees them, and the slot of a call is held until then: what a crash can
// lose is at most the concurrency. Parsing (ParseGenerate, ParseJudge) is apart
// from fetching and reads those bytes, so a better parser costs nothing.
//
// # Failures
//
// 429 and Retry-After hold the whole account (package limit). 5xx, timeouts and
// broken connections are tried again as Retry says. What would fail again (400
// and its like) and what failed too often is a dead letter: it is recorded with
// its reason, answered from the ledger from then on, and sent again only with
// Replay. 401, 402, 404, an empty account and a refused location or model are the
// member's fault and not the request's: the member stops, nothing is recorded, and Do
// returns an error that names what to mend after the other members have finished. So it
// is with a request that has seen Retry.Throttled times 429 while nothing else was
// answered. A filter's 400 or 403 is the request's own: answer_refused, with the
// provider's words. Another 403 is the request's where an answer to a later call shows
// that the member works, and the member's where ten in a row or all get it (denied.go).
//
// How often is too often depends on the server (odds.go): where half of all calls
// fail, six in a row are no news, and a request is asked some twenty times.
//
// An answer that belongs to another request cannot be told from a poor one: no protocol
// signs what it answers. What does not fit its place is the validity rules' to refuse.
//
// A status of 200 with an error (in the choice, too) or with something else than a
// completion inside is a failed call. A model that says nothing, or of which the provider
// says itself that the answer is none, is asked again as long as it does so seldom, and
// once more where it does so often (odds.go): the server works, so the breaker does not
// count these, and each of them is paid. Then they are answer_empty and answer_malformed.
//
// # Reading
//
// Responses are read without a schema (loose.go): what is needed is taken in whatever
// form it comes (text as parts, tokens as strings, a stream that nobody asked for, the
// messages of another API, an envelope round the answer: envelopes.go), and what nobody
// needs may be anything. The ledger has the bytes as they came, but for the key and for
// packing or UTF-16 (encodings.go), and a dead letter whose response is readable today is
// an answer again. Why a model stopped has many names, which spoken.go lists. The
// arguments of a call of a tool are read as if they were the text. What cannot be read has
// its cause in the live view (Usage.Problem), in the error of a member that stops, and in
// the dead letter.
//
// # Scores
//
// How likely a FIM model finds a text is asked of /v1/completions with echo and logprobs: the
// prompt holds the text and the stop, and the response has the prompt's tokens with theirs
// (fim.go says which of them are the text's, and score.py takes the same). A server has to
// give the log-probabilities of a prompt that way, the marks' tokens included:
//
//   - vLLM does (vllm/entrypoints/openai/serving_completion.py: with echo, prompt_logprobs go
//     before those of the output). It writes -9999 for minus infinity.
//   - SGLang does (sgl-project/sglang pull request 1998, merged in November 2024), also where
//     it warns that it did not (29001).
//   - llama.cpp's llama-server does not: it gives those of generated tokens alone
//     (ggml-org/llama.cpp issue 27174, open; pull request 15189, open, would add them).
//   - Text Generation Inference has them at /generate, by decoder_input_details, which is
//     another protocol than this package speaks.
//   - OpenAI's own completions refuse echo together with logprobs for gpt-3.5-turbo-instruct.
//
// These were read and not tried, in November 2026. Answers of a server that gives none are
// answer_no_logprobs, and the member is given up after its first sample.
//
// Without a server a member is offline (offline.go, package scorefiles): its requests are
// written to a folder and its scores come back as records of the ledger, in a form of their
// own that is read like an echo. It makes no call, so a request that the ledger does not
// answer stops it, and it costs nothing. Texts with secrets are not written either.
//
// # Parameters that a model refuses
//
// A 400 that names a parameter is followed by the same request without it, or with its
// other name, and what is answered so is learnt for the member in this process
// (parameters.go); the refused call counts as no attempt. The request's key knows nothing
// of it. Member.Parameters says it beforehand. A 400 that names nothing, and a model that
// failed to write JSON in the response format, count for one request; the format is left
// out for all once three requests, and more than were answered with it, needed that.
//
// # A member that is down
//
// Failures in a row open the breaker of a member (package limit; the breaker is shared
// by all that ask the same model of an account in this process). From then on its
// requests wait in its lane (lane.go): they are not sent, hold no slot and no money,
// and are no dead letters; what failed only since the server last showed life goes
// back there too. Each stream has a look-ahead of its own, so with a stream a member
// (DoStreams) the others do not notice. One probe at a time finds out when the member
// works again. If it has not after limit.BreakerConfig.Patience, it stops as above,
// with ErrStopped: what was not sent is kept for a later run, and nothing is lost.
//
// A request that has failed too often is a dead letter only when a call that was sent
// later has shown that the server works, or when this member has nothing else to be
// asked and too little has failed to open the breaker. So up to
// limit.BreakerConfig.Requests - 1 requests at the very end of a shard may be
// recorded although it was the server that died: Replay sends them again. What failed
// attempts at a request that is kept for later may have cost is recorded without it, as
// attempts (ledger.Attempted).
//
// # A member that gives nothing useful
//
// What an answer is worth shows when it is read: whether it parses, and passes the rules of
// validity. Whoever reads answers tells Panel.Worth, and a Trial (giveup.go) adds that up
// for a member in a stage, over all shards of this process. If of the first 40 outcomes
// (GiveUp.After) no larger share than 0.02 (GiveUp.ValidShare) was valid, or of any later
// 1,000 in a row, the member is given up: it stops as a member does that is refused for its
// key, with the most frequent causes, an example and the remedy. The others go on. What
// the ledger holds is still answered from it. Until the first sample is known a member is
// sent no more at once than its concurrency, so that what is paid for a sample of n is at
// most n and the calls under way, each with its second ask.
//
// # What is counted
//
// A Meter counts calls, outcomes, tokens, dollars and what stands where, by stage and
// member, for the terminal and for Prometheus. It is one process's: workers of a
// remote runner count for themselves, and nobody adds it up.
//
// # Answers
//
// The model is asked for one JSON object. Prose or a fence round the object is
// passed over, since models add it whatever they are told, and so are thoughts before
// it (objects.go); of several objects the last one with the expected fields counts. A
// model that gave none is shown its answer and asked once more (reask.go), which servers
// with schemas hardly need; none again is answer_not_json. Prose or a fence inside the
// completion itself is the validity rules' to refuse. An answer that ended at max_tokens
// is answer_truncated even if an object could be read from it.
//
// # Batches
//
// The same requests can go in a provider's batch (batch.go): a file that is answered
// within a day, at a lower price and outside of an account's limits. What is handed
// over is written down before and after, and until its answers are in the ledger its
// requests are not sent in any other way.
//
// # Money
//
// A reservation is made before each attempt, for the most that it can cost: a
// token a byte of the request and max_tokens. It is settled by the usage that the
// server reports. Attempts without a bill (timeouts, cut connections, gateways that lost
// their server, responses that cannot be read, answers
// without usage) count as their whole reservation, and are recorded so. If the budget
// has no room for a further attempt, the record is unfinished (package ledger): it
// counts, and a higher budget goes on with the request. An
// unknown price stays null; with a budget it is an error before anything is
// sent. The tokens that attempts may have taken are kept, and count once it is known.
//
// No attempt is remembered in memory only. Before it is sent, the ledger has advanced
// what it may cost (purse.go), so after a kill at any moment, and any number of them,
//
//	what was billed ≤ records and advances ≤ budget
//
// as long as no call costs more than its reservation; one that does passes the budget by
// what it costs more, once for each call in flight. An attempt that has ended without an
// answer is recorded with its request, or alone when that is put aside, stopped or given
// up, whatever ends the run. What is advanced to a run that was killed is what was in
// flight, what had ended and was not yet written, and a few calls to come: it counts as
// what may have cost, also when its requests are answered later, since both may have been
// billed. The budget of a killed run is therefore used up a little earlier than the
// provider's bill says, never later.
//
// Two processes that work on one shard at once see of each other what the ledger held
// when they opened it. Both are counted, but together they may spend the share of that
// shard twice.
//
// # Secrets
//
// All that a request holds of files and of models' answers goes through Config.Check
// before it is sent, a context's window once for all requests about it; what fails is
// the reject secret. The key of an
// account is read from its environment variable, or from Secret Manager where workers
// have no such variable (package credential), goes into a header of the request and
// nowhere else: responses and errors that echo it are redacted before they are kept.
//
// # Limits
//
// Limits are divided among workers in advance, or paced by one Redis server
// (Config.Limiter); the budget is divided among shards in advance. A shard's ledger is held in
// memory. Prompt tokens for the tokens-a-
// minute limit are estimated as a third of the request's bytes. One stream of
// requests is served in order with a bounded look-ahead, so a member that stands
// still holds up others in the same stream once the look-ahead is full of its
// requests. Members that share a base URL and a key variable share one
// account and must state the same limits; where a provider has limits by model,
// give each its own variable.
package panel
