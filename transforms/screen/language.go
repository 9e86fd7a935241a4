package screen

import (
	"bytes"
	"path"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// languages maps Linguist's names to ours.
var languages = map[string]schemas.Language{}

func init() {
	for _, l := range syntax.All() {
		for _, name := range l.Linguist {
			languages[name] = l.Name
		}
	}
}

// likely names the language of extensions that Linguist shares with one that is
// hardly met under it (XML translations, RenderScript, Smalltalk). Content that
// shows the other decides against; a naive guess over tokens does not.
var likely = map[string]schemas.Language{
	".cs": schemas.CSharp, ".rs": schemas.Rust, ".ts": schemas.TypeScript, ".tsx": schemas.TypeScript,
}

// MaybeSource reports whether a file of this path can be in one of our languages.
// A path without extension can, as a script.
func MaybeSource(filePath string) bool {
	ext := strings.ToLower(path.Ext(filePath))
	if ext == "" {
		return !IsLicenseFile(filePath)
	}
	if likely[ext] != "" {
		return true
	}
	for _, name := range linguistByExtension(filePath) {
		if languages[name] != "" {
			return true
		}
	}
	return false
}

// Language names the language of a file, "" for any that is not ours. C is not
// cpp: a header is cpp only where its content says so.
func Language(filePath string, content []byte) schemas.Language {
	ext := strings.ToLower(path.Ext(filePath))
	if ext == "" {
		if !bytes.HasPrefix(content, []byte("#!")) {
			return ""
		}
		return languages[linguistByShebang(content)]
	}
	byExt := linguistByExtension(filePath)
	if len(byExt) == 1 {
		return languages[byExt[0]]
	}
	if !MaybeSource(filePath) {
		return ""
	}
	if name := linguistByContent(filePath, content); name != "" {
		return languages[name]
	}
	return likely[ext]
}
