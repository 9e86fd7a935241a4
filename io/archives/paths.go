package archives

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"decoy/schemas"
)

// CleanPath judges the name of an entry. It returns the path with "./", "//" and
// "/./" resolved, or the reason why it cannot be a path of a repository.
func CleanPath(name string, maxPath int) (clean string, reason schemas.Reason, detail string) {
	switch {
	case len(name) > maxPath:
		return "", PathTooLong, fmt.Sprintf("%d bytes, at most %d are allowed", len(name), maxPath)
	case !utf8.ValidString(name):
		return "", PathInvalid, fmt.Sprintf("%q is not UTF-8", name)
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }):
		return "", PathInvalid, fmt.Sprintf("%q holds a control character or a backslash", name)
	case strings.HasPrefix(name, "/") || len(name) > 1 && name[1] == ':' && isLetter(name[0]):
		return "", PathAbsolute, fmt.Sprintf("%q is absolute", name)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", PathEscapes, fmt.Sprintf("%q steps out of a folder", name)
		}
	}
	if clean = path.Clean(name); clean == "." {
		return "", PathInvalid, fmt.Sprintf("%q names no file", name)
	}
	return clean, "", ""
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// stripRoot takes the root folder off a clean path. A path outside of it, which
// only an archive that was cut at a limit can hold, stays as it is.
func stripRoot(clean, root string) string {
	if rest, ok := strings.CutPrefix(clean, root+"/"); ok && root != "" {
		return rest
	}
	return clean
}
