package bug

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"decoy/io/bucket"
	"decoy/io/shard"
	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/secrets"
)

// Notice begins every bundle.
const Notice = "This file holds source code from your inputs, of the record named below. Look at it before you " +
	"give it to others."

// Bundle is a file below OUT/bugs: what reproduces one failure alone.
type Bundle struct {
	Notice      string           `json:"notice"`
	CodeVersion int              `json:"code_version"`
	Stage       string           `json:"stage"`
	Site        string           `json:"site"` // the function of the stage
	ID          string           `json:"id"`   // of the record
	Language    schemas.Language `json:"language,omitempty"`
	Type        schemas.Type     `json:"type,omitempty"`
	Generator   string           `json:"generator,omitempty"`
	Place       string           `json:"place"`
	Panic       string           `json:"panic"`
	Stack       []string         `json:"stack"`
	LeftOut     []string         `json:"left_out,omitempty"` // what the input lacks, and why
	Input       json.RawMessage  `json:"input"`
}

// maxBundleBytes bounds the input of a bundle.
const maxBundleBytes = 64 << 20

// fill puts the input into the bundle, without what looks like a secret: it may be given
// to others.
func (b *Bundle) fill(in any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		b.LeftOut, b.Input = append(b.LeftOut, "the input cannot be written: "+oneLine(err.Error())),
			json.RawMessage("null")
		return nil
	}
	if len(raw) > maxBundleBytes {
		b.LeftOut, b.Input = append(b.LeftOut, fmt.Sprintf("the input has %d bytes; a bundle holds %d", len(raw),
			maxBundleBytes)), json.RawMessage("null")
		return nil
	}
	own := reflect.New(reflect.TypeOf(in).Elem()) // the stage's own records stay as they are
	if err := json.Unmarshal(raw, own.Interface()); err != nil {
		return fmt.Errorf("input of a bundle: %w", err)
	}
	n := 0
	if err := contain.Do(func() error { n = mask(own.Elem()); return nil }); err != nil {
		b.LeftOut, b.Input = append(b.LeftOut, "the input could not be searched for secrets: "+err.Error()),
			json.RawMessage("null")
		return nil
	}
	if n > 0 {
		b.LeftOut = append(b.LeftOut, fmt.Sprintf("what looked like secrets in %s is written over with x; the "+
			"failure may hang on it", Plural(int64(n), "text")))
	}
	b.Input, err = json.Marshal(own.Interface())
	return err
}

// mask writes over the secrets in all texts of a value and counts the texts that had
// any. Symbols and names are single words, which no rule looks at.
func mask(v reflect.Value) (n int) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return mask(v.Elem())
		}
	case reflect.Struct:
		if t := v.Type(); t == reflect.TypeFor[schemas.Symbol]() || t == reflect.TypeFor[schemas.Name]() {
			return 0
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				n += mask(v.Field(i))
			}
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			own := reflect.New(v.Type().Elem()).Elem()
			own.Set(v.MapIndex(k))
			n += mask(own)
			v.SetMapIndex(k, own)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			if s, found := withoutSecrets(string(v.Bytes())); found {
				v.SetBytes([]byte(s))
				return 1
			}
			return 0
		}
		for i := range v.Len() {
			n += mask(v.Index(i))
		}
	case reflect.String:
		if s, found := withoutSecrets(v.String()); found {
			v.SetString(s)
			return 1
		}
	}
	return n
}

// shortText is shorter than any secret.
const shortText = 16

// secretWord is what of a line with a secret may be it; longWord what of the lines
// around may be more of it, as the lines of a private key are.
var (
	secretWord = regexp.MustCompile(`[A-Za-z0-9+/=_\-.]{8,}`)
	longWord   = regexp.MustCompile(`[A-Za-z0-9+/=]{24,}`)
)

// withoutSecrets writes over the words of the lines in which the scanner finds something,
// and over the very long ones of the whole text: every byte keeps its place. Where it
// still finds something, or fails, it takes all words that are long enough.
func withoutSecrets(text string) (string, bool) {
	if len(text) < shortText {
		return text, false
	}
	found := true
	err := contain.Do(func() error {
		s, err := secrets.Shared()
		if err != nil {
			return err
		}
		first := s.Find(text)
		if found = len(first) > 0; !found {
			return nil
		}
		lines := strings.SplitAfter(text, "\n")
		for _, f := range first {
			if i := f.Line - 1; i >= 0 && i < len(lines) {
				lines[i] = overwrite(secretWord, lines[i])
			}
		}
		if less := overwrite(longWord, strings.Join(lines, "")); len(s.Find(less)) == 0 {
			text = less
			return nil
		}
		return errors.New("a secret over several lines")
	})
	if err != nil {
		text = overwrite(secretWord, text)
	}
	return text, found
}

func overwrite(words *regexp.Regexp, s string) string {
	return words.ReplaceAllStringFunc(s, func(w string) string { return strings.Repeat("x", len(w)) })
}

// Reproduce runs the function of a bundle over its record again and says on w what
// happens. failed is whether it fails still; what is no bundle is a *shard.Refusal.
func Reproduce(ctx context.Context, file string, w io.Writer) (failed bool, err error) {
	raw, err := shard.ReadFile(ctx, file)
	if err != nil {
		return false, err
	}
	var b Bundle
	if err := json.Unmarshal(raw, &b); err != nil || b.Site == "" {
		return false, shard.Refuse("%s is no bundle of decoy's; name a file below OUT/%s", file, Folder)
	}
	again := Sites[b.Site]
	if again == nil {
		return false, shard.Refuse("%s is of the function %q, which this decoy does not have: use the version "+
			"that wrote it", file, b.Site)
	}
	fmt.Fprintln(w, b.Notice)
	fmt.Fprintf(w, "%s of %s: %s\nit failed at %s: %s\n", b.Site, b.Stage, b.ID, b.Place, b.Panic)
	for _, l := range b.LeftOut {
		fmt.Fprintln(w, "not in the bundle:", l)
	}
	if b.CodeVersion != schemas.CodeVersion {
		fmt.Fprintf(w, "the bundle is of code version %d, this is %d\n", b.CodeVersion, schemas.CodeVersion)
	}
	err = again(&b, OutOf(file))
	p := (*contain.Panic)(nil)
	switch {
	case err == nil && len(b.LeftOut) > 0:
		fmt.Fprintln(w, "with what the bundle holds it does not fail")
		return false, nil
	case err == nil:
		fmt.Fprintln(w, "mended: it does not fail any more")
		return false, nil
	case errors.As(err, &p):
		fmt.Fprintf(w, "\npanic: %s\n%s\n", p, p.Stack)
	default:
		fmt.Fprintf(w, "\nerror: %v\n", err)
	}
	return true, nil
}

// OutOf is the build whose bugs folder a bundle lies in.
func OutOf(file string) string {
	if bucket.In(file) {
		return bucket.Scheme + path.Dir(path.Dir(strings.TrimPrefix(file, bucket.Scheme)))
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		abs = file
	}
	return filepath.Dir(filepath.Dir(abs))
}
