package screen

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strings"

	"decoy/schemas"
)

// MaxFileBytes is the size above which a file is no hand-written source.
const MaxFileBytes = 1 << 20

// maxLineBytes is the length above which a line is data.
const maxLineBytes = 64 << 10

// File finds what makes a file useless for completion: one of Reasons with a
// detail for a person, or "". The path is relative to the archive's root folder.
func File(filePath string, content []byte) (reason schemas.Reason, detail string) {
	return FileUnder(FileAttributes{}, filePath, content)
}

// FileUnder is File for a file of which .gitattributes say something: what they say of
// vendored and generated code stands, either way.
func FileUnder(a FileAttributes, filePath string, content []byte) (reason schemas.Reason, detail string) {
	if minifiedName.MatchString(filePath) {
		return Minified, "by its name"
	}
	switch {
	case a.Vendored != nil && *a.Vendored:
		return Vendored, "linguist-vendored in .gitattributes"
	case a.Vendored == nil && isVendored(filePath):
		return Vendored, "by its path"
	case a.LFS:
		return LFSPointer, "filter=lfs in .gitattributes"
	case isPointer(content):
		return LFSPointer, "the content is in Git LFS; fetch it with git lfs pull before archiving"
	}
	if len(content) > MaxFileBytes {
		return TooLarge, fmt.Sprintf("%d bytes, at most %d are taken", len(content), MaxFileBytes)
	}
	if reason, detail = notText(content); reason != "" {
		return reason, detail
	}
	lines := measure(content)
	if lines.longest > maxLineBytes {
		return LongLine, fmt.Sprintf("a line of %d bytes, at most %d are taken", lines.longest, maxLineBytes)
	}
	if detail, ok := isMinified(filePath, len(content), lines.count); ok {
		return Minified, detail
	}
	if a.Generated != nil {
		if *a.Generated {
			return Generated, "linguist-generated in .gitattributes"
		}
	} else if detail, ok := isGenerated(filePath, content); ok {
		return Generated, detail
	}
	if detail, ok := lines.mixed(); ok {
		return MixedLineEnds, detail
	}
	if token := specialToken(content); token != "" {
		return SpecialToken, fmt.Sprintf("holds %q", token)
	}
	return "", ""
}

// vendoredFolders hold the code of others wherever they stand, beside those that
// Linguist knows.
var vendoredFolders = map[string]bool{
	"third_party": true, "thirdparty": true, "third-party": true, "3rdparty": true,
	"node_modules": true, "bower_components": true, "jspm_packages": true,
	"vendor": true, "vendors": true, "vendored": true, "_vendor": true,
	"site-packages": true, "dist-packages": true, "venv": true, ".venv": true, "pods": true,
}

// ownFolders are vendored for Linguist, which wants them out of its statistics,
// and are ordinary names of packages and of test inputs.
var ownFolders = regexp.MustCompile(`(^|/)(testdata|cache|env)/`)

func isVendored(filePath string) bool {
	folder := strings.ToLower(path.Dir(filePath))
	for part := range strings.SplitSeq(folder, "/") {
		if vendoredFolders[part] {
			return true
		}
	}
	if ownFolders.MatchString(filePath) {
		// Twice: neighbours share the slash between them.
		filePath = ownFolders.ReplaceAllString(filePath, "${1}own/")
		filePath = ownFolders.ReplaceAllString(filePath, "${1}own/")
	}
	return linguistVendored(filePath)
}

var minifiedName = regexp.MustCompile(`[.-]min\.(js|mjs|cjs|css)$`)

// Minified code has long lines on average: 110 bytes in JavaScript are Linguist's
// figure; other languages have wider hand-written lines.
const (
	minifiedScript = 110
	minifiedOther  = 400
)

func isMinified(filePath string, size, lines int) (detail string, ok bool) {
	limit := minifiedOther
	switch strings.ToLower(path.Ext(filePath)) {
	case ".js", ".mjs", ".cjs":
		limit = minifiedScript
	}
	if average := size / max(lines, 1); average > limit {
		return fmt.Sprintf("%d bytes a line on average, at most %d are taken", average, limit), true
	}
	return "", false
}

func specialToken(content []byte) string {
	for _, token := range schemas.SpecialTokens {
		if bytes.Contains(content, []byte(token)) {
			return token
		}
	}
	return ""
}
