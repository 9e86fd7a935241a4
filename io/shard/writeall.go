package shard

import (
	"context"
	"iter"

	"decoy/schemas"
)

// WriteAll writes a sorted slice as one shard file.
func WriteAll[T any](ctx context.Context, path string, records []T) (schemas.File, error) {
	w, err := Create[T](ctx, path)
	if err != nil {
		return schemas.File{}, err
	}
	defer w.Abort()
	for _, r := range records {
		if err := w.Write(r); err != nil {
			return schemas.File{}, err
		}
	}
	return w.Commit()
}

// WriteSeq writes a sorted sequence as one file and shows each record to see.
func WriteSeq[T any](ctx context.Context, path string, records iter.Seq2[T, error], see func(*T)) (schemas.File,
	error) {
	w, err := Create[T](ctx, path)
	if err != nil {
		return schemas.File{}, err
	}
	defer w.Abort()
	for r, err := range records {
		if err != nil {
			return schemas.File{}, err
		}
		see(&r)
		if err := w.Write(r); err != nil {
			return schemas.File{}, err
		}
	}
	return w.Commit()
}
