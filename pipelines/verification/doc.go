// Package verification is the work of stage verify on one shard: a certificate for every
// negative, from the index of its repository.
//
//	contexts, negatives, symbols → certificates, rejects
package verification
