// Package judge holds the Python side of the judge that scores without a server: the script
// and the pinned requirements, embedded so that the binary can write them beside the requests.
//
//	score.py           scores what decoy judge --export wrote, on one or several GPUs or a CPU
//	requirements.txt   versions that were seen to work together
package judge

import "embed"

// Files are the script and requirements.txt.
//
//go:embed score.py requirements.txt
var Files embed.FS
