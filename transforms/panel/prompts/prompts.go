// Package prompts renders what generators and judges are asked, from the embedded
// templates beside it.
//
// A prompt is a system message and a user message. The system message and the
// frame of the user message are instructions and depend only on the language and
// the type of error; everything from a source file stands in data sections:
//
//	-----BEGIN FILE 3f0c…-----
//	prefix<CURSOR 3f0c…>suffix
//	-----END FILE 3f0c…-----
//
// The boundary is a hash of the very texts that it delimits, so no text can hold
// its own end line, and a file that says "ignore the above" stays inside.
//
// A generator sees the language, prefix, suffix, golden and the definition of the
// type, with what the type means in that language where languages differ. A judge of
// one passage sees the language, prefix, candidate and suffix, and never the golden,
// the generator, the type or the path: a control and a negative are asked alike. A
// judge of two sees both, and is not told which is which or how the other was made.
//
// Versions are short hashes of the template bytes that make a prompt; a changed
// template changes the version, and with it the records and fingerprints that
// name it.
package prompts

import (
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"decoy/schemas"
)

//go:embed *.tmpl
var files embed.FS

var templates = template.Must(template.New("prompts").Option("missingkey=error").ParseFS(files, "*.tmpl"))

const (
	systemGenerate = "system_generate.tmpl"
	dataTemplate   = "data.tmpl"
	languageHints  = "language.tmpl"
	judgeSingle    = "judge_single.tmpl"
	judgePair      = "judge_pair.tmpl"
)

// Prompt is what a model is asked.
type Prompt struct {
	System string
	User   string
}

type fields struct {
	Language                                          schemas.Language
	Prefix, Golden, Suffix, Candidate, A, B, Boundary string
}

// Generate asks for a wrong completion of c whose error is of the given type.
func Generate(c schemas.Context, typ schemas.Type) (Prompt, error) {
	if !slices.Contains(schemas.Types, typ) {
		return Prompt{}, fmt.Errorf("prompt of context %s: type %q, allowed are %v", c.ID, typ, schemas.Types)
	}
	f := fields{Language: c.Language, Prefix: c.Prefix, Golden: c.Golden, Suffix: c.Suffix}
	f.Boundary = boundary(f.Prefix, f.Golden, f.Suffix)
	return render(c, f, systemGenerate, generateTemplate(typ))
}

// Judge asks whether candidate is right between the prefix and suffix of c.
func Judge(c schemas.Context, candidate string) (Prompt, error) {
	f := fields{Language: c.Language, Prefix: c.Prefix, Suffix: c.Suffix, Candidate: candidate}
	f.Boundary = boundary(f.Prefix, f.Candidate, f.Suffix)
	return render(c, f, "judge_system", "judge_user")
}

// JudgePair asks which of two passages the developer wrote between the prefix and
// suffix of c.
func JudgePair(c schemas.Context, a, b string) (Prompt, error) {
	f := fields{Language: c.Language, Prefix: c.Prefix, Suffix: c.Suffix, A: a, B: b}
	f.Boundary = boundary(f.Prefix, f.A, f.B, f.Suffix)
	return render(c, f, "pair_system", "pair_user")
}

// GenerateVersion is the prompt version of the negatives of a type.
func GenerateVersion(typ schemas.Type) string {
	return version(systemGenerate, dataTemplate, languageHints, generateTemplate(typ))
}

// JudgeVersion is the prompt version of judges that see one passage.
func JudgeVersion() string { return version(judgeSingle) }

// JudgePairVersion is the prompt version of judges that choose between two.
func JudgePairVersion() string { return version(judgePair) }

func generateTemplate(typ schemas.Type) string { return "generate_" + string(typ) + ".tmpl" }

func render(c schemas.Context, f fields, system, user string) (Prompt, error) {
	if !slices.Contains(schemas.Languages, f.Language) {
		return Prompt{}, fmt.Errorf("prompt of context %s: language %q, allowed are %v", c.ID,
			f.Language, schemas.Languages)
	}
	var p Prompt
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, system, f); err != nil {
		return Prompt{}, fmt.Errorf("prompt of context %s: %w", c.ID, err)
	}
	p.System = b.String()
	b.Reset()
	if err := templates.ExecuteTemplate(&b, user, f); err != nil {
		return Prompt{}, fmt.Errorf("prompt of context %s: %w", c.ID, err)
	}
	p.User = b.String()
	return p, nil
}

// boundary is a name that none of the texts contains. A text that held the hash
// of itself would break SHA-256; the loop makes it certain all the same.
func boundary(texts ...string) string {
	for salt := uint64(0); ; salt++ {
		h := sha256.New()
		h.Write(binary.LittleEndian.AppendUint64(nil, salt))
		for _, t := range texts {
			h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(t))))
			h.Write([]byte(t))
		}
		b := hex.EncodeToString(h.Sum(nil)[:16])
		if !slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, b) }) {
			return b
		}
	}
}

// version hashes templates; an unknown name is a bug of the caller's type.
func version(names ...string) string {
	h := sha256.New()
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			return ""
		}
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
