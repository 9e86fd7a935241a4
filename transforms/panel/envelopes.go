package panel

import (
	"maps"
	"strings"
)

// envelopes are the fields in which gateways, clouds and the events of streams lay an
// answer, or a piece of one.
var envelopes = []string{
	"result", "results", "data", "output", "outputs", "response", "body", "predictions",
	"message", "delta", "content_block",
}

// aloneFields hold the text of what has neither choices nor a role.
var aloneFields = []string{"output_text", "outputText", "generated_text", "generation", "response", "content", "text"}

// answers are the documents of a response (see documents), each out of its envelopes.
func answers(raw []byte) ([]loose, error) {
	docs, err := documents(raw)
	for i, doc := range docs {
		docs[i] = doc.opened(0)
	}
	return docs, err
}

// opened is a document out of the envelopes round its answer: the fields of the answer,
// and those beside its envelopes that it lacks. What holds no answer stays as it is, but
// for an event, which may hold how the answer ended, or its usage.
func (l loose) opened(depth int) loose {
	if _, ok := l.v.(map[string]any); !ok {
		return l
	}
	kind := l.kind()
	whole := l.has("choices") || l.has("candidates") || l.has("role") || kind == "message" || kind == "response"
	if whole || depth > mostNested {
		return l
	}
	var event loose
	for _, name := range envelopes {
		inner := l.get(name).first()
		if s, ok := inner.v.(string); ok && strings.HasPrefix(s, "{") {
			if docs, _ := decodeAll([]byte(s)); len(docs) > 0 {
				inner = docs[0]
			}
		}
		inner = inner.opened(depth + 1)
		if inner.has("choices") || inner.has("candidates") || spokenAlone(inner).v != nil {
			return inner.over(l)
		}
		if _, ok := inner.v.(map[string]any); ok && event.v == nil && l.get("type").word() != "" {
			event = inner
		}
	}
	if event.v != nil {
		return event.over(l)
	}
	return l
}

// over are the fields of an object, and those of another that it lacks.
func (l loose) over(other loose) loose {
	object, _ := l.v.(map[string]any)
	below, _ := other.v.(map[string]any)
	all := maps.Clone(below)
	for name, v := range object {
		if v != nil {
			all[name] = v
		}
	}
	return loose{all}
}

// kind is what an object says that it is.
func (l loose) kind() string { return strings.ToLower(l.get("type", "object").word()) }

// spokenAlone is what a document says that has no choices: a message of Anthropic's API,
// OpenAI's responses, a local server's own, or a piece of these.
func spokenAlone(doc loose) loose {
	kind := doc.kind()
	piece, isPiece := doc.get("delta").v.(string)
	switch {
	case kind == "error" || doc.get("error").meaningful():
		return loose{}
	case isPiece: // of whatever its kind names
		return loose{map[string]any{"type": kind, "text": piece, "arguments": piece}}
	case doc.has("role"), kind == "message", kind == "response", strings.HasPrefix(kind, "response."):
		return loose{map[string]any{"content": doc.get("content", "output").v}}
	case kind == "text", strings.Contains(kind, "thinking"),
		strings.HasPrefix(kind, "tool"), strings.HasSuffix(kind, "_delta"):
		return doc
	}
	for _, name := range aloneFields {
		if s, ok := doc.get(name).v.(string); ok {
			return loose{s}
		}
	}
	if object, ok := doc.get("response").v.(map[string]any); ok {
		return loose{[]any{object}} // the answer's own object, parsed already
	}
	return loose{}
}
