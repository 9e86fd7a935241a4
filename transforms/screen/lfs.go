package screen

import "bytes"

// maxPointer is the size below which a pointer of Git LFS is (git-lfs, docs/spec.md).
const maxPointer = 1024

// isPointer reports whether a file holds what Git LFS leaves in the place of its
// content: a version, and the id of the object.
func isPointer(content []byte) bool {
	if len(content) > maxPointer {
		return false
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	first, rest, _ := bytes.Cut(content, []byte("\n"))
	version, ok := bytes.CutPrefix(first, []byte("version https://"))
	known := bytes.HasPrefix(version, []byte("git-lfs.github.com/spec/")) ||
		bytes.HasPrefix(version, []byte("hawser.github.com/spec/")) ||
		bytes.HasPrefix(version, []byte("git-media.io/"))
	return ok && known && bytes.Contains(append([]byte("\n"), rest...), []byte("\noid "))
}
