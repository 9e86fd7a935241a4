package schemas

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/zeebo/xxh3"
)

// Folds is the number of n-gram folds, by repository.
const Folds = 16

// An id begins with its file, so that a shard's files, which are sorted by id, have the
// records of a file side by side: they pack better, and whoever reads them parses a
// window once for all contexts in it. All else that wants an order wants one that has
// nothing to do with files, so that one odd file does not fill a cap, a batch or a page
// of samples: caps, requests, controls, samples, rows and ties go by Key64 of their
// purpose and the id, never by the id.

// ContextID identifies a span. Its 32 hex digits are 16 of the file (a hash of
// repository, commit and path), 6 of the first byte, so that a file's contexts lie in
// its order (ffffff from 16 MiB on), and 10 of a hash of all that tells contexts of a
// file apart. cut is which ends of the file the window lacks ([Context.WindowCut]); a
// golden's Cut and CallForm need no part of it, since at one kind each has its own start or
// end.
func ContextID(repo, commit, path string, start, end int64, kind Kind, origin Origin, cut WindowCut) string {
	const digits = 10
	rest := Key64(int64Part(start), int64Part(end), string(kind), string(origin), string(cut))
	return fmt.Sprintf("%s%06x%0*x", fileID(repo, commit, path), min(start, 1<<24-1), digits, rest>>(64-4*digits))
}

// fileID are the 16 digits with which the ids of a file's records begin: 4 of the
// repository, so that its files lie together, and 12 of all.
func fileID(repo, commit, path string) string {
	return fmt.Sprintf("%04x%012x", Key64("repo", repo)>>48, Key64(repo, commit, path)>>16)
}

// Hex digits of a file in an id, and of an id.
const fileDigits, idDigits = 16, 32

// NegativeID identifies a negative of a context: the 16 hex digits of the context's
// file, and 16 of a hash of the context's id, type, generator and sample. Where the
// context's id is none of [ContextID], the first 16 are of a hash of it.
func NegativeID(contextID string, typ Type, generator string, sample int64) string {
	file := contextID
	if _, err := hex.DecodeString(contextID); err != nil || len(contextID) != idDigits {
		file = fmt.Sprintf("%016x", Key64(contextID))
	}
	return file[:fileDigits] + fmt.Sprintf("%016x", Key64(contextID, string(typ), generator, int64Part(sample)))
}

// SameFile reports whether two ids of [ContextID] or [NegativeID] are of one file.
func SameFile(a, b string) bool {
	return len(a) >= fileDigits && len(b) >= fileDigits && a[:fileDigits] == b[:fileDigits]
}

// Key64 is a stable 64-bit hash of length-prefixed parts, for sampling, sharding
// and ordering.
func Key64(parts ...string) uint64 { return xxh3.Hash(join(parts)) }

// Shard is the shard of a repository among n.
func Shard(repo string, n int) int { return int(xxh3.HashString(repo) % uint64(n)) }

// Fold is the n-gram fold of a repository. It does not depend on the shard.
func Fold(repo string) int { return int(Key64("fold", repo) % Folds) }

func int64Part(v int64) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(v)))
}

func join(parts []string) []byte {
	n := 0
	for _, p := range parts {
		n += 4 + len(p)
	}
	b := make([]byte, 0, n)
	for _, p := range parts {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}
