package archives

import (
	"fmt"

	"decoy/schemas"
)

// Split cuts a source of more than bytes into parts of at most so many bytes each,
// that can be walked side by side. Which part a path is in depends on the path and
// the number of parts alone. A source that is small enough, or is a part already,
// comes back as it is.
//
// Every part reads the whole archive: a tar has no index. Parts share the work that
// follows, not the decompression. Each remembers its own paths only.
func Split(src Source, bytes int64) []Source {
	if bytes <= 0 || src.Bytes <= bytes || src.Parts > 1 {
		return []Source{src}
	}
	parts := make([]Source, (src.Bytes+bytes-1)/bytes)
	for i := range parts {
		parts[i] = src
		parts[i].Part, parts[i].Parts = i, len(parts)
	}
	return parts
}

// Whole is the source that s is a part of.
func (s Source) Whole() Source {
	s.Part, s.Parts = 0, 0
	return s
}

// owns reports whether a path is of this part. A path that is a reject goes by its
// name in the archive.
func (s Source) owns(path string) bool {
	return s.Parts <= 1 || schemas.Key64("part", path)%uint64(s.Parts) == uint64(s.Part)
}

func (s Source) validPart() error {
	if s.Part < 0 || s.Parts < 0 || s.Part > 0 && s.Part >= s.Parts {
		return fmt.Errorf("archive %q: part %d of %d parts; parts count from 0", s.Path, s.Part, s.Parts)
	}
	return nil
}
