package verify

import (
	"regexp"
	"strings"

	"decoy/schemas"
)

// expected says why a sample may be right though a name or call of it fails: the failure is what its
// place is there for, or it makes the name itself in a way that no fact shows. "" where neither is seen.
// It is judged by words, on the safe side: in languages without a compiler a call that fails under a
// try, or where a test expects it to, is code that does what it should.
func expected(ctx *schemas.Context, sample string) string {
	for i := range len(sample) {
		if sample[i] >= 0x80 || sample[i] == '\\' && i+1 < len(sample) && (sample[i+1] == 'u' || sample[i+1] == 'U') {
			return "it holds letters beyond ASCII, which languages compare by rules of their own"
		}
	}
	switch ctx.Language {
	case schemas.Python:
		if pythonExpects.MatchString(sample) || pythonExpects.MatchString(around(ctx)) {
			return "a failure may be what is expected there (try, raises, suppress)"
		}
	case schemas.JavaScript, schemas.TypeScript:
		if ecmaExpects.MatchString(sample) || ecmaExpects.MatchString(around(ctx)) {
			return "a failure may be what is expected there (try, toThrow, rejects)"
		}
		if ctx.Language == schemas.JavaScript && ecmaOpens.MatchString(sample) {
			return "it asks for names, or makes them, while it runs"
		}
	}
	return ""
}

var (
	pythonExpects = regexp.MustCompile(
		`\btry\s*:|[rR]aises?\w*\s*\(|\bsuppress\s*\(|\bexcept\b|\bhasattr\b|\bgetattr\b`)
	ecmaExpects = regexp.MustCompile(`\btry\s*\{|\bcatch\b|[tT]hrows?\w*\s*\(|\breject(s|ed)?\b`)
	ecmaOpens   = regexp.MustCompile(
		`\?\.|\btypeof\b|['"]\s+in\s|\bReflect\b|\bsetPrototypeOf\b|\bdefinePropert|\bglobalThis\b|` +
			`\bassign\s*\(|\]\s*=[^=]|\bhasOwn`)
)

// expectBytes of the prefix are looked at for what expects a failure.
const expectBytes = 600

// around is what stands close before a golden, from a line start, and the rest of its line.
func around(ctx *schemas.Context) string {
	before := ctx.Prefix
	if len(before) > expectBytes {
		before = before[len(before)-expectBytes:]
		before = before[strings.IndexByte(before, '\n')+1:]
	}
	rest, _, _ := strings.Cut(ctx.Suffix, "\n")
	return before + rest
}
