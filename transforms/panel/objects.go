package panel

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
)

// A model may think before it answers, in marks that its provider left in the text, and
// what it thinks may hold drafts of the answer. After the last closing mark stands the
// answer. Where there is nothing, or no closing mark, the answer is what the text ends
// with.

var (
	thoughtsBegin = regexp.MustCompile(`(?i)` +
		`^\s*(?:<(?:think|thinking|thoughts?|reason|reasoning|reflection|scratchpad|analysis|` +
		`seed:think)>|◁think▷|\[think\]|<\|channel\|>\s*(?:analysis|commentary)[^<]*<\|message\|>|<\|` +
		`begin_of_thought\|>|<\|start_thinking\|>)`)
	thoughtsEnd = regexp.MustCompile(`(?i)` +
		`</(?:think|thinking|thoughts?|reason|reasoning|reflection|scratchpad|analysis|seed:think)>|` +
		`◁/think▷|\[/think\]|<\|channel\|>\s*final[^<]*<\|message\|>|<\|end_of_thought\|>|<\|end_thinking\|` +
		`>`)
)

// lastObject offers the JSON objects of an answer, from left to right, none inside
// another, and reports whether take took one.
func lastObject(text string, take func(object []byte) bool) bool {
	var inner string
	if t := strings.TrimSpace(text); strings.HasPrefix(t, `"`) && json.Unmarshal([]byte(t), &inner) == nil {
		text = inner // JSON in JSON
	}
	for _, read := range []reader{strictly, mending} {
		work := mostWork
		ends := thoughtsEnd.FindAllStringIndex(text, -1)
		if n := len(ends); n > 0 && objects(text[ends[n-1][1]:], read, false, &work, take) {
			return true
		}
		if objects(text, read, thoughtsBegin.MatchString(text), &work, take) {
			return true
		}
		// What is too much to look through may still end with the answer.
		if work <= 0 && lastOfAll(text, read, take) {
			return true
		}
	}
	return false
}

// mostWork bounds how many bytes are read in search of objects, some of them more than
// once where objects do not close.
const mostWork = 16 << 20

// reader reads the object at the start of a text. n is what was read, also if it is none.
type reader func(text string) (object []byte, n int, ok bool)

func strictly(text string) (object []byte, n int, ok bool) {
	d := json.NewDecoder(strings.NewReader(text))
	var raw json.RawMessage
	err := d.Decode(&raw)
	var wrong *json.SyntaxError
	switch {
	case err == nil:
		return raw, int(d.InputOffset()), true
	case errors.As(err, &wrong):
		return nil, int(wrong.Offset), false
	}
	return nil, len(text), false
}

func mending(text string) (object []byte, n int, ok bool) {
	mended, n, ok := mend(text)
	if !ok || !json.Valid([]byte(mended)) {
		return nil, len(text), false
	}
	return []byte(mended), n, true
}

// objects offers the objects of a text. Of thoughts, only what ends them is an answer.
func objects(text string, read reader, thoughts bool, work *int, take func(object []byte) bool) bool {
	taken := false
	for *work > 0 {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			break
		}
		text = text[i:]
		if !beginsObject(text) {
			text = text[1:]
			continue
		}
		object, n, ok := read(text)
		*work -= n + 64
		if !ok {
			text = text[1:]
			continue
		}
		text = text[n:]
		if !thoughts || endsAnswer(text) {
			taken = take(object) || taken
		}
	}
	return taken
}

// lastOfAll offers the object that ends a text, from its end.
func lastOfAll(text string, read reader, take func(object []byte) bool) bool {
	work := mostWork
	for end := len(text); work > 0; {
		end = strings.LastIndexByte(text[:end], '{')
		if end < 0 {
			return false
		}
		if !beginsObject(text[end:]) {
			continue
		}
		object, n, ok := read(text[end:])
		work -= n + 64
		if ok && endsAnswer(text[end+n:]) && take(object) {
			return true
		}
	}
	return false
}

// beginsObject reports whether a brace is that of a JSON object and not of code.
func beginsObject(text string) bool {
	rest := strings.TrimLeft(text[1:], " \t\r\n")
	return rest != "" && (rest[0] == '"' || rest[0] == '}')
}

// endsAnswer reports whether nothing is said any more: a fence or a mark may stand there.
func endsAnswer(rest string) bool {
	rest = thoughtsEnd.ReplaceAllString(rest, "")
	return strings.Trim(rest, " \t\r\n`") == ""
}

// holdsObjectAtEnd reports whether thoughts end with an object.
func holdsObjectAtEnd(text string) bool {
	work, found := mostWork, false
	objects(text, strictly, true, &work, func(o []byte) bool { found = !bytes.Equal(o, []byte("{}")); return found })
	return found
}
