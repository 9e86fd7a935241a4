package syntax

import (
	"testing"

	"decoy/schemas"
)

// TestBrokenImports parses imports whose module is cut off: a missing string has no
// quotes, and must not be sliced as if it had.
func TestBrokenImports(t *testing.T) {
	p := NewParser()
	defer p.Close()
	for lang, texts := range map[schemas.Language][]string{
		"go":         {"package p\nimport \"", "package p\nimport (\n\t\"a\n)", "package p\nimport `"},
		"javascript": {"import a from", "import a from '", "export * from", "import {a} from ;", "const a = require(", "const a = require(')"},
		"typescript": {"import a from", "import type {a} from", "import a = require(", "export {a} from", "import '"},
	} {
		for _, text := range texts {
			f, err := p.ParseFacts(ByName(lang), "a", []byte(text))
			if err != nil {
				t.Fatalf("%s %q: %v", lang, text, err)
			}
			for _, im := range f.Imports {
				for _, it := range im.Items {
					if it.ModStart > it.ModEnd || it.ModEnd > len(text) {
						t.Errorf("%s %q: module at %d to %d of %d bytes", lang, text, it.ModStart, it.ModEnd, len(text))
					}
				}
			}
		}
	}
}

// TestBrokenNames parses assignments to a member of something that is missing: a place
// without a text has no first letter.
func TestBrokenNames(t *testing.T) {
	p := NewParser()
	defer p.Close()
	for _, text := range []string{
		"exports..x = 1;", "exports.default .= promisify;", "a.\n.b = c;", "(.b = c", "f(.b = c)", "exports.. = 1", "x = .b = 1", "exports.default..x = promisify;",
		"exports.a = b;..c = d;", "module.exports..x = 1", "new .b = 1", "a?.b..c = 1", "super..x = 1", "import..x = 1", "exports.default = pr<omisify;.default = pr<omisify;\n", "exports.default = pr<omisify;.default = pr<omisify;\n//# a\n",
	} {
		for _, lang := range []schemas.Language{schemas.JavaScript, schemas.TypeScript} {
			if _, err := p.ParseFacts(ByName(lang), "a", []byte(text)); err != nil {
				t.Fatalf("%s %q: %v", lang, text, err)
			}
		}
	}
}
