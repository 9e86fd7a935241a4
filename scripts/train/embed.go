// Package train holds the Python side of decoy train: the scripts and the pinned
// requirements, embedded so that the binary can write them beside a run's
// configuration.
//
//	prepare_model.py   a view of a model's folder with the FIM stop as eos
//	check_lengths.py   tokenises an export, refuses rows that are too long
//	train_trl.py       SFT, DPO and ORPO with TRL from a rendered trl.yaml
//	requirements.txt   versions that were seen to work together
//
// The scripts import nothing of each other, so that each can be run by hand.
package train

import "embed"

// Files are the scripts and requirements.txt.
//
//go:embed *.py requirements.txt
var Files embed.FS
