package panel

import "decoy/schemas"

// Remedies say of each reason what a person can do about it.
var Remedies = map[schemas.Reason]string{
	AnswerNotJSON: "look at the answers with decoy ledger export OUT answers.jsonl --responses; " +
		"choose a model that follows a schema",
	AnswerEmpty: "see with decoy deadletters OUT whether max_tokens leaves room for what the model thinks; " +
		"choose another model",
	AnswerMalformed: "see with decoy deadletters OUT what the provider says; set parameters: {response_format: omit} " +
		"of the member, " +
		"or choose another model",
	AnswerToolCall:  "choose a model that answers in text",
	AnswerRefused:   "choose a model that does not refuse to write wrong code",
	AnswerTruncated: "raise max_tokens of the member",
	AnswerNoLogProbs: "choose an endpoint that gives logprobs of the prompt (go doc decoy/transforms/panel says " +
		"which do), or score offline",
	PromptTooLong: "lower extract.prefix_bytes and suffix_bytes, or choose a model that takes more",
	HTTPError: "see what the provider says with decoy deadletters OUT, mend the member's model, base_url or key, " +
		"and run again with --replay",
	Timeout: "raise timeout of the member, or lower its concurrency, and run again with --replay",
	Secret:  "nothing: texts with secrets are not sent",
	Budget:  "raise --budget or budget_usd and run again",
}
