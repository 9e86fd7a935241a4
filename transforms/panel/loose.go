package panel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// loose is a value of a response that is read without a schema: what is asked for is
// taken in whatever form it comes, and what nobody asks for may be anything. A typed
// decoder refuses a whole answer, which is paid, for one odd field of no interest.
type loose struct{ v any }

// get is the first field of an object that is there and not null.
func (l loose) get(names ...string) loose {
	object, _ := l.v.(map[string]any)
	for _, name := range names {
		if v := object[name]; v != nil {
			return loose{v}
		}
	}
	return loose{}
}

// has reports whether an object has a field, if only as null.
func (l loose) has(name string) bool {
	object, _ := l.v.(map[string]any)
	_, ok := object[name]
	return ok
}

// first is the first element of a list, and anything else itself.
func (l loose) first() loose {
	if list, ok := l.v.([]any); ok {
		if len(list) == 0 {
			return loose{}
		}
		return loose{list[0]}
	}
	return l
}

// list are the elements of a list, and anything else alone.
func (l loose) list() []loose {
	list, ok := l.v.([]any)
	if !ok && l.v != nil {
		list = []any{l.v}
	}
	out := make([]loose, len(list))
	for i, v := range list {
		out[i] = loose{v}
	}
	return out
}

// word is a string, or the one in an object that says what it is.
func (l loose) word() string {
	switch v := l.v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case map[string]any:
		s, _ := l.get("type", "reason", "name", "value", "code").v.(string)
		return s
	}
	return ""
}

// json is the value as JSON, a string that holds some as it is.
func (l loose) json() string {
	if s, ok := l.v.(string); ok || l.v == nil {
		return s
	}
	b, err := json.Marshal(l.v)
	if err != nil {
		return ""
	}
	return string(b)
}

// mostTokens is more than any request has: what is above is no count of tokens.
const mostTokens = 1 << 40

// number is a number that is not negative, also as a float or a string.
func (l loose) number() (int64, bool) {
	var text string
	switch v := l.v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	default:
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f >= 0 && f <= mostTokens) {
		return 0, false
	}
	return int64(math.Ceil(f)), true
}

// float is a number of any sign.
func (l loose) float() *float64 {
	n, ok := l.v.(json.Number)
	if !ok {
		return nil
	}
	f, err := n.Float64()
	if err != nil {
		return nil
	}
	return &f
}

// meaningful reports whether a value says something: false, 0, "" and what holds nothing
// else do not.
func (l loose) meaningful() bool {
	switch v := l.v.(type) {
	case bool:
		return v
	case string:
		return strings.TrimSpace(v) != ""
	case map[string]any:
		for _, inner := range v {
			if (loose{inner}).meaningful() {
				return true
			}
		}
		return false
	case []any:
		return slices.ContainsFunc(v, func(inner any) bool { return loose{inner}.meaningful() })
	case json.Number:
		return v != "0"
	}
	return false
}

var errNoJSON = errors.New("it is empty")

// documents reads the JSON values of a response: one as a rule, several where a server
// streams although nobody asked it to, as server-sent events, as lines or as a list.
// The error says why there is none.
func documents(raw []byte) ([]loose, error) {
	text := trimmed(plain(raw))
	if len(text) > 0 && text[0] != '{' && text[0] != '[' {
		if rest, events := eventData(text); events {
			text = rest
		}
	}
	docs, err := decodeAll(text)
	if len(docs) == 0 && len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		if mended, _, ok := mend(string(text)); ok {
			if again, _ := decodeAll([]byte(mended)); len(again) > 0 {
				docs, err = again, nil
			}
		}
	}
	if len(docs) == 0 {
		return nil, err
	}
	var flat []loose
	for _, d := range docs {
		if _, ok := d.v.([]any); ok {
			flat = append(flat, d.list()...)
		} else {
			flat = append(flat, d)
		}
	}
	if len(flat) == 0 {
		return nil, errNoJSON // []
	}
	return flat, nil
}

// trimmed is a response without white space and byte order marks.
func trimmed(raw []byte) []byte {
	for {
		raw = bytes.TrimSpace(raw)
		rest, ok := bytes.CutPrefix(raw, []byte("\ufeff"))
		if !ok {
			return raw
		}
		raw = rest
	}
}

// eventData is what server-sent events carry (https://html.spec.whatwg.org, 9.2), or
// what stands behind their comments, which some gateways send to keep a connection.
func eventData(text []byte) (data []byte, ok bool) {
	var out []byte
	for line := range bytes.Lines(text) {
		field, value, found := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(":"))
		switch {
		case found && slices.Contains([]string{"", "event", "id", "retry"}, string(field)):
			ok = true
		case found && string(field) == "data":
			ok = true
			if v := bytes.TrimSpace(value); string(v) != "[DONE]" {
				out = append(append(out, v...), '\n')
			}
		default:
			out = append(out, line...)
		}
	}
	return trimmed(out), ok
}

// decodeAll reads JSON values up to the first thing that is none.
func decodeAll(text []byte) (docs []loose, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	for {
		var v any
		if err := d.Decode(&v); err != nil {
			if errors.Is(err, io.EOF) {
				err = errNoJSON
			}
			return docs, err
		}
		switch v.(type) {
		case map[string]any, []any:
			docs = append(docs, loose{v})
		default:
			return docs, fmt.Errorf("it is JSON, and neither an object nor a list")
		}
	}
}
