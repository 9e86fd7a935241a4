package schemas

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/zeebo/xxh3"
)

// Folds is the number of n-gram folds, by repository.
const Folds = 16

// ContextID identifies a span: xxh3-128 of its length-prefixed parts, in hex.
func ContextID(repo, commit, path string, start, end int64, kind, origin string) string {
	return hash128(repo, commit, path, int64Part(start), int64Part(end), kind, origin)
}

// NegativeID identifies a negative of a context.
func NegativeID(contextID, typ, generator string, sample int64) string {
	return hash128(contextID, typ, generator, int64Part(sample))
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

func hash128(parts ...string) string {
	h := xxh3.Hash128(join(parts)).Bytes()
	return hex.EncodeToString(h[:])
}
