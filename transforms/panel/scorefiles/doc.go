// Package scorefiles is the format of a folder in which a model scores texts without a
// server. decoy judge --export writes the requests, scripts/judge/score.py or another
// program the scores, and decoy judge --import reads these into the ledger.
//
//	FOLDER/manifest.json              [Manifest], written last
//	FOLDER/requests-00007.jsonl.gz    [Request], one a line
//	FOLDER/scores-00007.jsonl         [Score], one a line: every request of that file, in any order
//
// # What is scored
//
// The model reads prompt + text + stop as one string. The stop and the marks in the prompt
// are tokens of its own, as the [Member] names them. Of what it reads the text's tokens are
// scored, each given all before it, and apart the stop's: natural logarithms. A token belongs to
// the text if it ends behind the text's beginning and begins before its end, so one that
// straddles the beginning is counted whole. Where a family's marks are tokens of their own
// there is none. The same rule reads what a server echoes (package panel).
//
// Nothing is cut to fit. A text for which the model has no room, or that cannot be scored
// otherwise, has a score with a reason in the place of numbers ([Reasons]).
//
// # What is checked
//
// [Read] takes a file of scores whole or not at all: lines that are cut, keys that were not
// asked for or that come twice with different numbers, another member or model, numbers that
// are not finite or above 0, sums and counts that are not those of the tokens, requests
// without a score. The error names the line. A program writes a file under another name and
// renames it, so that one that is there is whole.
package scorefiles
